package cardloop.host;

import static org.junit.jupiter.api.Assertions.assertEquals;

import cardloop.applet.ExtendedLengthApplet;
import cardloop.applet.ReaderTestApplet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a card answers around its applet: selection, resets, lengths that do not fit. */
class CardRuntimeTest {

    private TestCard card;

    @BeforeEach
    void insert() {
        card = TestCard.t1(ReaderTestApplet.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0007A000000018FF01", "0C07A000000018FF01", "0006A000000018FF", "0005A000000018", "0007A000000018FF0100"})
    void theAppletIsFoundByItsNameAndTheStartOfIt(String rest) {
        card.reset();
        assertEquals("6D00", card.send("80300000"));
        assertEquals("9000", card.send("00A404" + rest));
        assertEquals("9000", card.send("80300000"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "00", "07", "04A0000000", "06A00000001850", "08A000000018FF0100", "07A000000018FF02", "0AF0436172646C6F6F70FF"})
    void anotherNameIsNotFoundAndChangesNothing(String rest) {
        assertEquals("6A82", card.send("00A40400" + rest));
        assertEquals("9000", card.send("80300000"));
        card.reset();
        assertEquals("6A82", card.send("00A40400" + rest));
        assertEquals("6D00", card.send("80300000"));
    }

    @Test
    void aNameOfEveryLengthIsAnswered() {
        for (int length = 8; length <= 255; length++) {
            assertEquals("6A82", card.send("00A40400" + TestCard.data(length, 0)));
        }
    }

    @Test
    void onlySelectionByNameIsKnown() {
        for (int value = 0; value <= 255; value++) {
            if (value != 0x04) {
                assertEquals("6A86", card.send(String.format("00A4%02X0007A000000018FF01", value)));
            }
            if (value != 0x00 && value != 0x0C) {
                assertEquals("6A86", card.send(String.format("00A404%02X07A000000018FF01", value)));
            }
        }
    }

    @Test
    void afterAResetOnlySelectIsKnown() {
        card.reset();
        for (int cla = 0; cla <= 255; cla++) {
            String answer = cla == 0x00 || cla == 0x80 ? "6D00" : "6E00";
            assertEquals(answer, card.send(String.format("%02X300000", cla)));
        }
        assertEquals("6A86", card.send("00A4000C"));
    }

    @Test
    void withoutAnExtendedAppletNoExtendedLengthIsTaken() {
        TestCard extended = TestCard.t1(ExtendedLengthApplet.class);
        extended.reset();
        for (String command : new String[] {"80000411000002", "8012018000000155", "00A40400000007A000000018FF01"}) {
            assertEquals("6700", extended.send(command));
            assertEquals("6700", card.send(command));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "80", "8030", "803000", "FF", "803000000 0 00 00 00", "8032000002 00", "8032000001 00 00 00", "90300000 01 00 00 00", "803000000000"})
    void lengthFieldsThatDoNotFitAreAWrongLength(String command) {
        assertEquals("6700", card.send(command));
        card.reset();
        assertEquals("6700", card.send(command));
    }
}
