import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.record.CompressionRatioEstimator;
import org.apache.kafka.common.record.CompressionType;

/** Fills a topic with records that look like JSON events and compress like them. */
final class Fill {
  private static final byte[] ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
          .getBytes(StandardCharsets.US_ASCII);
  private static final String[] WORDS = {"created", "paid", "packed", "shipped", "returned"};

  private static final int OUTSTANDING_BYTES = 64 << 20;
  private static final int RECORD_OVERHEAD_BYTES = 40;
  private static final float USUAL_RATIO = 0.6F;

  private Fill() {}

  /**
   * Batches of about batchBytes on the wire; 0: as a busy producer with default sizes sends them,
   * 1: each record is a batch.
   */
  static void run(String bootstrap, String topic, int records, int valueBytes, long seed,
      String codec, int batchBytes) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    AtomicReference<Exception> failure = new AtomicReference<>();
    Semaphore room = new Semaphore(OUTSTANDING_BYTES);
    int charge = valueBytes + RECORD_OVERHEAD_BYTES;
    if (!codec.equals("none")) {
      // Where the producer's guess ends up; it begins at 1, with batches too small by that.
      CompressionRatioEstimator.setEstimation(topic, CompressionType.forName(codec), USUAL_RATIO);
    }
    try (KafkaProducer<byte[], byte[]> producer = Tool.producer(bootstrap,
        config(codec, batchBytes))) {
      for (int i = 0; i < records && failure.get() == null; i++) {
        byte[] key = ("order-" + random.nextInt(1_000_000)).getBytes(StandardCharsets.US_ASCII);
        room.acquire(charge);
        producer.send(new ProducerRecord<>(topic, key, value(i, valueBytes, random)),
            (metadata, error) -> {
              room.release(charge);
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

  private static Map<String, Object> config(String codec, int batchBytes) {
    Map<String, Object> config = new HashMap<>();
    config.put("acks", "all");
    config.put("compression.type", codec);
    config.put("linger.ms", 20);
    if (batchBytes > 0) {
      // A batch leaves when it is full and for no other reason: not by its age, and not because
      // memory is short, since less than this is ever outstanding.
      config.put("batch.size", batchBytes);
      config.put("linger.ms", 60_000);
      config.put("buffer.memory", 4L * OUTSTANDING_BYTES);
      config.put("max.request.size", 4 << 20);
    }
    return config;
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
