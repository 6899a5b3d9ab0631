#pragma once

#include <atomic>
#include <deque>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "app/log_ends.hpp"
#include "app/topic_board.hpp"
#include "kferry/base/clock.hpp"
#include "kferry/base/exit_code.hpp"
#include "kferry/config/settings.hpp"
#include "kferry/engines/passthrough/passthrough_engine.hpp"
#include "kferry/kafka/connection_watch.hpp"
#include "kferry/kafka/group_member.hpp"
#include "kferry/observe/snapshot.hpp"
#include "kferry/pipeline/byte_budget.hpp"
#include "kferry/pipeline/stream.hpp"
#include "kferry/positions/commit_log.hpp"
#include "kferry/positions/start_positions.hpp"

namespace kferry::app {

/// One flow, from connecting to leaving the group: finds the topics, joins the source group, gives
/// the partitions it gets to its streams, commits positions, deals with whatever a shard can not
/// deal with itself. Wires the rooms together; moves no record.
///
/// Rebalance, drain, stop and failure share one path: stop reading, let what is under way arrive,
/// commit, release.
/// Thread: run() is the control thread and calls every private method; stop() and snapshot() from
/// any thread.
class Flow final : private kafka::GroupListener {
 public:
  /// The flow keeps to its own share of the memory budget. clock outlives it. Errors:
  /// configuration.
  static Result<std::unique_ptr<Flow>> make(const config::FlowSettings& settings,
                                            std::int64_t flow_budget_bytes, const Clock& clock);
  ~Flow() override;

  /// Mirrors until stop() or until a policy ends it. Never throws.
  ExitCode run();
  /// drain: let what is under way arrive. Without, only commit what has arrived.
  void stop(bool drain);

  /// New profiles for the connections from now on, without loss and without another order. False
  /// when they are the ones it has. Thread: any.
  bool change_security(const security::SecurityProfile& source,
                       const security::SecurityProfile& target);

  observe::FlowSnapshot snapshot() const;
  /// Whether the group had its first assignment; Thread: any.
  bool assigned_once() const;
  /// After run(): false when the group's client hangs and must not be destroyed (librdkafka 2.0.2).
  bool left_cleanly() const noexcept { return left_cleanly_; }
  const std::string& name() const noexcept { return settings_.name; }

