import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.BaseRecords;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.utils.Utils;

/** Our requests as a broker reads them, and responses as Kafka's clients do. */
final class MessagesJudge {
  /** What we do not read of responses. */
  private static final Set<String> UNREAD = Set.of("rack", "controllerId", "isInternal",
      "replicaNodes", "isrNodes", "offlineReplicas", "timestamp");
  private static final ObjectMapper MAPPER = new ObjectMapper();

  public static void main(String[] args) throws Exception {
    if (args[0].equals("--make")) {
      MakeResponses.make(Path.of(args[1]), Long.parseLong(args[2]), Integer.parseInt(args[3]));
      return;
    }
    Cases.judge(args[0], (file, bytes) ->
        file.getFileName().toString().startsWith("request") ? request(bytes) : response(bytes));
  }

  private static Map<String, Object> request(byte[] bytes) throws Exception {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (in.getInt() != in.remaining()) throw new IllegalStateException("the size is wrong");
    RequestHeader header = RequestHeader.parse(in);
    short version = header.apiVersion();
    ApiMessage data = AbstractRequest.parseRequest(header.apiKey(), version, in).request.data();
    if (in.hasRemaining()) throw new IllegalStateException("there are bytes behind the request");
    String name = Apis.of(header.apiKey().id).name;
    Map<String, Object> said = fields(data, name + "Request", version);
    flatten(said, "topicData", "name", "partitionData");
    flatten(said, "topics", name.equals("ListOffsets") ? "name" : "topic", "partitions");
    flatten(said, "forgottenTopicsData", "topic", "partitions");
    if (data instanceof ProduceRequestData) {
      List<Object> records = new ArrayList<>();
      ((ProduceRequestData) data).topicData().forEach(topic -> topic.partitionData().forEach(
          partition -> records.add(hex(partition.records()))));
      put(said, "topicData", "records", records);
    }
    said.put("api", name);
    said.put("version", (int) version);
    said.put("correlation", header.correlationId());
    said.put("client", header.clientId());
    said.put("same", Arrays.equals(bytes, encoded(header, data)));
    return said;
  }

  private static byte[] encoded(RequestHeader header, ApiMessage data) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(Utils.toArray(MessageUtil.toByteBuffer(header.data(), header.headerVersion())));
    out.writeBytes(Utils.toArray(MessageUtil.toByteBuffer(data, header.apiVersion())));
    return ByteBuffer.allocate(Integer.BYTES + out.size()).putInt(out.size())
        .put(out.toByteArray()).array();
  }

  private static Map<String, Object> response(byte[] bytes) throws Exception {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    Apis.Api api = Apis.ALL.get(in.get());
    short version = (short) (api.versionMin + in.get());
    int correlation = in.getInt();
    ApiMessage data = ApiMessageType.fromApiKey(api.key).newResponse();
    data.read(new ByteBufferAccessor(in), version);
    if (in.hasRemaining()) throw new IllegalStateException("there are bytes behind the response");
    Map<String, Object> said = fields(data, api.name + "Response", version);
    dropUnread(said);
    flatten(said, "responses", api.name.equals("Fetch") ? "topic" : "name",
        api.name.equals("Fetch") ? "partitions" : "partitionResponses");
    if (api.name.equals("Produce")) said.put("responses", blamed(elements(said, "responses")));
    if (api.name.equals("Fetch")) {
      List<Object> records = new ArrayList<>();
      ((FetchResponseData) data).responses().forEach(topic -> topic.partitions().forEach(
          partition -> records.add(hex(partition.records()))));
      put(said, "responses", "records", records);
      for (Map<String, Object> each : elements(said, "responses")) {
        if (each.get("abortedTransactions") == null) each.put("abortedTransactions", List.of());
      }
    }
    if (api.name.equals("ListOffsets") || api.name.equals("OffsetForLeaderEpoch")) {
      flatten(said, "topics", api.name.equals("ListOffsets") ? "name" : "topic", "partitions");
      said.remove("throttleTimeMs");
    }
    if (api.name.equals("SaslAuthenticate")) {
      said.putIfAbsent("errorMessage", null);
      if (said.get("errorMessage") == null) said.put("errorMessage", "");
    }
    said.put("api", api.name);
    said.put("version", (int) version);
    said.put("correlation", correlation);
    return said;
  }

  /** Kafka's own JSON. */
  private static Map<String, Object> fields(ApiMessage data, String type, short version)
      throws Exception {
    Class<?> converter =
        Class.forName("org.apache.kafka.common.message." + type + "DataJsonConverter");
    JsonNode node = (JsonNode) converter.getMethod("write", data.getClass(), short.class)
        .invoke(null, data, version);
    // As text: some of the nodes stand for bytes.
    Map<String, Object> fields =
        MAPPER.readValue(node.toString(), new TypeReference<TreeMap<String, Object>>() {});
    fields.computeIfPresent("authBytes", (key, token) ->
        HexFormat.of().formatHex(Base64.getDecoder().decode((String) token)));
    return fields;
  }

  private static void dropUnread(Object value) {
    if (value instanceof Map) {
      ((Map<?, ?>) value).keySet().removeAll(UNREAD);
      ((Map<?, ?>) value).values().forEach(MessagesJudge::dropUnread);
    } else if (value instanceof Collection) {
      ((Collection<?>) value).forEach(MessagesJudge::dropUnread);
    }
  }

  @SuppressWarnings("unchecked")
  private static List<Map<String, Object>> elements(Map<String, Object> of, String name) {
    return (List<Map<String, Object>>) of.get(name);
  }

  /** One list of partitions, each with its topic, as we keep them. */
  private static void flatten(
      Map<String, Object> said, String topics, String name, String partitions) {
    if (!(said.get(topics) instanceof List)) return;
    List<Object> flat = new ArrayList<>();
    for (Map<String, Object> topic : elements(said, topics)) {
      if (!(topic.get(partitions) instanceof List)) return;
      for (Object partition : (List<?>) topic.get(partitions)) {
        Map<String, Object> one = new TreeMap<>();
        if (partition instanceof Map) {
          ((Map<?, ?>) partition).forEach((key, value) -> one.put((String) key, value));
        } else {
          one.put("partition", partition);
        }
        one.put("topic", topic.get(name));
        flat.add(one);
      }
    }
    said.put(topics, flat);
  }

  private static void put(
      Map<String, Object> said, String list, String name, List<Object> values) {
    int i = 0;
    for (Map<String, Object> each : elements(said, list)) {
      each.remove("recordsSizeInBytes");
      each.put(name, values.get(i++));
    }
  }

  /** The first record that is blamed and the first text that says something. */
  private static List<Object> blamed(List<Map<String, Object>> partitions) {
    List<Object> all = new ArrayList<>();
    for (Map<String, Object> partition : partitions) {
      Object text = partition.remove("errorMessage");
      int index = -1;
      List<Map<String, Object>> errors = elements(partition, "recordErrors");
      partition.remove("recordErrors");
      if (errors != null && !errors.isEmpty()) {
        index = (int) errors.get(0).get("batchIndex");
        Object first = errors.get(0).get("batchIndexErrorMessage");
        if (first != null && !first.equals("")) text = first;
      }
      partition.put("blamed", index);
      partition.put("text", text == null ? "" : text);
      all.add(partition);
    }
    return all;
  }

  private static String hex(BaseRecords records) {
    if (records == null) return "";
    return HexFormat.of().formatHex(Utils.toArray(((MemoryRecords) records).buffer()));
  }
}
