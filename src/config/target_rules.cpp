#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "config/property_table.hpp"
#include "config/text.hpp"

/// Properties of Kafka's producer: the target.
namespace kferry::config {
namespace {

constexpr int k_idempotent_in_flight_max = 5;

void take_acks(Draft& draft, const Value& value) {
  if (value.text == "0") {
    return draft.mistake(
        value, "without acknowledgements nobody knows what arrived: use all, or 1 at your risk");
  }
  if (value.text == "1") {
    draft.warning(value, "records may be lost when a leader of the target fails; all is safe");
  }
  draft.set_library("acks", value.text == "1" ? "1" : "all");
}

void take_in_flight(Draft& draft, const Value& value) {
  const auto in_flight = std::min<std::int64_t>(value.number, k_idempotent_in_flight_max);
  draft.target.in_flight_max = static_cast<int>(in_flight);
  draft.became(value, fmt::format("max.in.flight.requests.per.connection={}", in_flight));
  if (in_flight != value.number) {
    draft.info(value, fmt::format("{} is used: the broker keeps the order of at most {} batches",
                                  in_flight, k_idempotent_in_flight_max));
  }
}

void take_idempotence(Draft& draft, const Value& value) { draft.target.idempotence = value.flag; }

/// A record that times out leaves a gap in front of those behind it, so kferry sets no such limit:
/// what may heal is retried, what can not is refused by the target itself.
void take_delivery_timeout(Draft& draft, const Value& value) {
  draft.became(value, "no limit");
  if (value.number >= INT32_MAX) return;
  draft.warning(value, "kferry waits for the target as long as it takes; watch lag and /readyz");
}

void take_retries(Draft& draft, const Value& value) {
  draft.became(value, "no limit");
  if (value.number >= INT32_MAX) return;
  draft.warning(value, "kferry retries as long as it takes; watch lag and /readyz");
}

void take_max_request_size(Draft& draft, const Value& value) {
  draft.target.record_bytes_max = value.number;
}

void take_compression(Draft& draft, const Value& value) {
  draft.target.compression = value.text;
  draft.set_library("compression.type", value.text);
}

void take_compression_level(Draft& draft, const Value& value) {
  const auto* const type = draft.find("compression.type");
  const auto codec = value.name.substr(sizeof("compression.") - 1);
  if (type == nullptr || codec != type->text + ".level") {
    return draft.ignored(
        value, fmt::format("compression.type is {}", type == nullptr ? "none" : type->text));
  }
  const std::int64_t library_max = type->text == "gzip" ? 9 : 12;
  const auto level = std::clamp<std::int64_t>(value.number, -1, library_max);
  draft.set_library("compression.level", std::to_string(level));
  if (level != value.number) draft.info(value, fmt::format("{} is the nearest possible", level));
}

void take_partitioner(Draft& draft, const Value& value) {
  static constexpr std::array k_defaults{
      "org.apache.kafka.clients.producer.internals.DefaultPartitioner",
      "org.apache.kafka.clients.producer.UniformStickyPartitioner",
  };
  if (value.text.empty() ||
      std::find(k_defaults.begin(), k_defaults.end(), value.text) != k_defaults.end()) {
    return draft.ignored(value, "--partitioning decides: keys go where Java's default puts them");
  }
  draft.mistake(value,
                "Java classes can not run here; --partitioning source keeps the source's partition "
                "and key places each key as Java's default does");
}

void take_serializer(Draft& draft, const Value& value) {
  if (is_plain_serialization(value.text, "Serializer")) {
    return draft.ignored(value, "not needed: bytes are mirrored as they are");
  }
  draft.mistake(value,
                "Java classes can not run here; bytes are mirrored as they are: leave it out");
}

constexpr std::string_view k_partitions = "--partitioning decides where a record goes";
constexpr std::string_view k_transactions = "kferry does not write transactional data";

constexpr PropertyRule k_target_rules[] = {
    {.name = "acks",
     .fate = Fate::translated,
     .allowed = "all|-1|0|1",
     .translate = take_acks,
     .text = "unset: all; 1 with a warning; 0 is refused"},
    {.name = "enable.idempotence",
     .fate = Fate::translated,
     .type = Type::boolean,
     .translate = take_idempotence,
     .text = "honoured; unset: used when the target supports it"},
    {.name = "max.in.flight.requests.per.connection",
     .fate = Fate::translated,
     .type = Type::integer,
     .limits = at_least(1),
     .translate = take_in_flight,
     .text = "honoured up to 5; 1 where the target has no idempotence"},
    {.name = "transactional.id",
     .fate = Fate::refused,
     .text = "kferry owns its producer identities: leave it out"},
    {.name = "transaction.timeout.ms", .type = Type::integer, .text = k_transactions},
    {.name = "transaction.two.phase.commit.enable", .type = Type::boolean, .text = k_transactions},
    {.name = "linger.ms",
     .fate = Fate::passed,
     .type = Type::long_integer,
     .limits = at_least(0),
     .library = "linger.ms",
     .library_limits = {0, 900'000}},
    {.name = "batch.size",
     .fate = Fate::passed,
     .type = Type::integer,
     .limits = at_least(0),
     .library = "batch.size",
     .library_limits = {1, INT32_MAX}},
    {.name = "buffer.memory",
     .type = Type::long_integer,
     .limits = at_least(0),
     .text = "--memory.budget bounds what is in flight"},
    {.name = "max.block.ms",
     .type = Type::long_integer,
     .limits = at_least(0),
     .text = "a full buffer holds the source back for as long as it takes"},
    {.name = "max.request.size",
     .fate = Fate::translated,
     .type = Type::integer,
     .limits = at_least(0),
     .translate = take_max_request_size,
     .text = "the largest record that is sent; unset: the target decides"},
    {.name = "compression.type",
     .fate = Fate::translated,
     .allowed = "none|gzip|snappy|lz4|zstd",
     .translate = take_compression,
     .text = "honoured"},
    {.name = "compression.gzip.level",
     .fate = Fate::translated,
     .type = Type::integer,
     .limits = {-1, 9},
     .not_zero = true,
     .translate = take_compression_level,
     .text = "compression.level, with compression.type=gzip"},
    {.name = "compression.lz4.level",
     .fate = Fate::translated,
     .type = Type::integer,
     .limits = {1, 17},
     .translate = take_compression_level,
     .text = "compression.level up to 12, with compression.type=lz4"},
    {.name = "compression.zstd.level",
     .fate = Fate::translated,
     .type = Type::integer,
     .limits = {-131072, 22},
     .translate = take_compression_level,
     .text = "compression.level from -1 to 12, with compression.type=zstd"},
    {.name = "delivery.timeout.ms",
     .fate = Fate::translated,
     .type = Type::integer,
     .limits = at_least(0),
     .translate = take_delivery_timeout,
     .text = "always for ever: a record that times out would leave a gap"},
    {.name = "retries",
     .fate = Fate::translated,
     .type = Type::integer,
     .limits = at_least(0),
     .translate = take_retries,
     .text = "always for ever: what can not heal is refused by the target itself"},
    {.name = "retry.backoff.ms",
     .fate = Fate::passed,
     .type = Type::long_integer,
     .limits = at_least(0),
     .library = "retry.backoff.ms",
     .library_limits = {1, 300'000}},
    {.name = "partitioner.class",
     .fate = Fate::translated,
     .type = Type::class_name,
     .translate = take_partitioner,
     .text = "Java's default ones; others are refused"},
    {.name = "partitioner.ignore.keys", .type = Type::boolean, .text = k_partitions},
    {.name = "partitioner.adaptive.partitioning.enable",
     .type = Type::boolean,
     .text = k_partitions},
    {.name = "partitioner.availability.timeout.ms",
     .type = Type::long_integer,
     .limits = at_least(0),
     .text = k_partitions},
    {.name = "metadata.max.idle.ms",
     .type = Type::long_integer,
     .limits = at_least(5000),
     .text = "topics are remembered while they are mirrored"},
    {.name = "key.serializer",
     .fate = Fate::translated,
     .type = Type::class_name,
     .translate = take_serializer,
     .text = "Kafka's own of bytes and strings change nothing; others are refused"},
    {.name = "value.serializer",
     .fate = Fate::translated,
     .type = Type::class_name,
     .translate = take_serializer,
     .text = "Kafka's own of bytes and strings change nothing; others are refused"},
};

}  // namespace

std::span<const PropertyRule> target_rules() noexcept { return k_target_rules; }

}  // namespace kferry::config
