package cardloop.host;

import com.licel.jcardsim.base.ApduCase;
import com.licel.jcardsim.base.SimulatorRuntime;
import com.licel.jcardsim.utils.AIDUtil;
import java.lang.reflect.Field;
import java.util.Arrays;
import javacard.framework.AID;
import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;

/**
 * A card with one applet. It adds to jCardSim's runtime what a card's operating system does before an applet runs:
 * length fields are checked (ISO 7816-3, 12.1.3), lengths end at 32767, names are selected by exactly the SELECT of ISO
 * 7816-4 (P1 04, P2 00 or 0C, five bytes of the name at least), and a default applet is selected after each reset.
 */
public final class CardRuntime extends SimulatorRuntime {

    /** The applet's name on the card. */
    static final byte[] INSTANCE = {(byte) 0xA0, 0x00, 0x00, 0x00, 0x18, (byte) 0xFF, 0x01};

    private static final AID MANAGER = AIDUtil.create("F0436172646C6F6F70FF");
    private static final int LONGEST_SHORT_COMMAND = 5 + 255 + 1;
    private static final int SHORTEST_NAME = 5;
    private static final int LONGEST_LENGTH = Short.MAX_VALUE;
    private static final byte[] WRONG_LENGTH = {0x67, 0x00};

    /**
     * A card in its first power cycle.
     *
     * @param applet the applet's class
     * @param protocol APDU.PROTOCOL_T0 or PROTOCOL_T1, as the applet sees it
     */
    public CardRuntime(Class<? extends Applet> applet, byte protocol) {
        widen(shortAPDU);
        install(MANAGER, CardManager.class);
        install(AIDUtil.create(INSTANCE), applet);
        changeProtocol(protocol);
        reset();
    }

    /** jCardSim's buffer lacks the byte for the Le behind 255 bytes of data, which would end as 6F00. */
    private static void widen(APDU apdu) {
        try {
            Field buffer = APDU.class.getDeclaredField("buffer");
            buffer.setAccessible(true);
            buffer.set(apdu, new byte[LONGEST_SHORT_COMMAND]);
        } catch (ReflectiveOperationException error) {
            throw new IllegalStateException("this version of jCardSim keeps its APDU buffer elsewhere", error);
        }
    }

    private void install(AID name, Class<? extends Applet> applet) {
        byte[] bytes = new byte[16];
        byte length = name.getBytes(bytes, (short) 0);
        // Length and bytes of the name, no control information, no data (Java Card Runtime Environment, 11.2).
        byte[] parameters = new byte[length + 3];
        parameters[0] = length;
        System.arraycopy(bytes, 0, parameters, 1, length);
        loadApplet(name, applet);
        installApplet(name, parameters, (short) 0, (byte) parameters.length);
    }

    /** Takes the power away and gives it back: what is written stays, the selection does not. */
    @Override
    public void reset() {
        super.reset();
        currentAID = MANAGER;
    }

    @Override
    public byte[] transmitCommand(byte[] command) {
        if (!isWellFormed(command)) {
            return WRONG_LENGTH.clone();
        }
        if (!ApduCase.getCase(command).isExtended()) {
            return super.transmitCommand(command);
        }
        int length = unsignedShort(command, 5);
        if (command.length == 7) {
            return super.transmitCommand(limited(command, 5));
        }
        return super.transmitCommand(command.length == 9 + length ? limited(command, 7 + length) : command);
    }

    /** Whether the length fields fit the length; data beyond 32767 bytes counts as not fitting. */
    private static boolean isWellFormed(byte[] command) {
        int length = command.length;
        if (length <= 5) {
            return length >= 4;
        }
        int lc = command[ISO7816.OFFSET_LC] & 0xFF;
        if (lc != 0) {
            return length == 5 + lc || length == 6 + lc;
        }
        if (length <= 7) {
            return length == 7;
        }
        lc = unsignedShort(command, 5);
        return lc != 0 && lc <= LONGEST_LENGTH && (length == 7 + lc || length == 9 + lc);
    }

    /** The command with an Le that a short can hold: of 65536 and all above 32767, 32767 remains. */
    private static byte[] limited(byte[] command, int offset) {
        int expected = unsignedShort(command, offset);
        if (expected != 0 && expected <= LONGEST_LENGTH) {
            return command;
        }
        byte[] changed = command.clone();
        changed[offset] = 0x7F;
        changed[offset + 1] = (byte) 0xFF;
        return changed;
    }

    private static int unsignedShort(byte[] bytes, int offset) {
        return (bytes[offset] & 0xFF) << 8 | bytes[offset + 1] & 0xFF;
    }

    @Override
    protected AID findAppletForSelectApdu(byte[] command, ApduCase apduCase) {
        byte p2 = command[ISO7816.OFFSET_P2];
        boolean hasName = apduCase == ApduCase.Case3 || apduCase == ApduCase.Case4;
        if (!hasName || command[ISO7816.OFFSET_CLA] != 0x00 || (p2 != 0x00 && p2 != 0x0C)) {
            return null;
        }
        int length = command[ISO7816.OFFSET_LC] & 0xFF;
        if (length < SHORTEST_NAME || length > INSTANCE.length) {
            return null;
        }
        byte[] name = Arrays.copyOfRange(command, ISO7816.OFFSET_CDATA, ISO7816.OFFSET_CDATA + length);
        return Arrays.equals(name, Arrays.copyOf(INSTANCE, length)) ? AIDUtil.create(INSTANCE) : null;
    }
}
