import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * What the comparison needs of Kafka's own client. Each command writes one JSON line as its result;
 * `watch` and `delay` write "ready" first, so that a mirror is started when they are waiting.
 */
public final class Tool {
  private Tool() {}

  public static void main(String[] args) throws Exception {
    switch (args.length == 0 ? "" : args[0]) {
      case "fresh" -> fresh(args[1], args[2], Integer.parseInt(args[3]));
      case "fill" -> Fill.run(args[1], args[2], Integer.parseInt(args[3]),
          Integer.parseInt(args[4]), Long.parseLong(args[5]), args[6], Integer.parseInt(args[7]));
      case "watch" -> watch(args[1], args[2], Long.parseLong(args[3]), Long.parseLong(args[4]));
      case "delay" -> Delay.run(args[1], args[2], args[3], Integer.parseInt(args[4]),
          Integer.parseInt(args[5]), Integer.parseInt(args[6]));
      case "wide" -> Wide.fresh(args[1], args[2], Integer.parseInt(args[3]),
          Integer.parseInt(args[4]));
      case "touch" -> Wide.touch(args[1], args[2], args[3], Integer.parseInt(args[4]),
          Integer.parseInt(args[5]), Long.parseLong(args[6]));
      default -> {
        System.err.println("""
            usage: Tool fresh BOOTSTRAP TOPIC PARTITIONS
                   Tool fill  BOOTSTRAP TOPIC RECORDS VALUE_BYTES SEED CODEC BATCH_BYTES
                   Tool watch BOOTSTRAP TOPIC RECORDS TIMEOUT_S
                   Tool delay SOURCE TARGET TOPIC RATE WARM_UP_S MEASURE_S
                   Tool wide  BOOTSTRAP PREFIX TOPICS PARTITIONS
                   Tool touch SOURCE TARGET PREFIX TOPICS PARTITIONS TIMEOUT_S""");
        System.exit(64);
      }
    }
  }

  static KafkaProducer<byte[], byte[]> producer(String bootstrap, Map<String, Object> more) {
    Map<String, Object> config = new HashMap<>();
    config.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    config.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
    config.putAll(more);
    return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }

  static KafkaConsumer<byte[], byte[]> consumer(String bootstrap) {
    Map<String, Object> config = new HashMap<>();
    config.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  static List<TopicPartition> partitions(KafkaConsumer<?, ?> consumer, String topic) {
    List<TopicPartition> all = new ArrayList<>();
    consumer.partitionsFor(topic).forEach(p -> all.add(new TopicPartition(topic, p.partition())));
    return all;
  }

  /** An empty topic of that name: an old one is deleted first and is really gone before. */
  private static void fresh(String bootstrap, String topic, int partitions) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      if (admin.listTopics().names().get().contains(topic)) {
        admin.deleteTopics(Set.of(topic)).all().get();
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (admin.listTopics().names().get().contains(topic)) {
          if (System.nanoTime() > deadline) {
            throw new IllegalStateException(topic + " is still there a minute after its deletion");
          }
        }
      }
      admin.createTopics(List.of(new NewTopic(topic, Optional.of(partitions), Optional.empty())))
          .all().get();
    }
    System.out.println("{\"topic\":\"" + topic + "\",\"partitions\":" + partitions + "}");
  }

  /** When the first and the last of so many records are visible, on the monotonic clock. */
  private static void watch(String bootstrap, String topic, long records, long timeoutSeconds)
      throws Exception {
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(bootstrap)) {
      List<TopicPartition> partitions = partitions(consumer, topic);
      long deadline = System.nanoTime() + timeoutSeconds * 1_000_000_000L;
      long first = 0;
      long seen = end(consumer, partitions);
      System.out.println("ready");
      while (true) {
        long now = System.nanoTime();
        seen = end(consumer, partitions);
        if (first == 0 && seen > 0) {
          first = now;
        }
        if (seen >= records || now > deadline) {
          System.out.printf("{\"first_ns\":%d,\"last_ns\":%d,\"records\":%d,\"complete\":%b}%n",
              first, now, seen, seen >= records);
          return;
        }
        // Often enough for a wall time in hundredths of seconds, seldom enough not to cost any.
        Thread.sleep(10);
      }
    }
  }

  static long end(KafkaConsumer<?, ?> consumer, List<TopicPartition> partitions) {
    return consumer.endOffsets(partitions).values().stream().mapToLong(Long::longValue).sum();
  }
}
