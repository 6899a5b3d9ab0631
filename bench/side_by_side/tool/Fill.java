import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Fills a topic with records that look like JSON events and compress like them. */
final class Fill {
  private static final byte[] ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
          .getBytes(StandardCharsets.US_ASCII);
  private static final String[] WORDS = {"created", "paid", "packed", "shipped", "returned"};

  private Fill() {}

  static void run(String bootstrap, String topic, int records, int valueBytes, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    AtomicReference<Exception> failure = new AtomicReference<>();
    // Full batches of the producer's default size, as a busy producer sends them.
    Map<String, Object> config = Map.of("linger.ms", 20, "acks", "all");
    try (KafkaProducer<byte[], byte[]> producer = Tool.producer(bootstrap, config)) {
      for (int i = 0; i < records && failure.get() == null; i++) {
        byte[] key = ("order-" + random.nextInt(1_000_000)).getBytes(StandardCharsets.US_ASCII);
        producer.send(new ProducerRecord<>(topic, key, value(i, valueBytes, random)),
            (metadata, error) -> {
              if (error != null) {
                failure.compareAndSet(null, error);
              }
            });
      }
    }
    if (failure.get() != null) {
      throw new IllegalStateException("the source can not be filled", failure.get());
    }
    System.out.printf("{\"records\":%d,\"value_bytes\":%d,\"seed\":%d}%n", records, valueBytes,
        seed);
  }

  /**
   * Half names and words that repeat from record to record, half identifiers and digests that do
   * not: lz4 leaves about 0.6 of it.
   */
  static byte[] value(int number, int bytes, SplittableRandom random) {
    byte[] value = new byte[bytes];
    int at = put(value, 0, "{\"event\":\"" + WORDS[random.nextInt(WORDS.length)]
        + "\",\"number\":" + number + ",\"items\":[");
    while (at < bytes) {
      at = put(value, at, "{\"article\":\"");
      at = putRandom(value, at, 44, random);
      at = put(value, at, "\",\"quantity\":1,\"unit\":\"piece\"},");
    }
    value[bytes - 1] = '}';
    return value;
  }

  private static int put(byte[] value, int at, String text) {
    int bytes = Math.min(text.length(), value.length - at);
    for (int i = 0; i < bytes; i++) {
      value[at + i] = (byte) text.charAt(i);
    }
    return at + bytes;
  }

  private static int putRandom(byte[] value, int at, int count, SplittableRandom random) {
    int end = Math.min(at + count, value.length);
    for (int i = at; i < end; i++) {
      value[i] = ALPHABET[random.nextInt(ALPHABET.length)];
    }
    return end;
  }
}
