#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "config/property_table.hpp"

namespace kferry::config {
namespace {

constexpr std::int64_t k_session_timeout_ms = 10'000;
/// Java's own, for a heartbeat that does not fit into ours.
constexpr std::int64_t k_long_session_timeout_ms = 45'000;
constexpr std::int64_t k_max_poll_interval_ms = 300'000;
constexpr std::int64_t k_request_timeout_ms = 30'000;
constexpr std::int64_t k_reconnect_backoff_ms = 50;
constexpr std::int64_t k_reconnect_backoff_max_ms = 1'000;
/// librdkafka's.
constexpr std::int64_t k_session_timeout_limit_ms = 3'600'000;
constexpr std::int64_t k_reconnect_backoff_limit_ms = 3'600'000;

std::int64_t number_or(const Draft& draft, std::string_view name, std::int64_t otherwise) {
  const auto* const value = draft.find(name);
  return value == nullptr ? otherwise : value->number;
}

/// Java takes a maximum below the first wait; librdkafka does not. Where only one of them is given,
/// the other gets Java's default, moved to fit.
void finish_reconnect_backoff(Draft& draft) {
  const auto* const first = draft.find("reconnect.backoff.ms");
  const auto* const max = draft.find("reconnect.backoff.max.ms");
  if (first == nullptr && max == nullptr) return;
  const auto least = std::min(first == nullptr ? k_reconnect_backoff_ms : first->number,
                              first == nullptr ? max->number : k_reconnect_backoff_limit_ms);
  const auto most =
      std::min(std::max(least, max == nullptr ? k_reconnect_backoff_max_ms : max->number),
               k_reconnect_backoff_limit_ms);
  draft.set_library("reconnect.backoff.ms", std::to_string(least));
  draft.set_library("reconnect.backoff.max.ms", std::to_string(most));
  for (const auto* const name : {"reconnect.backoff.ms", "reconnect.backoff.max.ms"}) {
    draft.explainer.set_library(name, name);
  }
  if (max != nullptr && max->number < most) {
    draft.info(*max, fmt::format("{} is used: not below reconnect.backoff.ms", most));
  }
}

void finish_session(Draft& draft) {
  const auto* const heartbeat = draft.find("heartbeat.interval.ms");
  const auto* const session = draft.find("session.timeout.ms");
  const auto heartbeat_ms = heartbeat == nullptr ? 0 : heartbeat->number;
  auto session_ms = k_session_timeout_ms;
  if (session != nullptr) {
    session_ms = std::min(session->number, k_session_timeout_limit_ms);
  } else {
    if (heartbeat_ms >= session_ms) session_ms = k_long_session_timeout_ms;
    draft.set_library("session.timeout.ms", std::to_string(session_ms));
  }
  if (heartbeat != nullptr && heartbeat_ms >= session_ms) {
    draft.mistake(*heartbeat, fmt::format("{} must be lower than session.timeout.ms, which is {}",
                                          heartbeat_ms, session_ms));
  }
  const auto poll_ms = number_or(draft, "max.poll.interval.ms", k_max_poll_interval_ms);
  if (poll_ms < session_ms) {
    draft.set_library("max.poll.interval.ms", std::to_string(session_ms));
    if (const auto* const poll = draft.find("max.poll.interval.ms"); poll != nullptr) {
      draft.info(*poll, fmt::format("{} is used: not below session.timeout.ms", session_ms));
    }
  }
}

void finish_group(Draft& draft) {
  if (!draft.source.group_id.empty() || draft.unread.contains("group.id")) return;
  const auto* const group = draft.find("group.id");
  draft.findings.mistake(group == nullptr ? draft.origin : group->origin,
                         "group.id is missing: it holds the positions on the source");
}

/// Java refuses what contradicts idempotence when it was asked for, and does without otherwise.
void finish_idempotence(Draft& draft, const Value& cause, std::string_view needs) {
  const auto* const asked = draft.find("enable.idempotence");
  if (asked != nullptr && asked->flag) {
    draft.mistake(cause, fmt::format("enable.idempotence=true needs {}", needs));
  } else if (asked == nullptr) {
    draft.target.idempotence = false;
    draft.info(cause, fmt::format("producing is not idempotent, which needs {}", needs));
  }
}

void finish_delivery_timeout(Draft& draft) {
  const auto* const timeout = draft.find("delivery.timeout.ms");
  if (timeout == nullptr) return;
  const auto least = number_or(draft, "linger.ms", 0) +
                     number_or(draft, "request.timeout.ms", k_request_timeout_ms);
  if (timeout->number < std::min<std::int64_t>(least, INT32_MAX)) {
    draft.mistake(*timeout, fmt::format("{} must be at least linger.ms + request.timeout.ms, which "
                                        "is {}",
                                        timeout->number, least));
  }
}

/// What stands in no file and still decides what is mirrored, for explanations.
struct Alone {
  std::string_view property;
  std::string_view became;
  std::string_view why;
};
constexpr Alone k_source_alone[] = {
    {"auto.offset.reset", "auto.offset.reset=earliest",
     "Java's latest would copy nothing that exists already"},
    {"isolation.level", "isolation.level=read_committed",
     "records of aborted transactions stay behind; Java would copy them"},
    {"partition.assignment.strategy", "partition.assignment.strategy=range", "as in Java"},
    {"session.timeout.ms", "", "a member that dies is noticed sooner than with Java's 45000"},
    {"enable.auto.commit", "false", "kferry commits what the target has acknowledged"},
    {"security.protocol", "security.protocol=PLAINTEXT", "as in Java"},
};
constexpr Alone k_target_alone[] = {
    {"acks", "acks=all", "nothing is lost when a leader fails"},
    {"enable.idempotence", "true where the target supports it", "the target is asked"},
    {"delivery.timeout.ms", "no limit", "a record that times out would leave a gap"},
    {"partitioner.class", "--partitioning", "keys go where Java's default puts them"},
    {"security.protocol", "security.protocol=PLAINTEXT", "as in Java"},
};

void explain_alone(Draft& draft, std::span<const Alone> rows) {
  for (const auto& row : rows) {
    const bool no_idempotence =
        row.property == "enable.idempotence" && draft.target.idempotence == false;
    draft.explainer.decided(row.property, no_idempotence ? "false" : row.became,
                            no_idempotence ? "other properties rule it out" : row.why);
  }
}

}  // namespace

void finish_source(Draft& draft) {
  finish_group(draft);
  finish_session(draft);
  finish_reconnect_backoff(draft);
  if (draft.find("auto.offset.reset") == nullptr) {
    draft.findings.warning(
        draft.origin,
        "auto.offset.reset is not set: a group without positions starts at earliest and copies "
        "everything; Java would start at latest and copy nothing that exists already (to get "
        "that, write auto.offset.reset=latest)");
  }
  if (draft.find("isolation.level") == nullptr) {
    draft.findings.info(draft.origin,
                        "isolation.level is not set: read_committed is used, so records of aborted "
                        "transactions stay behind; Java would copy them (to get that, write "
                        "isolation.level=read_uncommitted)");
  }
  explain_alone(draft, k_source_alone);
  draft.explainer.set_library("session.timeout.ms", "session.timeout.ms");
}

void finish_target(Draft& draft) {
  finish_reconnect_backoff(draft);
  finish_delivery_timeout(draft);
  if (const auto* const acks = draft.find("acks"); acks != nullptr && acks->text == "1") {
    finish_idempotence(draft, *acks, "acks=all");
  }
  if (const auto* const retries = draft.find("retries");
      retries != nullptr && retries->number == 0) {
    finish_idempotence(draft, *retries, "retries above 0");
  }
  explain_alone(draft, k_target_alone);
}

}  // namespace kferry::config
