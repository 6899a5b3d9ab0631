#include "engines/records/produce_request.hpp"

#include <array>
#include <string>

#include "kferry/kafka/error_map.hpp"

namespace kferry::engines::records {
namespace {

/// What Kafka writes for a record without time (RecordBatch.NO_TIMESTAMP); message format 0 has
/// none.
constexpr std::int64_t k_no_timestamp = -1;

/// A consumed record as the flow's rules see it.
class MessageView final : public pipeline::RecordView {
 public:
  explicit MessageView(const Record& record) : record_(record) {}

  NullableBytes key() const override {
    const rd_kafka_message_t& message = *record_.message;
    if (message.key == nullptr) return std::nullopt;
    return ByteView(static_cast<const std::byte*>(message.key), message.key_len);
  }

  bool any_header(std::string_view name,
                  const std::function<bool(NullableBytes)>& predicate) const override {
    rd_kafka_headers_t* headers = record_.headers.get();
    if (!record_.headers_taken &&
        rd_kafka_message_headers(record_.message.get(), &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return false;
    }
    if (headers == nullptr) return false;
    const std::string wanted(name);
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get(headers, i, wanted.c_str(), &value, &size) ==
                            RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
      const bool match = value == nullptr
                             ? predicate(std::nullopt)
                             : predicate(ByteView(static_cast<const std::byte*>(value), size));
      if (match) return true;
    }
    return false;
  }

 private:
  const Record& record_;
};

void add_header(rd_kafka_headers_t* headers, const char* name, const std::string& value) {
  rd_kafka_header_add(headers, name, -1, value.data(), static_cast<ssize_t>(value.size()));
}

}  // namespace

Result<kafka::Client> open_producer(const kafka::ClientConfig& config, bool idempotent,
                                    kafka::LogContext& context) {
  // Defaults, each of which a property may change.
  kafka::ClientConfig all{
      {"acks", "all"},
      {"linger.ms", "0"},
      {"socket.nagle.disable", "true"},
      {"socket.keepalive.enable", "true"},
      {"reconnect.backoff.max.ms", "2000"},
      {"topic.metadata.refresh.interval.ms", "30000"},
      // Memory is bounded by kferry's budget, which counts these records already.
      {"queue.buffering.max.messages", "10000000"},
      {"queue.buffering.max.kbytes", "2097151"},
      // The target's own limit decides unless max.request.size is set.
      {"message.max.bytes", "1000000000"},
  };
  all.properties.insert(all.properties.end(), config.properties.begin(), config.properties.end());
  all.security = config.security;
  // A mirror waits for its target as long as it takes.
  all.set("message.timeout.ms", "0");
  all.set("retries", "2147483647");
  all.set("enable.idempotence", idempotent ? "true" : "false");
  // After a record that is refused for good nothing behind it may be written before we decided.
  all.set("enable.gapless.guarantee", idempotent ? "true" : "false");
  if (!idempotent) all.set("max.in.flight.requests.per.connection", "1");
  all.set("log.connection.close", "false");

  auto conf = kafka::make_conf(all);
  if (!conf) return conf.error();
  kafka::attach_log(conf->get(), context);
  rd_kafka_conf_set_events(conf->get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
  return kafka::make_client(kafka::ClientKind::producer, std::move(*conf), all);
}

bool ProduceRequest::wanted(Record& record) const {
  return !transform_.filter || transform_.filter(MessageView(record));
}

/// The headers that the producer takes over, or null for none.
rd_kafka_headers_t* ProduceRequest::headers_for(Record& record) const {
  rd_kafka_headers_t* headers = nullptr;
  if (record.headers_taken) return record.headers.release();
  record.headers_taken = true;
  if (rd_kafka_message_detach_headers(record.message.get(), &headers) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    headers = nullptr;
  }
  if (transform_.provenance_headers) {
    if (headers == nullptr) headers = rd_kafka_headers_new(4);
    add_header(headers, "kferry.source.cluster", transform_.source_cluster_id);
    add_header(headers, "kferry.source.topic", shard_.source.topic);
    add_header(headers, "kferry.source.partition", std::to_string(shard_.source.partition.value()));
    add_header(headers, "kferry.source.offset", std::to_string(record.message->offset));
  }
  return headers;
}

rd_kafka_resp_err_t ProduceRequest::send(rd_kafka_t* producer, Record& record) {
  rd_kafka_message_t& message = *record.message;
  NullableBytes key;
  if (message.key != nullptr) {
    key = ByteView(static_cast<const std::byte*>(message.key), message.key_len);
  }
  const Partition partition = shard_.partitioner.place(Partition(message.partition), key);
  rd_kafka_timestamp_type_t time_type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  std::int64_t timestamp = rd_kafka_message_timestamp(&message, &time_type);
  if (time_type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE) timestamp = k_no_timestamp;
  timestamp_was_zero_ = timestamp == 0;

  std::array<rd_kafka_vu_t, 7> fields;
  std::size_t count = 0;
  const auto field = [&](rd_kafka_vtype_t type) -> rd_kafka_vu_t& {
    fields[count].vtype = type;
    return fields[count++];
  };
  field(RD_KAFKA_VTYPE_RKT).u.rkt = topic_;
  field(RD_KAFKA_VTYPE_PARTITION).u.i32 = partition.value();
  rd_kafka_vu_t& value_field = field(RD_KAFKA_VTYPE_VALUE);
  value_field.u.mem.ptr = message.payload;
  value_field.u.mem.size = message.len;
  rd_kafka_vu_t& key_field = field(RD_KAFKA_VTYPE_KEY);
  key_field.u.mem.ptr = message.key;
  key_field.u.mem.size = message.key_len;
  field(RD_KAFKA_VTYPE_TIMESTAMP).u.i64 = timestamp;
  field(RD_KAFKA_VTYPE_OPAQUE).u.ptr = &record;
  Headers headers(headers_for(record));
  if (headers) field(RD_KAFKA_VTYPE_HEADERS).u.headers = headers.get();

  rd_kafka_error_t* error = rd_kafka_produceva(producer, fields.data(), count);
  if (error == nullptr) {
    record.headers_sent = headers != nullptr;
    static_cast<void>(headers.release());  // the producer's now
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  const auto err = rd_kafka_error_code(error);
  rd_kafka_error_destroy(error);
  record.headers = std::move(headers);
  return err;
}

}  // namespace kferry::engines::records
