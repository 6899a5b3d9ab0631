#pragma once

#include <memory>
#include <optional>
#include <string>

#include "kferry/base/bytes.hpp"
#include "kferry/base/result.hpp"
#include "kferry/base/secret.hpp"
#include "kferry/security/profile.hpp"

/// Our side of a SASL exchange, without any I/O: PLAIN (RFC 4616) and SCRAM (RFC 5802, RFC 7677) as
/// Kafka's brokers want them (org.apache.kafka.common.security.scram.internals).
namespace kferry::security {

/// Fewer make a stolen exchange cheap to try passwords on; Kafka's own lower bound.
inline constexpr int k_scram_iterations_min = 4'096;
/// About half a second of one core; Kafka's tools do not set more than 16,384.
inline constexpr int k_scram_iterations_max = 1'000'000;

/// One authentication. Thread: one.
class SaslClient {
 public:
  virtual ~SaslClient() = default;
  /// What to send next, after what the broker sent, which is empty at first. Nothing: the broker is
  /// satisfied, and so are we. Errors: authorization (refused, or the broker does not prove that it
  /// knows the password; also malformed messages).
  virtual Result<std::optional<Secret>> step(ByteView from_broker) = 0;
};

/// Errors: configuration, for mechanisms that only the records engine has.
Result<std::unique_ptr<SaslClient>> make_sasl_client(const SaslProfile& profile);
/// With a nonce of the caller's, for examples with known results. REQUIRES: printable, no comma.
Result<std::unique_ptr<SaslClient>> make_sasl_client(const SaslProfile& profile, std::string nonce);

}  // namespace kferry::security
