#include "kferry/kafka/group_member.hpp"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>

#include "kferry/base/log.hpp"

namespace kferry::kafka {
namespace {

std::vector<TopicPartition> to_partitions(const rd_kafka_topic_partition_list_t& list) {
  std::vector<TopicPartition> partitions;
  partitions.reserve(static_cast<std::size_t>(list.cnt));
  for (int i = 0; i < list.cnt; ++i) {
    partitions.push_back({list.elems[i].topic, Partition(list.elems[i].partition)});
  }
  return partitions;
}

PartitionList to_list(std::span<const CommitMark> marks) {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(marks.size())));
  for (const CommitMark& mark : marks) {
    rd_kafka_topic_partition_list_add(list.get(), mark.tp.topic.c_str(), mark.tp.partition.value())
        ->offset = mark.next_offset.value();
  }
  return list;
}

struct ErrorDelete {
  void operator()(rd_kafka_error_t* error) const noexcept { rd_kafka_error_destroy(error); }
};
using LibraryError = std::unique_ptr<rd_kafka_error_t, ErrorDelete>;

struct MessageDelete {
  void operator()(rd_kafka_message_t* message) const noexcept { rd_kafka_message_destroy(message); }
};

ClientConfig with_forced(ClientConfig config) {
  // What membership depends on, so no property may say otherwise. Offset resets are our decision,
  // never the library's; positions are ours to commit; end of partition tells how far a log goes
  // that ends in records nobody sees (aborted, control).
  for (const auto& [name, value] : {std::pair{"enable.auto.commit", "false"},
                                    {"enable.auto.offset.store", "false"},
                                    {"auto.offset.reset", "error"},
                                    {"enable.partition.eof", "true"},
                                    {"allow.auto.create.topics", "false"},
                                    {"log.connection.close", "false"}}) {
    config.set(name, value);
  }
  return config;
}

}  // namespace

struct GroupMember::Inside : LogContext {
  GroupListener& listener;
  Client client;
  Queue commit_queue;
  std::size_t commits_pending = 0;

  Inside(std::string flow_name, std::shared_ptr<ConnectionWatch> watch_over, GroupListener& owner)
      : LogContext{Side::source, std::move(flow_name), std::move(watch_over)}, listener(owner) {}

  static Inside& from(void* opaque) {
    return *static_cast<Inside*>(static_cast<LogContext*>(opaque));
  }

