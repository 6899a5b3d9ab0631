#include "kferry/kafka/plain_client.hpp"

#include <librdkafka/rdkafka.h>

#include <array>

#include "kferry/kafka/error_map.hpp"

namespace kferry::kafka {
namespace {

struct MessageDelete {
  void operator()(rd_kafka_message_t* message) const noexcept { rd_kafka_message_destroy(message); }
};
struct ErrorDelete {
  void operator()(rd_kafka_error_t* error) const noexcept { rd_kafka_error_destroy(error); }
};

constexpr int k_full_queue_wait_ms = 10;

Result<Client> make_plain(const ClientConfig& config, ClientKind kind) {
  auto conf = make_conf(config);
  if (!conf) return conf.error();
  return make_client(kind, std::move(*conf), config);
}

std::optional<std::string> text_of(const void* bytes, std::size_t size) {
  if (bytes == nullptr) return std::nullopt;
  return std::string(static_cast<const char*>(bytes), size);
}

PlainRecord to_record(rd_kafka_message_t& message) {
  PlainRecord record;
  record.partition = Partition(message.partition);
  record.offset = Offset(message.offset);
  record.timestamp_ms = rd_kafka_message_timestamp(&message, nullptr);
  record.key = text_of(message.key, message.key_len);
  record.value = text_of(message.payload, message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == 0; ++i) {
      record.headers.emplace_back(name, text_of(value, size));
    }
  }
  return record;
}

}  // namespace

PlainProducer::~PlainProducer() = default;
PlainReader::~PlainReader() = default;

Result<std::unique_ptr<PlainProducer>> PlainProducer::make(const ClientConfig& config) {
  auto client = make_plain(config, ClientKind::producer);
  if (!client) return client.error();
  return std::unique_ptr<PlainProducer>(new PlainProducer(std::move(*client)));
}

Result<void> PlainProducer::send(const std::string& topic, const PlainRecord& record) {
  for (;;) {
    rd_kafka_headers_t* headers = rd_kafka_headers_new(record.headers.size());
    for (const auto& [name, value] : record.headers) {
      rd_kafka_header_add(headers, name.c_str(), -1, value ? value->data() : nullptr,
                          value ? static_cast<ssize_t>(value->size()) : 0);
    }
    std::array<rd_kafka_vu_t, 7> fields{};
    fields[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    fields[0].u.cstr = topic.c_str();
    fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    fields[1].u.i32 = record.partition.value();
    fields[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    fields[2].u.i = RD_KAFKA_MSG_F_COPY;
    fields[3].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
    fields[3].u.i64 = record.timestamp_ms;
    fields[4].vtype = RD_KAFKA_VTYPE_HEADERS;
    fields[4].u.headers = headers;
    const auto bytes = [](rd_kafka_vu_t& field, rd_kafka_vtype_t type,
                          const std::optional<std::string>& text) {
      field.vtype = type;
      field.u.mem.ptr = text ? const_cast<char*>(text->data()) : nullptr;
      field.u.mem.size = text ? text->size() : 0;
    };
    bytes(fields[5], RD_KAFKA_VTYPE_KEY, record.key);
    bytes(fields[6], RD_KAFKA_VTYPE_VALUE, record.value);
    const std::unique_ptr<rd_kafka_error_t, ErrorDelete> error(
        rd_kafka_produceva(client_.get(), fields.data(), fields.size()));
    rd_kafka_poll(client_.get(), 0);
    if (!error) return {};
    rd_kafka_headers_destroy(headers);
    if (rd_kafka_error_code(error.get()) != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      return make_error(ErrorKind::record, "could not produce", rd_kafka_error_code(error.get()));
    }
    rd_kafka_poll(client_.get(), k_full_queue_wait_ms);
  }
}

bool PlainProducer::flush(Milliseconds timeout) {
  return rd_kafka_flush(client_.get(), static_cast<int>(timeout.count())) ==
         RD_KAFKA_RESP_ERR_NO_ERROR;
}

Result<std::unique_ptr<PlainReader>> PlainReader::make(const ClientConfig& config,
                                                       const std::string& topic, int partitions) {
  ClientConfig all = config;
  all.set("group.id", "kferry-plain-reader");  // the library asks for one; never joined
  all.set("enable.auto.commit", "false");
  auto client = make_plain(all, ClientKind::consumer);
  if (!client) return client.error();
  rd_kafka_poll_set_consumer(client->get());
  const PartitionList list(rd_kafka_topic_partition_list_new(partitions));
  for (int p = 0; p < partitions; ++p) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), p)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
  }
  if (const auto err = rd_kafka_assign(client->get(), list.get())) {
    return make_error(ErrorKind::bug, "could not read " + topic, err);
  }
  return std::unique_ptr<PlainReader>(new PlainReader(std::move(*client)));
}

std::size_t PlainReader::poll(Milliseconds timeout,
                              const std::function<void(const PlainRecord&)>& take) {
  std::size_t count = 0;
  int wait_ms = static_cast<int>(timeout.count());
  for (;;) {
    const std::unique_ptr<rd_kafka_message_t, MessageDelete> message(
        rd_kafka_consumer_poll(client_.get(), wait_ms));
    if (!message) return count;
    wait_ms = 0;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    take(to_record(*message));
    ++count;
  }
}

}  // namespace kferry::kafka
