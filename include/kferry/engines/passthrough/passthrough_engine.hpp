#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kferry/client/cluster.hpp"
#include "kferry/client/fetcher.hpp"
#include "kferry/client/producer.hpp"
#include "kferry/pipeline/engine.hpp"
#include "kferry/protocol/record_batch.hpp"

/// The engine that moves record batches as they are: fetched, given a new header, produced. Records
/// are seen only where a batch may not pass.
namespace kferry::engines::passthrough {

/// The reason of a ReadFailure: format 0 or 1, which the other engine can read.
inline constexpr std::string_view k_old_message_format = "OLD_MESSAGE_FORMAT";

/// What the engine has to know of a topic, decided by the planner.
struct TopicTraits {
  bool compacted = false;                          ///< at the source: offsets may be missing
  std::size_t target_batch_bytes_max = 1'048'588;  ///< the target topic's max.message.bytes
};

struct SourceOptions {
  client::ClusterSettings cluster;
  client::FetchSettings fetch;
  std::string name;                      ///< for messages
  bool keep_append_times = true;         ///< the append time of LogAppendTime topics is handed over
  std::optional<protocol::Codec> codec;  ///< of all batches; unset: each keeps its own
  std::size_t fetched_bytes_max = 32U << 20;  ///< held in slabs before fetching pauses
  std::function<TopicTraits(const std::string& topic)> traits;
  /// The source cluster can not be asked for its leaders; null: it can again. Thread: the loop's.
  std::function<void(const Error*)> on_trouble;
};

struct TargetOptions {
  client::ClusterSettings cluster;
  client::ProduceSettings produce;
  std::string name;
  std::function<void(const Error*)> on_trouble;
};

/// Batches by what happened to them and why: {"pass", "none"}: 17.
using BatchCounts = std::map<std::pair<std::string, std::string>, std::uint64_t>;

/// The two clients of one stream, on a loop that the stream's thread drives while it waits. The
/// writer and every ShardReader end before it.
class PassReader : public pipeline::Reader {
 public:
  static std::unique_ptr<PassReader> create(SourceOptions options);
  virtual std::unique_ptr<pipeline::Writer> make_writer(TargetOptions options) = 0;
  /// Thread: any.
  virtual BatchCounts batch_counts() const = 0;
};

}  // namespace kferry::engines::passthrough
