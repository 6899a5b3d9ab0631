package kferry.witness;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.BaseRecords;
import org.apache.kafka.common.requests.ProduceResponse;
import org.apache.kafka.common.requests.RequestHeader;

/**
 * One connection to a one-node cluster that produces batches as they are given, whatever a client
 * would think of them. Thread: one.
 */
final class RawConnection implements AutoCloseable {
  static final short VERSION = 7;

  private final Socket socket;
  private final DataInputStream in;
  private int correlation;

  RawConnection(JsonNode cluster) throws IOException {
    String[] address = cluster.get("bootstrap").asText().split(":");
    socket = new Socket(address[0], Integer.parseInt(address[1]));
    socket.setTcpNoDelay(true);
    in = new DataInputStream(socket.getInputStream());
  }

  /** Adds a partition to a request, a second time if it has to be. */
  static void add(ProduceRequestData request, String topic, int partition, BaseRecords records) {
    ProduceRequestData.TopicProduceData data =
        new ProduceRequestData.TopicProduceData().setName(topic);
    for (ProduceRequestData.TopicProduceData known : request.topicData()) {
      if (known.name().equals(topic)) {
        data = known;
      }
    }
    if (data.partitionData().isEmpty()) {
      request.topicData().add(data);
    }
    data.partitionData().add(
        new ProduceRequestData.PartitionProduceData().setIndex(partition).setRecords(records));
  }

  static ProduceRequestData request() {
    return new ProduceRequestData().setAcks((short) -1).setTimeoutMs(30_000);
  }

  /** What the broker says of every partition, in its order. */
  List<Errors> send(ProduceRequestData request, short version) throws IOException {
    ByteBuffer body = MessageUtil.toByteBuffer(request, version);
    ByteBuffer header =
        MessageUtil.toByteBuffer(
            new RequestHeader(ApiKeys.PRODUCE, version, "witness", ++correlation).data(),
            ApiKeys.PRODUCE.requestHeaderVersion(version));
    ByteBuffer frame = ByteBuffer.allocate(4 + header.remaining() + body.remaining());
    frame.putInt(header.remaining() + body.remaining()).put(header).put(body);
    socket.getOutputStream().write(frame.array());
    byte[] reply = new byte[in.readInt()];
    in.readFully(reply);
    ByteBuffer answer = ByteBuffer.wrap(reply);
    answer.getInt();
    List<Errors> errors = new ArrayList<>();
    for (ProduceResponseData.TopicProduceResponse topic :
        ProduceResponse.parse(answer, version).data().responses()) {
      for (ProduceResponseData.PartitionProduceResponse partition : topic.partitionResponses()) {
        errors.add(Errors.forCode(partition.errorCode()));
      }
    }
    return errors;
  }

  /** One batch; throws what the broker answers. */
  void produce(String topic, int partition, BaseRecords records) throws IOException {
    ProduceRequestData request = request();
    add(request, topic, partition, records);
    Errors error = send(request, VERSION).get(0);
    if (error != Errors.NONE) {
      throw error.exception();
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
