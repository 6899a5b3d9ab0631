#include "kferry/kafka/cluster.hpp"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>

#include "kferry/kafka/connection_watch.hpp"

namespace kferry::kafka {
namespace {

struct MetadataDelete {
  void operator()(const rd_kafka_metadata_t* metadata) const noexcept {
    rd_kafka_metadata_destroy(metadata);
  }
};
struct MessageDelete {
  void operator()(rd_kafka_message_t* message) const noexcept { rd_kafka_message_destroy(message); }
};
struct ConfigResourceDelete {
  void operator()(rd_kafka_ConfigResource_t* resource) const noexcept {
    rd_kafka_ConfigResource_destroy(resource);
  }
};
struct NewTopicDelete {
  void operator()(rd_kafka_NewTopic_t* topic) const noexcept { rd_kafka_NewTopic_destroy(topic); }
};
struct NewPartitionsDelete {
  void operator()(rd_kafka_NewPartitions_t* partitions) const noexcept {
    rd_kafka_NewPartitions_destroy(partitions);
  }
};
struct AdminOptionsDelete {
  void operator()(rd_kafka_AdminOptions_t* options) const noexcept {
    rd_kafka_AdminOptions_destroy(options);
  }
};
using ConfigResource = std::unique_ptr<rd_kafka_ConfigResource_t, ConfigResourceDelete>;
using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, AdminOptionsDelete>;

/// Requests for more partitions than this are split, so that no answer outgrows a broker's limits.
constexpr std::size_t k_partitions_per_request_max = 2'000;

/// Topics whose configuration one request asks for.
constexpr std::size_t k_configs_per_request_max = 250;

/// For a part of a question whose whole got no answer, and for all of its parts together.
constexpr Milliseconds k_part_timeout{2'000};
constexpr Milliseconds k_parts_time{6'000};

int to_ms(Milliseconds timeout) { return static_cast<int>(timeout.count()); }

PartitionList make_list(std::span<const TopicPartition> partitions, std::int64_t offset) {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const TopicPartition& tp : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), tp.topic.c_str(), tp.partition.value())->offset =
        offset;
  }
  return list;
}

void append(const rd_kafka_topic_partition_list_t& list, std::vector<PartitionOffset>& out) {
  for (int i = 0; i < list.cnt; ++i) {
    const rd_kafka_topic_partition_t& entry = list.elems[i];
    PartitionOffset at{{entry.topic, Partition(entry.partition)}, std::nullopt, entry.err};
    if (entry.err == RD_KAFKA_RESP_ERR_NO_ERROR && entry.offset >= 0) {
      at.offset = Offset(entry.offset);
    }
    out.push_back(std::move(at));
  }
}

/// Asks for the partitions at once. The library answers all or nothing, so one partition without
/// leader hides all the others: then halves are asked, down to single partitions.
void list_offsets(rd_kafka_t* client, std::span<const TopicPartition> partitions,
                  std::int64_t question, Milliseconds timeout, SteadyTime deadline,
                  std::vector<PartitionOffset>& found) {
  const PartitionList list = make_list(partitions, question);
  rd_kafka_topic_partition_list_sort(list.get(), nullptr, nullptr);
  const auto err = rd_kafka_offsets_for_times(client, list.get(), to_ms(timeout));
  if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    append(*list, found);
    return;
  }
  if (partitions.size() == 1 || std::chrono::steady_clock::now() >= deadline) {
    for (const TopicPartition& tp : partitions) found.push_back({tp, std::nullopt, err});
    return;
  }
  const std::size_t half = partitions.size() / 2;
  const Milliseconds shorter = std::min(timeout, k_part_timeout);
  list_offsets(client, partitions.first(half), question, shorter, deadline, found);
  list_offsets(client, partitions.subspan(half), question, shorter, deadline, found);
}

AdminOptions make_options(rd_kafka_t* client, rd_kafka_admin_op_t operation, Milliseconds timeout) {
  AdminOptions options(rd_kafka_AdminOptions_new(client, operation));
  std::array<char, 256> reason{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), to_ms(timeout), reason.data(),
                                            reason.size());
  return options;
}

