package cardloop.applet;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;

/**
 * The reader-test applet: commands of every ISO 7816-4 case and length, and a memory of what a pinpad sent.
 *
 * <p>Java Card 2.2.1: no int, no API that came later. What each command does stands in applets/README.md; the Python
 * card in fixtures/simulator/cards/reader_test.py answers byte for byte the same. On T=0 the card cannot see whether a
 * Le or data came with a command, so only INS says whether there is data to fetch; on T=1 every command's is fetched.
 */
public class ReaderTestApplet extends Applet {

    private static final byte CLA_PROPRIETARY = (byte) 0x80;

    private static final byte INS_VERIFY = (byte) 0x20;
    private static final byte INS_CHANGE_REFERENCE_DATA = (byte) 0x24;
    private static final byte INS_PIN_DUMP = (byte) 0x40;

    private static final byte INS_CASE_1 = (byte) 0x30;
    private static final byte INS_CASE_2 = (byte) 0x34;
    private static final byte INS_CASE_2_ODD = (byte) 0x22;
    private static final byte INS_CASE_2_UNBOUND = (byte) 0x3C;
    private static final byte INS_CASE_3 = (byte) 0x32;
    private static final byte INS_CASE_3_ODD = (byte) 0x21;
    private static final byte INS_CASE_3_UNBOUND = (byte) 0x3A;
    private static final byte INS_CASE_4 = (byte) 0x36;
    private static final byte INS_CASE_4_ODD = (byte) 0x23;
    private static final byte INS_CASE_4_UNBOUND = (byte) 0x3E;
    private static final byte INS_BUSY = (byte) 0x38;
    private static final byte INS_EXTENDED_READ = (byte) 0x00;
    private static final byte INS_EXTENDED_WRITE = (byte) 0x12;

    private static final byte P1_EXTENDED_READ = (byte) 0x04;
    private static final short P1_P2_EXTENDED_WRITE = (short) 0x0180;

    private static final short SW_TRIES_LEFT = (short) 0x63C0;
    private static final short SW_WRONG_BYTE = (short) 0x6A00;
    private static final short SW_REFERENCED_DATA_NOT_FOUND = (short) 0x6A88;

    private static final byte MAXIMUM_TRIES = (byte) 3;
    private static final short FIRST_DIGIT = (short) 0x31;

    private static final short HEADER_LENGTH = (short) 4;
    private static final short LONGEST_SHORT_RESPONSE = (short) 256;
    /** Bytes sent at once: less than the smallest APDU buffer that Java Card allows. */
    private static final short CHUNK = (short) 32;
    /** Turns of the loop that stands for one unit of work. */
    private static final short WORK = (short) 2000;

    /** The last VERIFY or CHANGE REFERENCE DATA: header, Lc and up to 255 bytes of data. */
    private final byte[] remembered;

    private short rememberedLength;
    private byte tries;

    /** An applet with all its tries and nothing remembered. */
    protected ReaderTestApplet() {
        remembered = new byte[(short) (HEADER_LENGTH + 1 + 255)];
        tries = MAXIMUM_TRIES;
    }

    /**
     * Creates the applet under the AID that the installation names.
     *
     * @param parameters holds length and bytes of the instance AID at the offset
     * @param offset where they begin
     * @param length of all parameters
     */
    public static void install(byte[] parameters, short offset, byte length) {
        new ReaderTestApplet().register(parameters, (short) (offset + 1), parameters[offset]);
    }

    /**
     * Runs a command.
     *
     * @param apdu the command
     */
    public void process(APDU apdu) {
        if (selectingApplet()) {
            return;
        }
        byte[] buffer = apdu.getBuffer();
        byte cla = buffer[ISO7816.OFFSET_CLA];
        byte ins = buffer[ISO7816.OFFSET_INS];
        short received = 0;
        if (bringsData(cla, ins) || isBlockProtocol()) {
            received = apdu.setIncomingAndReceive();
            boolean mayBeExtended = cla == CLA_PROPRIETARY && (ins == INS_EXTENDED_READ || ins == INS_EXTENDED_WRITE);
            if (!mayBeExtended && isExtended(apdu)) {
                ISOException.throwIt(ISO7816.SW_WRONG_LENGTH);
            }
        }
        if (cla == ISO7816.CLA_ISO7816) {
            processStandard(apdu, ins, received);
        } else if (cla == CLA_PROPRIETARY) {
            processProprietary(apdu, ins, received);
        } else {
            ISOException.throwIt(ISO7816.SW_CLA_NOT_SUPPORTED);
        }
    }

    /**
     * Whether the command has extended length fields, once its data was asked for. The runtime refuses them before an
     * applet that does not take them.
     *
     * @param apdu the command
     * @return false
     */
    protected boolean isExtended(APDU apdu) {
        return false;
    }

