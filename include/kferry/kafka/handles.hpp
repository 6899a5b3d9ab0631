#pragma once

#include <memory>

// librdkafka's C types by name only: its header stays inside the rooms that speak to the library.
struct rd_kafka_s;
struct rd_kafka_conf_s;
struct rd_kafka_queue_s;
struct rd_kafka_topic_s;
struct rd_kafka_topic_partition_list_s;
struct rd_kafka_op_s;

namespace kferry::kafka {

/// Ends a handle of librdkafka; stateless, so a handle is as large as a pointer.
/// Order matters to the library: messages, events, queues and lists go before their client.
struct HandleDelete {
  void operator()(rd_kafka_s* client) const noexcept;
  void operator()(rd_kafka_conf_s* conf) const noexcept;
  void operator()(rd_kafka_queue_s* queue) const noexcept;
  void operator()(rd_kafka_topic_s* topic) const noexcept;
  void operator()(rd_kafka_topic_partition_list_s* list) const noexcept;
  void operator()(rd_kafka_op_s* event) const noexcept;
};

template <class T>
using Handle = std::unique_ptr<T, HandleDelete>;

using Client = Handle<rd_kafka_s>;
using Conf = Handle<rd_kafka_conf_s>;
using Queue = Handle<rd_kafka_queue_s>;
using TopicHandle = Handle<rd_kafka_topic_s>;
using PartitionList = Handle<rd_kafka_topic_partition_list_s>;
using Event = Handle<rd_kafka_op_s>;
static_assert(sizeof(Client) == sizeof(void*));

}  // namespace kferry::kafka
