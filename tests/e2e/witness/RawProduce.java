package kferry.witness;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.SimpleRecord;

/** One hand-made batch in one request: record times that KafkaProducer refuses to write. */
final class RawProduce {
  private RawProduce() {}

  static Object run(JsonNode args) throws Exception {
    List<SimpleRecord> records = new ArrayList<>();
    for (JsonNode timestamp : args.get("timestamps")) {
      byte[] text = ("record " + records.size()).getBytes();
      records.add(new SimpleRecord(timestamp.asLong(), text, text));
    }
    MemoryRecords batch =
        MemoryRecords.withRecords(
            Compression.of(CompressionType.forName(args.path("compression").asText("none")))
                .build(),
            records.toArray(new SimpleRecord[0]));
    try (RawConnection connection = new RawConnection(args)) {
      connection.produce(args.get("topic").asText(), args.get("partition").asInt(), batch);
    }
    return records.size();
  }
}
