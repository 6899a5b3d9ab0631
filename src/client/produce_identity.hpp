#pragma once

#include <boost/asio/steady_timer.hpp>
#include <string>

#include "client/produce_pipe.hpp"
#include "kferry/client/connection.hpp"
#include "kferry/protocol/sessions.hpp"

namespace kferry::client {

class IdentityOwner {
 public:
  virtual ~IdentityOwner() = default;
  virtual void on_identity_known() = 0;
  /// The target does not give one, for good.
  virtual void on_identity_refused(ErrorKind kind, const std::string& why) = 0;
  /// Not now: ask again.
  virtual void on_identity_failed() = 0;
};

/// The producer id under which batches go out (InitProducerId). Any broker gives one.
/// Thread: the loop's.
class Identity final : public Exchange {
 public:
  explicit Identity(IdentityOwner& owner) : owner_(owner) {}

  bool known() const noexcept { return value_.id >= 0; }
  bool refused() const noexcept { return refused_; }
  const protocol::ProducerIdentity& value() const noexcept { return value_; }
  /// REQUIRES: the pipe is connected. Does nothing while an answer is awaited.
  void ask(ProducePipe& pipe);
  /// The next epoch of the same id: a partition that has seen it refuses whatever a connection that
  /// was given up still holds of the one before (org.apache.kafka.clients.producer.internals.
  /// TransactionManager.bumpIdempotentProducerEpoch).
  void renew() noexcept {
    if (!known() || value_.epoch == INT16_MAX) return forget();
    ++value_.epoch;
  }
  /// An answer that is under way is not used.
  void forget() noexcept {
    value_ = {};
    stale_ = asking_;
  }

  void on_response(protocol::WireReader body, const SlabRef& slab) override;
  void on_failure(const Error& error) override;

 private:
  void ask_later();

  IdentityOwner& owner_;
  protocol::ProducerIdentity value_;
  bool asking_ = false;
  bool stale_ = false;
  bool refused_ = false;
  std::shared_ptr<boost::asio::steady_timer> timer_;
};

}  // namespace kferry::client