/// Whatever every broker can answer needs no controller: the library would look for it until the
/// timeout where a cluster names none, as embedded ones do (2.0.2).
void ask_any_broker(rd_kafka_t* client, rd_kafka_AdminOptions_t* options, Milliseconds timeout) {
  const rd_kafka_metadata_t* raw = nullptr;
  const auto err = rd_kafka_metadata(client, 0, nullptr, &raw, to_ms(timeout));
  const std::unique_ptr<const rd_kafka_metadata_t, MetadataDelete> metadata(raw);
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR || metadata->orig_broker_id < 0) return;
  std::array<char, 256> reason{};
  rd_kafka_AdminOptions_set_broker(options, metadata->orig_broker_id, reason.data(), reason.size());
}

std::map<std::string, std::string> values_of(const rd_kafka_ConfigResource_t& resource,
                                             bool set_on_topic_only) {
  std::map<std::string, std::string> config;
  std::size_t count = 0;
  const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(&resource, &count);
  for (std::size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    const bool set_on_topic =
        rd_kafka_ConfigEntry_source(entries[i]) == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG;
    if (value != nullptr && (set_on_topic || !set_on_topic_only)) {
      config.emplace(rd_kafka_ConfigEntry_name(entries[i]), value);
    }
  }
  return config;
}

/// The result event of the one admin request that was put on the queue, or null on timeout.
Event await(rd_kafka_queue_t* queue, Milliseconds timeout) {
  // A little longer than the request itself may take, so that the library's own timeout speaks.
  return Event(rd_kafka_queue_poll(queue, to_ms(timeout) + 1'000));
}

}  // namespace

std::string Cluster::at(const std::string& what) const {
  return std::string(to_string(side_)) + " cluster: " + what;
}

Result<std::string> Cluster::cluster_id(Milliseconds timeout) const {
  char* id = rd_kafka_clusterid(client_, to_ms(timeout));
  if (id == nullptr) {
    return Error{ErrorKind::unreachable,
                 at("no broker answered within " + std::to_string(timeout.count()) + " ms")};
  }
  std::string text(id);
  rd_kafka_mem_free(client_, id);
  return text;
}

Result<std::vector<TopicInfo>> Cluster::topics(Milliseconds timeout) const {
  const rd_kafka_metadata_t* raw = nullptr;
  const auto err = rd_kafka_metadata(client_, 1, nullptr, &raw, to_ms(timeout));
  const std::unique_ptr<const rd_kafka_metadata_t, MetadataDelete> metadata(raw);
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return make_error(classify_request(err), at("could not list the topics"), err);
  }
  std::vector<TopicInfo> topics;
  topics.reserve(static_cast<std::size_t>(metadata->topic_cnt));
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& topic = metadata->topics[i];
    const int replication = topic.partition_cnt > 0 ? topic.partitions[0].replica_cnt : 0;
    topics.push_back(TopicInfo{topic.topic, topic.partition_cnt, replication, topic.err});
  }
  return topics;
}

Result<std::map<std::string, Result<Cluster::Config>>> Cluster::topic_configs(
    std::span<const std::string> topics, std::span<const char* const> names,
    Milliseconds timeout) const {
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  std::map<std::string, Result<Config>> found;
  while (!topics.empty()) {
    const auto chunk = topics.first(std::min(topics.size(), k_configs_per_request_max));
    topics = topics.subspan(chunk.size());
    const auto left =
        std::chrono::duration_cast<Milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    auto part = describe(chunk, names, Values::effective, left);
    if (part) {
      found.merge(*part);
    } else if (found.empty()) {
      return part.error();
    } else {
      break;
    }
  }
  return found;
}

Result<Cluster::Config> Cluster::topic_overrides(const std::string& topic,
                                                 Milliseconds timeout) const {
  auto found = describe(std::span(&topic, 1), {}, Values::set_on_topic, timeout);
  if (!found) return found.error();
  const auto config = found->find(topic);
  if (config == found->end()) return Error{ErrorKind::bug, at("no configuration in the answer")};
  return std::move(config->second);
}

