#include <utility>

#include "client/broker_connection.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/post.hpp>

#include "kferry/protocol/wire.hpp"

/// How bytes move over a connection.
namespace kferry::client {
namespace {

/// Of one gathered write; IOV_MAX of Linux.
constexpr std::size_t k_pieces_max = 1'024;
/// Then others on the loop have their turn.
constexpr int k_reads_per_turn = 16;
/// Less is not worth a system call to say so.
constexpr std::size_t k_low_water_bytes_min = 64U << 10;
/// The kernel wakes us earlier all the same when its buffer gets full (tcp_epollin_ready).
constexpr std::size_t k_low_water_bytes_max = 256U << 10;
/// In every request: behind size, key and version.
constexpr std::size_t k_correlation_id_at = 8;

std::int32_t correlation_id(const Exchange& exchange) {
  return protocol::load_big_endian<std::int32_t>(exchange.frame.data() + k_correlation_id_at);
}

}  // namespace

std::chrono::microseconds BrokerConnection::round_trip() const noexcept {
  tcp_info info{};
  socklen_t size = sizeof info;
  const int socket = const_cast<Connector::Socket&>(socket_).native_handle();
  if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
  return std::chrono::microseconds(info.tcpi_rtt);
}

void BrokerConnection::enqueue(Exchange& exchange) {
  KF_CHECK(exchange.frame.size() >= k_correlation_id_at + sizeof(std::int32_t));
  protocol::store_big_endian(exchange.frame.data() + k_correlation_id_at, next_correlation_id_);
  next_correlation_id_ = next_correlation_id_ == INT32_MAX ? 0 : next_correlation_id_ + 1;
  queue_.push(exchange, std::chrono::steady_clock::now() + settings_.request_timeout);
  write_now();
  arm_timer();
}

/// As far as the socket takes it. Trouble is told later: nobody expects it inside of send().
void BrokerConnection::write_now() {
  if (write_waits_) return;
  std::array<iovec, k_pieces_max> pieces;
  StreamResult result{StreamState::progress};
  while (result.state == StreamState::progress && !queue_.all_written()) {
    result = stream_->write(std::span(pieces).first(queue_.gather(pieces)));
    if (result.state == StreamState::progress) queue_.written(result.bytes);
  }
  const bool flushed =
      result.state == StreamState::progress && stream_->flush() == StreamState::progress;
  if (!flushed) write_soon();
}

void BrokerConnection::write_soon() {
  if (std::exchange(write_waits_, true)) return;
  boost::asio::post(loop_.io(), InMemory(write_memory_, [self = shared_from_this()] {
                      self->write_waits_ = false;
                      self->write_turn();
                    }));
}

void BrokerConnection::wait_writable() {
  if (std::exchange(write_waits_, true)) return;
  socket_.async_wait(Connector::Socket::wait_write,
                     InMemory(write_memory_, [self = shared_from_this()](const ErrorCode&) {
                       // What is wrong with the socket is told by writing to it.
                       self->write_waits_ = false;
                       self->write_turn();
                     }));
}

/// Of a large response we want to hear when a good part of it is there, not of every segment. Not
/// with TLS: OpenSSL holds a part of a record that the socket will not show again.
void BrokerConnection::fit_low_water() {
  if (settings_.security->tls) return;
  const std::size_t missing = reader_.bytes_missing();
  const int wanted = missing < k_low_water_bytes_min
                         ? 1
                         : static_cast<int>(std::min(missing, k_low_water_bytes_max));
  if (wanted == low_water_) return;
  low_water_ = wanted;
  setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVLOWAT, &wanted, sizeof wanted);
}

void BrokerConnection::wait_readable() {
  if (std::exchange(read_waits_, true)) return;
  fit_low_water();
  socket_.async_wait(Connector::Socket::wait_read,
                     InMemory(read_memory_, [self = shared_from_this()](const ErrorCode&) {
                       self->read_waits_ = false;
                       self->readable();
                     }));
}

