package kferry.witness;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Clients for the cluster that a request names by "bootstrap" and, where needed, "props". */
final class Clients {
  private static final Map<String, Admin> ADMINS = new ConcurrentHashMap<>();

  private Clients() {}

  static Admin admin(JsonNode cluster) {
    return ADMINS.computeIfAbsent(
        cluster.get("bootstrap").asText() + cluster.path("props"),
        key -> {
          Map<String, Object> config = base(cluster);
          config.put("default.api.timeout.ms", "60000");
          config.put("reconnect.backoff.max.ms", "200");
          return Admin.create(config);
        });
  }

  static KafkaProducer<byte[], byte[]> producer(JsonNode args, Map<String, Object> more) {
    Map<String, Object> config = base(args);
    config.put("compression.type", args.path("compression").asText("none"));
    config.put("acks", "all");
    config.put("enable.idempotence", args.path("idempotence").asText("true"));
    config.put("delivery.timeout.ms", "600000");
    config.put("max.request.size", "16777216");
    config.put("batch.size", args.path("batch_size").asText("65536"));
    config.put("linger.ms", args.path("linger_ms").asText("2"));
    config.put("buffer.memory", "67108864");
    config.putAll(more);
    return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }

  static KafkaConsumer<byte[], byte[]> consumer(JsonNode cluster, String isolation) {
    Map<String, Object> config = base(cluster);
    config.put("isolation.level", isolation);
    config.put("enable.auto.commit", "false");
    config.put("auto.offset.reset", "none");
    config.put("max.partition.fetch.bytes", "4194304");
    config.put("fetch.max.wait.ms", "100");
    config.put("max.poll.records", "2000");
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private static Map<String, Object> base(JsonNode cluster) {
    Map<String, Object> config = new HashMap<>();
    config.put("bootstrap.servers", cluster.get("bootstrap").asText());
    cluster.path("props").fields().forEachRemaining(
        property -> config.put(property.getKey(), property.getValue().asText()));
    return config;
  }
}
