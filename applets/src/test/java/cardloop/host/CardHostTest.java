package cardloop.host;

import static org.junit.jupiter.api.Assertions.assertEquals;

import cardloop.applet.ExtendedLengthApplet;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The lines that the simulated card "jcardsim" exchanges with this program. */
class CardHostTest {

    private static List<String> answers(String... lines) throws IOException {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        BufferedReader input = new BufferedReader(new StringReader(String.join("\n", lines)));
        new CardHost(ExtendedLengthApplet.class).serve(input, new PrintStream(output, false, "US-ASCII"));
        return Arrays.asList(output.toString("US-ASCII").split("\n"));
    }

    @Test
    void saysThatItIsReady() throws IOException {
        assertEquals(Arrays.asList("ready"), answers());
    }

    @Test
    void runsCommands() throws IOException {
        assertEquals(
                Arrays.asList("ready", "9000", "00019000", "6D00"),
                answers(TestCard.SELECT, "8034000202", "80ff0000"));
    }

    @Test
    void aResetKeepsTheTriesAndAFreshCardDoesNot() throws IOException {
        assertEquals(
                Arrays.asList("ready", "9000", "6A00", "ok", "6D00", "9000", "63C2", "ok", "9000", "63C3"),
                answers(
                        TestCard.SELECT, "0020000001FF", "reset", "00200000", TestCard.SELECT, "00200000", "fresh",
                        TestCard.SELECT, "00200000"));
    }

    @Test
    void whatItDoesNotUnderstandIsAnErrorAndTheNextLineWorks() throws IOException {
        assertEquals(
                Arrays.asList("ready", "error: expected reset, fresh or hexadecimal", "error: expected reset, fresh or hexadecimal", "ok"),
                answers("eject", "803", "reset"));
    }
}
