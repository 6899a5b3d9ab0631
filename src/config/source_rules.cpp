#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "config/property_table.hpp"
#include "config/text.hpp"

/// Properties of Kafka's consumer: the source.
namespace kferry::config {
namespace {

void take_group_id(Draft& draft, const Value& value) { draft.source.group_id = value.text; }

void take_fetch_max_bytes(Draft& draft, const Value& value) {
  // librdkafka refuses less than its own largest message and needs room for the response's frame.
  constexpr std::int64_t k_library_min = 1'000'000;
  constexpr std::int64_t k_library_max = INT32_MAX - 512;
  const auto bytes = std::clamp(value.number, k_library_min, k_library_max);
  draft.source.fetch_bytes_max = bytes;
  draft.became(value, fmt::format("fetch.max.bytes={}", bytes));
  if (bytes != value.number) {
    draft.info(value, fmt::format("{} is used, the nearest value that is possible", bytes));
  }
}

void take_retry_backoff(Draft& draft, const Value& value) {
  draft.set_library("fetch.error.backoff.ms",
                    std::to_string(std::min<std::int64_t>(value.number, 300'000)));
}

void take_isolation_level(Draft& draft, const Value& value) {
  draft.source.read_committed = value.text == "read_committed";
}

void take_internal_topics(Draft& draft, const Value& value) {
  draft.source.exclude_internal_topics = value.flag;
}

void take_offset_reset(Draft& draft, const Value& value) {
  if (value.text == "earliest") {
    draft.source.offset_reset = OffsetReset::earliest;
  } else if (value.text == "none") {
    draft.source.offset_reset = OffsetReset::none;
  } else if (value.text == "latest") {
    draft.source.offset_reset = OffsetReset::latest;
    draft.became(value, "auto.offset.reset=latest");
    draft.info(value,
               "a group without positions starts at the end: what exists already is not copied");
  } else if (value.text.starts_with("by_duration:")) {
    draft.mistake(value, "a start by duration is not supported: write earliest, latest or none");
  } else {
    draft.mistake(value, in_quotes(value.text) + " is not one of earliest, latest, none");
  }
}

void take_group_protocol(Draft& draft, const Value& value) {
  draft.became(value, "group.protocol=classic");
  if (equals_any_case(value.text, "consumer")) {
    draft.warning(value,
                  "kferry joins with the classic group protocol; brokers let both kinds of members "
                  "share a group unless group.consumer.migration.policy forbids it");
  }
}

struct Assignor {
  std::string_view java_class;
  std::string_view library;
};
constexpr std::array k_assignors{
    Assignor{"org.apache.kafka.clients.consumer.RangeAssignor", "range"},
    Assignor{"org.apache.kafka.clients.consumer.RoundRobinAssignor", "roundrobin"},
    Assignor{"org.apache.kafka.clients.consumer.CooperativeStickyAssignor", "cooperative-sticky"},
};

void take_assignors(Draft& draft, const Value& value) {
  std::vector<std::string_view> eager;
  bool cooperative = false;
  for (const auto& item : value.items) {
    const auto* const known =
        std::find_if(k_assignors.begin(), k_assignors.end(),
                     [&](const Assignor& assignor) { return assignor.java_class == item; });
    if (known == k_assignors.end()) {
      return draft.mistake(value,
                           in_quotes(item) +
                               " is not available: use RangeAssignor or RoundRobinAssignor of "
                               "org.apache.kafka.clients.consumer");
    }
    if (known->library == "cooperative-sticky") {
      cooperative = true;
    } else if (std::find(eager.begin(), eager.end(), known->library) == eager.end()) {
      eager.push_back(known->library);
    }
  }
  if (value.items.empty())
    return draft.mistake(value, "is empty: name an assignor or leave it out");
  if (eager.empty()) {
    // librdkafka 2.0.2 skips records when partitions are paused and resumed, which every
    // cooperative rebalance does (issue 4208).
    return draft.mistake(value,
                         "CooperativeStickyAssignor alone is not offered, since the library can "
                         "skip records in its rebalances: name RangeAssignor before it, in every "
                         "member of the group");
  }
  draft.source.assignor = fmt::format("{}", fmt::join(eager, ","));
  draft.became(value, fmt::format("partition.assignment.strategy={}", draft.source.assignor));
  if (cooperative) {
    draft.info(value, fmt::format("one member can not offer eager and cooperative assignors "
                                  "together; {} is used, as a Java group with this list does",
                                  draft.source.assignor));
  }
}

void take_deserializer(Draft& draft, const Value& value) {
  if (is_plain_serialization(value.text, "Deserializer")) {
    return draft.ignored(value, "not needed: bytes are mirrored as they are");
  }
  draft.mistake(value,
                "Java classes can not run here; bytes are mirrored as they are: leave it out");
}

constexpr std::string_view k_commit =
    "kferry commits what the target has acknowledged, every offset.commit.interval.ms";

constexpr PropertyRule k_source_rules[] = {
    {.name = "group.id",
     .fate = Fate::translated,
     .translate = take_group_id,
     .text = "required; holds the positions on the source"},
    {.name = "group.instance.id",
     .fate = Fate::passed,
     .not_empty = true,
     .library = "group.instance.id"},
    {.name = "group.protocol",
     .fate = Fate::translated,
     .allowed = "CONSUMER|CLASSIC",
     .any_case = true,
     .translate = take_group_protocol,
     .text = "always classic"},
    {.name = "group.remote.assignor",
     .text = "belongs to the consumer group protocol; kferry joins with the classic one"},
    {.name = "partition.assignment.strategy",
     .fate = Fate::translated,
     .type = Type::list,
     .translate = take_assignors,
     .text = "RangeAssignor, RoundRobinAssignor; others are refused, cooperative ones alone too"},
    {.name = "session.timeout.ms",
     .fate = Fate::passed,
     .type = Type::integer,
     .library = "session.timeout.ms",
     .library_limits = {1, 3'600'000},
     .text = "unset: 10000"},
    {.name = "heartbeat.interval.ms",
     .fate = Fate::passed,
     .type = Type::integer,
     .library = "heartbeat.interval.ms",
     .library_limits = {1, 3'600'000}},
    {.name = "max.poll.interval.ms",
     .fate = Fate::passed,
     .type = Type::integer,
     .limits = at_least(1),
     .library = "max.poll.interval.ms",
     .library_limits = {1, 86'400'000}},
    {.name = "max.poll.records",
     .type = Type::integer,
     .limits = at_least(1),
     .text = "records are read in whole batches; --memory.budget bounds them"},
    {.name = "auto.offset.reset",
     .fate = Fate::translated,
     .translate = take_offset_reset,
     .text = "earliest, latest, none; unset: earliest, where Java has latest"},
    {.name = "enable.auto.commit",
     .fate = Fate::decided,
     .type = Type::boolean,
     .ours = "false",
     .text = k_commit},
    {.name = "auto.commit.interval.ms",
     .type = Type::integer,
     .limits = at_least(0),
     .text = k_commit},
    {.name = "isolation.level",
     .fate = Fate::translated,
     .allowed = "read_committed|read_uncommitted",
     .translate = take_isolation_level,
     .text = "unset: read_committed, where Java has read_uncommitted"},
    {.name = "exclude.internal.topics",
     .fate = Fate::translated,
     .type = Type::boolean,
     .translate = take_internal_topics,
     .text = "honoured"},
    {.name = "check.crcs",
     .fate = Fate::decided,
     .type = Type::boolean,
     .ours = "true",
     .text = "always checked: damaged records must not reach the target"},
    {.name = "allow.auto.create.topics",
     .fate = Fate::decided,
     .type = Type::boolean,
     .ours = "false",
     .text = "a mirror never creates topics on its source"},
    {.name = "fetch.min.bytes",
     .fate = Fate::passed,
     .type = Type::integer,
     .limits = at_least(0),
     .library = "fetch.min.bytes",
     .library_limits = {1, 100'000'000}},
    {.name = "fetch.max.bytes",
     .fate = Fate::translated,
     .type = Type::integer,
     .limits = at_least(0),
     .translate = take_fetch_max_bytes,
     .text = "honoured"},
    {.name = "fetch.max.wait.ms",
     .fate = Fate::passed,
     .type = Type::integer,
     .limits = at_least(0),
     .library = "fetch.wait.max.ms",
     .library_limits = {0, 300'000}},
    {.name = "max.partition.fetch.bytes",
     .fate = Fate::passed,
     .type = Type::integer,
     .limits = at_least(0),
     .library = "max.partition.fetch.bytes",
     .library_limits = {1, 1'000'000'000}},
    {.name = "retry.backoff.ms",
     .fate = Fate::translated,
     .type = Type::long_integer,
     .limits = at_least(0),
     .translate = take_retry_backoff,
     .text = "fetch.error.backoff.ms"},
    {.name = "client.rack", .fate = Fate::passed, .library = "client.rack"},
    {.name = "default.api.timeout.ms",
     .type = Type::integer,
     .limits = at_least(0),
     .text = "the daemon retries until it succeeds"},
    {.name = "key.deserializer",
     .fate = Fate::translated,
     .type = Type::class_name,
     .translate = take_deserializer,
     .text = "Kafka's own of bytes and strings change nothing; others are refused"},
    {.name = "value.deserializer",
     .fate = Fate::translated,
     .type = Type::class_name,
     .translate = take_deserializer,
     .text = "Kafka's own of bytes and strings change nothing; others are refused"},
    {.name = "share.acquire.mode",
     .allowed = "batch_optimized|record_limit",
     .any_case = true,
     .text = "belongs to share groups, which a mirror does not use"},
    {.name = "share.acknowledgement.mode",
     .allowed = "implicit|explicit",
     .text = "belongs to share groups, which a mirror does not use"},
    {.name = "internal.leave.group.on.close",
     .type = Type::boolean,
     .text = "an internal property of the Java client"},
    {.name = "internal.throw.on.fetch.stable.offset.unsupported",
     .type = Type::boolean,
     .text = "an internal property of the Java client"},
};

}  // namespace

std::span<const PropertyRule> source_rules() noexcept { return k_source_rules; }

}  // namespace kferry::config
