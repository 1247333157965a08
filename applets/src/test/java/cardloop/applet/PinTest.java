package cardloop.applet;

import static cardloop.host.TestCard.SELECT;
import static cardloop.host.TestCard.data;
import static cardloop.host.TestCard.wrongAt;
import static org.junit.jupiter.api.Assertions.assertEquals;

import cardloop.host.TestCard;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** VERIFY, CHANGE REFERENCE DATA, the tries counter and the PIN dump. */
class PinTest {

    private static final String RIGHT = "00200080083132333435363738";
    private static final String PADDED = "002000800831323334FFFFFFFF";

    private TestCard card;

    @BeforeEach
    void insert() {
        card = TestCard.t1(ReaderTestApplet.class);
    }

    @Test
    void paddingCostsATryAndTheRightPinGivesItBack() {
        assertEquals("63C3", card.send("00200080"));
        assertEquals("6A04", card.send(PADDED));
        assertEquals("63C2", card.send("0020008000"));
        assertEquals("9000", card.send(RIGHT));
        assertEquals("63C3", card.send("00200080"));
    }

    @Test
    void theCounterStaysAtZeroAndNeverBlocks() {
        for (int left = 2; left >= -2; left--) {
            assertEquals("6A04", card.send(PADDED));
            assertEquals("63C" + Math.max(left, 0), card.send("00200000"));
        }
        assertEquals("9000", card.send(RIGHT));
        assertEquals("63C3", card.send("00200000"));
    }

    @Test
    void counterAndMemoryOutliveAReset() {
        card.send(PADDED);
        card.reset();
        assertEquals("6D00", card.send("00200000"), "no applet is selected after a reset");
        assertEquals("9000", card.send(SELECT));
        assertEquals(PADDED + "9000", card.send("004000000D"));
        assertEquals("63C2", card.send("00200000"));
    }

    @Test
    void everyLengthIsVerifiedRememberedAndDumped() {
        for (int length = 1; length <= 255; length++) {
            String command = "002012FE" + data(length, 0x31);
            assertEquals("9000", card.send(command + (length % 2 == 0 ? "" : "00")));
            int remembered = Math.min(length + 5, 256);
            String dump = card.send(String.format("00400000%02X", remembered & 0xFF));
            assertEquals(command.substring(0, 2 * remembered) + "9000", dump);
        }
    }

    @Test
    void theFirstWrongByteIsNamed() {
        for (int place = 0; place < 255; place++) {
            assertEquals(String.format("6A%02X", place), card.send("00200000" + wrongAt(place, 255, 0x31)));
        }
    }

    @Test
    void changeReferenceDataIsRememberedOnly() {
        card.send(PADDED);
        String change = "002401811031323334353637383132333435363738";
        assertEquals("9000", card.send(change + "00"));
        assertEquals(change + "9000", card.send("0040000015"));
        assertEquals("63C2", card.send("00200000"));
        assertEquals("9000", card.send("00240000"));
        assertEquals("00240000009000", card.send("0040000005"));
    }

    @Test
    void aWrongLeIsAnsweredWithTheRightOne() {
        assertEquals("6A88", card.send("00400000"));
        assertEquals("6A88", card.send("0040000005"));
        card.send(RIGHT);
        for (int le = 0; le <= 255; le++) {
            if (le != 13) {
                assertEquals("6C0D", card.send(String.format("00400000%02X", le)));
            }
        }
        assertEquals("6C0D", card.send("00400000"), "no Le");
        assertEquals("6700", card.send("0040000001AA"), "data");
        assertEquals("6700", card.send("0040000001AA0D"), "data and Le");
        assertEquals(RIGHT + "9000", card.send("00401234 0D"), "P1 and P2 mean nothing");
    }

    @ParameterizedTest
    @ValueSource(ints = {251, 252, 255})
    void theDumpEndsAt256(int length) {
        card.send("00200000" + data(length, 0x31));
        assertEquals("6C00", card.send("00400000FF"));
        assertEquals(512 + 4, card.send("0040000000").length());
    }

    @Test
    void onT0AsWell() {
        TestCard t0 = TestCard.t0(ReaderTestApplet.class);
        assertEquals("63C3", t0.send("0020008000"));
        assertEquals("6A04", t0.send(PADDED));
        assertEquals("6C0D", t0.send("0040000000"));
        assertEquals(PADDED + "9000", t0.send("004000000D"));
        assertEquals("9000", t0.send(RIGHT));
    }
}
