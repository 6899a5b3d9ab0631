#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kferry/base/clock.hpp"
#include "kferry/base/result.hpp"
#include "kferry/client/slab.hpp"
#include "kferry/net/loop.hpp"
#include "kferry/protocol/api.hpp"
#include "kferry/security/profile.hpp"
#include "kferry/security/tls_context.hpp"

namespace kferry::client {

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;
};
std::string to_string(const Endpoint& endpoint);  ///< "[::1]:9092"

/// bootstrap.servers as Java takes them: "host:port,[v6]:port". Errors: configuration.
Result<std::vector<Endpoint>> parse_endpoints(const std::string& bootstrap_servers);

/// Larger than any fetch that we ask for; a size beyond it is no Kafka response.
inline constexpr std::int32_t k_response_bytes_max = 256 << 20;

struct ConnectionSettings {
  std::shared_ptr<const security::SecurityProfile> security;  ///< null: PLAINTEXT
  /// What make_tls_context makes of the profile, shared by all connections of a cluster, which
  /// Cluster sees to. Null: each connection makes its own.
  std::shared_ptr<ssl_ctx_st> tls_context;
  std::string client_id;
  /// From the name to the end of authentication.
  Milliseconds connect_timeout{10'000};
  /// From sending to the whole response.
  Milliseconds request_timeout{30'000};
};

/// A request, and whom its answer goes to. Its owner keeps it, and all that it points to, untouched
/// from Connection::send until exactly one of the two calls came. The same object serves for many
/// requests one after the other, which is what keeps its buffers.
class Exchange {
 public:
  virtual ~Exchange() = default;
  /// body stands behind the response header; views into it are good as long as the slab is held.
  virtual void on_response(protocol::WireReader body, const SlabRef& slab) = 0;
  /// The connection is gone, or the request took too long (which ends the connection). Nobody
  /// knows whether the broker did what was asked.
  virtual void on_failure(const Error& error) = 0;

  protocol::ApiKey key = protocol::ApiKey::api_versions;
  std::int16_t version = 0;
  /// The message as RequestFrame makes it, with correlation id 0: the connection fills that in.
  std::vector<std::byte> frame;
  /// Bytes from elsewhere: each is sent before frame[at]; ascending.
  struct Insert {
    std::size_t at = 0;
    ByteView bytes;
  };
  std::vector<Insert> inserts;

 private:
  friend class ExchangeQueue;
  // The connection's, while it has the exchange.
  Exchange* next_ = nullptr;
  std::size_t bytes_ = 0;
  SteadyTime deadline_{};
};

/// One authenticated connection to one broker. Requests are pipelined; the broker answers in order.
/// With KIP-368 it re-authenticates before its session ends: sends wait until that is done.
///
/// Whoever lets go of the last reference ends the connection without any call: exchanges and what
/// on_open points to may be gone already. The loop outlives its connections.
/// Thread: the loop's.
class Connection {
 public:
  using OnOpen = std::function<void(Result<void>)>;

  /// Begins to connect. on_open is called once: with success when requests may be sent, or with an
  /// Error (unreachable, authorization for refused credentials and certificates, configuration)
  /// whose text names the broker, the cause and what to do. It is not called from inside open, and
  /// not any more after close.
  static std::shared_ptr<Connection> open(net::Loop& loop, SlabPool& slabs, Endpoint endpoint,
                                          ConnectionSettings settings, OnOpen on_open);
  virtual ~Connection() = default;

  virtual bool usable() const noexcept = 0;
  virtual const Endpoint& endpoint() const noexcept = 0;
  /// The version to use with this broker; nothing when it does not have the API in a version of
  /// ours. REQUIRES: usable.
  virtual std::optional<std::int16_t> version(protocol::ApiKey key) const = 0;
  /// REQUIRES: usable; exchange.version is one that version() gave.
  virtual void send(Exchange& exchange) = 0;
  virtual std::size_t in_flight() const noexcept = 0;
  /// To the broker and back, as the kernel measures it (TCP_INFO); zero: not known.
  virtual std::chrono::microseconds round_trip() const noexcept = 0;
  /// Ends the connection; every exchange under way fails, from inside this call.
  virtual void close(const Error& why) = 0;
};

}  // namespace kferry::client
