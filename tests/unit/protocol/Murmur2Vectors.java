import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.utils.Utils;

/**
 * Prints murmur2_vectors.inc with Kafka's own hash. To make it again, with kafka-clients and
 * slf4j-api in the directory jars:
 *   java -cp 'jars/*' Murmur2Vectors.java > murmur2_vectors.inc
 */
public class Murmur2Vectors {
  static final String[] TEXTS = {
    "", "a", "ab", "abc", "abcd", "abcde", "order-1", "order-2", "customer/4711", "null",
    "0", "-1", "21", "foobar", "a-little-bit-long-string", "a-little-bit-longer-string",
    "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", "\u00fcml\u00e4ut", "\u65e5\u672c\u8a9e",
  };

  /** Key number seed of this length: the high bytes of a linear congruential generator. */
  static byte[] key(int seed, int length) {
    byte[] bytes = new byte[length];
    int state = seed;
    for (int i = 0; i < length; i++) {
      state = state * 1664525 + 1013904223;
      bytes[i] = (byte) (state >>> 24);
    }
    return bytes;
  }

  static void print(int seed, int length) {
    int hash = Utils.murmur2(key(seed, length));
    System.out.printf("MADE_KEY(%d, %d, %d, %d)%n", seed, length, hash, Utils.toPositive(hash));
  }

  static String escaped(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (byte b : bytes) text.append(b < 0 ? String.format("\\%03o", b & 0xff) : (char) b);
    return text.toString();
  }

  public static void main(String[] arguments) {
    System.out.println("// clang-format off: made by Murmur2Vectors.java with kafka-clients 3.9.1");
    for (String text : TEXTS) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      int hash = Utils.murmur2(bytes);
      System.out.printf("TEXT_KEY(\"%s\", %d, %d)%n", escaped(bytes), hash, Utils.toPositive(hash));
    }
    for (int length = 0; length <= 40; length++) {
      for (int seed = 1; seed <= 4; seed++) print(seed * 1000 + length, length);
    }
    int[] lengths = {63, 64, 65, 127, 255, 256, 257, 1000, 1023, 4096, 65537, 1000000};
    for (int length : lengths) {
      for (int seed = 7; seed <= 8; seed++) print(seed, length);
    }
  }
}