    private static boolean bringsData(byte cla, byte ins) {
        if (cla == ISO7816.CLA_ISO7816) {
            return ins == INS_VERIFY || ins == INS_CHANGE_REFERENCE_DATA;
        }
        switch (ins) {
            case INS_CASE_3:
            case INS_CASE_3_ODD:
            case INS_CASE_3_UNBOUND:
            case INS_CASE_4:
            case INS_CASE_4_ODD:
            case INS_CASE_4_UNBOUND:
            case INS_EXTENDED_WRITE:
                return cla == CLA_PROPRIETARY;
            default:
                return false;
        }
    }

    private static boolean isBlockProtocol() {
        // The high nibble names the medium: contactless cards use T=1's blocks as well.
        return (byte) (APDU.getProtocol() & (byte) 0x0F) == APDU.PROTOCOL_T1;
    }

    private void processStandard(APDU apdu, byte ins, short received) {
        switch (ins) {
            case ISO7816.INS_SELECT:
                refuseSelection(apdu.getBuffer());
                return;
            case INS_VERIFY:
                verify(remember(apdu, received));
                return;
            case INS_CHANGE_REFERENCE_DATA:
                remember(apdu, received);
                return;
            case INS_PIN_DUMP:
                dump(apdu, received);
                return;
            default:
                ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
        }
    }

    private void processProprietary(APDU apdu, byte ins, short received) {
        switch (ins) {
            case INS_CASE_1:
                if (received != 0 || apdu.getBuffer()[ISO7816.OFFSET_LC] != 0) {
                    ISOException.throwIt(ISO7816.SW_WRONG_LENGTH);
                }
                return;
            case INS_CASE_2:
            case INS_CASE_2_ODD:
                case2(apdu, received, true);
                return;
            case INS_CASE_2_UNBOUND:
                case2(apdu, received, false);
                return;
            case INS_CASE_3:
            case INS_CASE_3_ODD:
                if (received == 0) {
                    ISOException.throwIt(ISO7816.SW_WRONG_LENGTH);
                }
                refuse(check(apdu, received));
                return;
            case INS_CASE_3_UNBOUND:
                refuse(check(apdu, received));
                return;
            case INS_CASE_4:
            case INS_CASE_4_ODD:
                case4(apdu, received, true);
                return;
            case INS_CASE_4_UNBOUND:
                case4(apdu, received, false);
                return;
            case INS_BUSY:
                work((short) (apdu.getBuffer()[ISO7816.OFFSET_P2] & (short) 0xFF));
                return;
            case INS_EXTENDED_READ:
                extendedRead(apdu, received);
                return;
            case INS_EXTENDED_WRITE:
                extendedWrite(apdu, received);
                return;
            default:
                ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
        }
    }

    /** A SELECT that did not select an applet ends here: the runtime hands it to the selected one. */
    private static void refuseSelection(byte[] buffer) {
        byte p2 = buffer[ISO7816.OFFSET_P2];
        if (buffer[ISO7816.OFFSET_P1] != (byte) 0x04 || (p2 != (byte) 0x00 && p2 != (byte) 0x0C)) {
            ISOException.throwIt(ISO7816.SW_INCORRECT_P1P2);
        }
        ISOException.throwIt(ISO7816.SW_FILE_NOT_FOUND);
    }

    /** Keeps header, Lc and data of a command. Returns the length of the data. */
    private short remember(APDU apdu, short received) {
        byte[] buffer = apdu.getBuffer();
        Util.arrayCopyNonAtomic(buffer, ISO7816.OFFSET_CLA, remembered, (short) 0, HEADER_LENGTH);
        short end = (short) (HEADER_LENGTH + 1);
        while (received > 0) {
            end = Util.arrayCopyNonAtomic(buffer, ISO7816.OFFSET_CDATA, remembered, end, received);
            received = apdu.receiveBytes(ISO7816.OFFSET_CDATA);
        }
        short length = (short) (end - HEADER_LENGTH - 1);
        remembered[HEADER_LENGTH] = (byte) length;
        rememberedLength = end;
        return length;
    }

    private void verify(short length) {
        if (length == 0) {
            ISOException.throwIt((short) (SW_TRIES_LEFT + tries));
        }
        for (short index = 0; index < length; index++) {
            if (remembered[(short) (HEADER_LENGTH + 1 + index)] != (byte) (FIRST_DIGIT + index)) {
                if (tries > 0) {
                    tries--;
                }
                ISOException.throwIt((short) (SW_WRONG_BYTE + index));
            }
        }
        tries = MAXIMUM_TRIES;
    }

