package kferry.witness;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.SimpleRecord;

/** Many logs and what several mirrors made of each, record by record; and damage, to try that. */
final class LogCompare {
  private static final int LOGS_AT_ONCE = 20;
  private static final int DETAILS_MAX = 10;
  private static final int COPY_RECORDS = 100;

  private LogCompare() {}

  static void register(Map<String, Witness.Command> commands) {
    commands.put("compare_logs", LogCompare::compare);
    commands.put("count_logs", LogCompare::count);
    commands.put("copy_damaged", LogCompare::copyDamaged);
  }

  /** What one mirror did to all logs. */
  private static final class Verdict {
    final List<Long> free = new ArrayList<>();
    final List<String> details = new ArrayList<>();
    long records;
    long differences;
    long excluded;

    Map<String, Object> map() {
      return Map.of(
          "records", records,
          "differences", differences,
          "excluded", excluded,
          "details", details);
    }
  }

  private static List<String> names(JsonNode list, String prefix) {
    List<String> names = new ArrayList<>();
    list.forEach(name -> names.add(prefix + name.asText()));
    return names;
  }

  /**
   * Holds the "mirrors" {name: {bootstrap, prefix, free}} against the "source" and so against each
   * other. Record times in "free" are excluded: the mirror can not carry them; they are counted.
   */
  private static Object compare(JsonNode args) throws Exception {
    List<String> logs = names(args.get("logs"), "");
    Map<String, Verdict> verdicts = new TreeMap<>();
    long sourceRecords = 0;
    for (int begin = 0; begin < logs.size(); begin += LOGS_AT_ONCE) {
      List<String> some = logs.subList(begin, Math.min(logs.size(), begin + LOGS_AT_ONCE));
      Map<String, List<ConsumerRecord<byte[], byte[]>>> source =
          read(args.get("source"), some, "", "read_committed");
      for (String log : some) {
        sourceRecords += source.get(log).size();
      }
      for (Map.Entry<String, JsonNode> mirror : args.get("mirrors").properties()) {
        JsonNode given = mirror.getValue();
        Verdict verdict = verdicts.computeIfAbsent(mirror.getKey(), name -> new Verdict());
        verdict.free.clear();
        given.path("free").forEach(time -> verdict.free.add(time.asLong()));
        String prefix = given.path("prefix").asText("");
        Map<String, List<ConsumerRecord<byte[], byte[]>>> target =
            read(given, some, prefix, "read_uncommitted");
        for (String log : some) {
          judge(log, source.get(log), target.get(prefix + log), verdict);
        }
      }
    }
    Map<String, Object> result = new HashMap<>();
    verdicts.forEach((name, verdict) -> result.put(name, verdict.map()));
    return Map.of("logs", logs.size(), "source_records", sourceRecords, "mirrors", result);
  }

  private static Map<String, List<ConsumerRecord<byte[], byte[]>>> read(
      JsonNode cluster, List<String> logs, String prefix, String isolation) throws Exception {
    List<String> topics = new ArrayList<>();
    logs.forEach(log -> topics.add(prefix + log));
    try (LogReader reader = new LogReader(cluster, topics, isolation)) {
      return reader.read();
    }
  }

  private static void judge(
      String log,
      List<ConsumerRecord<byte[], byte[]>> source,
      List<ConsumerRecord<byte[], byte[]>> target,
      Verdict verdict) {
    verdict.records += target.size();
    for (int index = 0; index < Math.max(source.size(), target.size()); ++index) {
      ConsumerRecord<byte[], byte[]> given = index < source.size() ? source.get(index) : null;
      ConsumerRecord<byte[], byte[]> found = index < target.size() ? target.get(index) : null;
      if (given != null && found != null && given.timestamp() != found.timestamp()
          && verdict.free.contains(given.timestamp())) {
        ++verdict.excluded;
      }
      String difference = ReadCommands.difference(given, found, verdict.free, null);
      if (difference != null) {
        ++verdict.differences;
        if (verdict.details.size() < DETAILS_MAX) {
          verdict.details.add(log + ": " + difference);
        }
      }
    }
  }

