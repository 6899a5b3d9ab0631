package kferry.witness;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.SimpleRecord;

/**
 * Random logs, one in each one-partition topic: what they are like follows from the seed and the
 * number of the log alone. What the cleaner makes of compacted ones is the broker's own.
 */
final class RandomLogs {
  private static final int WORKERS = 4;
  private static final int TICKS_MAX = 150;

  private RandomLogs() {}

  static void register(Map<String, Witness.Command> commands) {
    commands.put("random_log_configs", RandomLogs::configs);
    commands.put("make_random_logs", RandomLogs::make);
  }

  private static RandomRecords shape(JsonNode args, int log) {
    return new RandomRecords(args.get("seed").asLong(), log);
  }

  /** What the source topics of the logs have to be like. */
  private static Object configs(JsonNode args) {
    List<Map<String, String>> configs = new ArrayList<>();
    for (int log = 0; log < args.get("logs").asInt(); ++log) {
      RandomRecords shape = shape(args, log);
      Map<String, String> config = new TreeMap<>();
      // Batches may be larger than the target takes; records are not.
      config.put("max.message.bytes", "4194304");
      if (shape.compacted) {
        config.put("cleanup.policy", "compact");
        config.put("min.cleanable.dirty.ratio", "0.01");
        config.put("segment.ms", "200");
        config.put("delete.retention.ms", "3600000");
      } else {
        // Record times far apart would begin a segment with every batch.
        config.put("segment.ms", "1000000000000000");
      }
      if (shape.appendTime) {
        config.put("message.timestamp.type", "LogAppendTime");
      }
      configs.add(config);
    }
    return configs;
  }

  /** Fills the "topics", the first with log "first"; what they hold by kind. */
  private static Object make(JsonNode args) throws Exception {
    List<String> topics = new ArrayList<>();
    args.get("topics").forEach(topic -> topics.add(topic.asText()));
    int first = args.path("first").asInt(0);
    ConcurrentLinkedQueue<Integer> todo = new ConcurrentLinkedQueue<>();
    for (int index = 0; index < topics.size(); ++index) {
      todo.add(index);
    }
    Map<String, AtomicLong> tally = new ConcurrentHashMap<>();
    ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
    List<Future<Void>> ends = new ArrayList<>();
    for (int number = 0; number < WORKERS; ++number) {
      String name = topics.get(0) + "-" + number;
      ends.add(
          workers.submit(
              () -> {
                try (Worker worker = new Worker(args, name, tally)) {
                  for (Integer log = todo.poll(); log != null; log = todo.poll()) {
                    worker.fill(topics.get(log), shape(args, first + log));
                  }
                }
                return null;
              }));
    }
    workers.shutdown();
    for (Future<Void> end : ends) {
      end.get();
    }
    workers.awaitTermination(1, TimeUnit.MINUTES);
    letCleanerWork(args, topics, first);
    return new TreeMap<>(tally);
  }

  /** One thread's clients: a raw connection and producers whose transactions interleave. */
  private static final class Worker implements AutoCloseable {
    private static final String[] CODECS = {"none", "lz4", "gzip"};

    private final JsonNode args;
    private final Map<String, AtomicLong> tally;
    private final RawConnection raw;
    private final List<KafkaProducer<byte[], byte[]>> producers = new ArrayList<>();

    Worker(JsonNode args, String name, Map<String, AtomicLong> tally) throws Exception {
      this.args = args;
      this.tally = tally;
      raw = new RawConnection(args);
      for (String codec : CODECS) {
        KafkaProducer<byte[], byte[]> producer =
            Clients.producer(
                args,
                Map.of(
                    "transactional.id", name + codec, "compression.type", codec, "linger.ms", 5));
        producer.initTransactions();
        producers.add(producer);
      }
    }

    private void count(String what, long more) {
      tally.computeIfAbsent(what, key -> new AtomicLong()).addAndGet(more);
    }

