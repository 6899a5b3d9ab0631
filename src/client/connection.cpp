#include <utility>

#include "client/broker_connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <random>

#include "client/tls_stream.hpp"

/// The life of a connection: connect, handshake, login, exchanges, end. How bytes move is in
/// connection_traffic.cpp.
namespace kferry::client {
namespace {

/// When to authenticate anew, in parts of the session's life; as Java's client does.
constexpr double k_renewal_part_min = 0.85;
constexpr double k_renewal_part_max = 0.95;

SteadyTime now() { return std::chrono::steady_clock::now(); }

Milliseconds renewal_after(Milliseconds lifetime) {
  static thread_local std::minstd_rand random(std::random_device{}());
  std::uniform_real_distribution<double> part(k_renewal_part_min, k_renewal_part_max);
  return Milliseconds(
      static_cast<Milliseconds::rep>(static_cast<double>(lifetime.count()) * part(random)));
}

ConnectionSettings complete(ConnectionSettings settings) {
  if (!settings.security) settings.security = std::make_shared<security::SecurityProfile>();
  return settings;
}

}  // namespace

std::shared_ptr<Connection> Connection::open(net::Loop& loop, SlabPool& slabs, Endpoint endpoint,
                                             ConnectionSettings settings, OnOpen on_open) {
  auto connection = std::make_shared<BrokerConnection>(loop, slabs, std::move(endpoint),
                                                       std::move(settings), std::move(on_open));
  connection->start();
  return {connection.get(), [connection](Connection*) { connection->abandon(); }};
}

BrokerConnection::BrokerConnection(net::Loop& loop, SlabPool& slabs, Endpoint endpoint,
                                   ConnectionSettings settings, OnOpen on_open)
    : loop_(loop),
      endpoint_(std::move(endpoint)),
      settings_(complete(std::move(settings))),
      on_open_(std::move(on_open)),
      opening_deadline_(now() + settings_.connect_timeout),
      socket_(loop.io()),
      reader_(slabs),
      login_(settings_.security, settings_.client_id),
      timer_(loop.io()) {}

void BrokerConnection::start() {
  connector_ =
      std::make_shared<Connector>(loop_.io(), endpoint_, opening_deadline_,
                                  [weak = weak_from_this()](Result<Connector::Socket> result) {
                                    if (const auto self = weak.lock())
                                      self->connected(std::move(result));
                                  });
  // Later: nobody is to be called from inside open().
  boost::asio::post(loop_.io(), [self = shared_from_this()] {
    if (self->connector_) self->connector_->start();
  });
}

void BrokerConnection::abandon() noexcept {
  phase_ = Phase::closed;
  on_open_ = nullptr;
  queue_.abandon();
  held_.abandon();
  hang_up();
}

void BrokerConnection::close(const Error& why) {
  on_open_ = nullptr;
  fail(why);
}

std::optional<std::int16_t> BrokerConnection::version(protocol::ApiKey key) const {
  return protocol::common_version(key, login_.versions());
}

void BrokerConnection::send(Exchange& exchange) {
  KF_CHECK(usable());
  ++in_flight_;
  if (reauthenticating_) return held_.push(exchange, {});
  enqueue(exchange);
}

void BrokerConnection::connected(Result<Connector::Socket> result) {
  const auto connector = std::exchange(connector_, nullptr);
  if (!result) return fail(named(result.error()));
  socket_ = std::move(result).value();
  auto stream = make_stream();
  if (!stream) return fail(named(stream.error()));
  stream_ = std::move(stream).value();
  phase_ = Phase::handshake;
  arm_timer();
  continue_handshake();
}

Result<std::unique_ptr<ByteStream>> BrokerConnection::make_stream() {
  const auto& tls = settings_.security->tls;
  const int socket = socket_.native_handle();
  if (!tls) return make_plain_stream(socket);
  if (settings_.tls_context) {
    return make_tls_stream(socket, settings_.tls_context.get(), endpoint_.host,
                           tls->verify_host_name);
  }
  const auto context = security::make_tls_context(*tls);
  if (!context) return context.error();
  return make_tls_stream(socket, context->get(), endpoint_.host, tls->verify_host_name);
}

void BrokerConnection::continue_handshake() {
  switch (const StreamState state = stream_->handshake()) {
    case StreamState::progress:
      phase_ = Phase::login;
      wait_readable();
      return continue_login();
    case StreamState::want_read:
      return wait_readable();
    case StreamState::want_write:
      return wait_writable();
    case StreamState::ended:
    case StreamState::failed:
      return stream_stopped(state);
  }
}

void BrokerConnection::continue_login() {
  const auto more = login_.write_next(login_exchange_);
  if (!more) return fail(named(more.error()));
  if (*more) return enqueue(login_exchange_);
  logged_in();
}

void BrokerConnection::login_answered(protocol::WireReader body) {
  // It may have held a password.
  std::fill(login_exchange_.frame.begin(), login_exchange_.frame.end(), std::byte{0});
  if (const auto accepted = login_.answered(body); !accepted) {
    return fail(named(accepted.error()));
  }
  continue_login();
}

void BrokerConnection::logged_in() {
  if (const auto lifetime = login_.session_lifetime(); lifetime.count() > 0) {
    reauthenticate_at_ = now() + renewal_after(lifetime);
  }
  reauthenticating_ = false;
  while (!held_.empty()) enqueue(held_.pop());
  const bool opened = std::exchange(phase_, Phase::open) != Phase::open;
  arm_timer();
  if (opened) std::exchange(on_open_, nullptr)(Result<void>());
}

/// Behind what is under way: the broker serves one request after the other, so all of it is
/// answered before. What is sent meanwhile would be refused.
void BrokerConnection::reauthenticate() {
  reauthenticate_at_ = SteadyTime::max();
  reauthenticating_ = true;
  login_.begin_again();
  continue_login();
}

SteadyTime BrokerConnection::next_due() const noexcept {
  if (phase_ == Phase::handshake || phase_ == Phase::login) return opening_deadline_;
  if (phase_ != Phase::open) return SteadyTime::max();
  return queue_.empty() ? reauthenticate_at_
                        : std::min(reauthenticate_at_, queue_.front_deadline());
}

/// Set for the oldest exchange and left alone while that is answered in time: when it goes off it
/// looks for the oldest one again.
void BrokerConnection::arm_timer() {
  const SteadyTime due = next_due();
  if (due >= timer_due_) return;
  timer_due_ = due;
  timer_.expires_at(due);
  timer_.async_wait(
      InMemory(timer_memory_, [self = shared_from_this()](const ErrorCode& cancelled) {
        if (!cancelled && self->phase_ != Phase::closed) self->on_timer();
      }));
}

void BrokerConnection::on_timer() {
  timer_due_ = SteadyTime::max();
  const SteadyTime time = now();
  if (phase_ != Phase::open) {
    if (time >= opening_deadline_) {
      return fail(named(
          {ErrorKind::unreachable,
           fmt::format("no answer within {} ms while {}", settings_.connect_timeout.count(),
                       phase_ == Phase::handshake ? "beginning TLS with it" : login_.doing())}));
    }
  } else if (!queue_.empty() && time >= queue_.front_deadline()) {
    return fail(named(
        {ErrorKind::unreachable, fmt::format("no answer to {} within {} ms (request.timeout.ms)",
                                             protocol::support_of(queue_.front().key).name,
                                             settings_.request_timeout.count())}));
  } else if (time >= reauthenticate_at_) {
    reauthenticate();
  }
  arm_timer();
}

void BrokerConnection::fail(const Error& why) {
  if (phase_ == Phase::closed) return;
  const auto self = shared_from_this();
  phase_ = Phase::closed;
  hang_up();
  fail_exchanges(why);
  if (const auto on_open = std::exchange(on_open_, nullptr)) on_open(why);
}

void BrokerConnection::hang_up() noexcept {
  if (connector_) connector_->cancel();
  connector_.reset();
  stream_.reset();
  reader_.forget();
  ErrorCode ignored;
  socket_.close(ignored);
  timer_.cancel(ignored);
}

void BrokerConnection::fail_exchanges(const Error& why) {
  for (ExchangeQueue* const queue : {&queue_, &held_}) {
    while (!queue->empty()) {
      Exchange& exchange = queue->pop();
      if (&exchange == &login_exchange_) continue;
      --in_flight_;
      exchange.on_failure(why);
    }
  }
}

void BrokerConnection::stream_stopped(StreamState state) {
  fail(state == StreamState::ended ? closed_by_broker() : named(stream_->error()));
}

Error BrokerConnection::named(const Error& error) const {
  return {error.kind, fmt::format("broker {}: {}", to_string(endpoint_), error.text)};
}

Error BrokerConnection::closed_by_broker() const {
  const char* hint = "";
  if (phase_ == Phase::login && !settings_.security->tls && login_.versions().empty()) {
    hint = " at once; a listener that wants TLS does that, see security.protocol";
  } else if (phase_ == Phase::handshake) {
    hint = " while beginning TLS; does this listener speak TLS? See security.protocol";
  } else if (phase_ == Phase::login && settings_.security->sasl) {
    hint = " during authentication";
  } else if (phase_ == Phase::open && !served_ && !settings_.security->sasl) {
    hint =
        " before it answered a request; a listener that wants SASL does that, see "
        "security.protocol";
  }
  return named({ErrorKind::unreachable, fmt::format("it has closed the connection{}", hint)});
}

}  // namespace kferry::client
