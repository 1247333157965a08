package cardloop.applet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The reader-test applet needs nothing that Java Card 2.2.1 lacks: read from the constant pool of its class. */
class JavaCard221Test {

    private static final Set<String> API = new TreeSet<>(Arrays.asList(
            "javacard/framework/APDU.getBuffer()[B",
            "javacard/framework/APDU.getProtocol()B",
            "javacard/framework/APDU.receiveBytes(S)S",
            "javacard/framework/APDU.sendBytes(SS)V",
            "javacard/framework/APDU.sendBytesLong([BSS)V",
            "javacard/framework/APDU.setIncomingAndReceive()S",
            "javacard/framework/APDU.setOutgoing()S",
            "javacard/framework/APDU.setOutgoingLength(S)V",
            "javacard/framework/APDU.waitExtension()V",
            "javacard/framework/Applet.<init>()V",
            "javacard/framework/Applet.register([BSB)V",
            "javacard/framework/Applet.selectingApplet()Z",
            "javacard/framework/ISOException.throwIt(S)V",
            "javacard/framework/Util.arrayCopyNonAtomic([BS[BSS)S",
            "javacard/framework/Util.arrayFillNonAtomic([BSSB)S",
            "javacard/framework/Util.getShort([BS)S"));

    @Test
    void onlyMethodsOf221AreCalled() throws IOException {
        ConstantPool pool = new ConstantPool(ReaderTestApplet.class);
        Set<String> foreign = new TreeSet<>();
        for (String member : pool.members) {
            if (!member.startsWith("cardloop/applet/ReaderTestApplet.") && !API.contains(member)) {
                foreign.add(member);
            }
        }
        assertEquals(new TreeSet<String>(), foreign);
    }

    @Test
    void noFieldOrMethodHasAnIntOrLarger() throws IOException {
        for (String descriptor : new ConstantPool(ReaderTestApplet.class).descriptors) {
            String bare = descriptor.replaceAll("L[^;]*;", "");
            assertTrue(bare.matches("[()BSZV\\[]*"), descriptor);
        }
    }

    @Test
    void noConstantIsWiderThanAShort() throws IOException {
        ConstantPool pool = new ConstantPool(ReaderTestApplet.class);
        assertEquals(new TreeSet<Integer>(), pool.forbidden);
        for (int value : pool.numbers) {
            assertEquals((short) value, value);
        }
    }

    /** What a class file names (The Java Virtual Machine Specification, 4.4). */
    private static final class ConstantPool {

        final Set<String> members = new TreeSet<>();
        final Set<String> descriptors = new TreeSet<>();
        final Set<Integer> numbers = new TreeSet<>();
        /** Tags of constants that are floats, longs, strings or newer than Java Card. */
        final Set<Integer> forbidden = new TreeSet<>();

        ConstantPool(Class<?> of) throws IOException {
            try (InputStream file = of.getResourceAsStream(of.getSimpleName() + ".class");
                    DataInputStream input = new DataInputStream(file)) {
                input.skipBytes(8);
                read(input, input.readUnsignedShort());
            }
        }

        private void read(DataInputStream input, int count) throws IOException {
            String[] texts = new String[count];
            int[][] references = new int[count][];
            for (int index = 1; index < count; index++) {
                int tag = input.readUnsignedByte();
                switch (tag) {
                    case 1:
                        texts[index] = input.readUTF();
                        break;
                    case 3:
                        numbers.add(input.readInt());
                        break;
                    case 7:
                        references[index] = new int[] {tag, input.readUnsignedShort()};
                        break;
                    case 9:
                    case 10:
                    case 11:
                    case 12:
                        references[index] = new int[] {tag, input.readUnsignedShort(), input.readUnsignedShort()};
                        break;
                    default:
                        forbidden.add(tag);
                        input.skipBytes(tag == 8 || tag == 16 ? 2 : tag == 15 ? 3 : tag == 5 || tag == 6 ? 8 : 4);
                        index += tag == 5 || tag == 6 ? 1 : 0;
                }
            }
            for (int[] reference : references) {
                if (reference != null && reference[0] == 12) {
                    descriptors.add(texts[reference[2]]);
                } else if (reference != null && reference[0] >= 9) {
                    int[] name = references[reference[2]];
                    members.add(texts[references[reference[1]][1]] + "." + texts[name[1]] + texts[name[2]]);
                }
            }
        }
    }
}
