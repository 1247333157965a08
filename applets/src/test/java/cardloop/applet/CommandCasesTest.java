package cardloop.applet;

import static cardloop.host.TestCard.counting;
import static cardloop.host.TestCard.data;
import static cardloop.host.TestCard.wrongAt;
import static org.junit.jupiter.api.Assertions.assertEquals;

import cardloop.host.TestCard;
import java.util.List;
import javacard.framework.Applet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands of ISO 7816-4's cases, at every short length, on both applets. */
class CommandCasesTest {

    static List<Class<? extends Applet>> applets() {
        return List.of(ReaderTestApplet.class, ExtendedLengthApplet.class);
    }

    @ParameterizedTest
    @MethodSource("applets")
    void case1TakesNothing(Class<? extends Applet> applet) {
        TestCard card = TestCard.t1(applet);
        assertEquals("9000", card.send("80300000"));
        assertEquals("9000", card.send("8030000000"));
        assertEquals("9000", card.send("8030FFFF"));
        for (int p3 = 1; p3 <= 255; p3++) {
            assertEquals("6700", card.send(String.format("80300000%02X", p3)));
            assertEquals("6700", card.send("80300000" + data(p3, 0)));
            assertEquals("6700", card.send("80300000" + data(p3, 0) + "00"));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0x34, 0x22})
    void case2ReturnsWhatLeAsksFor(int ins) {
        for (Class<? extends Applet> applet : applets()) {
            TestCard card = TestCard.t1(applet);
            for (int length = 1; length <= 256; length++) {
                for (int le = 1; le <= 256; le++) {
                    String answer = le == length ? counting(length, 0) + "9000" : "6700";
                    assertEquals(answer, card.send(ins, length, String.format("%02X", le & 0xFF)));
                }
                assertEquals("6700", card.send(ins, length, ""), "no Le");
                assertEquals("6700", card.send(ins, length, data(1, 0)), "data in the place of Le");
                assertEquals("6700", card.send(ins, length, data(1, 0) + "00"), "data and Le");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"34,0000", "34,0101", "34,7FFF", "34,8000", "34,FFFF", "22,0000", "22,0101", "3C,0000", "3C,0101", "3C,FFFF"})
    void case2EndsAt256(String ins, String length) {
        TestCard card = TestCard.t1(ReaderTestApplet.class);
        for (String le : new String[] {"", "00", "01", "FF"}) {
            assertEquals("6700", card.send("80" + ins + length + le));
        }
    }

    @ParameterizedTest
    @MethodSource("applets")
    void unboundCase2DoesNotLookAtLe(Class<? extends Applet> applet) {
        TestCard card = TestCard.t1(applet);
        for (int length = 1; length <= 256; length++) {
            for (String le : new String[] {"", "00", "01", "FF"}) {
                assertEquals(counting(length, 0) + "9000", card.send(0x3C, length, le));
            }
            assertEquals("6700", card.send(0x3C, length, data(1, 0)), "data");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0x32, 0x21, 0x3A})
    void case3ChecksEveryByte(int ins) {
        for (Class<? extends Applet> applet : applets()) {
            TestCard card = TestCard.t1(applet);
            for (int length = 1; length <= 255; length++) {
                assertEquals("9000", card.send(ins, 0, data(length, 0)));
                assertEquals("9000", card.send(ins, 0, data(length, 0) + "00"), "an Le is not looked at");
                assertEquals(String.format("6A%02X", length - 1), card.send(ins, 0, wrongAt(length - 1, length, 0)));
            }
            for (int place = 0; place < 255; place++) {
                assertEquals(String.format("6A%02X", place), card.send(ins, 0xFFFF, wrongAt(place, 255, 0)));
            }
            assertEquals("6A00", card.send(ins, 0, "03FF01FF"), "the first wrong byte counts");
        }
    }

    @ParameterizedTest
    @CsvSource({"32,6700", "21,6700", "3A,9000"})
    void onlyUnboundCase3TakesNoData(String ins, String answer) {
        for (Class<? extends Applet> applet : applets()) {
            TestCard card = TestCard.t1(applet);
            assertEquals(answer, card.send("80" + ins + "0000"));
            assertEquals(answer, card.send("80" + ins + "000000"));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0x36, 0x23, 0x3E})
    void case4ChecksAndReturns(int ins) {
        boolean bound = ins != 0x3E;
        for (Class<? extends Applet> applet : applets()) {
            TestCard card = TestCard.t1(applet);
            for (int length = 1; length <= 255; length++) {
                int wanted = 257 - length;
                String answer = counting(wanted, 0) + "9000";
                assertEquals(answer, card.send(ins, wanted, data(length, 0)), "no Le");
                assertEquals(answer, card.send(ins, wanted, data(length, 0) + "00"), "Le 00");
                assertEquals(answer, card.send(ins, wanted, data(length, 0) + String.format("%02X", wanted & 0xFF)));
                int other = wanted % 255 + 1;
                String refused = bound ? "6700" : answer;
                assertEquals(refused, card.send(ins, wanted, data(length, 0) + String.format("%02X", other)));
                String wrong = String.format("6A%02X", length - 1);
                assertEquals(wrong, card.send(ins, wanted, wrongAt(length - 1, length, 0) + "00"));
            }
            for (int wanted : new int[] {0, 257, 0x7FFF, 0x8000, 0xFFFF}) {
                assertEquals("6700", card.send(ins, wanted, data(4, 0) + "00"));
                assertEquals("6700", card.send(ins, wanted, wrongAt(2, 4, 0)));
            }
            assertEquals(bound ? "6700" : "00019000", card.send(ins, 2, ""), "no data");
            assertEquals(bound ? "6700" : "00019000", card.send(ins, 2, "02"), "no data, Le 2");
        }
    }

    @ParameterizedTest
    @MethodSource("applets")
    void onT0P3IsAllThereIs(Class<? extends Applet> applet) {
        TestCard card = TestCard.t0(applet);
        assertEquals("9000", card.send("8030000000"));
        assertEquals("6700", card.send("8030000001"));
        for (int length = 1; length <= 256; length++) {
            assertEquals(counting(length, 0) + "9000", card.send(0x34, length, String.format("%02X", length & 0xFF)));
            assertEquals("6700", card.send(0x34, length, String.format("%02X", length + 1 & 0xFF)));
        }
        for (int length = 1; length <= 255; length++) {
            assertEquals("9000", card.send(0x32, 0, data(length, 0)));
            assertEquals(counting(length + 1, 0) + "9000", card.send(0x36, length + 1, data(length, 0)));
        }
        assertEquals("6700", card.send("8032000000"));
        assertEquals("6700", card.send("8036000200"));
        assertEquals("00019000", card.send("803E000200"));
    }

    @ParameterizedTest
    @MethodSource("applets")
    void busyEndsWith9000(Class<? extends Applet> applet) {
        TestCard card = TestCard.t1(applet);
        for (String command : new String[] {"80380000", "8038000100", "803800FF", "8038FF80", "80380003" + data(9, 7) + "05"}) {
            assertEquals("9000", card.send(command));
        }
    }

    @ParameterizedTest
    @MethodSource("applets")
    void onlyTheListedCommandsAreKnown(Class<? extends Applet> applet) {
        TestCard card = TestCard.t1(applet);
        String known00 = " A4 20 24 40 ";
        String known80 = " 00 12 21 22 23 30 32 34 36 38 3A 3C 3E ";
        for (int ins = 0; ins <= 255; ins++) {
            String name = String.format(" %02X ", ins);
            String command = String.format("%02X0000", ins);
            assertEquals(!known00.contains(name), card.send("00" + command).equals("6D00"), "CLA 00 INS" + name);
            assertEquals(!known80.contains(name), card.send("80" + command).equals("6D00"), "CLA 80 INS" + name);
        }
        for (int cla = 1; cla <= 255; cla++) {
            if (cla != 0x80) {
                assertEquals("6E00", card.send(String.format("%02X300000", cla)));
                assertEquals("6E00", card.send(String.format("%02XA4040007A000000018FF01", cla)));
            }
        }
    }
}
