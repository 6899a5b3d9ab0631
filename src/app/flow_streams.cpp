// The engines of a flow: readers and streams.

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
  return {};
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

/// The partition's engine fetches it, not the group member.
bool Flow::reads_itself(const TopicPartition& tp) const {
  const auto found = shards_.find(tp);
  return found != shards_.end() && found->second.engine == EngineKind::passthrough;
}

}  // namespace kferry::app
