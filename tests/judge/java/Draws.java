import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/** Random contents of one seed; small things mostly, now and then the ends of what is possible. */
final class Draws {
  private static final int TEXT_CHARS = 12;

  private final Random random;

  Draws(long seed) {
    random = new Random(seed);
  }

  int below(int end) {
    return random.nextInt(end);
  }

  boolean oneIn(int n) {
    return below(n) == 0;
  }

  <T> T of(List<T> all) {
    return all.get(below(all.size()));
  }

  byte[] bytes(int most) {
    byte[] bytes = new byte[below(most + 1)];
    random.nextBytes(bytes);
    return bytes;
  }

  /** Bytes that compress. */
  byte[] words(int size) {
    StringBuilder text = new StringBuilder();
    while (text.length() < size) text.append("word").append(below(20)).append(' ');
    return text.substring(0, size).getBytes(StandardCharsets.US_ASCII);
  }

  String text() {
    StringBuilder text = new StringBuilder();
    for (int left = below(TEXT_CHARS); left > 0; --left) {
      text.append(oneIn(8) ? '\u20ac' : (char) ('a' + below(26)));
    }
    return text.toString();
  }

  String textOrNull() {
    return oneIn(4) ? null : text();
  }

  short int16() {
    return (short) (oneIn(2) ? below(100) : random.nextInt());
  }

  int int32() {
    return oneIn(2) ? below(1000) : random.nextInt();
  }

  long int64() {
    return oneIn(2) ? below(1000) : random.nextLong();
  }

  /** From 0 on. */
  long offset() {
    return oneIn(4) ? random.nextLong() >>> 2 : below(1_000_000);
  }
}
