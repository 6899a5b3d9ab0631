import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Delay of single records at a fixed rate: from the moment the source acknowledged a record to the
 * moment a consumer of the target has it. Producer and consumer are in one JVM, so one clock tells
 * both. With the source as its own target it measures the tool and the broker without a mirror.
 */
final class Delay {
  private static final int VALUE_BYTES = 1000;
  private static final long START_LIMIT_S = 90;
  private static final long TAIL_LIMIT_S = 20;

  private final AtomicLongArray acknowledged;
  private final AtomicLongArray visible;
  private volatile long seen;
  private volatile boolean stop;
  private volatile Exception failure;

  private Delay(int slots) {
    acknowledged = new AtomicLongArray(slots);
    visible = new AtomicLongArray(slots);
  }

  static void run(String source, String target, String topic, int rate, int warmUpSeconds,
      int measureSeconds) throws Exception {
    // Warming up lasts until a record has come through, and the warm-up time after that.
    int slots = rate * (int) (START_LIMIT_S + warmUpSeconds + measureSeconds + 1);
    new Delay(slots).measure(source, target, topic, rate, warmUpSeconds, measureSeconds);
  }

  private void measure(String source, String target, String topic, int rate, int warmUpSeconds,
      int measureSeconds) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer = Tool.producer(source, Map.of("acks", "all"))) {
      int partitions = producer.partitionsFor(topic).size();
      Thread reader = new Thread(() -> read(target, topic), "reader");
      reader.start();
      System.out.println("ready");

      SplittableRandom random = new SplittableRandom(7);
      long start = System.nanoTime();
      long period = 1_000_000_000L / rate;
      long measureFrom = -1;
      long end = acknowledged.length();
      for (int i = 0; i < end && failure == null; i++) {
        long due = start + i * period;
        for (long now = System.nanoTime(); now < due; now = System.nanoTime()) {
          LockSupport.parkNanos(due - now);
        }
        if (measureFrom < 0 && seen > 0) {
          measureFrom = i + (long) rate * warmUpSeconds;
          end = Math.min(end, measureFrom + (long) rate * measureSeconds);
        }
        if (measureFrom < 0 && i > rate * START_LIMIT_S) {
          throw new IllegalStateException("no record came through in " + START_LIMIT_S + " s");
        }
        send(producer, topic, i, i % partitions, random);
      }
      producer.flush();
      boolean complete = awaitAll((int) measureFrom, (int) end);
      stop = true;
      reader.join();
      if (failure != null) {
        throw failure;
      }
      report((int) measureFrom, (int) end, complete);
    } finally {
      stop = true;
    }
  }

  private void send(KafkaProducer<byte[], byte[]> producer, String topic, int number,
      int partition, SplittableRandom random) {
    byte[] value = Fill.value(number, VALUE_BYTES, random);
    byte[] key = ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
    producer.send(new ProducerRecord<>(topic, partition, key, value), (metadata, error) -> {
      if (error != null) {
        failure = error;
      } else {
        acknowledged.set(number, System.nanoTime());
      }
    });
  }

  private void read(String target, String topic) {
    try (KafkaConsumer<byte[], byte[]> consumer = Tool.consumer(target)) {
      List<TopicPartition> partitions = Tool.partitions(consumer, topic);
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      while (!stop) {
        var records = consumer.poll(Duration.ofMillis(100));
        long now = System.nanoTime();
        for (ConsumerRecord<byte[], byte[]> record : records) {
          // Only the first arrival counts, a repeat does not make a record later.
          visible.compareAndSet(ByteBuffer.wrap(record.key()).getInt(), 0, now);
        }
        seen += records.count();
      }
    } catch (RuntimeException error) {
      failure = error;
    }
  }

  private boolean awaitAll(int from, int end) throws InterruptedException {
    long deadline = System.nanoTime() + TAIL_LIMIT_S * 1_000_000_000L;
    for (int i = from; i < end; i++) {
      while (visible.get(i) == 0 || acknowledged.get(i) == 0) {
        if (System.nanoTime() > deadline || failure != null) {
          return false;
        }
        Thread.sleep(5);
      }
    }
    return true;
  }

  private void report(int from, int end, boolean complete) {
    long[] delays = new long[end - from];
    int count = 0;
    for (int i = from; i < end; i++) {
      if (visible.get(i) != 0 && acknowledged.get(i) != 0) {
        // A consumer may hold a record before the producer's callback ran: that is no delay.
        delays[count++] = Math.max(0, visible.get(i) - acknowledged.get(i));
      }
    }
    long[] sorted = Arrays.copyOf(delays, count);
    Arrays.sort(sorted);
    System.out.printf(
        "{\"records\":%d,\"complete\":%b,\"p50_ms\":%.3f,\"p90_ms\":%.3f,\"p99_ms\":%.3f,"
            + "\"max_ms\":%.3f}%n",
        count, complete, at(sorted, 0.50), at(sorted, 0.90), at(sorted, 0.99), at(sorted, 1.0));
  }

  private static double at(long[] sorted, double quantile) {
    if (sorted.length == 0) {
      return -1;
    }
    int index = (int) Math.ceil(quantile * sorted.length) - 1;
    return sorted[Math.max(0, index)] / 1e6;
  }
}
