package kferry.witness;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.Headers;

/**
 * The fidelity corpus: every kind of key with every kind of value and every kind of headers, over
 * odd timestamps, plus the large ones. What an application may write, a mirror has to carry.
 */
final class Corpus {
  private static final int KINDS_OF_KEY = 5;
  private static final int KINDS_OF_VALUE = 5;
  private static final int KINDS_OF_HEADERS = 7;

  private Corpus() {}

  static Object produce(JsonNode args) throws Exception {
    String topic = args.get("topic").asText();
    boolean headers = args.path("headers").asBoolean(true);
    SplittableRandom random = new SplittableRandom(args.get("seed").asLong());
    try (KafkaProducer<byte[], byte[]> producer = Clients.producer(args, Map.of())) {
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (int partition = 0; partition < args.get("partitions").asInt(); ++partition) {
        for (int key = 0; key < KINDS_OF_KEY; ++key) {
          for (int value = 0; value < KINDS_OF_VALUE; ++value) {
            for (int kind = 0; kind < (headers ? KINDS_OF_HEADERS : 1); ++kind) {
              ProducerRecord<byte[], byte[]> record =
                  new ProducerRecord<>(
                      topic, partition, timestamp(random), key(key, random), value(value, random));
              addHeaders(kind, record.headers(), random);
              sent.add(producer.send(record));
            }
          }
        }
        for (int bytes : new int[] {0, 1, 16_383, 16_384, 16_385, 100_000, 500_000, 900_000}) {
          sent.add(
              producer.send(
                  new ProducerRecord<>(
                      topic, partition, timestamp(random), null, noise(bytes, random))));
        }
      }
      producer.flush();
      for (Future<RecordMetadata> future : sent) {
        future.get();
      }
      return sent.size();
    }
  }

  private static byte[] key(int kind, SplittableRandom random) {
    switch (kind) {
      case 0:
        return null;
      case 1:
        return new byte[0];
      case 2:
        return ("k" + random.nextInt(100)).getBytes();
      case 3:
        return new byte[] {0, 0, -1, (byte) random.nextInt(256), 10, 0};
      default:
        return noise(5000, random);
    }
  }

  private static byte[] value(int kind, SplittableRandom random) {
    switch (kind) {
      case 0:
        return null;
      case 1:
        return new byte[0];
      case 2:
        return new byte[] {0};
      case 3:
        return noise(1 + random.nextInt(300), random);
      default:
        return "the same text again and again ".repeat(1 + random.nextInt(40)).getBytes();
    }
  }

  private static void addHeaders(int kind, Headers headers, SplittableRandom random) {
    switch (kind) {
      case 1:
        headers.add("trace", noise(16, random));
        break;
      case 2:
        headers.add("again", new byte[] {1}).add("between", null).add("again", new byte[] {2});
        headers.add("again", null).add("again", new byte[0]).add("again", new byte[] {1});
        break;
      case 3:
        for (int index = 0; index < 100; ++index) {
          headers.add("name-" + index % 7, index % 5 == 0 ? null : noise(index, random));
        }
        break;
      case 4:
        headers.add("", new byte[] {1}).add("", null);
        break;
      case 5:
        headers.add("größe-日本-\uD83D\uDE80", noise(8, random));
        break;
      case 6:
        headers.add("long", noise(20_000, random)).add("n".repeat(300), new byte[0]);
        break;
      default:
        break;
    }
  }

  private static long timestamp(SplittableRandom random) {
    switch (random.nextInt(5)) {
      case 0:
        return 0;
      case 1:
        return 1;
      case 2:
        return 253_402_300_799_999L;
      case 3:
        return 1_500_000_000_000L - random.nextInt(1_000_000);
      default:
        return System.currentTimeMillis();
    }
  }

  private static byte[] noise(int bytes, SplittableRandom random) {
    byte[] noise = new byte[bytes];
    random.nextBytes(noise);
    return noise;
  }
}
