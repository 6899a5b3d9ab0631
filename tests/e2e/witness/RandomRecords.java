package kferry.witness;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.SimpleRecord;

/** What one random log is like, and its batches one after the other. */
final class RandomRecords {
  private static final String[] CODECS = {"none", "gzip", "snappy", "lz4", "zstd"};
  private static final long PAST_MS = 1_500_000_000_000L;
  private static final long FAR_FUTURE_MS = 253_402_300_799_999L;
  private static final int BIG_RECORDS_MAX = 2;
  private static final int KINDS_OF_TIME = 7;

  final SplittableRandom random;
  final boolean compacted;
  final boolean appendTime;
  final boolean transactional;
  final boolean cut;
  final int batches;
  private final boolean tiny;  // one record in every batch
  private final boolean big;
  private final String onlyCodec;  // null: another one with every batch
  private final int kindOfTime;
  private final int keys;
  private int bigLeft = BIG_RECORDS_MAX;
  private long clock;

  RandomRecords(long seed, int log) {
    random = new SplittableRandom(seed * 1_000_003 + log);
    // The first logs have one property each, whatever the seed; the others what it says.
    compacted = chance(log, 0, 7);
    appendTime = !compacted && chance(log, 1, 7);
    transactional = chance(log, 2, 3);
    cut = !compacted && chance(log, 3, 4);
    tiny = chance(log, 4, 6);
    big = chance(log, 5, 10);
    batches = (tiny ? 20 : 1) + random.nextInt(tiny ? 200 : 30) + (compacted ? 10 : 0);
    onlyCodec = random.nextBoolean() ? CODECS[random.nextInt(CODECS.length)] : null;
    kindOfTime = compacted ? 0 : log < KINDS_OF_TIME ? log : random.nextInt(KINDS_OF_TIME);
    keys = compacted ? 5 + random.nextInt(30) : 0;
    clock = PAST_MS + random.nextInt(1_000_000_000);
  }

  private boolean chance(int log, int certain, int oneIn) {
    return random.nextInt(oneIn) == 0 || log == certain;
  }

  String codec() {
    return onlyCodec != null ? onlyCodec : CODECS[random.nextInt(CODECS.length)];
  }

  /** any: also what KafkaProducer would not send. */
  List<SimpleRecord> batch(boolean any) {
    int count = 1;
    if (!tiny) {
      switch (random.nextInt(6)) {
        case 0:
          break;
        case 1:
          count = 50 + random.nextInt(400);
          break;
        default:
          count = 1 + random.nextInt(40);
          break;
      }
    }
    List<SimpleRecord> records = new ArrayList<>();
    long bytes = 0;
    for (int index = 0; index < count && bytes < 600_000; ++index) {
      SimpleRecord record = new SimpleRecord(time(any), key(), value(), headers());
      bytes += 100 + (record.value() == null ? 0 : record.value().remaining());
      records.add(record);
    }
    return records;
  }

  static ProducerRecord<byte[], byte[]> forProducer(String topic, SimpleRecord record) {
    ProducerRecord<byte[], byte[]> given =
        new ProducerRecord<>(
            topic, 0, record.timestamp(), array(record.key()), array(record.value()));
    for (Header header : record.headers()) {
      given.headers().add(header);
    }
    return given;
  }

  private static byte[] array(java.nio.ByteBuffer buffer) {
    return buffer == null ? null : org.apache.kafka.common.utils.Utils.toArray(buffer);
  }

  private long time(boolean any) {
    switch (kindOfTime) {
      case 0:
        return System.currentTimeMillis();
      case 1:
        return random.nextInt(3) == 0 ? 0 : clock;
      case 2:
        clock += random.nextInt(10_000);
        return clock;
      case 3:
        clock -= random.nextInt(10_000);
        return clock;
      case 4:
        return random.nextLong(FAR_FUTURE_MS);
      case 5:
        return any && random.nextInt(3) == 0 ? -1 : clock++;
      default:
        return 1 + random.nextInt(3);
    }
  }

  private byte[] key() {
    if (compacted) {
      return ("key-" + random.nextInt(keys)).getBytes(StandardCharsets.UTF_8);
    }
    switch (random.nextInt(5)) {
      case 0:
        return null;
      case 1:
        return new byte[0];
      case 2:
        return noise(1 + random.nextInt(40));
      default:
        return ("customer-" + random.nextInt(1000)).getBytes(StandardCharsets.UTF_8);
    }
  }

  private byte[] value() {
    if (big && bigLeft > 0 && random.nextInt(15) == 0) {
      --bigLeft;
      return noise(100_000 + random.nextInt(800_000));
    }
    switch (random.nextInt(8)) {
      case 0:
        return null;
      case 1:
        return new byte[0];
      case 2:
        return noise(1 + random.nextInt(3000));
      default:
        return ("the same text again and again " + random.nextInt(100))
            .repeat(1 + random.nextInt(6))
            .getBytes(StandardCharsets.UTF_8);
    }
  }

  private Header[] headers() {
    int kind = random.nextInt(12);
    int count = kind == 0 ? 30 : kind < 4 ? 1 + random.nextInt(4) : 0;
    Header[] headers = new Header[count];
    for (int index = 0; index < count; ++index) {
      String[] names = {"trace", "again", "", "größe-日本"};
      int value = random.nextInt(4);
      headers[index] =
          new RecordHeader(
              names[random.nextInt(names.length)],
              value == 0 ? null : value == 1 ? new byte[0] : noise(1 + random.nextInt(60)));
    }
    return headers;
  }

  private byte[] noise(int bytes) {
    byte[] noise = new byte[bytes];
    random.nextBytes(noise);
    return noise;
  }
}
