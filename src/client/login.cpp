#include "client/login.hpp"

#include <fmt/format.h>

#include <utility>

#include "client/too_old.hpp"
#include "kferry/protocol/sessions.hpp"

namespace kferry::client {
namespace {

using protocol::ApiKey;

// Kafka's error codes.
constexpr std::int16_t k_unsupported_sasl_mechanism = 33;
constexpr std::int16_t k_illegal_sasl_state = 34;
constexpr std::int16_t k_unsupported_version = 35;
constexpr std::int16_t k_sasl_authentication_failed = 58;

Error malformed(const char* what) {
  return {ErrorKind::unreachable, fmt::format("its answer to {} can not be read", what)};
}

std::string list_of(const std::vector<std::string_view>& names) {
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Login::Login(std::shared_ptr<const security::SecurityProfile> profile, std::string client_id)
    : profile_(std::move(profile)), client_id_(std::move(client_id)) {}

const char* Login::doing() const noexcept {
  switch (step_) {
    case Step::versions:
      return "asking for its API versions";
    case Step::handshake:
    case Step::authenticate:
      return "authenticating";
    case Step::done:
      break;
  }
  return "nothing";
}

std::string Login::mechanism() const { return security::to_string(profile_->sasl->mechanism); }

Result<bool> Login::write_next(Exchange& exchange) {
  switch (step_) {
    case Step::versions:
      return write(exchange, ApiKey::api_versions, {});
    case Step::handshake:
      if (auto begun = begin_sasl(); !begun) return begun.error();
      return write(exchange, ApiKey::sasl_handshake, as_bytes(mechanism()));
    case Step::authenticate:
      return write(exchange, ApiKey::sasl_authenticate, as_bytes(token_->reveal()));
    case Step::done:
      break;
  }
  return false;
}

Result<bool> Login::write(Exchange& exchange, ApiKey key, ByteView token) {
  exchange.key = key;
  if (key == ApiKey::api_versions) {
    exchange.version = protocol::support_of(key).version_max;
  } else {
    const auto version = protocol::common_version(key, versions_);
    if (!version) return too_old(protocol::support_of(key).name);
    exchange.version = *version;
  }
  protocol::RequestFrame frame(exchange.frame, key, exchange.version, 0, client_id_);
  if (key == ApiKey::sasl_handshake) protocol::write_sasl_handshake(frame.body(), as_text(token));
  if (key == ApiKey::sasl_authenticate) protocol::write_sasl_authenticate(frame.body(), token);
  frame.finish();
  return true;
}

Result<void> Login::begin_sasl() {
  auto made = security::make_sasl_client(*profile_->sasl);
  if (!made) return made.error();
  sasl_ = std::move(made).value();
  return {};
}

Result<void> Login::answered(protocol::WireReader body) {
  switch (step_) {
    case Step::versions:
      return on_versions(body);
    case Step::handshake:
      return on_handshake(body);
    case Step::authenticate:
      return on_authenticate(body);
    case Step::done:
      break;
  }
  return {};
}

Result<void> Login::on_versions(protocol::WireReader& body) {
  auto response = protocol::read_api_versions(body);
  if (!response) return malformed("ApiVersions");
  if (response->error == k_unsupported_version) return too_old("ApiVersions");
  if (response->error != 0) {
    return Error{ErrorKind::unreachable,
                 fmt::format("it answers ApiVersions with Kafka's error {}", response->error)};
  }
  versions_ = std::move(response->ranges);
  step_ = profile_->sasl ? Step::handshake : Step::done;
  return {};
}

Result<void> Login::on_handshake(protocol::WireReader& body) {
  const auto response = protocol::read_sasl_handshake(body);
  if (!response) return malformed("SaslHandshake");
  if (response->error == k_illegal_sasl_state) {
    return Error{ErrorKind::configuration,
                 fmt::format("this listener wants no SASL (or this session may not be renewed "
                             "yet), but security.protocol is {}",
                             security::to_string(profile_->protocol))};
  }
  if (response->error == k_unsupported_sasl_mechanism) {
    return Error{ErrorKind::configuration,
                 fmt::format("sasl.mechanism {} is not enabled on this listener; enabled: {}",
                             mechanism(), list_of(response->mechanisms))};
  }
  if (response->error != 0) {
    return Error{ErrorKind::unreachable,
                 fmt::format("it answers SaslHandshake with Kafka's error {}", response->error)};
  }
  auto first = sasl_->step({});
  if (!first) return first.error();
  token_ = std::move(first).value();
  step_ = Step::authenticate;
  return {};
}

Result<void> Login::on_authenticate(protocol::WireReader& body) {
  token_.reset();
  const auto response = protocol::read_sasl_authenticate(body);
  if (!response) return malformed("SaslAuthenticate");
  if (response->error == k_sasl_authentication_failed) {
    return Error{ErrorKind::authorization,
                 fmt::format("it refuses the credentials ({}): {}; check username and password in "
                             "sasl.jaas.config",
                             mechanism(),
                             response->text.empty() ? "authentication failed" : response->text)};
  }
  if (response->error != 0) {
    return Error{ErrorKind::unreachable,
                 fmt::format("it answers SaslAuthenticate with Kafka's error {}{}{}",
                             response->error, response->text.empty() ? "" : ": ", response->text)};
  }
  auto next = sasl_->step(response->token);
  if (!next) return next.error();
  token_ = std::move(next).value();
  if (token_) return {};
  session_lifetime_ =
      std::chrono::milliseconds(std::max<std::int64_t>(response->session_lifetime_ms, 0));
  sasl_.reset();
  step_ = Step::done;
  return {};
}

}  // namespace kferry::client