  static void rebalance(rd_kafka_t*, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t* list,
                        void* opaque) {
    Inside& self = from(opaque);
    if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      self.assign(*list);
    } else if (err == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
      self.revoke(*list);
    } else {
      log::warning("kafka", "source: rebalance failed: {}", rd_kafka_err2str(err));
      rd_kafka_assign(self.client.get(), nullptr);
    }
  }

  bool is_cooperative() const {
    const char* protocol = rd_kafka_rebalance_protocol(client.get());
    return protocol != nullptr && std::string_view(protocol) == "COOPERATIVE";
  }

  void assign(const rd_kafka_topic_partition_list_t& list) {
    const std::vector<TopicPartition> partitions = to_partitions(list);
    const auto starts = listener.on_assign(partitions);
    std::vector<CommitMark> started;
    for (std::size_t i = 0; i < partitions.size(); ++i) {
      if (starts[i]) started.push_back({partitions[i], *starts[i]});
    }
    begin(started);
  }

  /// Hands partitions with their start offsets to the library.
  void begin(std::span<const CommitMark> starts) {
    const PartitionList list = to_list(starts);
    if (is_cooperative()) {
      if (const LibraryError error{rd_kafka_incremental_assign(client.get(), list.get())}) {
        log::error("kafka", "source: assign: {}", rd_kafka_error_string(error.get()));
      }
    } else if (const auto err = rd_kafka_assign(client.get(), list.get())) {
      log::error("kafka", "source: assign: {}", rd_kafka_err2str(err));
    }
  }

  void revoke(const rd_kafka_topic_partition_list_t& list) {
    listener.on_revoke(to_partitions(list), rd_kafka_assignment_lost(client.get()) != 0);
    if (is_cooperative()) {
      if (const LibraryError error{rd_kafka_incremental_unassign(client.get(), &list)}) {
        log::error("kafka", "source: unassign: {}", rd_kafka_error_string(error.get()));
      }
    } else if (const auto err = rd_kafka_assign(client.get(), nullptr)) {
      log::error("kafka", "source: unassign: {}", rd_kafka_err2str(err));
    }
  }

  static void client_error(rd_kafka_t*, int err, const char* text, void* opaque) {
    from(opaque).listener.on_error(err, text != nullptr ? text : "", std::nullopt);
  }

  void serve_commits(int timeout_ms) {
    Event event(rd_kafka_queue_poll(commit_queue.get(), timeout_ms));
    while (event) {
      if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_OFFSET_COMMIT) report_commit(*event);
      event.reset(rd_kafka_queue_poll(commit_queue.get(), 0));
    }
  }

  void report_commit(rd_kafka_event_t& event) {
    if (commits_pending > 0) --commits_pending;
    const ErrorCode whole = rd_kafka_event_error(&event);
    const rd_kafka_topic_partition_list_t* list = rd_kafka_event_topic_partition_list(&event);
    std::vector<CommitOutcome> outcomes;
    for (int i = 0; list != nullptr && i < list->cnt; ++i) {
      const rd_kafka_topic_partition_t& entry = list->elems[i];
      outcomes.push_back({{entry.topic, Partition(entry.partition)},
                          Offset(entry.offset),
                          whole != 0 ? whole : entry.err});
    }
    listener.on_committed(outcomes);
  }
};

GroupMember::GroupMember(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}

GroupMember::~GroupMember() { inside_->commit_queue.reset(); }

Result<std::unique_ptr<GroupMember>> GroupMember::create(const ClientConfig& config,
                                                         std::string flow, GroupListener& listener,
                                                         std::shared_ptr<ConnectionWatch> watch) {
  auto inside = std::make_unique<Inside>(std::move(flow), std::move(watch), listener);
  const ClientConfig forced = with_forced(config);
  Result<Conf> conf = make_conf(forced);
  if (!conf) return conf.error();
  attach_log(conf->get(), *inside);
  rd_kafka_conf_set_rebalance_cb(conf->get(), &Inside::rebalance);
  rd_kafka_conf_set_error_cb(conf->get(), &Inside::client_error);
  auto client = make_client(ClientKind::consumer, std::move(*conf), forced);
  if (!client) return client.error();
  inside->client = std::move(*client);
  rd_kafka_poll_set_consumer(inside->client.get());
  inside->commit_queue.reset(rd_kafka_queue_new(inside->client.get()));
  return std::unique_ptr<GroupMember>(new GroupMember(std::move(inside)));
}

Result<void> GroupMember::subscribe(std::span<const std::string> topics) {
  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(topics.size())));
  for (const std::string& topic : topics) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  const auto err =
      topics.empty() ? rd_kafka_unsubscribe(client()) : rd_kafka_subscribe(client(), list.get());
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return make_error(classify_request(err), "source: could not subscribe", err);
  }
  return {};
}

void GroupMember::poll(Milliseconds timeout) {
  using Message = std::unique_ptr<rd_kafka_message_t, MessageDelete>;
  Message message(rd_kafka_consumer_poll(client(), static_cast<int>(timeout.count())));
  while (message) {
    std::optional<TopicPartition> tp;
    if (message->rkt != nullptr) {
      tp = TopicPartition{rd_kafka_topic_name(message->rkt), Partition(message->partition)};
    }
    // A record on the member's own queue slipped past its partition's queue: whoever reads it will
    // miss it, so it is reported like an error and read again.
    const ErrorCode code = message->err != 0 ? message->err : RD_KAFKA_RESP_ERR__INCONSISTENT;
    if (code != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      const char* text = rd_kafka_message_errstr(message.get());  // null for a record
      inside_->listener.on_error(code, text != nullptr ? text : error_text(code), tp);
    }
    message.reset(rd_kafka_consumer_poll(client(), 0));
  }
  inside_->serve_commits(0);
}

