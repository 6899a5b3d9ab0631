#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "client/byte_stream.hpp"
#include "client/connector.hpp"
#include "client/exchange_queue.hpp"
#include "client/handler_memory.hpp"
#include "client/login.hpp"
#include "client/response_reader.hpp"
#include "kferry/client/connection.hpp"

namespace kferry::client {

/// The one kind of connection. Waiting operations own it, so that it lives until the last of them
/// is over; nothing of it runs any more once it is closed. Thread: the loop's.
class BrokerConnection final : public Connection,
                               public std::enable_shared_from_this<BrokerConnection> {
 public:
  BrokerConnection(net::Loop& loop, SlabPool& slabs, Endpoint endpoint, ConnectionSettings settings,
                   OnOpen on_open);

  void start();
  /// Ends it without calling anybody and without touching their exchanges.
  void abandon() noexcept;

  bool usable() const noexcept override { return phase_ == Phase::open; }
  const Endpoint& endpoint() const noexcept override { return endpoint_; }
  std::optional<std::int16_t> version(protocol::ApiKey key) const override;
  void send(Exchange& exchange) override;
  std::size_t in_flight() const noexcept override { return in_flight_; }
  std::chrono::microseconds round_trip() const noexcept override;
  void close(const Error& why) override;

 private:
  enum class Phase { connecting, handshake, login, open, closed };
  using ErrorCode = boost::system::error_code;

  /// What the connection itself asks.
  class LoginExchange final : public Exchange {
   public:
    explicit LoginExchange(BrokerConnection& connection) : connection_(connection) {}
    void on_response(protocol::WireReader body, const SlabRef&) override {
      connection_.login_answered(body);
    }
    void on_failure(const Error&) override {}

   private:
    BrokerConnection& connection_;
  };

  void connected(Result<Connector::Socket> result);
  void continue_handshake();
  void continue_login();
  void login_answered(protocol::WireReader body);
  void logged_in();
  void reauthenticate();

  Result<std::unique_ptr<ByteStream>> make_stream();

  void readable();
  void read_turn();
  bool take_responses();
  bool answer(const ResponseReader::Response& response);
  void write_now();
  void write_soon();
  void write_turn();
  void wait_readable();
  void read_soon();
  void fit_low_water();
  void wait_writable();

  void arm_timer();
  void on_timer();
  SteadyTime next_due() const noexcept;

  void enqueue(Exchange& exchange);
  void fail(const Error& why);
  void stream_stopped(StreamState state);
  void hang_up() noexcept;
  void fail_exchanges(const Error& why);
  Error named(const Error& error) const;
  Error closed_by_broker() const;
  Error no_kafka(std::int32_t size) const;

  net::Loop& loop_;
  const Endpoint endpoint_;
  const ConnectionSettings settings_;
  OnOpen on_open_;
  Phase phase_ = Phase::connecting;
  SteadyTime opening_deadline_;

  HandlerMemory read_memory_;
  HandlerMemory write_memory_;
  HandlerMemory timer_memory_;
  std::shared_ptr<Connector> connector_;
  Connector::Socket socket_;
  std::unique_ptr<ByteStream> stream_;
  ResponseReader reader_;

  Login login_;
  LoginExchange login_exchange_{*this};
  bool reauthenticating_ = false;
  SteadyTime reauthenticate_at_ = SteadyTime::max();

  ExchangeQueue queue_;
  ExchangeQueue held_;  ///< until we are authenticated again
  std::size_t in_flight_ = 0;
  std::int32_t next_correlation_id_ = 0;
  bool served_ = false;  ///< has answered somebody's request
  bool read_waits_ = false;
  int low_water_ = 1;  ///< of the socket, bytes
  bool write_waits_ = false;

  boost::asio::steady_timer timer_;
  SteadyTime timer_due_ = SteadyTime::max();
};

}  // namespace kferry::client