    private void dump(APDU apdu, short received) {
        if (received != 0) {
            ISOException.throwIt(ISO7816.SW_WRONG_LENGTH);
        }
        short length = rememberedLength > LONGEST_SHORT_RESPONSE ? LONGEST_SHORT_RESPONSE : rememberedLength;
        if (length == 0) {
            ISOException.throwIt(SW_REFERENCED_DATA_NOT_FOUND);
        }
        if (apdu.setOutgoing() != length) {
            ISOException.throwIt((short) (ISO7816.SW_CORRECT_LENGTH_00 + (short) (length & (short) 0xFF)));
        }
        apdu.setOutgoingLength(length);
        apdu.sendBytesLong(remembered, (short) 0, length);
    }

    private static void case2(APDU apdu, short received, boolean bound) {
        short length = Util.getShort(apdu.getBuffer(), ISO7816.OFFSET_P1);
        if (received != 0 || length < 1 || length > LONGEST_SHORT_RESPONSE) {
            ISOException.throwIt(ISO7816.SW_WRONG_LENGTH);
        }
        if (apdu.setOutgoing() != length && bound) {
            ISOException.throwIt(ISO7816.SW_WRONG_LENGTH);
        }
        sendCounting(apdu, length);
    }

    private static void case4(APDU apdu, short received, boolean bound) {
        short length = Util.getShort(apdu.getBuffer(), ISO7816.OFFSET_P1);
        if (length < 1 || length > LONGEST_SHORT_RESPONSE || (bound && received == 0)) {
            ISOException.throwIt(ISO7816.SW_WRONG_LENGTH);
        }
        short status = check(apdu, received);
        short expected = apdu.setOutgoing();
        if (bound && expected != 0 && expected != LONGEST_SHORT_RESPONSE && expected != length) {
            ISOException.throwIt(ISO7816.SW_WRONG_LENGTH);
        }
        refuse(status);
        sendCounting(apdu, length);
    }

    /** Receives all data. Returns 9000 where it counts up from 00, else 6A00 and the place of the first wrong byte. */
    private static short check(APDU apdu, short received) {
        byte[] buffer = apdu.getBuffer();
        short status = ISO7816.SW_NO_ERROR;
        short place = 0;
        while (received > 0) {
            for (short index = 0; index < received; index++) {
                byte got = buffer[(short) (ISO7816.OFFSET_CDATA + index)];
                if (status == ISO7816.SW_NO_ERROR && got != (byte) place) {
                    status = (short) (SW_WRONG_BYTE + place);
                }
                place++;
            }
            received = apdu.receiveBytes(ISO7816.OFFSET_CDATA);
        }
        return status;
    }

    private static void refuse(short status) {
        if (status != ISO7816.SW_NO_ERROR) {
            ISOException.throwIt(status);
        }
    }

    private static void sendCounting(APDU apdu, short length) {
        apdu.setOutgoingLength(length);
        byte[] buffer = apdu.getBuffer();
        short sent = 0;
        while (sent < length) {
            short chunk = chunkOf((short) (length - sent));
            for (short index = 0; index < chunk; index++) {
                buffer[index] = (byte) (sent + index);
            }
            apdu.sendBytes((short) 0, chunk);
            sent += chunk;
        }
    }

    private static void extendedRead(APDU apdu, short received) {
        byte[] buffer = apdu.getBuffer();
        if (buffer[ISO7816.OFFSET_P1] != P1_EXTENDED_READ) {
            ISOException.throwIt(ISO7816.SW_INCORRECT_P1P2);
        }
        if (received != 0) {
            ISOException.throwIt(ISO7816.SW_WRONG_LENGTH);
        }
        byte value = buffer[ISO7816.OFFSET_P2];
        short left = apdu.setOutgoing();
        if (left == 0) {
            ISOException.throwIt(ISO7816.SW_WRONG_LENGTH);
        }
        apdu.setOutgoingLength(left);
        Util.arrayFillNonAtomic(buffer, (short) 0, CHUNK, value);
        while (left > 0) {
            short chunk = chunkOf(left);
            apdu.sendBytes((short) 0, chunk);
            left -= chunk;
        }
    }

    private static void extendedWrite(APDU apdu, short received) {
        if (Util.getShort(apdu.getBuffer(), ISO7816.OFFSET_P1) != P1_P2_EXTENDED_WRITE) {
            ISOException.throwIt(ISO7816.SW_INCORRECT_P1P2);
        }
        if (received == 0) {
            ISOException.throwIt(ISO7816.SW_WRONG_LENGTH);
        }
        while (received > 0) {
            received = apdu.receiveBytes(ISO7816.OFFSET_CDATA);
        }
    }

    private static short chunkOf(short left) {
        return left < CHUNK ? left : CHUNK;
    }

    private static void work(short units) {
        for (short unit = 0; unit < units; unit++) {
            short turns = 0;
            while (turns < WORK) {
                turns++;
            }
            APDU.waitExtension();
        }
    }
}
