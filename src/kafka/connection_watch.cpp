#include "kferry/kafka/connection_watch.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>

#include "kafka/connection_trouble.hpp"
#include "kafka/library_security.hpp"
#include "kferry/base/log.hpp"
#include "kferry/security/certificate_names.hpp"

namespace kferry::kafka {
namespace {

/// Where the group's trouble is kept among the brokers'; no broker is called so.
constexpr const char* k_group = "group";

}  // namespace

const char* to_string(TroubleKind kind) noexcept {
  switch (kind) {
    case TroubleKind::wrong_credentials:
      return "wrong_credentials";
    case TroubleKind::mechanism_not_enabled:
      return "mechanism_not_enabled";
    case TroubleKind::certificate_not_trusted:
      return "certificate_not_trusted";
    case TroubleKind::certificate_expired:
      return "certificate_expired";
    case TroubleKind::certificate_not_yet_valid:
      return "certificate_not_yet_valid";
    case TroubleKind::host_name_mismatch:
      return "host_name_mismatch";
    case TroubleKind::certificate_refused:
      return "certificate_refused";
    case TroubleKind::client_certificate_missing:
      return "client_certificate_missing";
    case TroubleKind::client_certificate_refused:
      return "client_certificate_refused";
    case TroubleKind::tls_expected:
      return "tls_expected";
    case TroubleKind::tls_not_spoken:
      return "tls_not_spoken";
    case TroubleKind::sasl_expected:
      return "sasl_expected";
    case TroubleKind::sasl_not_expected:
      return "sasl_not_expected";
    case TroubleKind::tls_no_agreement:
      return "tls_no_agreement";
    case TroubleKind::group_not_authorized:
      return "group_not_authorized";
    case TroubleKind::name_not_resolved:
      return "name_not_resolved";
    case TroubleKind::connection_refused:
      return "connection_refused";
    case TroubleKind::no_answer:
      return "no_answer";
  }
  return "unknown";
}

bool is_denial(TroubleKind kind) noexcept {
  return kind != TroubleKind::name_not_resolved && kind != TroubleKind::connection_refused &&
         kind != TroubleKind::no_answer;
}

std::string to_string(const Trouble& trouble, const std::string& bootstrap_servers) {
  std::string out = fmt::format("{} cluster", to_string(trouble.side));
  if (!bootstrap_servers.empty()) out += fmt::format(" (bootstrap.servers={})", bootstrap_servers);
  if (!trouble.broker.empty()) out += fmt::format(", broker {}", trouble.broker);
  out += ": " + trouble.text;
  if (!trouble.remedy.empty()) out += "; " + trouble.remedy;
  return out;
}

ConnectionWatch::ConnectionWatch(Side side, std::string flow, std::string bootstrap_servers,
                                 std::shared_ptr<const security::SecurityProfile> profile,
                                 const Clock& clock, Voice voice)
    : side_(side),
      flow_(std::move(flow)),
      bootstrap_servers_(std::move(bootstrap_servers)),
      clock_(clock),
      voice_(voice),
      profile_(std::move(profile)) {}

bool ConnectionWatch::failed(std::string_view line) {
  Failure failure = parse_failure(line);
  const std::lock_guard lock(mutex_);
  if (is_about_certificate(failure.text)) {
    // certificate_refused has heard the reason a moment before.
    const auto known = known_.find(failure.broker);
    if (known != known_.end() && is_denial(known->second.trouble.kind)) return true;
  }
  const auto diagnosis = diagnose(failure.text, profile_ ? *profile_ : security::SecurityProfile{},
                                  rd_kafka_version());
  if (!diagnosis) return false;
  if (diagnosis->guess && clock_.steady() - answered_at_.load() < k_guess_patience) return false;
  return note({side_, diagnosis->kind, failure.broker, diagnosis->text, diagnosis->remedy});
}

void ConnectionWatch::certificate_refused(std::string_view broker, int code, ByteView certificate) {
  const std::string address = broker_address(broker);
  const std::string host = address.substr(0, address.rfind(':'));
  const Diagnosis diagnosis =
      diagnose_certificate(code, host, security::describe_certificate(certificate));
  const std::lock_guard lock(mutex_);
  note({side_, diagnosis.kind, address, diagnosis.text, diagnosis.remedy});
}

void ConnectionWatch::group_denied(const std::string& group_id) {
  const std::lock_guard lock(mutex_);
  note({side_, TroubleKind::group_not_authorized, k_group,
        fmt::format("not authorized for the consumer group {}", group_id),
        "give the principal Read on the group, or change group.id"});
}

void ConnectionWatch::group_joined() {
  const std::lock_guard lock(mutex_);
  known_.erase(k_group);
  any_ = !known_.empty();
}

/// True when it is or will be said. With the lock.
bool ConnectionWatch::note(Trouble trouble) {
  const SteadyTime now = clock_.steady();
  const std::string key = trouble.broker;
  if (key == k_group) trouble.broker.clear();
  auto found = known_.find(key);
  if (found == known_.end()) {
    found = known_.emplace(key, Known{std::move(trouble), now, std::nullopt}).first;
    const auto before = past_.find(key);
    if (before != past_.end() && before->second.trouble.kind == found->second.trouble.kind) {
      found->second.said = before->second.said;
    }
  } else if (found->second.trouble.kind != trouble.kind) {
    // A broker that says no stays so while it is away for a moment.
    if (is_denial(found->second.trouble.kind) && !is_denial(trouble.kind)) return true;
    found->second = Known{std::move(trouble), now, std::nullopt};
  }
  any_ = true;
  // Not due yet: remind() says it, unless the cluster answers elsewhere.
  if (!counts(found->second, now)) return now - answered_at_.load() >= k_patience;
  say(found->second, now);
  return true;
}

bool ConnectionWatch::counts(const Known& known, SteadyTime now) const {
  if (is_denial(known.trouble.kind)) return true;
  return now - known.since >= k_patience && now - answered_at_.load() >= k_patience;
}

void ConnectionWatch::say(Known& known, SteadyTime now) const {
  if (known.said && now - *known.said < k_reminder) return;
  known.said = now;
  if (voice_ == Voice::silent) return;
  log::error("kafka", "{}: {}", flow_, to_string(known.trouble, bootstrap_servers_));
}

void ConnectionWatch::answered(std::string_view broker) {
  answered_at_.store(clock_.steady(), std::memory_order_relaxed);
  if (!any_.load(std::memory_order_relaxed)) return;
  const std::string address = broker_address(broker);
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(address);
  if (found != known_.end()) {
    if (found->second.said && voice_ == Voice::log) {
      log::info("kafka", "{}: {} cluster, broker {}: the connection works again", flow_,
                to_string(side_), address);
    }
    past_.insert_or_assign(address, std::move(found->second));
    known_.erase(found);
  }
  // The cluster answers: a broker that is only away is no trouble of the cluster.
  std::erase_if(known_, [](const auto& entry) { return !is_denial(entry.second.trouble.kind); });
  any_ = !known_.empty();
}

void ConnectionWatch::start_over(std::shared_ptr<const security::SecurityProfile> profile) {
  std::shared_ptr<const security::SecurityProfile> newest;
  {
    const std::lock_guard lock(mutex_);
    newest = profile_ = std::move(profile);
    known_.clear();
    past_.clear();
    any_ = false;
    answered_at_ = SteadyTime{};
  }
  if (!newest || !has_credentials(*newest)) return;
  const std::lock_guard lock(clients_mutex_);
  for (rd_kafka_s* client : clients_) {
    if (const auto changed = change_credentials(client, *newest->sasl); !changed) {
      log::error("kafka", "{}: {} cluster: {}", flow_, to_string(side_), changed.error().text);
    }
  }
}

void ConnectionWatch::remind() {
  if (!any_.load(std::memory_order_relaxed)) return;
  const SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  for (auto& [key, known] : known_) {
    if (counts(known, now)) say(known, now);
  }
}

std::vector<Trouble> ConnectionWatch::current() const {
  const SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  std::vector<Trouble> troubles;
  for (const auto& [key, known] : known_) {
    if (counts(known, now)) troubles.push_back(known.trouble);
  }
  std::stable_partition(troubles.begin(), troubles.end(),
                        [](const Trouble& trouble) { return is_denial(trouble.kind); });
  return troubles;
}

void ConnectionWatch::adopt(rd_kafka_s* client) {
  const std::lock_guard lock(clients_mutex_);
  clients_.push_back(client);
}

void ConnectionWatch::release(rd_kafka_s* client) {
  const std::lock_guard lock(clients_mutex_);
  std::erase(clients_, client);
}

std::shared_ptr<const security::SecurityProfile> ConnectionWatch::profile() const {
  const std::lock_guard lock(mutex_);
  return profile_;
}

std::optional<Trouble> ConnectionWatch::denied_for(Milliseconds time) const {
  const SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  for (const auto& [key, known] : known_) {
    if (is_denial(known.trouble.kind) && now - known.since >= time) return known.trouble;
  }
  return std::nullopt;
}

}  // namespace kferry::kafka
