package cardloop.applet;

import javacard.framework.APDU;
import javacardx.apdu.ExtendedLength;

/**
 * The reader-test applet for cards that take extended lengths: 80 00 and 80 12 carry up to 32767 bytes.
 *
 * <p>Java Card 2.2.2, which brought ExtendedLength. It goes onto a card in the place of the reader-test applet, under
 * the same AID, so that hosts need not tell them apart.
 */
public final class ExtendedLengthApplet extends ReaderTestApplet implements ExtendedLength {

    /** Where data begins behind a Lc of three bytes. */
    private static final short OFFSET_EXTENDED_CDATA = (short) 7;

    private ExtendedLengthApplet() {
        super();
    }

    /**
     * Creates the applet under the AID that the installation names.
     *
     * @param parameters holds length and bytes of the instance AID at the offset
     * @param offset where they begin
     * @param length of all parameters
     */
    public static void install(byte[] parameters, short offset, byte length) {
        new ExtendedLengthApplet().register(parameters, (short) (offset + 1), parameters[offset]);
    }

    /**
     * Whether the command has extended length fields.
     *
     * @param apdu the command, its data asked for
     * @return whether the data begins where only an extended Lc puts it
     */
    protected boolean isExtended(APDU apdu) {
        return apdu.getOffsetCdata() == OFFSET_EXTENDED_CDATA;
    }
}
