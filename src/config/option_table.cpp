#include "config/option_table.hpp"

#include <algorithm>

#include "config/values.hpp"

namespace kferry::config {
namespace {

constexpr Limits k_streams_limits{1, 256};
constexpr Limits k_interval_ms_limits{1, 86'400'000};
constexpr Limits k_refresh_ms_limits{100, 86'400'000};
constexpr Limits k_drain_ms_limits{0, 3'600'000};
constexpr Limits k_memory_budget_limits{16LL << 20, 1LL << 40};

/// Stores a parsed value through `store`; the text of what is wrong otherwise.
template <class T, class Store>
std::string put(const Parsed<T>& parsed, Store store) {
  if (parsed) store(*parsed.value);
  return parsed.wrong;
}

std::string put_ms(Milliseconds& where, std::string_view text, Limits limits) {
  return put(parse_integer(text, limits), [&](std::int64_t ms) { where = Milliseconds(ms); });
}

std::string num_streams(FlowSettings& flow, std::string_view text) {
  return put(parse_integer(text, k_streams_limits),
             [&](std::int64_t count) { flow.streams = static_cast<int>(count); });
}
std::string commit_interval(FlowSettings& flow, std::string_view text) {
  return put_ms(flow.commit_interval, text, k_interval_ms_limits);
}
std::string drain_timeout(FlowSettings& flow, std::string_view text) {
  return put_ms(flow.drain_timeout, text, k_drain_ms_limits);
}
std::string refresh_interval(FlowSettings& flow, std::string_view text) {
  return put_ms(flow.refresh_interval, text, k_refresh_ms_limits);
}
std::string partitioning(FlowSettings& flow, std::string_view text) {
  return put(parse_partitioning(text), [&](Partitioning value) { flow.partitioning = value; });
}
std::string create_topics(FlowSettings& flow, std::string_view text) {
  return put(parse_boolean(text), [&](bool value) { flow.create_topics = value; });
}
std::string engine(FlowSettings& flow, std::string_view text) {
  return put(parse_engine(text), [&](EngineChoice value) { flow.engine = value; });
}
std::string timestamps(FlowSettings& flow, std::string_view text) {
  return put(parse_timestamps(text), [&](Timestamps value) { flow.timestamps = value; });
}
std::string recompress(FlowSettings& flow, std::string_view text) {
  return put(parse_boolean(text), [&](bool value) { flow.recompress = value; });
}
std::string on_send_failure(FlowSettings& flow, std::string_view text) {
  return put(parse_send_failure(text),
             [&](SendFailurePolicy value) { flow.on_send_failure = value; });
}

std::string http_listen(ProcessSettings& process, std::string_view text) {
  return put(parse_http_listen(text), [&](const HttpListen& listen) {
    process.http_enabled = listen.enabled;
    if (!listen.enabled) return;
    process.http_address = listen.address;
    process.http_port = listen.port;
  });
}
std::string memory_budget(ProcessSettings& process, std::string_view text) {
  return put(parse_bytes(text, k_memory_budget_limits),
             [&](std::int64_t bytes) { process.memory_budget_bytes = bytes; });
}
std::string log_level(ProcessSettings& process, std::string_view text) {
  return put(parse_log_level(text), [&](log::Level level) { process.log_level = level; });
}
std::string log_format(ProcessSettings& process, std::string_view text) {
  return put(parse_log_format(text), [&](log::Format format) { process.log_format = format; });
}

constexpr Option k_options[] = {
    {.name = "consumer.config",
     .argument = "FILE",
     .text = "Java properties of the source cluster's consumer; required",
     .group = Group::mirror_maker,
     .id = OptionId::consumer_config},
    {.name = "producer.config",
     .argument = "FILE",
     .text = "Java properties of the target cluster's producer; required",
     .group = Group::mirror_maker,
     .id = OptionId::producer_config},
    {.name = "include",
     .argument = "REGEX",
     .text = "the topics to mirror, a Java regex that matches whole names; ',' means '|'; required",
     .group = Group::mirror_maker,
     .id = OptionId::include},
    {.name = "whitelist",
     .argument = "REGEX",
     .text = "the old name of --include, which wins over it",
     .group = Group::mirror_maker,
     .id = OptionId::whitelist},
    {.name = "exclude",
     .argument = "REGEX",
     .text = "topics that are not mirrored, even if included",
     .group = Group::mirror_maker,
     .id = OptionId::exclude},
    {.name = "blacklist",
     .argument = "REGEX",
     .text = "the old name of --exclude, which wins over it",
     .group = Group::mirror_maker,
     .id = OptionId::blacklist},
    {.name = "num.streams",
     .argument = "N",
     .default_text = "1",
     .text = "pipelines with threads and connections of their own, 1 to 256",
     .group = Group::mirror_maker,
     .apply_flow = num_streams},
    {.name = "offset.commit.interval.ms",
     .argument = "MS",
     .default_text = "5000",
     .text = "how often positions are committed to the source group (MirrorMaker: 60000)",
     .group = Group::mirror_maker,
     .apply_flow = commit_interval},
    {.name = "abort.on.send.failure",
     .argument = "true|false",
     .default_text = "true",
     .text = "MirrorMaker's words for --on.send.failure exit and skip",
     .group = Group::mirror_maker,
     .id = OptionId::abort_on_send_failure},
    {.name = "new.consumer",
     .text = "accepted, means nothing",
     .group = Group::mirror_maker,
     .id = OptionId::new_consumer},
    {.name = "message.handler",
     .argument = "CLASS",
     .text = "refused, Java classes can not run here: use rename and filters in the JSON file of "
             "'kferry run'",
     .group = Group::mirror_maker,
     .id = OptionId::refused},
    {.name = "message.handler.args",
     .argument = "TEXT",
     .text = "refused with --message.handler",
     .group = Group::mirror_maker,
     .id = OptionId::refused},
    {.name = "consumer.rebalance.listener",
     .argument = "CLASS",
     .text = "refused, Java classes can not run here: rebalances drain and commit by themselves; "
             "watch them in /metrics and /status",
     .group = Group::mirror_maker,
     .id = OptionId::refused},
    {.name = "rebalance.listener.args",
     .argument = "TEXT",
     .text = "refused with --consumer.rebalance.listener",
     .group = Group::mirror_maker,
     .id = OptionId::refused},

    {.name = "jaas",
     .argument = "FILE",
     .text = "JAAS file with KafkaClient, where sasl.jaas.config is not set; wins over "
             "java.security.auth.login.config in KAFKA_OPTS",
     .id = OptionId::jaas},
    {.name = "partitioning",
     .argument = "auto|source|key",
     .default_text = "auto",
     .text = "where records go: to the source's partition, by key as Java's producer does it, or "
             "whichever of the two fits the partition counts",
     .apply_flow = partitioning},
    {.name = "create.topics",
     .default_text = "false",
     .text = "create topics that are missing on the target, and add missing partitions",
     .apply_flow = create_topics},
    {.name = "engine",
     .argument = "auto|passthrough|records",
     .default_text = "auto",
     .text = "how records are moved: whole batches as they are (passthrough), one by one through "
             "librdkafka (records), or the first wherever it can (auto)",
     .apply_flow = engine},
    {.name = "timestamps",
     .argument = "append|create",
     .default_text = "append",
     .text = "the record times of source topics with LogAppendTime: when they were appended there, "
             "or what their producers wrote (only with passthrough: it saves recoding)",
     .apply_flow = timestamps},
    {.name = "recompress",
     .default_text = "false",
     .text = "give batches that could move as they are the compression.type of the producer file",
     .apply_flow = recompress},
    {.name = "on.send.failure",
     .argument = "exit|park|skip",
     .default_text = "exit",
     .text = "when the target refuses a record for good: end the process, hold its partition back, "
             "or drop the record, counted (JSON flows: park)",
     .apply_flow = on_send_failure},
    {.name = "drain.timeout.ms",
     .argument = "MS",
     .default_text = "30000",
     .text = "how long a stop or a rebalance waits for acknowledgements",
     .apply_flow = drain_timeout},
    {.name = "refresh.interval.ms",
     .argument = "MS",
     .default_text = "30000",
     .text = "how often new topics and partitions are looked for",
     .apply_flow = refresh_interval},

    {.name = "http.listen",
     .argument = "ADDR:PORT|off",
     .default_text = "127.0.0.1:9393",
     .text = "where /metrics, /healthz, /readyz, /status and the page are served",
     .group = Group::process,
     .apply_process = http_listen},
    {.name = "memory.budget",
     .argument = "BYTES",
     .default_text = "128M",
     .text = "records in memory, in bytes or with K, M, G; at least 16M",
     .group = Group::process,
     .apply_process = memory_budget},
    {.name = "log.level",
     .argument = "LEVEL",
     .default_text = "info",
     .text = "trace, debug, info, warning, error or off",
     .group = Group::process,
     .apply_process = log_level},
    {.name = "log.format",
     .argument = "text|json",
     .default_text = "text",
     .text = "log lines for people or for machines",
     .group = Group::process,
     .apply_process = log_format},

    {.name = "config",
     .argument = "FILE",
     .text = "JSON file with flows (run, check, plan)",
     .group = Group::command,
     .id = OptionId::config},
    {.name = "strict",
     .text = "an unknown property is a mistake, not a notice",
     .group = Group::command,
     .id = OptionId::strict},
    {.name = "explain",
     .text = "print what becomes of each property, and why (check); secrets are hidden",
     .group = Group::command,
     .id = OptionId::explain},
    {.name = "json",
     .text = "print for machines (check, plan)",
     .group = Group::command,
     .id = OptionId::json},
    {.name = "seconds",
     .argument = "N",
     .default_text = "20",
     .text = "how long the demo runs",
     .group = Group::command,
     .id = OptionId::seconds},
    {.name = "markdown",
     .text = "with 'help options' or 'help properties'",
     .group = Group::command,
     .id = OptionId::markdown,
     .hidden = true},
    {.name = "help", .text = "print this", .group = Group::command, .id = OptionId::help},
    {.name = "version",
     .text = "print the version",
     .group = Group::command,
     .id = OptionId::version},
};

constexpr CommandName k_commands[] = {
    {Command::run, "run", "mirror the flows of a JSON file (--config)"},
    {Command::check, "check",
     "validate files and options, offline; --explain shows what becomes of each property"},
    {Command::plan, "plan", "ask both clusters, read-only, what would happen to each topic"},
    {Command::demo, "demo", "mirror between two embedded clusters, no Kafka needed"},
    {Command::help, "help", "print this"},
    {Command::version, "version", "print the version"},
};

}  // namespace

std::span<const Option> option_table() noexcept { return k_options; }
std::span<const CommandName> command_table() noexcept { return k_commands; }

const Option* find_option(std::string_view name) noexcept {
  const auto* const at = std::find_if(std::begin(k_options), std::end(k_options),
                                      [&](const Option& option) { return option.name == name; });
  return at == std::end(k_options) ? nullptr : at;
}

std::vector<std::string_view> option_names() {
  std::vector<std::string_view> names;
  for (const auto& option : k_options) {
    if (!option.hidden) names.push_back(option.name);
  }
  return names;
}

bool takes(Command command, const Option& option) noexcept {
  const bool asks = command == Command::check || command == Command::plan;
  switch (option.group) {
    case Group::mirror_maker:
    case Group::flow:
      return command == Command::mirror || asks;
    case Group::process:
      return command != Command::help && command != Command::version;
    case Group::command:
      break;
  }
  switch (option.id) {
    case OptionId::config:
      return command == Command::run || asks;
    case OptionId::json:
      return asks;
    case OptionId::explain:
      return command == Command::check;
    case OptionId::seconds:
      return command == Command::demo;
    case OptionId::markdown:
      return command == Command::help;
    case OptionId::strict:
      return command == Command::mirror || command == Command::run || asks;
    default:
      return true;
  }
}

}  // namespace kferry::config