Result<void> GroupMember::seek(const TopicPartition& tp, Offset offset, Milliseconds timeout) {
  const std::array marks{CommitMark{tp, offset}};
  const PartitionList list = to_list(marks);
  const std::string what = "source: could not seek " + to_string(tp);
  if (const LibraryError error{
          rd_kafka_seek_partitions(client(), list.get(), static_cast<int>(timeout.count()))}) {
    return make_error(ErrorKind::retriable, what, rd_kafka_error_code(error.get()));
  }
  if (const auto err = list->elems[0].err) {
    return make_error(ErrorKind::retriable, what, err);
  }
  return {};
}

Result<void> GroupMember::restart(std::span<const CommitMark> positions) {
  const PartitionList list = to_list(positions);
  if (inside_->is_cooperative()) {
    // A partition that ran off its log stands still in the library and no seek moves it (2.0.2).
    if (const LibraryError error{rd_kafka_incremental_unassign(client(), list.get())}) {
      return make_error(ErrorKind::retriable, "source: unassign", rd_kafka_error_code(error.get()));
    }
    if (const LibraryError error{rd_kafka_incremental_assign(client(), list.get())}) {
      return make_error(ErrorKind::retriable, "source: assign", rd_kafka_error_code(error.get()));
    }
    return {};
  }
  if (const auto err = rd_kafka_assign(client(), list.get())) {
    return make_error(ErrorKind::retriable, "source: assign", err);
  }
  return {};
}

void GroupMember::commit(std::span<const CommitMark> marks) {
  while (!marks.empty()) {
    const auto chunk = marks.first(std::min(marks.size(), k_commit_partitions_max));
    marks = marks.subspan(chunk.size());
    const PartitionList list = to_list(chunk);
    const auto err =
        rd_kafka_commit_queue(client(), list.get(), inside_->commit_queue.get(), nullptr, nullptr);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      ++inside_->commits_pending;
      continue;
    }
    std::vector<CommitOutcome> outcomes;
    for (const CommitMark& mark : chunk) outcomes.push_back({mark.tp, mark.next_offset, err});
    inside_->listener.on_committed(outcomes);
  }
}

bool GroupMember::await_commits(Milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (inside_->commits_pending > 0) {
    const auto left =
        std::chrono::duration_cast<Milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    // Short slices: the queue's poll waits its whole time even when the outcome came.
    inside_->serve_commits(static_cast<int>(std::min<Milliseconds::rep>(left.count(), 10)));
  }
  return true;
}

bool GroupMember::cooperative() const { return inside_->is_cooperative(); }

bool GroupMember::close(Milliseconds timeout) {
  const Queue queue(rd_kafka_queue_new(client()));
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  if (const LibraryError error{rd_kafka_consumer_close_queue(client(), queue.get())}) {
    log::warning("kafka", "source: close: {}", rd_kafka_error_string(error.get()));
    return false;
  }
  while (rd_kafka_consumer_closed(client()) == 0) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    // What is polled from a queue of ours comes as an event, the last revoke too.
    const Event event(rd_kafka_queue_poll(queue.get(), 100));
    if (event && rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_REBALANCE) {
      Inside::rebalance(client(), rd_kafka_event_error(event.get()),
                        rd_kafka_event_topic_partition_list(event.get()),
                        static_cast<LogContext*>(inside_.get()));
    }
  }
  return true;
}

Cluster GroupMember::cluster() const { return {client(), Side::source}; }

rd_kafka_s* GroupMember::client() const noexcept { return inside_->client.get(); }

}  // namespace kferry::kafka