  /** Records of each of the "logs", as a reader with "isolation" sees them. */
  private static Object count(JsonNode args) throws Exception {
    Map<String, Long> counts = new TreeMap<>();
    List<String> logs = names(args.get("logs"), "");
    for (int begin = 0; begin < logs.size(); begin += LOGS_AT_ONCE) {
      List<String> some = logs.subList(begin, Math.min(logs.size(), begin + LOGS_AT_ONCE));
      read(args, some, "", args.path("isolation").asText("read_committed"))
          .forEach((log, records) -> counts.put(log, (long) records.size()));
    }
    return counts;
  }

  /** Copies a log within a cluster, with one "damage"; whether the log has what it needs for it. */
  private static Object copyDamaged(JsonNode args) throws Exception {
    String from = args.get("from").asText();
    List<SimpleRecord> records = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record :
        read(args, List.of(from), "", "read_committed").get(from)) {
      records.add(
          new SimpleRecord(
              record.timestamp(), record.key(), record.value(), record.headers().toArray()));
    }
    if (!damage(args.get("damage").asText(), records)) {
      return false;
    }
    try (RawConnection raw = new RawConnection(args)) {
      for (int begin = 0; begin < records.size(); begin += COPY_RECORDS) {
        int end = Math.min(records.size(), begin + COPY_RECORDS);
        raw.produce(
            args.get("to").asText(), 0, RandomLogs.batch(records.subList(begin, end), "lz4"));
      }
    }
    return true;
  }

  private static boolean damage(String kind, List<SimpleRecord> records) {
    if (kind.equals("none")) {
      return true;
    }
    // In the middle rather than at an end.
    for (int step = 0; step < records.size(); ++step) {
      int at = (records.size() / 2 + step) % records.size();
      if (damage(kind, records, at)) {
        return true;
      }
    }
    return false;
  }

  private static boolean damage(String kind, List<SimpleRecord> records, int at) {
    SimpleRecord one = records.get(at);
    byte[] key = bytes(one.key());
    byte[] value = bytes(one.value());
    Header[] headers = one.headers().clone();
    long time = one.timestamp();
    switch (kind) {
      case "loss":
        records.remove(at);
        return true;
      case "end lost":
        records.remove(records.size() - 1);
        return true;
      case "repeat":
        records.add(at, one);
        return true;
      case "repeat at the end":
        records.add(one);
        return true;
      case "swap":
        if (at + 1 == records.size() || one.equals(records.get(at + 1))) {
          return false;
        }
        records.set(at, records.get(at + 1));
        records.set(at + 1, one);
        return true;
      case "null key":
        if (key == null || key.length > 0) {
          return false;
        }
        key = null;
        break;
      case "null value":
        if (value == null || value.length > 0) {
          return false;
        }
        value = null;
        break;
      case "bit":
        if (value == null || value.length == 0) {
          return false;
        }
        value[value.length / 2] ^= 1;
        break;
      case "time":
        ++time;
        break;
      case "header order":
        if (headers.length < 2 || headers[0].equals(headers[1])) {
          return false;
        }
        Header first = headers[0];
        headers[0] = headers[1];
        headers[1] = first;
        break;
      case "header null":
        if (headers.length == 0 || headers[0].value() == null) {
          return false;
        }
        headers[0] = new RecordHeader(headers[0].key(), (byte[]) null);
        break;
      default:
        throw new IllegalArgumentException("no such damage: " + kind);
    }
    records.set(at, new SimpleRecord(time, key, value, headers));
    return true;
  }

  private static byte[] bytes(java.nio.ByteBuffer buffer) {
    return buffer == null ? null : org.apache.kafka.common.utils.Utils.toArray(buffer);
  }
}
