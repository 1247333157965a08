package cardloop.host;

import cardloop.applet.ExtendedLengthApplet;
import cardloop.applet.ReaderTestApplet;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import javacard.framework.APDU;
import javacard.framework.Applet;

/**
 * A card behind standard input and output, a line in and a line out.
 *
 * <pre>
 * (start)        ready
 * reset          ok       the power goes and comes back
 * fresh          ok       another card of the same kind
 * 00A40400...    9000     a command APDU and its response, in hexadecimal
 * anything else  error: ...
 * </pre>
 *
 * <p>The end of input is the end of the program. Its argument is the applet: reader-test or extended-length.
 */
public final class CardHost {

    private final Class<? extends Applet> applet;
    private CardRuntime card;

    CardHost(Class<? extends Applet> applet) {
        this.applet = applet;
        this.card = fresh();
    }

    /** Runs until standard input ends. */
    public static void main(String[] arguments) throws IOException {
        Class<? extends Applet> applet = arguments.length == 1 ? appletOf(arguments[0]) : null;
        if (applet == null) {
            System.err.println("expected one argument: reader-test or extended-length");
            System.exit(2);
        }
        InputStreamReader input = new InputStreamReader(System.in, StandardCharsets.US_ASCII);
        PrintStream output = System.out;
        // Whatever a library prints must not end up among the answers.
        System.setOut(System.err);
        new CardHost(applet).serve(new BufferedReader(input), output);
    }

    private static Class<? extends Applet> appletOf(String name) {
        switch (name) {
            case "reader-test":
                return ReaderTestApplet.class;
            case "extended-length":
                return ExtendedLengthApplet.class;
            default:
                return null;
        }
    }

    void serve(BufferedReader input, PrintStream output) throws IOException {
        output.print("ready\n");
        output.flush();
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            output.print(answer(line) + "\n");
            output.flush();
        }
    }

    private String answer(String line) {
        switch (line) {
            case "reset":
                card.reset();
                return "ok";
            case "fresh":
                card = fresh();
                return "ok";
            default:
                byte[] command = Hex.bytes(line);
                return command == null ? "error: expected reset, fresh or hexadecimal" : Hex.text(card.transmitCommand(command));
        }
    }

    private CardRuntime fresh() {
        // Whole APDUs come in, as on T=1; what T=0 makes of them is the business of whoever stands before the card.
        return new CardRuntime(applet, APDU.PROTOCOL_T1);
    }
}
