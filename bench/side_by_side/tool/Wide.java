import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;

/** Thousands of partitions, most of them idle. */
final class Wide {
  private static final int PARTITIONS_PER_REQUEST = 500;
  private static final long MAKING_LIMIT_S = 600;

  private Wide() {}

  /** The topics are there, led by the broker, and hold nothing. */
  static void fresh(String bootstrap, String prefix, int topics, int partitions) throws Exception {
    Map<String, Object> config = Map.of("bootstrap.servers", bootstrap,
        "request.timeout.ms", 120_000, "default.api.timeout.ms", 600_000);
    long start = System.nanoTime();
    try (Admin admin = Admin.create(config)) {
      Set<String> present = admin.listTopics().names().get();
      List<NewTopic> wanted = new ArrayList<>();
      for (int i = 0; i < topics; i++) {
        if (!present.contains(name(prefix, i))) {
          wanted.add(new NewTopic(name(prefix, i), Optional.of(partitions), Optional.empty()));
        }
        if (wanted.size() * partitions >= PARTITIONS_PER_REQUEST || i == topics - 1) {
          admin.createTopics(wanted).all().get();
          wanted.clear();
        }
      }
      empty(admin, prefix, topics, partitions);
    }
    System.out.printf("{\"topics\":%d,\"partitions\":%d,\"seconds\":%.1f}%n", topics, partitions,
        (System.nanoTime() - start) / 1e9);
  }

  private static void empty(Admin admin, String prefix, int topics, int partitions)
      throws Exception {
    Map<TopicPartition, OffsetSpec> question = new HashMap<>();
    for (int i = 0; i < topics; i++) {
      for (int p = 0; p < partitions; p++) {
        question.put(new TopicPartition(name(prefix, i), p), OffsetSpec.latest());
      }
    }
    Map<TopicPartition, RecordsToDelete> filled = new HashMap<>();
    ends(admin, question).forEach((partition, end) -> {
      if (end > 0) {
        filled.put(partition, RecordsToDelete.beforeOffset(end));
      }
    });
    admin.deleteRecords(filled).all().get();
  }

  /** The ends of all, as soon as the broker has made all of them. */
  private static Map<TopicPartition, Long> ends(Admin admin,
      Map<TopicPartition, OffsetSpec> question) throws Exception {
    Set<String> topics =
        question.keySet().stream().map(TopicPartition::topic).collect(Collectors.toSet());
    long deadline = System.nanoTime() + MAKING_LIMIT_S * 1_000_000_000L;
    while (true) {
      try {
        if (admin.listTopics().names().get().containsAll(topics)) {
          Map<TopicPartition, Long> ends = new HashMap<>();
          admin.listOffsets(question).all().get()
              .forEach((partition, found) -> ends.put(partition, found.offset()));
          return ends;
        }
      } catch (ExecutionException failure) {
        if (!(failure.getCause() instanceof RetriableException)) {
          throw failure;
        }
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("the topics were not there in " + MAKING_LIMIT_S + " s");
      }
      Thread.sleep(200);
    }
  }

  /** One record into one partition of each topic; how long until all are on the target. */
  static void touch(String source, String target, String prefix, int topics, int partitions,
      long timeoutSeconds) throws Exception {
    List<TopicPartition> touched = new ArrayList<>();
    for (int i = 0; i < topics; i++) {
      touched.add(new TopicPartition(name(prefix, i), i % partitions));
    }
    try (KafkaConsumer<byte[], byte[]> consumer = Tool.consumer(target);
        KafkaProducer<byte[], byte[]> producer = Tool.producer(source, Map.of("acks", "all"))) {
      long wanted = Tool.end(consumer, touched) + topics;
      // What the producer has to learn about the topics is not part of it.
      touched.forEach(partition -> producer.partitionsFor(partition.topic()));
      byte[] value = "active".getBytes(StandardCharsets.US_ASCII);
      long first = System.nanoTime();
      touched.forEach(one ->
          producer.send(new ProducerRecord<>(one.topic(), one.partition(), null, value)));
      producer.flush();
      long acknowledged = System.nanoTime();
      long seen = Tool.end(consumer, touched);
      long now = System.nanoTime();
      while (seen < wanted && now < first + timeoutSeconds * 1_000_000_000L) {
        Thread.sleep(10);
        seen = Tool.end(consumer, touched);
        now = System.nanoTime();
      }
      System.out.printf("{\"records\":%d,\"first_ns\":%d,\"sent_s\":%.3f,\"visible_s\":%.3f,"
          + "\"complete\":%b}%n", topics, first, (acknowledged - first) / 1e9,
          (now - first) / 1e9, seen >= wanted);
    }
  }

  private static String name(String prefix, int number) {
    return String.format("%s-%04d", prefix, number);
  }
}
