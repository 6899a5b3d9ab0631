#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kferry/base/bytes.hpp"
#include "kferry/base/clock.hpp"
#include "kferry/kafka/client_config.hpp"

namespace kferry::kafka {

enum class TroubleKind {
  wrong_credentials,
  mechanism_not_enabled,
  certificate_not_trusted,
  certificate_expired,
  certificate_not_yet_valid,
  host_name_mismatch,
  certificate_refused,         ///< the broker's, for another reason
  client_certificate_missing,  ///< the broker asks for one
  client_certificate_refused,
  tls_expected,       ///< the port speaks TLS, the client does not
  tls_not_spoken,     ///< the client speaks TLS, the port does not
  sasl_expected,      ///< the port asks for SASL, the client does not offer it
  sasl_not_expected,  ///< the client offers SASL, the port knows none
  tls_no_agreement,   ///< no version or suite in common
  group_not_authorized,
  name_not_resolved,
  connection_refused,
  no_answer,
};
/// A stable name for metrics: "wrong_credentials".
const char* to_string(TroubleKind kind) noexcept;
/// Whether somebody answers and says no: waiting alone does not help.
bool is_denial(TroubleKind kind) noexcept;

/// What keeps a client from its cluster, in words for the operator.
struct Trouble {
  Side side = Side::source;
  TroubleKind kind = TroubleKind::no_answer;
  std::string broker;  ///< host:port; empty: the cluster
  std::string text;    ///< the cause
  std::string remedy;  ///< what to turn, in Java's property names; may be empty
};
/// "source cluster (bootstrap.servers=a:1), broker a:1: cause; remedy", without bootstrap.servers
/// when it is empty.
std::string to_string(const Trouble& trouble, const std::string& bootstrap_servers = {});

/// Follows the connections of all clients of one cluster of a flow. The library tries again by
/// itself; what it meets becomes one message for each broker and cause, said again when it changes
/// or after k_reminder. A denial counts at once. A broker that is away counts only when no broker
/// of its cluster has answered for k_patience, since the others may well do.
/// Thread: any; the clock outlives the object.
class ConnectionWatch {
 public:
  static constexpr Milliseconds k_reminder{60'000};
  static constexpr Milliseconds k_patience{3'000};
  /// A cluster that answered and now hangs up is more likely to restart than to speak otherwise.
  static constexpr Milliseconds k_guess_patience{30'000};

  /// silent: for an owner that reports the trouble itself.
  enum class Voice { log, silent };

  ConnectionWatch(Side side, std::string flow, std::string bootstrap_servers,
                  std::shared_ptr<const security::SecurityProfile> profile, const Clock& clock,
                  Voice voice = Voice::log);

  /// A line of the library about a connection that failed ("FAIL"). True when the watch says
  /// it, now, before or soon.
  bool failed(std::string_view line);
  /// The certificate (DER) of the broker was refused with X509_V_ERR_ code.
  void certificate_refused(std::string_view broker, int code, ByteView certificate);
  /// The broker answered a request that it answers only to those it let in.
  void answered(std::string_view broker);
  /// The cluster lets the client in but not into the group.
  void group_denied(const std::string& group_id);
  void group_joined();
  /// A client of the cluster was made, and is about to go.
  void adopt(rd_kafka_s* client);
  void release(rd_kafka_s* client);
  /// For clients that are made from now on.
  std::shared_ptr<const security::SecurityProfile> profile() const;
  /// From now on it is another profile: what was said before may be over. The clients get its user
  /// name and password for their next connections; nothing else of a client can change.
  void start_over(std::shared_ptr<const security::SecurityProfile> profile);

  /// Says what has become due. To be called several times a second.
  void remind();
  /// Denials first.
  std::vector<Trouble> current() const;
  /// A denial that stood for at least so long.
  std::optional<Trouble> denied_for(Milliseconds time) const;

 private:
  struct Known {
    Trouble trouble;
    SteadyTime since;
    std::optional<SteadyTime> said;
  };
  bool note(Trouble trouble);
  void say(Known& known, SteadyTime now) const;
  bool counts(const Known& known, SteadyTime now) const;

  const Side side_;
  const std::string flow_;
  const std::string bootstrap_servers_;
  const Clock& clock_;
  const Voice voice_;
  mutable std::mutex mutex_;
  std::shared_ptr<const security::SecurityProfile> profile_;
  std::map<std::string, Known> known_;  ///< by broker, and the group's under its own name
  std::map<std::string, Known> past_;   ///< what was said and is over, so that it is not repeated
  std::mutex clients_mutex_;
  std::vector<rd_kafka_s*> clients_;
  std::atomic<bool> any_{false};  ///< so that answers cost nothing while all is well
  std::atomic<SteadyTime> answered_at_{SteadyTime{}};
};

}  // namespace kferry::kafka
