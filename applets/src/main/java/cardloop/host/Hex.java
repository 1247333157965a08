package cardloop.host;

/** Bytes as hexadecimal text. */
final class Hex {

    private static final String DIGITS = "0123456789ABCDEF";

    private Hex() {}

    /** The text, two capital digits a byte. */
    static String text(byte[] bytes) {
        StringBuilder text = new StringBuilder(2 * bytes.length);
        for (byte value : bytes) {
            text.append(DIGITS.charAt(value >> 4 & 0x0F)).append(DIGITS.charAt(value & 0x0F));
        }
        return text.toString();
    }

    /** The bytes, or null where the text is not pairs of digits. Spaces between bytes are skipped. */
    static byte[] bytes(String text) {
        String digits = text.replace(" ", "");
        byte[] bytes = new byte[digits.length() / 2];
        if (digits.length() % 2 != 0) {
            return null;
        }
        for (int index = 0; index < bytes.length; index++) {
            int high = Character.digit(digits.charAt(2 * index), 16);
            int low = Character.digit(digits.charAt(2 * index + 1), 16);
            if (high < 0 || low < 0) {
                return null;
            }
            bytes[index] = (byte) (high << 4 | low);
        }
        return bytes;
    }
}