Result<std::map<std::string, Result<Cluster::Config>>> Cluster::describe(
    std::span<const std::string> topics, std::span<const char* const> names, Values values,
    Milliseconds timeout) const {
  std::vector<ConfigResource> resources;
  std::vector<rd_kafka_ConfigResource_t*> requests;
  for (const std::string& topic : topics) {
    resources.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
    requests.push_back(resources.back().get());
    // Of what is set here the library asks for the names only.
    for (const char* name : names) rd_kafka_ConfigResource_set_config(requests.back(), name, "");
  }
  const AdminOptions options = make_options(client_, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout);
  ask_any_broker(client_, options.get(), timeout);
  const Queue queue(rd_kafka_queue_new(client_));
  rd_kafka_DescribeConfigs(client_, requests.data(), requests.size(), options.get(), queue.get());
  const Event event = await(queue.get(), timeout);
  const std::string what =
      at("could not read the configuration of " +
         (topics.size() == 1 ? "topic " + topics[0] : std::to_string(topics.size()) + " topics"));
  if (!event) return make_error(ErrorKind::unreachable, what, RD_KAFKA_RESP_ERR__TIMED_OUT);
  if (const auto err = rd_kafka_event_error(event.get())) {
    return make_error(classify_request(err), what, err, rd_kafka_event_error_string(event.get()));
  }
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** results = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  std::map<std::string, Result<Config>> found;
  for (std::size_t i = 0; i < count; ++i) {
    const char* const topic = rd_kafka_ConfigResource_name(results[i]);
    if (const auto err = rd_kafka_ConfigResource_error(results[i])) {
      found.emplace(topic, make_error(classify_request(err), what, err));
    } else {
      found.emplace(topic, values_of(*results[i], values == Values::set_on_topic));
    }
  }
  return found;
}

Result<void> Cluster::create_topic(const std::string& topic, std::int32_t partitions,
                                   const std::map<std::string, std::string>& config,
                                   Milliseconds timeout) const {
  std::array<char, 512> reason{};
  const std::unique_ptr<rd_kafka_NewTopic_t, NewTopicDelete> request(
      rd_kafka_NewTopic_new(topic.c_str(), partitions, -1, reason.data(), reason.size()));
  const std::string what = at("could not create topic " + topic);
  if (!request) return Error{ErrorKind::configuration, what + ": " + reason.data()};
  for (const auto& [name, value] : config) {
    rd_kafka_NewTopic_set_config(request.get(), name.c_str(), value.c_str());
  }
  const AdminOptions options = make_options(client_, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout);
  const Queue queue(rd_kafka_queue_new(client_));
  rd_kafka_NewTopic_t* requests[] = {request.get()};
  rd_kafka_CreateTopics(client_, requests, 1, options.get(), queue.get());
  const Event event = await(queue.get(), timeout);
  if (!event) return make_error(ErrorKind::unreachable, what, RD_KAFKA_RESP_ERR__TIMED_OUT);
  if (const auto err = rd_kafka_event_error(event.get())) {
    return make_error(classify_request(err), what, err, rd_kafka_event_error_string(event.get()));
  }
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto err = rd_kafka_topic_result_error(results[i]);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR && err != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      const char* detail = rd_kafka_topic_result_error_string(results[i]);
      return make_error(classify_request(err), what, err, detail != nullptr ? detail : "");
    }
  }
  return {};
}

Result<void> Cluster::grow_topic(const std::string& topic, std::int32_t partitions,
                                 Milliseconds timeout) const {
  std::array<char, 512> reason{};
  const std::unique_ptr<rd_kafka_NewPartitions_t, NewPartitionsDelete> request(
      rd_kafka_NewPartitions_new(topic.c_str(), static_cast<std::size_t>(partitions), reason.data(),
                                 reason.size()));
  const std::string what = at("could not add partitions to topic " + topic);
  if (!request) return Error{ErrorKind::configuration, what + ": " + reason.data()};
  const AdminOptions options = make_options(client_, RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, timeout);
  const Queue queue(rd_kafka_queue_new(client_));
  rd_kafka_NewPartitions_t* requests[] = {request.get()};
  rd_kafka_CreatePartitions(client_, requests, 1, options.get(), queue.get());
  const Event event = await(queue.get(), timeout);
  if (!event) return make_error(ErrorKind::unreachable, what, RD_KAFKA_RESP_ERR__TIMED_OUT);
  if (const auto err = rd_kafka_event_error(event.get())) {
    return make_error(classify_request(err), what, err, rd_kafka_event_error_string(event.get()));
  }
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results = rd_kafka_CreatePartitions_result_topics(
      rd_kafka_event_CreatePartitions_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto err = rd_kafka_topic_result_error(results[i])) {
      const char* detail = rd_kafka_topic_result_error_string(results[i]);
      return make_error(classify_request(err), what, err, detail != nullptr ? detail : "");
    }
  }
  return {};
}

