package cardloop.host;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;

/** What is selected after a reset, as a card's issuer security domain is: it knows no command but SELECT. */
public final class CardManager extends Applet {

    private static final byte CLA_PROPRIETARY = (byte) 0x80;

    private CardManager() {
        register();
    }

    /** Creates it; the parameters are not looked at. */
    public static void install(byte[] parameters, short offset, byte length) {
        new CardManager();
    }

    @Override
    public void process(APDU apdu) {
        byte[] header = apdu.getBuffer();
        byte cla = header[ISO7816.OFFSET_CLA];
        if (cla != ISO7816.CLA_ISO7816 && cla != CLA_PROPRIETARY) {
            ISOException.throwIt(ISO7816.SW_CLA_NOT_SUPPORTED);
        }
        if (cla != ISO7816.CLA_ISO7816 || header[ISO7816.OFFSET_INS] != ISO7816.INS_SELECT) {
            ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
        }
        byte p2 = header[ISO7816.OFFSET_P2];
        boolean byName = header[ISO7816.OFFSET_P1] == 0x04 && (p2 == 0x00 || p2 == 0x0C);
        ISOException.throwIt(byName ? ISO7816.SW_FILE_NOT_FOUND : ISO7816.SW_INCORRECT_P1P2);
    }
}
