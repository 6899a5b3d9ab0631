// The engines of a flow: readers and streams.

#include <algorithm>
#include <utility>

#include "app/flow.hpp"
#include "app/flow_config.hpp"
#include "app/passthrough_config.hpp"
#include "app/record_filter.hpp"
#include "kferry/base/log.hpp"
#include "kferry/engines/records/records_engine.hpp"

namespace kferry::app {
namespace {

using pipeline::EngineKind;

pipeline::SendFailurePolicy to_policy(config::SendFailurePolicy policy) {
  switch (policy) {
    case config::SendFailurePolicy::exit:
      return pipeline::SendFailurePolicy::exit;
    case config::SendFailurePolicy::park:
      return pipeline::SendFailurePolicy::park;
    case config::SendFailurePolicy::skip:
      return pipeline::SendFailurePolicy::skip;
  }
  return pipeline::SendFailurePolicy::exit;
}

}  // namespace

/// At start, so that a producer that can not be made is known before anything is read.
Result<void> Flow::make_streams(const std::vector<pipeline::TopicPlan>& plans) {
  for (const auto& plan : plans) {
    if (!plan.partitioner) continue;
    if (const auto made = stream_for(plan.engine); !made) return made.error();
  }
  say_compression(plans);
  return {};
}

void Flow::say_compression(const std::vector<pipeline::TopicPlan>& plans) const {
  const auto& library = settings_.target.library;
  const bool written = std::any_of(library.begin(), library.end(), [](const auto& property) {
    return property.name == "compression.type";
  });
  const bool passes = std::any_of(plans.begin(), plans.end(), [](const auto& plan) {
    return plan.partitioner && plan.engine == EngineKind::passthrough;
  });
  if (!written || !passes || settings_.recompress) return;
  log::info("app",
            "{}: compression.type={} does not apply to batches that pass as they are: they keep "
            "their producers' compression; --recompress changes that",
            settings_.name, settings_.target.compression);
}

/// A stream of the engine, in turns.
Result<std::size_t> Flow::stream_for(EngineKind engine) {
  auto& own = streams_of_[engine];
  if (own.empty()) {
    for (int i = 0; i < settings_.streams; ++i) {
      auto stream = make_stream(engine);
      if (!stream) return stream.error();
      const std::lock_guard lock(state_mutex_);
      own.push_back(streams_.size());
      streams_.push_back(std::move(*stream));
    }
  }
  return own[next_stream_++ % own.size()];
}

Result<engines::passthrough::PassReader*> Flow::make_pass_reader() {
  auto options = passthrough_source(settings_, flow_budget_bytes_, sized_for_);
  if (!options) return options.error();
  options->traits = [this](const std::string& topic) {
    const TopicBoard::Route* route = board_.route(topic);
    return route != nullptr ? to_traits(*route) : engines::passthrough::TopicTraits();
  };
  auto reader = engines::passthrough::PassReader::create(std::move(*options));
  const std::lock_guard lock(state_mutex_);
  pass_readers_.push_back(std::move(reader));
  return pass_readers_.back().get();
}

Result<std::unique_ptr<pipeline::Stream>> Flow::make_stream(EngineKind engine) {
  const auto sink = [this](pipeline::StreamEvent event) {
    const std::lock_guard lock(events_mutex_);
    events_.push_back(std::move(event));
  };
  const pipeline::Stream::Options options{to_policy(settings_.on_send_failure), settings_.name,
                                          shard_bytes_max(flow_budget_bytes_, sized_for_)};
  if (engine == EngineKind::passthrough) {
    auto target = passthrough_target(settings_);
    if (!target) return target.error();
    const auto reader = make_pass_reader();
    if (!reader) return reader.error();
    const auto factory = [&](const std::function<void()>&) {
      return Result((*reader)->make_writer(std::move(*target)));
    };
    return pipeline::Stream::create(options, **reader, factory, budget_, clock_, sink);
  }
  if (!records_reader_) {
    records_reader_ = engines::records::make_reader(
        member_->client(), [ends = log_ends_.get()](const TopicPartition& tp) { ends->nudge(tp); });
  }
  engines::records::WriterOptions writer;
  writer.config = target_config(settings_);
  writer.idempotence = settings_.target.idempotence;
  writer.name = settings_.name;
  writer.watch = target_context_.watch;
  writer.transform.provenance_headers = settings_.provenance_headers;
  writer.transform.source_cluster_id = source_cluster_id_;
  auto filter = make_record_filter(settings_.filters);
  if (!filter) return filter.error();
  writer.transform.filter = std::move(*filter);
  writer.on_timestamps_replaced = [this](std::uint64_t count) { timestamps_replaced_ += count; };
  const auto factory = [&](std::function<void()> on_acknowledgements) {
    return engines::records::make_writer(writer, std::move(on_acknowledgements));
  };
  return pipeline::Stream::create(options, *records_reader_, factory, budget_, clock_, sink);
}

/// All shards were released.
void Flow::drop_streams() {
  std::vector<std::unique_ptr<pipeline::Stream>> streams;
  std::vector<std::unique_ptr<engines::passthrough::PassReader>> pass_readers;
  std::unique_ptr<LogEnds> log_ends;
  {
    const std::lock_guard lock(state_mutex_);
    released_passthrough_ = passthrough_batches();
    streams.swap(streams_);
    pass_readers.swap(pass_readers_);
    log_ends.swap(log_ends_);
  }
  streams_of_.clear();
  streams.clear();
  log_ends.reset();
  records_reader_.reset();
}

/// REQUIRES: state_mutex_ is held.
engines::passthrough::BatchCounts Flow::passthrough_batches() const {
  auto counts = released_passthrough_;
  for (const auto& reader : pass_readers_) {
    for (const auto& [what, count] : reader->batch_counts()) counts[what] += count;
  }
  return counts;
}

/// Partitions that hold what only the other engine can read go on with it, from where the first
/// one came to: all that it read has arrived by then.
void Flow::move_to_records() {
  std::vector<TopicPartition> ready;
  for (const TopicPartition& tp : troubled_) {
    const Entry& entry = shards_.at(tp);
    if (entry.moving && streams_[entry.stream]->drained(*entry.shard)) ready.push_back(tp);
  }
  std::vector<TopicPartition> moved;
  for (const TopicPartition& tp : ready) {
    if (move_to_records(tp)) moved.push_back(tp);
  }
  if (moved.empty()) return;
  // The library takes assignments whole: what runs goes on where it reads now.
  std::vector<kafka::CommitMark> reads;
  for (const auto& [tp, entry] : shards_) {
    if (reads_itself(tp)) continue;
    reads.push_back({tp, Offset(entry.shard->read_position.load())});
  }
  const auto restarted = member_->restart(reads);
  if (restarted) return;
  for (const TopicPartition& tp : moved) park(shards_.at(tp), "RESTART", restarted.error().text);
}

/// False when it could not be moved yet.
bool Flow::move_to_records(const TopicPartition& tp) {
  Entry& entry = shards_.at(tp);
  entry.moving = false;
  const auto stream = stream_for(EngineKind::records);
  if (!stream) {
    park(entry, std::string(engines::passthrough::k_old_message_format), stream.error().text);
    return false;
  }
  pipeline::Shard& before = *entry.shard;
  streams_[entry.stream]->release(before);
  forget_events(before);
  const Offset from(before.position);
  log::warning("app",
               "{}: {}: message format 0 or 1 at offset {}: the engine records goes on from there",
               settings_.name, to_string(tp), from.value());
  auto shard = std::make_unique<pipeline::Shard>(tp, before.target_topic, before.partitioner, from);
  shard->records_mirrored = before.records_mirrored.load();
  shard->bytes_mirrored = before.bytes_mirrored.load();
  shard->records_dropped = before.records_dropped.load();
  shard->last_mirrored_ms = before.last_mirrored_ms.load();
  const auto opened = streams_[*stream]->open(*shard);
  log_ends_->watch(tp, shard->source_end_live);
  const std::lock_guard lock(state_mutex_);
  released_.batches[to_string(entry.engine)] += before.batches;
  commits_.follow(tp, shard->position);
  entry.shard = std::move(shard);
  entry.stream = *stream;
  entry.engine = EngineKind::records;
  entry.engine_reason = "message format 0 or 1 at offset " + std::to_string(from.value());
  entry.state = observe::ShardState::running;
  entry.reason.clear();
  if (opened) return true;
  released_.add(counters_of(entry));
  log_ends_->forget(tp);
  commits_.remove(tp);
  shards_.erase(tp);
  troubled_.erase(tp);
  waiting_partitions_[tp] = Waiting{"not-opened", opened.error().text};
  return false;
}

/// The partition's engine fetches it, not the group member.
bool Flow::reads_itself(const TopicPartition& tp) const {
  const auto found = shards_.find(tp);
  return found != shards_.end() && found->second.engine == EngineKind::passthrough;
}

}  // namespace kferry::app
