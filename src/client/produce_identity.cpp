#include "client/produce_identity.hpp"

#include <utility>

#include "kferry/base/clock.hpp"

namespace kferry::client {
namespace {

constexpr std::int16_t k_cluster_authorization_failed = 31;
constexpr std::int16_t k_transactional_id_authorization_failed = 53;
/// A coordinator that still loads, or a target whose brokers are not all there.
constexpr Milliseconds k_ask_again{200};

}  // namespace

void Identity::ask(ProducePipe& pipe) {
  if (asking_ || known()) return;
  Connection& connection = *pipe.connection();
  const auto offered = connection.version(protocol::ApiKey::init_producer_id);
  if (!offered) {
    refused_ = true;
    return owner_.on_identity_refused(ErrorKind::configuration,
                                      "the target has no idempotent producers");
  }
  Cluster& cluster = pipe.owner().cluster();
  if (!timer_) timer_ = std::make_shared<boost::asio::steady_timer>(cluster.loop().io());
  key = protocol::ApiKey::init_producer_id;
  version = *offered;
  protocol::RequestFrame message(frame, key, version, 0, cluster.settings().connection.client_id);
  protocol::write_init_producer_id(message.body());
  message.finish();
  asking_ = true;
  connection.send(*this);
}

void Identity::on_response(protocol::WireReader body, const SlabRef&) {
  asking_ = false;
  if (std::exchange(stale_, false)) return owner_.on_identity_failed();
  const auto answer = protocol::read_init_producer_id(body);
  if (!answer) return ask_later();
  switch (answer->error) {
    case 0:
      value_ = answer->producer;
      return owner_.on_identity_known();
    case k_cluster_authorization_failed:
    case k_transactional_id_authorization_failed:
      refused_ = true;
      return owner_.on_identity_refused(
          ErrorKind::authorization,
          "the target does not allow IdempotentWrite on the cluster to this principal");
    default:
      return ask_later();
  }
}

void Identity::on_failure(const Error&) {
  asking_ = false;
  stale_ = false;
  ask_later();
}

void Identity::ask_later() {
  if (!timer_) return owner_.on_identity_failed();
  asking_ = true;  // so that nobody asks before the time is over
  timer_->expires_after(k_ask_again);
  timer_->async_wait(
      [this, held = std::weak_ptr(timer_)](const boost::system::error_code& cancelled) {
        if (cancelled || held.expired()) return;
        asking_ = false;
        stale_ = false;
        owner_.on_identity_failed();
      });
}

}  // namespace kferry::client
