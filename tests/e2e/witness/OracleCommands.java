package kferry.witness;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;

/** The verdicts: no loss, order, repeats only as contiguous rewinds, Java's placement of keys. */
final class OracleCommands {
  private static final int PROBLEMS_MAX = 10;

  private OracleCommands() {}

  static void register(Map<String, Witness.Command> commands) {
    commands.put("check_sequence", OracleCommands::checkSequence);
    commands.put("check_placement", OracleCommands::checkPlacement);
    commands.put("check_null_keys", OracleCommands::checkNullKeys);
  }

  /** Numbers of one source shard as they lie in one target partition. */
  static final class Track {
    private long[] first = new long[1024];
    private int size;
    private int cursor = -1;
    long repeats;
    long rewinds;
    long longestRewind;

    /** Null, or what is wrong with this number here. */
    String add(long number) {
      if (size == 0 || number > first[size - 1]) {
        if (cursor != size - 1) {
          String problem =
              number + " after " + first[cursor] + ", inside a rewind that had not caught up with "
                  + first[size - 1];
          append(number);
          return problem;
        }
        append(number);
        return null;
      }
      int at = Arrays.binarySearch(first, 0, size, number);
      if (at < 0) {
        return number + " appears late: after " + first[size - 1];
      }
      ++repeats;
      boolean forward = at == cursor + 1;
      boolean back = at <= cursor;
      long previous = first[cursor];
      if (back) {
        ++rewinds;
        longestRewind = Math.max(longestRewind, (long) cursor - at + 1);
      }
      cursor = at;
      return forward || back ? null : "a repeat jumps from " + previous + " to " + number;
    }

    private void append(long number) {
      if (size == first.length) {
        first = Arrays.copyOf(first, 2 * size);
      }
      first[size++] = number;
      cursor = size - 1;
    }
  }

  /**
   * Holds target "topic" against the book of the source topic "book"; with "below" {shard: number}
   * only lower numbers may not be missing.
   */
  private static Object checkSequence(JsonNode args) throws Exception {
    String topic = args.get("topic").asText();
    Sequence.Book book = Sequence.Book.of(args.path("book").asText(topic));
    String isolation = args.path("isolation").asText("read_uncommitted");
    boolean samePartition = args.path("same_partition").asBoolean(true);
    Map<Integer, BitSet> seen = new HashMap<>();
    List<String> problems = new ArrayList<>();
    long records = 0;
    long repeats = 0;
    long rewinds = 0;
    long longestRewind = 0;
    long disorder = 0;
    for (TopicPartition partition : AdminCommands.partitionsOf(args, topic)) {
      Map<Integer, Track> tracks = new HashMap<>();
      try (PartitionReader reader = new PartitionReader(args, partition, isolation)) {
        for (ConsumerRecord<byte[], byte[]> record = reader.next();
            record != null;
            record = reader.next()) {
          ++records;
          Sequence sequence = Sequence.parse(record.value());
          String problem = damage(sequence, record, partition, samePartition);
          if (problem == null) {
            seen.computeIfAbsent(sequence.shard, key -> new BitSet()).set((int) sequence.number);
            problem =
                tracks.computeIfAbsent(sequence.shard, key -> new Track()).add(sequence.number);
          }
          if (problem != null) {
            ++disorder;
            note(problems, partition + " offset " + record.offset() + ": " + problem);
          }
        }
      }
      for (Track track : tracks.values()) {
        repeats += track.repeats;
        rewinds += track.rewinds;
        longestRewind = Math.max(longestRewind, track.longestRewind);
      }
    }
    long missing = 0;
    long resurrected = 0;
    for (Map.Entry<Integer, Sequence.Shard> entry : book.shards().entrySet()) {
      BitSet here = seen.getOrDefault(entry.getKey(), new BitSet());
      synchronized (entry.getValue()) {
        BitSet lost = (BitSet) entry.getValue().acked.clone();
        if (args.has("below")) {
          // Only what lies below a position: offsets count records in these topics.
          int position = args.get("below").path(entry.getKey().toString()).asInt(0);
          lost.clear(position, Math.max(position, lost.length()));
        }
        lost.andNot(here);
        missing += lost.cardinality();
        if (!lost.isEmpty()) {
          note(problems, "shard " + entry.getKey() + ": " + lost.cardinality()
              + " records are missing, the first is " + lost.nextSetBit(0));
        }
        BitSet undead = (BitSet) entry.getValue().aborted.clone();
        undead.and(here);
        resurrected += undead.cardinality();
      }
    }
    Map<String, Object> verdict = new HashMap<>();
    verdict.put("expected", book.acked());
    verdict.put("records", records);
    verdict.put("missing", missing);
    verdict.put("disorder", disorder);
    verdict.put("repeats", repeats);
    verdict.put("rewinds", rewinds);
    verdict.put("longest_rewind", longestRewind);
    verdict.put("aborted_seen", resurrected);
    verdict.put("problems", problems);
    return verdict;
  }

