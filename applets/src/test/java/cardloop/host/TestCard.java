package cardloop.host;

import javacard.framework.APDU;
import javacard.framework.Applet;

/** A card under test that speaks hexadecimal. */
public final class TestCard {

    public static final String SELECT = "00A4040007A000000018FF01";

    private final CardRuntime runtime;

    private TestCard(Class<? extends Applet> applet, byte protocol) {
        runtime = new CardRuntime(applet, protocol);
    }

    /** The card on T=1, its applet selected. */
    public static TestCard t1(Class<? extends Applet> applet) {
        return selected(new TestCard(applet, APDU.PROTOCOL_T1));
    }

    /** The card on T=0, its applet selected. */
    public static TestCard t0(Class<? extends Applet> applet) {
        return selected(new TestCard(applet, APDU.PROTOCOL_T0));
    }

    private static TestCard selected(TestCard card) {
        if (!card.send(SELECT).equals("9000")) {
            throw new IllegalStateException("the applet cannot be selected");
        }
        return card;
    }

    public void reset() {
        runtime.reset();
    }

    public String send(String command) {
        byte[] bytes = Hex.bytes(command);
        if (bytes == null) {
            throw new IllegalArgumentException("not hexadecimal: " + command);
        }
        return Hex.text(runtime.transmitCommand(bytes));
    }

    /** CLA 80 INS and hi:lo in P1 P2, then what follows. */
    public String send(int ins, int length, String rest) {
        return send(String.format("80%02X%04X%s", ins, length, rest));
    }

    /** Lc and that many bytes counting up from a value. */
    public static String data(int length, int first) {
        return String.format("%02X", length) + counting(length, first);
    }

    /** That many bytes counting up from a value. */
    public static String counting(int length, int first) {
        StringBuilder text = new StringBuilder(2 * length);
        for (int index = 0; index < length; index++) {
            text.append(String.format("%02X", first + index & 0xFF));
        }
        return text.toString();
    }

    /** Lc and counting bytes, of which the one at a place is wrong. */
    public static String wrongAt(int place, int length, int first) {
        String good = data(length, first);
        int at = 2 + 2 * place;
        int wrong = Integer.parseInt(good.substring(at, at + 2), 16) ^ 0x80;
        return good.substring(0, at) + String.format("%02X", wrong) + good.substring(at + 2);
    }
}
