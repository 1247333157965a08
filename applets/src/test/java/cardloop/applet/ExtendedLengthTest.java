package cardloop.applet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import cardloop.host.TestCard;
import java.util.Locale;
import javacard.framework.Applet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** 80 00 and 80 12, in the short form on both applets and in the extended form on one. */
class ExtendedLengthTest {

    @Test
    void theShortFormWorksOnBoth() {
        for (Class<? extends Applet> applet : CommandCasesTest.applets()) {
            TestCard card = TestCard.t1(applet);
            for (int length = 1; length <= 256; length++) {
                String answer = "A5".repeat(length) + "9000";
                assertEquals(answer, card.send(String.format("800004A5%02X", length & 0xFF)));
            }
            for (int length = 1; length <= 255; length++) {
                assertEquals("9000", card.send("80120180" + TestCard.data(length, 9)));
                assertEquals("9000", card.send("80120180" + TestCard.data(length, 9) + "00"));
            }
            assertEquals("6700", card.send("800004A5"), "no Le");
            assertEquals("6700", card.send("800004A501FF"), "data");
            assertEquals("6A86", card.send("800003A501"));
            assertEquals("6700", card.send("80120180"), "no data");
            assertEquals("6700", card.send("8012018005"), "no data");
            assertEquals("6A86", card.send("8012018101FF"));
            assertEquals("6A86", card.send("8012008001FF"));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 31, 32, 33, 255, 256, 257, 1958, 1959, 4096, 32766, 32767})
    void everyByteArrives(int length) {
        TestCard card = TestCard.t1(ExtendedLengthApplet.class);
        String extended = String.format("00%04X", length);
        assertEquals("5A".repeat(length) + "9000", card.send("8000045A" + extended));
        assertEquals("9000", card.send("80120180" + extended + "C3".repeat(length)));
        assertEquals("9000", card.send("80120180" + extended + "C3".repeat(length) + "0000"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 32768, 65535})
    void lengthsEndAt32767(int length) {
        TestCard card = TestCard.t1(ExtendedLengthApplet.class);
        String extended = String.format("00%04X", length);
        assertEquals("5A".repeat(32767) + "9000", card.send("8000045A" + extended));
        assertEquals("6700", card.send("80120180" + extended + "C3".repeat(length)));
        assertEquals("6700", card.send("80120180" + extended + "C3".repeat(length) + "0000"));
    }

    @Test
    void otherCommandsDoNotTakeTheExtendedForm() {
        TestCard card = TestCard.t1(ExtendedLengthApplet.class);
        for (int cla = 0; cla <= 255; cla++) {
            for (int ins = 0; ins <= 255; ins++) {
                String header = String.format(Locale.ROOT, "%02X%02X0400", cla, ins);
                boolean known = cla == 0x80 && (ins == 0x00 || ins == 0x12);
                String le = known ? ins == 0x00 ? "00009000" : "6A86" : "6700";
                assertEquals(le, card.send(header + "000002"));
                assertEquals(known && ins != 0x00 ? "6A86" : "6700", card.send(header + "000001AA"));
                assertEquals(known && ins != 0x00 ? "6A86" : "6700", card.send(header + "000001AA0002"));
            }
        }
        assertEquals("6700", card.send("00A4040000000 7A000000018FF01"));
    }

    @Test
    void theReaderTestAppletTakesNone() {
        TestCard card = TestCard.t1(ReaderTestApplet.class);
        assertEquals("6700", card.send("8000045A000002"));
        assertEquals("6700", card.send("8012018000000 1AA"));
        assertEquals("9000", card.send("80300000"));
    }

    @Test
    void whatLooksExtendedAndDoesNotFitIsAWrongLength() {
        TestCard card = TestCard.t1(ExtendedLengthApplet.class);
        for (String rest : new String[] {"0000", "0000000000", "000000AA", "000001", "000002AA", "000001AABBCCDD", "000001AABB"}) {
            String answer = rest.equals("000001") ? "5A9000" : "6700";
            assertEquals(answer, card.send("8000045A" + rest), rest);
        }
    }
}
