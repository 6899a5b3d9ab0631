package kferry.witness;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.DataInputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.SimpleRecord;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.apache.kafka.common.requests.RequestHeader;

/** One hand-made batch in one request: record times that KafkaProducer refuses to write. */
final class RawProduce {
  private static final short VERSION = 7;

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
    ProduceRequestData data = new ProduceRequestData().setAcks((short) -1).setTimeoutMs(30_000);
    ProduceRequestData.TopicProduceData topic =
        new ProduceRequestData.TopicProduceData().setName(args.get("topic").asText());
    topic.partitionData().add(
        new ProduceRequestData.PartitionProduceData()
            .setIndex(args.get("partition").asInt())
            .setRecords(batch));
    data.topicData().add(topic);
    ProduceRequest request = ProduceRequest.forCurrentMagic(data).build(VERSION);
    ByteBuffer bytes =
        request.serializeWithHeader(new RequestHeader(ApiKeys.PRODUCE, VERSION, "witness", 1));

    String[] address = args.get("bootstrap").asText().split(":");
    try (Socket socket = new Socket(address[0], Integer.parseInt(address[1]))) {
      ByteBuffer frame = ByteBuffer.allocate(4 + bytes.remaining());
      frame.putInt(bytes.remaining()).put(bytes);
      socket.getOutputStream().write(frame.array());
      DataInputStream in = new DataInputStream(socket.getInputStream());
      byte[] reply = new byte[in.readInt()];
      in.readFully(reply);
      ByteBuffer body = ByteBuffer.wrap(reply);
      body.getInt();
      short error =
          ProduceResponse.parse(body, VERSION)
              .data().responses().iterator().next()
              .partitionResponses().get(0).errorCode();
      if (error != 0) {
        throw Errors.forCode(error).exception();
      }
    }
    return records.size();
  }
}
