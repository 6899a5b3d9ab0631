#include <utility>

#include "client/connector.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <chrono>

namespace kferry::client {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

Milliseconds until(SteadyTime time) {
  return std::chrono::ceil<Milliseconds>(time - std::chrono::steady_clock::now());
}

std::string text_of(const tcp::endpoint& address) { return address.address().to_string(); }

}  // namespace

Connector::Connector(asio::io_context& io, Endpoint endpoint, SteadyTime deadline,
                     OnConnected on_connected)
    : endpoint_(std::move(endpoint)),
      deadline_(deadline),
      on_connected_(std::move(on_connected)),
      resolver_(io),
      timer_(io),
      socket_(io) {}

void Connector::start() {
  ErrorCode no_literal;
  const auto literal = asio::ip::make_address(endpoint_.host, no_literal);
  if (!no_literal) {
    addresses_.emplace_back(literal, endpoint_.port);
    return try_next();
  }
  give_time(until(deadline_));
  resolver_.async_resolve(endpoint_.host, std::to_string(endpoint_.port),
                          tcp::resolver::numeric_service,
                          [self = shared_from_this()](const ErrorCode& error,
                                                      const tcp::resolver::results_type& found) {
                            self->resolved(error, found);
                          });
}

void Connector::cancel() {
  on_connected_ = nullptr;
  resolver_.cancel();
  timer_.cancel();
  ErrorCode ignored;
  socket_.close(ignored);
}

void Connector::resolved(const ErrorCode& error, const tcp::resolver::results_type& found) {
  if (!on_connected_) return;
  if (error || found.empty()) {
    const std::string why = error ? error.message() : "it has no address";
    return finish(Error{ErrorKind::unreachable,
                        "the name '" + endpoint_.host + "' can not be resolved: " + why});
  }
  for (const auto& entry : found) addresses_.push_back(entry.endpoint());
  try_next();
}

void Connector::try_next() {
  if (next_ == addresses_.size()) {
    return finish(Error{ErrorKind::unreachable, "no connection (" + failures_ + ")"});
  }
  const tcp::endpoint& address = addresses_[next_];
  ErrorCode error;
  socket_.close(error);
  socket_.open(address.protocol(), error);
  if (error) {
    note(error.message());
    ++next_;
    return try_next();
  }
  const auto left = static_cast<Milliseconds::rep>(addresses_.size() - next_);
  give_time(std::max(until(deadline_) / left, Milliseconds(1)));
  socket_.async_connect(
      address, [self = shared_from_this()](const ErrorCode& failed) { self->tried(failed); });
}

void Connector::tried(const ErrorCode& error) {
  if (!on_connected_) return;
  const bool late = std::exchange(timed_out_, false);
  if (error) {
    note(late ? "no answer" : error.message());
    ++next_;
    return try_next();
  }
  timer_.cancel();
  ErrorCode ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.set_option(asio::socket_base::keep_alive(true), ignored);
  socket_.non_blocking(true, ignored);
  finish(std::move(socket_));
}

void Connector::finish(Result<Socket> result) {
  timer_.cancel();
  std::exchange(on_connected_, nullptr)(std::move(result));
}

/// For the name, or for one address; whatever is under way fails when it is over.
void Connector::give_time(Milliseconds time) {
  timer_.expires_after(time);
  timer_.async_wait([self = shared_from_this()](const ErrorCode& cancelled) {
    const bool prolonged = self->timer_.expiry() > std::chrono::steady_clock::now();
    if (cancelled || prolonged || !self->on_connected_) return;
    if (self->addresses_.empty()) {
      self->resolver_.cancel();
      return self->finish(Error{ErrorKind::unreachable,
                                "the name '" + self->endpoint_.host + "' is not resolved in time"});
    }
    self->timed_out_ = true;
    ErrorCode ignored;
    self->socket_.cancel(ignored);
  });
}

void Connector::note(const std::string& failure) {
  if (!failures_.empty()) failures_ += "; ";
  failures_ += text_of(addresses_[next_]) + ": " + failure;
}

}  // namespace kferry::client