void BrokerConnection::write_turn() {
  if (phase_ == Phase::closed) return;
  if (phase_ == Phase::handshake) return continue_handshake();
  std::array<iovec, k_pieces_max> pieces;
  while (!queue_.all_written()) {
    const std::size_t count = queue_.gather(pieces);
    const StreamResult result = stream_->write(std::span(pieces).first(count));
    if (result.state == StreamState::want_write) return wait_writable();
    if (result.state != StreamState::progress) return stream_stopped(result.state);
    queue_.written(result.bytes);
  }
  const StreamState state = stream_->flush();
  if (state == StreamState::want_write) return wait_writable();
  if (state != StreamState::progress) stream_stopped(state);
}

void BrokerConnection::readable() {
  if (phase_ == Phase::closed) return;
  if (phase_ == Phase::handshake) return continue_handshake();
  read_turn();
}

void BrokerConnection::read_turn() {
  int turn = 0;
  for (; turn < k_reads_per_turn; ++turn) {
    const StreamResult result = stream_->read(reader_.prepare());
    if (result.state == StreamState::ended || result.state == StreamState::failed) {
      return stream_stopped(result.state);
    }
    if (result.state != StreamState::progress) break;
    reader_.received(result.bytes);
    if (!take_responses()) return;
    if (result.drained) break;
  }
  if (stream_->has_unflushed()) write_soon();
  if (turn == k_reads_per_turn) return read_soon();
  wait_readable();
}

/// What TLS holds already the socket does not tell of any more.
void BrokerConnection::read_soon() {
  if (std::exchange(read_waits_, true)) return;
  boost::asio::post(loop_.io(), InMemory(read_memory_, [self = shared_from_this()] {
                      self->read_waits_ = false;
                      self->readable();
                    }));
}

/// False when the connection has come to its end in there.
bool BrokerConnection::take_responses() {
  while (const auto response = reader_.next()) {
    if (!answer(*response)) return false;
  }
  if (const auto size = reader_.impossible_size()) fail(no_kafka(*size));
  return phase_ != Phase::closed;
}

bool BrokerConnection::answer(const ResponseReader::Response& response) {
  if (!queue_.front_written()) {
    fail(named({ErrorKind::unreachable, "it answers what nobody asked"}));
    return false;
  }
  Exchange& exchange = queue_.front();
  auto body = protocol::response_reader(response.bytes, exchange.key, exchange.version);
  const std::int32_t id = protocol::read_response_header(body, exchange.key);
  if (!body.ok() || id != correlation_id(exchange)) {
    fail(named(
        {ErrorKind::unreachable,
         fmt::format("its answer to {} has the correlation id {} instead of {}",
                     protocol::support_of(exchange.key).name, id, correlation_id(exchange))}));
    return false;
  }
  queue_.pop();
  if (&exchange != &login_exchange_) {
    served_ = true;
    --in_flight_;
  }
  exchange.on_response(body, response.slab);
  return phase_ != Phase::closed;
}

/// What stands where the size of a response should be tells who answers there.
Error BrokerConnection::no_kafka(std::int32_t size) const {
  constexpr std::int32_t k_tls_alert = 0x15030000;  // an alert record of TLS, whatever its version
  constexpr std::int32_t k_http = 0x48545450;       // "HTTP"
  if (!settings_.security->tls && (size & 0x7FFF0000) == k_tls_alert) {
    return named({ErrorKind::configuration,
                  fmt::format("this listener wants TLS, but security.protocol is {}",
                              security::to_string(settings_.security->protocol))});
  }
  if (size == k_http) {
    return named({ErrorKind::configuration, "an HTTP server answers there, no Kafka broker"});
  }
  return named(
      {ErrorKind::unreachable,
       fmt::format("it announces a response of {} bytes, which no Kafka broker sends", size)});
}

}  // namespace kferry::client
