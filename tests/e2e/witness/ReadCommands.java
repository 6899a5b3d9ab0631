package kferry.witness;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;

/** Reading back: record by record comparison of two topics, counts, dumps. */
final class ReadCommands {
  private static final int DIFFERENCES_MAX = 5;

  private ReadCommands() {}

  static void register(Map<String, Witness.Command> commands) {
    commands.put("compare", ReadCommands::compare);
    commands.put("count", ReadCommands::count);
    commands.put("dump", ReadCommands::dump);
  }

  /**
   * Holds "source" {bootstrap, topic} against "target", same partition count, in lockstep: key,
   * value, headers, record time, order. The source is read with "isolation"; the target as it is.
   * Record times in "free_timestamps" may differ: those that the mirror says it can not carry.
   */
  private static Object compare(JsonNode args) throws Exception {
    JsonNode source = args.get("source");
    JsonNode target = args.get("target");
    String isolation = args.path("isolation").asText("read_committed");
    List<Long> free = new ArrayList<>();
    args.path("free_timestamps").forEach(time -> free.add(time.asLong()));
    String ignored = args.path("ignore_headers").asText(null);
    List<String> differences = new ArrayList<>();
    long sourceRecords = 0;
    long targetRecords = 0;
    long freed = 0;
    String targetTopic = target.get("topic").asText();
    for (TopicPartition from :
        AdminCommands.partitionsOf(source, source.get("topic").asText())) {
      TopicPartition to = new TopicPartition(targetTopic, from.partition());
      try (PartitionReader left = new PartitionReader(source, from, isolation);
          PartitionReader right = new PartitionReader(target, to, "read_uncommitted")) {
        while (true) {
          ConsumerRecord<byte[], byte[]> given = left.next();
          ConsumerRecord<byte[], byte[]> found = right.next();
          sourceRecords += given != null ? 1 : 0;
          targetRecords += found != null ? 1 : 0;
          if (given == null && found == null) {
            break;
          }
          if (given != null && found != null && free.contains(given.timestamp())
              && given.timestamp() != found.timestamp()) {
            ++freed;
          }
          String difference = difference(given, found, free, ignored);
          if (difference != null && differences.size() < DIFFERENCES_MAX) {
            differences.add(from + ": " + difference);
          }
          if (given == null || found == null) {
            // The rest only counts: one side is at its end.
            for (; left.next() != null; ++sourceRecords) {}
            for (; right.next() != null; ++targetRecords) {}
            break;
          }
        }
      }
    }
    return Map.of(
        "equal", differences.isEmpty(),
        "source_records", sourceRecords,
        "target_records", targetRecords,
        "timestamps_replaced", freed,
        "differences", differences);
  }

  static String difference(
      ConsumerRecord<byte[], byte[]> given,
      ConsumerRecord<byte[], byte[]> found,
      List<Long> freeTimestamps,
      String ignoredHeaders) {
    if (given == null || found == null) {
      return given == null
          ? "target has more, from its offset " + found.offset()
          : "target ends before source offset " + given.offset();
    }
    String where = "source offset " + given.offset() + ", target offset " + found.offset() + ": ";
    if (!Arrays.equals(given.key(), found.key())) {
      return where + "key " + show(given.key()) + " became " + show(found.key());
    }
    if (!Arrays.equals(given.value(), found.value())) {
      return where + "value " + show(given.value()) + " became " + show(found.value());
    }
    if (given.timestamp() != found.timestamp() && !freeTimestamps.contains(given.timestamp())) {
      return where + "timestamp " + given.timestamp() + " became " + found.timestamp();
    }
    List<String> sent = headers(given, null);
    List<String> arrived = headers(found, ignoredHeaders);
    return sent.equals(arrived) ? null : where + "headers " + sent + " became " + arrived;
  }

  private static List<String> headers(ConsumerRecord<byte[], byte[]> record, String ignored) {
    List<String> headers = new ArrayList<>();
    for (Header header : record.headers()) {
      if (ignored == null || !header.key().startsWith(ignored)) {
        headers.add(header.key() + "=" + encode(header.value()));
      }
    }
    return headers;
  }

  private static String show(byte[] bytes) {
    if (bytes == null) {
      return "null";
    }
    String text = encode(bytes);
    return bytes.length + " bytes " + (text.length() > 40 ? text.substring(0, 40) + "..." : text);
  }

  private static String encode(byte[] bytes) {
    return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
  }

  private static Object count(JsonNode args) throws Exception {
    Map<String, Long> counts = new HashMap<>();
    String isolation = args.path("isolation").asText("read_uncommitted");
    for (TopicPartition partition :
        AdminCommands.partitionsOf(args, args.get("topic").asText())) {
      try (PartitionReader reader = new PartitionReader(args, partition, isolation)) {
        long records = 0;
        for (; reader.next() != null; ++records) {}
        counts.put(String.valueOf(partition.partition()), records);
      }
    }
    return counts;
  }

  private static Object dump(JsonNode args) throws Exception {
    List<Map<String, Object>> records = new ArrayList<>();
    String isolation = args.path("isolation").asText("read_uncommitted");
    for (TopicPartition partition :
        AdminCommands.partitionsOf(args, args.get("topic").asText())) {
      try (PartitionReader reader = new PartitionReader(args, partition, isolation)) {
        for (ConsumerRecord<byte[], byte[]> record = reader.next();
            record != null;
            record = reader.next()) {
          Map<String, Object> shown = new HashMap<>();
          shown.put("partition", partition.partition());
          shown.put("offset", record.offset());
          shown.put("timestamp", record.timestamp());
          shown.put("key", encode(record.key()));
          shown.put("value", encode(record.value()));
          List<List<String>> headers = new ArrayList<>();
          for (Header header : record.headers()) {
            headers.add(Arrays.asList(header.key(), encode(header.value())));
          }
          shown.put("headers", headers);
          records.add(Objects.requireNonNull(shown));
        }
      }
    }
    return records;
  }
}
