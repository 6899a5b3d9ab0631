package kferry.witness;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.DefaultRecordBatch;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.MemoryRecordsBuilder;
import org.apache.kafka.common.record.RecordBatch;
import org.apache.kafka.common.record.SimpleRecord;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.utils.Crc32C;

/** Batches made by hand, one oddity each: what does the broker say to them as they are? */
final class HandMade {
  // Where the fields of a v2 batch stand.
  private static final int BASE_OFFSET = 0;
  private static final int LEADER_EPOCH = 12;
  private static final int CRC = 17;
  private static final int ATTRIBUTES = 21;
  private static final int LAST_OFFSET_DELTA = 23;
  private static final int MAX_TIMESTAMP = 35;
  private static final int PRODUCER_ID = 43;
  private static final int PRODUCER_EPOCH = 51;
  private static final int BASE_SEQUENCE = 53;
  private static final int BODY = 61;

  private static final int RECORDS = 3;
  private static final long TWO_HOURS_MS = 7_200_000;
  private static final long SOME_PRODUCER = 77_000;
  private static final short WITHOUT_ZSTD = 6;

  private HandMade() {}

  /** Sends the batch "oddity" to "topic"; the names of the broker's answers, in order. */
  static Object run(JsonNode args) throws Exception {
    String topic = args.get("topic").asText();
    String oddity = args.get("oddity").asText();
    ProduceRequestData request = RawConnection.request();
    RawConnection.add(request, topic, 0, MemoryRecords.readableRecords(batch(oddity)));
    if (oddity.equals("partition twice")) {
      RawConnection.add(request, topic, 0, MemoryRecords.readableRecords(plain("lz4", "second")));
    } else if (oddity.equals("two partitions")) {
      RawConnection.add(request, topic, 1, MemoryRecords.readableRecords(plain("none", "b")));
    }
    short version = oddity.equals("zstd before 7") ? WITHOUT_ZSTD : RawConnection.VERSION;
    try (RawConnection connection = new RawConnection(args)) {
      List<Errors> errors = connection.send(request, version);
      return errors.stream().map(Errors::name).collect(Collectors.toList());
    }
  }

  private static ByteBuffer batch(String oddity) {
    long now = System.currentTimeMillis();
    switch (oddity) {
      case "base offset":
        return plain("none", "a").putLong(BASE_OFFSET, 5);
      case "two batches":
        return both(plain("none", "a"), plain("none", "b"));
      case "large":
        return of("none", new SimpleRecord(now, null, noise(100_000)));
      case "larger than a segment":
        return of("none", new SimpleRecord(now, null, noise(2 << 20)));
      case "checksum":
        ByteBuffer damaged = plain("none", "a");
        return damaged.put(BODY + 8, (byte) (damaged.get(BODY + 8) ^ 1));
      case "gap":
        return signed(plain("none", "a").putInt(LAST_OFFSET_DELTA, RECORDS + 2));
      case "closed gap":
        return closedGap("none");
      case "closed gap, lz4":
        return closedGap("lz4");
      case "empty":
        return empty(now);
      case "control":
        return signed(with(plain("none", "a"), 0x20));
      case "deleteHorizon":
        return signed(with(plain("none", "a"), 0x40));
      case "transactional":
        return signed(with(owned(plain("none", "a"), 0), 0x10));
      case "no sequence":
        return signed(owned(plain("none", "a"), -1));
      case "foreign producer":
        return signed(owned(plain("none", "a"), 5));
      case "append time":
        return signed(with(plain("none", "a"), 0x08));
      case "future":
        return of("none", new SimpleRecord(now + TWO_HOURS_MS, noise(5), noise(5)));
      case "maxTimestamp":
        ByteBuffer late = plain("none", "a");
        return signed(late.putLong(MAX_TIMESTAMP, late.getLong(MAX_TIMESTAMP) + 1000));
      case "null key":
        return of("none", new SimpleRecord(now, null, noise(5)));
      case "leader epoch":
        return plain("none", "a").putInt(LEADER_EPOCH, 7);
      case "format 1":
        return MemoryRecords.withRecords(
                RecordBatch.MAGIC_VALUE_V1,
                Compression.NONE,
                new SimpleRecord(now, noise(5), noise(5)))
            .buffer();
      case "zstd":
      case "zstd before 7":
        return plain("zstd", "a");
      case "lz4":
        return plain("lz4", "a");
      default:
        return plain("none", "a");
    }
  }

  private static ByteBuffer of(String codec, SimpleRecord... records) {
    return copy(RandomLogs.batch(Arrays.asList(records), codec).buffer());
  }

  private static ByteBuffer plain(String codec, String text) {
    List<SimpleRecord> records = new ArrayList<>();
    for (int index = 0; index < RECORDS; ++index) {
      byte[] bytes = (text + " " + index).getBytes();
      records.add(new SimpleRecord(System.currentTimeMillis(), bytes, bytes));
    }
    return of(codec, records.toArray(new SimpleRecord[0]));
  }

  /** The offsets 0, 5 and 9 under a header that tells of 0 to 2. */
  private static ByteBuffer closedGap(String codec) {
    MemoryRecordsBuilder builder =
        MemoryRecords.builder(
            ByteBuffer.allocate(1000),
            Compression.of(CompressionType.forName(codec)).build(),
            TimestampType.CREATE_TIME,
            0);
    for (long offset : new long[] {0, 5, 9}) {
      byte[] bytes = ("at " + offset).getBytes();
      builder.appendWithOffset(offset, System.currentTimeMillis(), bytes, bytes);
    }
    return signed(copy(builder.build().buffer()).putInt(LAST_OFFSET_DELTA, RECORDS - 1));
  }

  private static ByteBuffer empty(long now) {
    ByteBuffer header = ByteBuffer.allocate(DefaultRecordBatch.RECORD_BATCH_OVERHEAD);
    DefaultRecordBatch.writeEmptyHeader(
        header, (byte) 2, SOME_PRODUCER, (short) 0, 0, 0, 2, 0, TimestampType.CREATE_TIME, now,
        false, false);
    header.rewind();
    return header;
  }

  private static ByteBuffer with(ByteBuffer batch, int bit) {
    return batch.putShort(ATTRIBUTES, (short) (batch.getShort(ATTRIBUTES) | bit));
  }

  private static ByteBuffer owned(ByteBuffer batch, int sequence) {
    return batch
        .putLong(PRODUCER_ID, SOME_PRODUCER)
        .putShort(PRODUCER_EPOCH, (short) 0)
        .putInt(BASE_SEQUENCE, sequence);
  }

  private static ByteBuffer signed(ByteBuffer batch) {
    long crc = Crc32C.compute(batch, ATTRIBUTES, batch.limit() - ATTRIBUTES);
    return batch.putInt(CRC, (int) crc);
  }

  private static ByteBuffer copy(ByteBuffer buffer) {
    ByteBuffer copy = ByteBuffer.allocate(buffer.remaining());
    copy.put(buffer.duplicate()).flip();
    return copy;
  }

  private static ByteBuffer both(ByteBuffer one, ByteBuffer other) {
    ByteBuffer sum = ByteBuffer.allocate(one.limit() + other.limit());
    sum.put(one).put(other).flip();
    return sum;
  }

  private static byte[] noise(int bytes) {
    byte[] noise = new byte[bytes];
    new SplittableRandom(bytes).nextBytes(noise);
    return noise;
  }
}
