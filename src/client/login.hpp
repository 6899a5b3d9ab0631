#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kferry/base/result.hpp"
#include "kferry/client/connection.hpp"
#include "kferry/protocol/api.hpp"
#include "kferry/security/sasl_client.hpp"

namespace kferry::client {

/// What is said on a connection before anybody's requests: which versions there are, then who we
/// are. Without any I/O: write_next, the answer to it, again until write_next has nothing.
/// Errors are without the name of the broker. Thread: one.
class Login {
 public:
  /// REQUIRES: the profile is not null.
  Login(std::shared_ptr<const security::SecurityProfile> profile, std::string client_id);

  /// Writes the next request into the exchange; false: we are in.
  Result<bool> write_next(Exchange& exchange);
  Result<void> answered(protocol::WireReader body);
  /// Authenticates anew, without asking for versions (KIP-368).
  void begin_again() noexcept { step_ = Step::handshake; }

  std::span<const protocol::VersionRange> versions() const noexcept { return versions_; }
  /// Since the last answer; 0: for ever.
  std::chrono::milliseconds session_lifetime() const noexcept { return session_lifetime_; }
  /// What is waited for, to be put behind "while".
  const char* doing() const noexcept;

 private:
  enum class Step { versions, handshake, authenticate, done };

  Result<bool> write(Exchange& exchange, protocol::ApiKey key, ByteView token);
  Result<void> on_versions(protocol::WireReader& body);
  Result<void> on_handshake(protocol::WireReader& body);
  Result<void> on_authenticate(protocol::WireReader& body);
  Result<void> begin_sasl();
  std::string mechanism() const;

  const std::shared_ptr<const security::SecurityProfile> profile_;
  const std::string client_id_;
  Step step_ = Step::versions;
  std::vector<protocol::VersionRange> versions_;
  std::unique_ptr<security::SaslClient> sasl_;
  std::optional<Secret> token_;
  std::chrono::milliseconds session_lifetime_{0};
};

}  // namespace kferry::client