Result<std::vector<PartitionOffset>> Cluster::offsets(std::span<const TopicPartition> partitions,
                                                      LogEnd end, Milliseconds timeout) const {
  // ListOffsets takes these two in the place of a timestamp (ListOffsetsRequest.java).
  constexpr std::int64_t k_latest_timestamp = -1;
  constexpr std::int64_t k_earliest_timestamp = -2;
  const std::int64_t question = end == LogEnd::end ? k_latest_timestamp : k_earliest_timestamp;
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout + k_parts_time;
  std::vector<PartitionOffset> found;
  found.reserve(partitions.size());
  while (!partitions.empty()) {
    const auto chunk = partitions.first(std::min(partitions.size(), k_partitions_per_request_max));
    partitions = partitions.subspan(chunk.size());
    list_offsets(client_, chunk, question, timeout, deadline, found);
  }
  const auto unanswered = [](const PartitionOffset& at) {
    return at.error != 0 && classify_request(at.error) == ErrorKind::unreachable;
  };
  if (!found.empty() && std::all_of(found.begin(), found.end(), unanswered)) {
    return make_error(ErrorKind::unreachable, at("could not read the log ends"),
                      found.front().error);
  }
  return found;
}

Error Cluster::committed_error(ErrorCode code) const {
  using Message = std::unique_ptr<rd_kafka_message_t, MessageDelete>;
  // Why there is no coordinator the library tells only on the consumer's queue.
  while (const Message message{rd_kafka_consumer_poll(client_, 0)}) {
    if (message->err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) code = message->err;
  }
  Error error =
      make_error(classify_request(code), at("could not read the group's committed offsets"), code);
  error.text += authorization_remedy(error_name(code), side_);
  return error;
}

Result<std::vector<PartitionOffset>> Cluster::committed(std::span<const TopicPartition> partitions,
                                                        Milliseconds timeout) const {
  std::vector<PartitionOffset> found;
  found.reserve(partitions.size());
  while (!partitions.empty()) {
    const auto chunk = partitions.first(std::min(partitions.size(), k_partitions_per_request_max));
    partitions = partitions.subspan(chunk.size());
    const PartitionList list = make_list(chunk, RD_KAFKA_OFFSET_INVALID);
    const auto err = rd_kafka_committed(client_, list.get(), to_ms(timeout));
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) return committed_error(err);
    append(*list, found);
  }
  return found;
}

Result<std::string> await_cluster(const Cluster& cluster, ConnectionWatch& watch,
                                  Milliseconds timeout) {
  constexpr Milliseconds k_look{200};
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    auto id = cluster.cluster_id(k_look);
    if (id) return id;
    watch.remind();
    const auto denied = watch.denied_for(k_denial_grace);
    if (denied) return Error{ErrorKind::authorization, to_string(*denied)};
    if (std::chrono::steady_clock::now() < deadline) continue;
    const auto troubles = watch.current();
    if (troubles.empty()) {
      return Error{ErrorKind::unreachable, std::string(to_string(cluster.side())) +
                                               " cluster: no broker answered within " +
                                               std::to_string(timeout.count()) + " ms"};
    }
    const bool denial = is_denial(troubles.front().kind);
    return Error{denial ? ErrorKind::authorization : ErrorKind::unreachable,
                 to_string(troubles.front())};
  }
}

Result<Client> make_query_client(const ClientConfig& config, LogContext& log_context) {
  Result<Conf> conf = make_conf(config);
  if (!conf) return conf.error();
  attach_log(conf->get(), log_context);
  const auto kind = log_context.side == Side::source ? ClientKind::consumer : ClientKind::producer;
  return make_client(kind, std::move(*conf), config);
}

}  // namespace kferry::kafka