  private static String damage(
      Sequence sequence,
      ConsumerRecord<byte[], byte[]> record,
      TopicPartition partition,
      boolean samePartition) {
    if (sequence == null) {
      return "damaged value";
    }
    if (samePartition && sequence.shard != partition.partition()) {
      return "belongs to partition " + sequence.shard;
    }
    Header number = record.headers().lastHeader("number");
    if (number != null && ByteBuffer.wrap(number.value()).getLong() != sequence.number) {
      return "carries the header of another record";
    }
    return null;
  }

  /**
   * Every record of the mirrored "topic" has to lie in the partition where KafkaProducer put the
   * same key in "reference", a topic with the same partition count that it wrote by itself.
   */
  private static Object checkPlacement(JsonNode args) throws Exception {
    Map<ByteBuffer, Integer> places = new HashMap<>();
    long expected = 0;
    String reference = args.get("reference").asText();
    for (TopicPartition partition : AdminCommands.partitionsOf(args, reference)) {
      try (PartitionReader reader = new PartitionReader(args, partition, "read_uncommitted")) {
        for (ConsumerRecord<byte[], byte[]> record = reader.next();
            record != null;
            record = reader.next()) {
          places.put(ByteBuffer.wrap(record.key()), partition.partition());
          ++expected;
        }
      }
    }
    List<String> problems = new ArrayList<>();
    BitSet indexes = new BitSet();
    long records = 0;
    long misplaced = 0;
    for (TopicPartition partition :
        AdminCommands.partitionsOf(args, args.get("topic").asText())) {
      try (PartitionReader reader = new PartitionReader(args, partition, "read_uncommitted")) {
        for (ConsumerRecord<byte[], byte[]> record = reader.next();
            record != null;
            record = reader.next()) {
          ++records;
          indexes.set(ByteBuffer.wrap(record.value()).getInt());
          Integer place = places.get(ByteBuffer.wrap(record.key()));
          if (place == null || place != partition.partition()) {
            ++misplaced;
            note(problems, "key of " + record.key().length + " bytes lies in "
                + partition.partition() + ", Java puts it into " + place);
          }
        }
      }
    }
    return Map.of(
        "expected", expected,
        "records", records,
        "distinct", indexes.cardinality(),
        "misplaced", misplaced,
        "problems", problems);
  }

  /** Numbered records without key have to lie in source partition modulo target count, in order. */
  private static Object checkNullKeys(JsonNode args) throws Exception {
    List<String> problems = new ArrayList<>();
    List<TopicPartition> partitions =
        AdminCommands.partitionsOf(args, args.get("topic").asText());
    long records = 0;
    for (TopicPartition partition : partitions) {
      Map<Integer, Integer> last = new HashMap<>();
      try (PartitionReader reader = new PartitionReader(args, partition, "read_uncommitted")) {
        for (ConsumerRecord<byte[], byte[]> record = reader.next();
            record != null;
            record = reader.next()) {
          ++records;
          ByteBuffer value = ByteBuffer.wrap(record.value());
          int shard = value.getInt();
          int number = value.getInt();
          if (shard % partitions.size() != partition.partition()) {
            note(problems, "source partition " + shard + " lies in " + partition.partition());
          }
          if (number != last.getOrDefault(shard, -1) + 1) {
            note(problems, "source partition " + shard + ": " + number + " after "
                + last.getOrDefault(shard, -1));
          }
          last.put(shard, number);
        }
      }
    }
    return Map.of("records", records, "problems", problems);
  }

  private static void note(List<String> problems, String problem) {
    if (problems.size() < PROBLEMS_MAX) {
      problems.add(problem);
    }
  }
}