 private:
  /// Leaving the group may take this long beyond the drain; the library can hang here (2.0.2).
  static constexpr Milliseconds k_leave_timeout{10'000};

  /// A shard and what only the control thread knows of it.
  struct Entry {
    std::unique_ptr<pipeline::Shard> shard;
    std::size_t stream = 0;
    pipeline::EngineKind engine = pipeline::EngineKind::records;
    observe::ShardState state = observe::ShardState::running;
    std::string reason;
    std::uint64_t records_lost = 0;
    // While parked: when and how to try again.
    SteadyTime retry_at{};
    Milliseconds backoff{0};
    std::int64_t parked_position = -1;
    std::int64_t fetched_again = -1;  ///< offset of the last damage that was read once more
    /// The source side ran out of its log; to be judged when what was read has arrived.
    bool out_of_range = false;
    // What watch_progress saw: where it stood still and since when; stalled: for too long.
    std::int64_t still_at = -1;
    SteadyTime still_since{};
    bool stalled = false;
    std::string cut;  ///< the log is known to have been cut below what was read: how
    /// The source side met what only the other engine can read: it takes over when what was read
    /// has arrived.
    bool moving = false;
    std::string engine_reason;  ///< why it is not the engine that was planned
  };
  /// An assigned partition that can not start yet, and why.
  struct Waiting {
    std::string reason;  ///< stable name
    std::string text;
  };
  /// A log that is another one than was read. Whatever the group's position was then starts
  /// nothing in this process any more; another one is the operator's.
  struct ForeignLog {
    Offset position;
    std::optional<Offset> committed;
    Waiting why;
  };

  Flow(const config::FlowSettings& settings, TopicBoard board, std::int64_t flow_budget_bytes,
       const Clock& clock);

  // flow_connect.cpp: to the clusters, and to them anew
  Result<void> make_query_clients();
  bool connect();
  Result<void> try_connect();
  void say_connecting(const Error& why);
  void learn_versions();
  Result<void> make_member(std::size_t partitions);
  void resize();
  bool rejoin(std::size_t partitions);
  void apply_security();

  // flow_streams.cpp: what an engine needs is made when the first topic needs it
  Result<void> make_streams(const std::vector<pipeline::TopicPlan>& plans);
  Result<std::size_t> stream_for(pipeline::EngineKind engine);
  Result<engines::passthrough::PassReader*> make_pass_reader();
  Result<std::unique_ptr<pipeline::Stream>> make_stream(pipeline::EngineKind engine);
  void drop_streams();
  void say_compression(const std::vector<pipeline::TopicPlan>& plans) const;
  void move_to_records();
  bool move_to_records(const TopicPartition& tp);
  bool reads_itself(const TopicPartition& tp) const;

  // flow.cpp: the life of the flow
  void loop();
  void refresh_topics();
  void take_over(std::vector<pipeline::TopicPlan> plans);
  std::vector<std::string> with_missed(std::vector<std::string> runnable);
  void note_waiting(const std::vector<pipeline::TopicPlan>& plans);
  void say_no_match() const;
  /// False: nothing was.
  bool commit_due();
  void commit_last();
  void fail(ExitCode code, const std::string& why);

  // flow_assignment.cpp: partitions come and go
  std::vector<std::optional<Offset>> on_assign(
      const std::vector<TopicPartition>& partitions) override;
  void on_revoke(const std::vector<TopicPartition>& partitions, bool lost) override;
  void on_committed(const std::vector<kafka::CommitOutcome>& outcomes) override;
  void on_error(kafka::ErrorCode code, const std::string& text,
                const std::optional<TopicPartition>& tp) override;
  void start_waiting();
  std::map<TopicPartition, Offset> start_shards(const std::vector<TopicPartition>& partitions);
  const Waiting* foreign_log(const positions::Start& start);
  bool open_shard(const positions::Start& start, const TopicBoard::Route& route);
  void wait_for_start(const TopicPartition& tp, std::string reason, std::string text);
  void note_ending(const std::vector<TopicPartition>& partitions, std::size_t left_behind);
  std::vector<pipeline::Shard*> drain(const std::vector<TopicPartition>& partitions, bool lost);
  void release(const TopicPartition& tp);
  void release_all();
  void forget_events(const pipeline::Shard& shard);

  // flow_snapshot.cpp
  observe::ShardSnapshot snapshot_of(const Entry& entry) const;
  std::int64_t source_end_of(const pipeline::Shard& shard) const;
  static observe::RecordCounters counters_of(const Entry& entry);
  engines::passthrough::BatchCounts passthrough_batches() const;

  // flow_trouble.cpp: shards that can not go on
  void serve_events();
  void serve_event(const pipeline::StreamEvent& event);
  void park(Entry& entry, const std::string& reason, const std::string& text);
  void stand_still(Entry& entry, const std::string& reason, const std::string& text);
  bool fetch_again(Entry& entry, const pipeline::StreamEvent& event);
  void retry_parked();
  void retry(const TopicPartition& tp, Entry& entry);
  void judge_out_of_range();
  void leave_lost_range(Entry& entry);
  void note_foreign_log(const Entry& entry, const std::string& reason, const std::string& text);
  void leave_to_operator(Entry& entry, const std::string& reason, const std::string& text);
  Entry* entry_of(const pipeline::Shard* shard);
  void reread(const TopicPartition& tp);
  void watch_progress();

  config::FlowSettings settings_;  ///< its security changes; control thread
  TopicBoard board_;
  pipeline::ByteBudget budget_;
  const std::int64_t flow_budget_bytes_;
  const Clock& clock_;

  std::mutex security_mutex_;
  std::pair<security::SecurityProfile, security::SecurityProfile> newest_security_;
  std::atomic<bool> security_changed_{false};

  std::atomic<bool> stop_requested_{false};
  std::atomic<bool> drain_wanted_{true};
  ExitCode exit_code_ = ExitCode::ok;
  bool left_cleanly_ = true;

  // In order of dependence, like the streams below: they end before the member whose queues they
  // read.
  kafka::LogContext source_context_;
  kafka::LogContext target_context_;
  kafka::Client source_query_;
  kafka::Client target_query_;
  std::unique_ptr<kafka::GroupMember> member_;
  std::unique_ptr<positions::StartPositions> starts_;
  std::unique_ptr<LogEnds> log_ends_;
  std::unique_ptr<pipeline::Reader> records_reader_;
  std::vector<std::unique_ptr<engines::passthrough::PassReader>>
      pass_readers_;  ///< each a stream's

  /// Shards that are parked, out of range or moving to another engine: all that the control loop
  /// looks at each time.
  std::set<TopicPartition> troubled_;
  std::vector<std::string> subscribed_;
  std::map<pipeline::EngineKind, std::vector<std::size_t>> streams_of_;  ///< indices of streams_
  std::size_t next_stream_ = 0;
  SteadyTime refresh_at_{};
  /// A look at both clusters that is under way on a thread of its own, so that the member is served
  /// while one of them does not answer. Meanwhile nobody changes the board or the query clients.
  std::future<Result<std::vector<pipeline::TopicPlan>>> looking_;
  SteadyTime commit_at_{};
  SteadyTime start_retry_at_{};
  SteadyTime progress_at_{};
  SteadyTime said_connecting_at_{};
  std::map<TopicPartition, ForeignLog> foreign_logs_;
  bool looked_again_ = false;  ///< since topics were created
  bool commit_now_ = false;
  bool draining_ = false;
  std::size_t sized_for_ = 0;  ///< partitions that the client's limits were divided among
  bool resize_wanted_ = false;
  std::map<std::string, int> misses_;  ///< running topics that the last refreshes did not see

  std::mutex events_mutex_;
  std::deque<pipeline::StreamEvent> events_;
  std::atomic<std::uint64_t> timestamps_replaced_{0};

  // What snapshot() reads; the control thread writes it under the mutex.
  mutable std::mutex state_mutex_;
  positions::CommitLog commits_;
  std::unordered_map<TopicPartition, Entry> shards_;
  std::map<TopicPartition, Waiting> waiting_partitions_;
  std::map<std::string, Waiting> waiting_topics_;
  observe::FlowState state_ = observe::FlowState::connecting;
  std::string reason_ = "connecting";
  bool assigned_once_ = false;
  bool assigned_ = false;  ///< and not lost since
  std::optional<observe::FlowEnding> ending_;
  std::string source_cluster_id_;
  std::string target_cluster_id_;
  std::uint64_t rebalances_ = 0;
  observe::FlowCounters released_;
  engines::passthrough::BatchCounts released_passthrough_;  ///< of readers that are gone

  // Last, so that it goes first: its threads use what stands above.
  std::vector<std::unique_ptr<pipeline::Stream>> streams_;
};

}  // namespace kferry::app
