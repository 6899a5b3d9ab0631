import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.ControlRecordType;
import org.apache.kafka.common.record.DefaultRecordBatch;
import org.apache.kafka.common.record.EndTransactionMarker;
import org.apache.kafka.common.record.MemoryRecordsBuilder;
import org.apache.kafka.common.record.RecordBatch;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.utils.ByteBufferOutputStream;

/** Random batches, encoded by Kafka's own builder. */
final class MakeBatches {
  private static final long NOW_MS = 1_700_000_000_000L;
  private static final int FIRST_CHECKED_BYTE = DefaultRecordBatch.CRC_OFFSET + 4;

  private final Draws draws;

  private MakeBatches(long seed) {
    draws = new Draws(seed);
  }

  static void make(Path folder, long seed, int count) throws IOException {
    MakeBatches maker = new MakeBatches(seed);
    for (int i = 0; i < count; ++i) {
      byte[] batch = maker.batch();
      boolean damaged = batch.length > FIRST_CHECKED_BYTE && maker.draws.oneIn(12);
      if (damaged) {
        int at = FIRST_CHECKED_BYTE + maker.draws.below(batch.length - FIRST_CHECKED_BYTE);
        batch[at] ^= (byte) (1 << maker.draws.below(8));
      }
      String name = String.format("java.%s%05d", damaged ? "damaged" : "", i);
      Files.write(folder.resolve(name), batch);
    }
  }

  private byte[] batch() {
    if (draws.oneIn(20)) return empty();
    if (draws.oneIn(20)) return marker();
    boolean transactional = draws.oneIn(4);
    boolean identified = transactional || draws.oneIn(3);
    TimestampType times =
        draws.oneIn(6) ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME;
    long base = draws.offset();
    ByteBufferOutputStream out = new ByteBufferOutputStream(512);
    MemoryRecordsBuilder builder = new MemoryRecordsBuilder(
        out, RecordBatch.MAGIC_VALUE_V2, compression(), times, base,
        times == TimestampType.LOG_APPEND_TIME ? NOW_MS : RecordBatch.NO_TIMESTAMP,
        identified ? draws.offset() : RecordBatch.NO_PRODUCER_ID,
        identified ? (short) draws.below(Short.MAX_VALUE + 1) : RecordBatch.NO_PRODUCER_EPOCH,
        identified ? draws.below(Integer.MAX_VALUE) : RecordBatch.NO_SEQUENCE,
        transactional, false, draws.int32(), Integer.MAX_VALUE,
        draws.oneIn(10) ? NOW_MS + draws.below(1000) : RecordBatch.NO_TIMESTAMP);
    appendRecords(builder, base, identified);
    return bytesOf(builder);
  }

  private void appendRecords(MemoryRecordsBuilder builder, long base, boolean identified) {
    boolean holes = draws.oneIn(4);
    int size = draws.oneIn(15) ? 20_000 : draws.oneIn(3) ? 300 : 12;
    long offset = base;
    for (int left = 1 + draws.below(draws.oneIn(10) ? 200 : 12); left > 0; --left) {
      if (holes) offset += draws.below(3);
      builder.appendWithOffset(offset++, time(), content(size), content(size), headers());
    }
    // As compaction leaves it: the last record is gone, its offset stays.
    if (holes) builder.overrideLastOffset(offset + draws.below(3));
  }

  private Compression compression() {
    switch (draws.of(Arrays.asList(CompressionType.values()))) {
      case GZIP:
        return Compression.gzip().level(1 + draws.below(9)).build();
      case SNAPPY:
        return Compression.snappy().build();
      case LZ4:
        return Compression.lz4().level(1 + draws.below(9)).build();
      case ZSTD:
        return Compression.zstd().level(1 + draws.below(5)).build();
      default:
        return Compression.NONE;
    }
  }

  private long time() {
    if (draws.oneIn(10)) return draws.oneIn(2) ? RecordBatch.NO_TIMESTAMP : draws.offset();
    return NOW_MS - draws.below(100_000);
  }

  private byte[] content(int most) {
    if (draws.oneIn(6)) return null;
    return draws.oneIn(2) ? draws.bytes(most) : draws.words(draws.below(most + 1));
  }

  private Header[] headers() {
    Header[] headers = new Header[draws.oneIn(3) ? draws.below(5) : 0];
    for (int i = 0; i < headers.length; ++i) {
      headers[i] = new RecordHeader(draws.text(), content(20));
    }
    return headers;
  }

  private byte[] marker() {
    ByteBufferOutputStream out = new ByteBufferOutputStream(128);
    MemoryRecordsBuilder builder = new MemoryRecordsBuilder(
        out, RecordBatch.MAGIC_VALUE_V2, Compression.NONE, TimestampType.CREATE_TIME,
        draws.offset(), RecordBatch.NO_TIMESTAMP, draws.offset(), (short) draws.below(100),
        RecordBatch.NO_SEQUENCE, true, true, draws.below(100), Integer.MAX_VALUE);
    builder.appendEndTxnMarker(NOW_MS, new EndTransactionMarker(
        draws.of(List.of(ControlRecordType.COMMIT, ControlRecordType.ABORT)), draws.below(100)));
    return bytesOf(builder);
  }

  private byte[] empty() {
    ByteBuffer buffer = ByteBuffer.allocate(DefaultRecordBatch.RECORD_BATCH_OVERHEAD);
    long base = draws.offset();
    DefaultRecordBatch.writeEmptyHeader(buffer, RecordBatch.MAGIC_VALUE_V2, draws.offset(),
        (short) draws.below(100), draws.below(1000), base, base + draws.below(1000),
        draws.below(100), TimestampType.CREATE_TIME, NOW_MS, draws.oneIn(2), draws.oneIn(2));
    return buffer.array();
  }

  private static byte[] bytesOf(MemoryRecordsBuilder builder) {
    ByteBuffer buffer = builder.build().buffer();
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }
}
