#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kferry/base/clock.hpp"
#include "kferry/base/log.hpp"
#include "kferry/security/profile.hpp"

/// What all the ways of configuring kferry (MirrorMaker's two files and options, one JSON file) end
/// up as. Plain data: whoever runs a flow reads this and never a file.
namespace kferry::config {

/// Where a setting was written, for messages: "conf/consumer.properties:3" or "--whitelist".
struct Origin {
  std::string file;  ///< empty: the command line
  int line = 0;      ///< 1-based; 0: no line
  bool operator==(const Origin&) const = default;
};
std::string to_string(const Origin& origin);

/// Something that was changed, ignored or decided for the operator; printed at start.
struct Notice {
  enum class Level { info, warning };
  Level level = Level::info;
  Origin origin;
  std::string text;
};

/// Something that has to be mended before anything starts.
struct Mistake {
  Origin origin;
  std::string text;
};

/// What became of one property, ready to print: `check --explain`. Secrets are masked already.
struct Explanation {
  std::string flow;
  std::string side;      ///< "source" or "target"
  std::string property;  ///< Kafka's name, or what stands for the JAAS file
  std::string value;     ///< as written, cut when long; empty with `decided_alone`
  std::string fate;      ///< "passed on", "translated", "decided by kferry", "ignored", "refused"
  std::string became;    ///< empty: nothing
  std::string why;
  bool decided_alone = false;  ///< nobody wrote it
  Origin origin;
};

/// A property under librdkafka's name, already translated and validated. Never a secret: those
/// travel in the security profile.
struct LibraryProperty {
  std::string name;
  std::string value;
  bool operator==(const LibraryProperty&) const = default;
};

enum class OffsetReset { earliest, latest, none };
enum class Partitioning { automatic, source, key };
enum class EngineChoice { automatic, passthrough, records };
enum class Timestamps { append, create };
enum class SendFailurePolicy { exit, park, skip };

struct SourceSettings {
  std::string bootstrap_servers;
  std::string group_id;
  std::optional<std::string> client_id;  ///< as the user wrote it; unset: made from the group id
  std::string assignor = "range";        ///< librdkafka's name
  bool read_committed = true;
  bool exclude_internal_topics = true;
  OffsetReset offset_reset = OffsetReset::earliest;
  std::optional<std::int64_t> fetch_bytes_max;  ///< fetch.max.bytes as the user wrote it
  std::vector<LibraryProperty> library;         ///< everything else, ready for the consumer
  security::SecurityProfile security;
  bool operator==(const SourceSettings&) const = default;
};

struct TargetSettings {
  std::string bootstrap_servers;
  std::optional<std::string> client_id;
  std::optional<bool> idempotence;   ///< unset: probed on the target
  std::optional<int> in_flight_max;  ///< max.in.flight.requests.per.connection as the user wrote it
  std::optional<std::int64_t> record_bytes_max;  ///< max.request.size; unset: the target decides
  std::string compression = "none";
  std::vector<LibraryProperty> library;
  security::SecurityProfile security;
  bool operator==(const TargetSettings&) const = default;
};

/// One rule of a topic rename: the first rule whose pattern matches the whole source name wins.
struct RenameRule {
  std::string pattern;      ///< Java-like regex
  std::string replacement;  ///< $1 to $9 are capture groups, $$ a dollar sign
  Origin origin;
  bool operator==(const RenameRule&) const = default;
};

/// Keeps or drops whole records. Exactly one of key_pattern and header_name is set.
struct FilterRule {
  enum class Action { keep, drop };
  Action action = Action::drop;
  std::optional<std::string> key_pattern;  ///< whole key, as bytes; a null key never matches
  std::optional<std::string> header_name;
  std::optional<std::string> header_value_pattern;  ///< unset: the header's presence is enough
  Origin origin;
  bool operator==(const FilterRule&) const = default;
};

struct TopicRules {
  std::string include;  ///< MirrorMaker's form, before its rewriting
  std::string exclude;
  Origin include_origin;
  Origin exclude_origin;
  std::string prefix;  ///< put before the (renamed) name
  std::vector<RenameRule> renames;
  bool operator==(const TopicRules&) const = default;
};

struct FlowSettings {
  std::string name = "mirror";
  SourceSettings source;
  TargetSettings target;
  TopicRules topics;
  std::vector<FilterRule> filters;
  bool provenance_headers = false;  ///< add kferry.source.{cluster,topic,partition,offset}
  Partitioning partitioning = Partitioning::automatic;
  EngineChoice engine = EngineChoice::automatic;
  /// Of batches with LogAppendTime that move as they are: which of their two times is handed over.
  Timestamps timestamps = Timestamps::append;
  bool recompress = false;  ///< such batches too get the producer's compression.type
  SendFailurePolicy on_send_failure = SendFailurePolicy::exit;
  bool create_topics = false;
  int streams = 1;
  Milliseconds commit_interval{5'000};
  Milliseconds drain_timeout{30'000};
  Milliseconds refresh_interval{30'000};
  bool operator==(const FlowSettings&) const = default;
};

struct ProcessSettings {
  bool http_enabled = true;
  std::string http_address = "127.0.0.1";
  std::uint16_t http_port = 9393;
  std::int64_t memory_budget_bytes = 128LL << 20;
  log::Level log_level = log::Level::info;
  log::Format log_format = log::Format::text;
  bool operator==(const ProcessSettings&) const = default;
};

struct Settings {
  ProcessSettings process;
  std::vector<FlowSettings> flows;
  std::vector<Notice> notices;
  std::vector<Explanation> explanations;  ///< by flow, source before target, in order of writing
};

}  // namespace kferry::config
