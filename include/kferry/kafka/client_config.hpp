#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kferry/base/result.hpp"
#include "kferry/kafka/handles.hpp"
#include "kferry/security/profile.hpp"

namespace kferry::kafka {

class ConnectionWatch;

/// What a client is made of: properties under librdkafka's names (a later one of the same name
/// wins), and who the client is and whom it trusts.
struct ClientConfig {
  using Property = std::pair<std::string, std::string>;
  ClientConfig() = default;
  ClientConfig(std::initializer_list<Property> list) : properties(list) {}  // NOLINT(*-explicit-*)
  void set(std::string name, std::string value) {
    properties.emplace_back(std::move(name), std::move(value));
  }

  std::vector<Property> properties;
  /// Null: PLAINTEXT. Wins over properties.
  std::shared_ptr<const security::SecurityProfile> security;
};

/// Which of the two clusters of a flow a client belongs to, for messages.
enum class Side { source, target };
const char* to_string(Side side) noexcept;

/// Everything that can be judged without making a client; holds no user name and no password.
/// Errors: configuration, with the library's own reason.
Result<Conf> make_conf(const ClientConfig& config);

enum class ClientKind { consumer, producer };

/// Makes a client of a conf that make_conf made of the same config. Its credentials are in place
/// before it knows any broker. Errors: configuration.
Result<Client> make_client(ClientKind kind, Conf conf, const ClientConfig& config);

/// New user name and password for a client's next connections; no others of a profile can change.
Result<void> change_credentials(rd_kafka_s* client, const security::SaslProfile& sasl);

/// What the operator has to know about this library and this profile before they meet a broker.
std::vector<std::string> security_notices(const security::SecurityProfile& profile);

/// The library's version as text, e.g. "2.0.2".
std::string library_version();

/// Whose log lines they are.
struct LogContext {
  Side side;
  std::string flow;
  std::shared_ptr<ConnectionWatch> watch{};  ///< may be null
};

/// Sends the library's log lines to ours, under the room "kafka". The context becomes the conf's
/// opaque and must outlive the client that is made of the conf.
void attach_log(rd_kafka_conf_s* conf, LogContext& context);

}  // namespace kferry::kafka
