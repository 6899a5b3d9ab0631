import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.DefaultRecordBatch;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.MemoryRecordsBuilder;
import org.apache.kafka.common.record.Record;
import org.apache.kafka.common.record.RecordBatch;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.Crc32C;
import org.apache.kafka.common.utils.Utils;

/**
 * A record batch as Kafka's clients see it, what it is with our identity in its header, and the
 * same records in a batch of their own.
 */
final class RecordsJudge {
  /** The same as ours, records.cpp. */
  private static final long PRODUCER_ID = 77;
  private static final short PRODUCER_EPOCH = 3;
  private static final int BASE_SEQUENCE = 1000;
  private static final int SHOWN_BYTES_MAX = 40;

  public static void main(String[] args) throws Exception {
    if (args[0].equals("--make")) {
      MakeBatches.make(Path.of(args[1]), Long.parseLong(args[2]), Integer.parseInt(args[3]));
    } else {
      Cases.judge(args[0], (file, bytes) -> read(bytes));
    }
  }

  private static Map<String, Object> read(byte[] bytes) throws Exception {
    Map<String, Object> said = new TreeMap<>();
    DefaultRecordBatch batch = batchOf(bytes);
    said.put("valid", batch.isValid());
    if (!batch.isValid()) return said;
    said.put("header", header(batch));
    List<Record> records = new ArrayList<>();
    batch.forEach(records::add);
    List<Object> shown = new ArrayList<>();
    for (Record record : records) shown.add(show(record));
    said.put("records", shown);
    byte[] body = batch.recordInputStream(BufferSupplier.NO_CACHING).readAllBytes();
    said.put("body", sum(body));
    said.put("rewritten", rewritten(bytes, batch, records.size()));
    if (!records.isEmpty()) said.put("rebuilt", sum(rebuilt(records)));
    return said;
  }

  private static DefaultRecordBatch batchOf(byte[] bytes) {
    MemoryRecords records = MemoryRecords.readableRecords(ByteBuffer.wrap(bytes));
    DefaultRecordBatch batch = (DefaultRecordBatch) records.batches().iterator().next();
    if (batch.sizeInBytes() != bytes.length) throw new IllegalStateException("not one batch");
    return batch;
  }

  private static Map<String, Object> header(DefaultRecordBatch batch) {
    Map<String, Object> header = new TreeMap<>();
    header.put("base_offset", batch.baseOffset());
    header.put("last_offset", batch.lastOffset());
    header.put("next_offset", batch.nextOffset());
    header.put("leader_epoch", batch.partitionLeaderEpoch());
    header.put("crc", batch.checksum());
    header.put("codec", batch.compressionType().name);
    header.put("append_time", batch.timestampType() == TimestampType.LOG_APPEND_TIME);
    header.put("transactional", batch.isTransactional());
    header.put("control", batch.isControlBatch());
    header.put("delete_horizon", batch.deleteHorizonMs().isPresent());
    header.put("base_timestamp", batch.baseTimestamp());
    header.put("max_timestamp", batch.maxTimestamp());
    header.put("producer", batch.producerId());
    header.put("epoch", (int) batch.producerEpoch());
    header.put("sequence", batch.baseSequence());
    header.put("count", batch.countOrNull());
    return header;
  }

  private static List<Object> show(Record record) {
    List<Object> shown = new ArrayList<>();
    shown.add(record.offset());
    shown.add(record.timestamp());
    shown.add(show(record.key()));
    shown.add(show(record.value()));
    for (Header header : record.headers()) {
      shown.add(show(ByteBuffer.wrap(Utils.utf8(header.key()))));
      shown.add(show(header.value() == null ? null : ByteBuffer.wrap(header.value())));
    }
    return shown;
  }

  private static String show(ByteBuffer buffer) {
    if (buffer == null) return "null";
    byte[] bytes = Utils.toArray(buffer);
    return bytes.length <= SHOWN_BYTES_MAX ? HexFormat.of().formatHex(bytes) : sum(bytes);
  }

  private static String sum(byte[] bytes) {
    return bytes.length + " bytes, " + Crc32C.compute(bytes, 0, bytes.length);
  }

  /** The header alone; the body stays. */
  private static String rewritten(byte[] bytes, DefaultRecordBatch batch, int records) {
    byte[] copy = bytes.clone();
    int lastDelta = (int) (batch.lastOffset() - batch.baseOffset());
    DefaultRecordBatch.writeHeader(ByteBuffer.wrap(copy), 0, lastDelta, copy.length,
        RecordBatch.MAGIC_VALUE_V2, batch.compressionType(), TimestampType.CREATE_TIME,
        batch.baseTimestamp(), batch.maxTimestamp(), PRODUCER_ID, PRODUCER_EPOCH, BASE_SEQUENCE,
        false, false, false, RecordBatch.NO_PARTITION_LEADER_EPOCH, records);
    DefaultRecordBatch ours = batchOf(copy);
    ours.ensureValid();
    if (ours.producerId() != PRODUCER_ID || ours.isTransactional() || ours.isControlBatch()) {
      throw new IllegalStateException("the header is not what was written");
    }
    return HexFormat.of().formatHex(copy, 0, DefaultRecordBatch.RECORD_BATCH_OVERHEAD);
  }

  private static byte[] rebuilt(List<Record> records) {
    MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(512),
        RecordBatch.MAGIC_VALUE_V2, Compression.NONE, TimestampType.CREATE_TIME, 0L,
        RecordBatch.NO_TIMESTAMP, PRODUCER_ID, PRODUCER_EPOCH, BASE_SEQUENCE, false,
        RecordBatch.NO_PARTITION_LEADER_EPOCH);
    long offset = 0;
    for (Record record : records) {
      builder.appendWithOffset(
          offset++, record.timestamp(), record.key(), record.value(), record.headers());
    }
    return Utils.toArray(builder.build().buffer());
  }
}