    void fill(String topic, RandomRecords shape) throws Exception {
      Set<Integer> open = new HashSet<>();
      for (int batch = 0; batch < shape.batches; ++batch) {
        if (shape.transactional && shape.random.nextInt(4) > 0) {
          step(topic, shape, open);
        } else {
          produceRaw(topic, shape);
        }
      }
      for (int producer : open) {
        end(producer, shape);
      }
      count("logs", 1);
      count("compacted logs", shape.compacted ? 1 : 0);
      count("LogAppendTime logs", shape.appendTime ? 1 : 0);
      count("logs with transactions", shape.transactional ? 1 : 0);
      TopicPartition partition = new TopicPartition(topic, 0);
      long end =
          AdminCommands.endOffsets(args, List.of(partition), "read_uncommitted").get(partition);
      if (shape.cut && end > 2) {
        long before = 1 + shape.random.nextLong(end - 2);
        Clients.admin(args)
            .deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(before)))
            .all()
            .get();
        count("logs cut by DeleteRecords", 1);
      }
    }

    private void produceRaw(String topic, RandomRecords shape) throws Exception {
      List<SimpleRecord> records = shape.batch(true);
      String codec = shape.codec();
      count("batches " + codec, 1);
      count("records", records.size());
      raw.produce(topic, 0, batch(records, codec));
    }

    /** Some producer begins or goes on with its transaction, or ends it. */
    private void step(String topic, RandomRecords shape, Set<Integer> open) throws Exception {
      int number = shape.random.nextInt(producers.size());
      KafkaProducer<byte[], byte[]> producer = producers.get(number);
      if (open.contains(number) && shape.random.nextInt(3) == 0) {
        end(number, shape);
        open.remove(number);
        return;
      }
      if (open.add(number)) {
        producer.beginTransaction();
      }
      List<SimpleRecord> records = shape.batch(false);
      count("records in transactions", records.size());
      for (SimpleRecord record : records) {
        producer.send(RandomRecords.forProducer(topic, record));
      }
      producer.flush();
    }

    private void end(int number, RandomRecords shape) {
      boolean commit = shape.random.nextInt(5) < 3;
      count(commit ? "transactions committed" : "transactions aborted", 1);
      if (commit) {
        producers.get(number).commitTransaction();
      } else {
        producers.get(number).abortTransaction();
      }
    }

    @Override
    public void close() throws Exception {
      raw.close();
      producers.forEach(KafkaProducer::close);
    }
  }

  static MemoryRecords batch(List<SimpleRecord> records, String codec) {
    return MemoryRecords.withRecords(
        Compression.of(CompressionType.forName(codec)).build(),
        records.toArray(new SimpleRecord[0]));
  }

  /** Until the cleaner has left holes in every compacted log; then it rests for good. */
  private static void letCleanerWork(JsonNode args, List<String> topics, int first)
      throws Exception {
    List<String> compacted = new ArrayList<>();
    for (int index = 0; index < topics.size(); ++index) {
      if (shape(args, first + index).compacted) {
        compacted.add(topics.get(index));
      }
    }
    if (compacted.isEmpty()) {
      return;
    }
    try (RawConnection raw = new RawConnection(args)) {
      Set<String> solid = new HashSet<>(compacted);
      for (int tick = 0; !solid.isEmpty(); ++tick) {
        if (tick == TICKS_MAX) {
          throw new IllegalStateException("the log cleaner leaves no holes in " + solid);
        }
        // Every round closes the segment before it, which is what the cleaner may touch.
        for (String topic : compacted) {
          byte[] key = ("tick-" + tick % 3).getBytes();
          SimpleRecord record = new SimpleRecord(System.currentTimeMillis(), key, key);
          raw.produce(topic, 0, batch(List.of(record), "none"));
        }
        Thread.sleep(300);
        try (LogReader reader = new LogReader(args, List.copyOf(solid), "read_committed")) {
          reader.read().forEach(
              (topic, records) -> {
                if (hasHoles(records)) {
                  solid.remove(topic);
                }
              });
        }
      }
    }
    Map<String, String> rest =
        Map.of("min.cleanable.dirty.ratio", "1.0", "segment.ms", "604800000");
    for (String topic : compacted) {
      AdminCommands.alterTopic(args, topic, rest);
    }
    // A round of the cleaner that runs meanwhile comes to its end.
    Thread.sleep(2000);
  }

  private static boolean hasHoles(List<ConsumerRecord<byte[], byte[]>> records) {
    if (records.isEmpty()) {
      return false;
    }
    long span = records.get(records.size() - 1).offset() + 1;
    return records.size() < span - span / 4;
  }
}
