#include "client/fetch_link.hpp"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

#include "client/fetch_errors.hpp"
#include "client/too_old.hpp"
#include "kferry/base/log.hpp"

namespace kferry::client {
namespace {

/// How long a broker waits for data while partitions come and go.
constexpr Milliseconds k_wait_min{10};

/// Answers of this size are received into memory that is still in the processor's cache, and small
/// enough that a mirror of few partitions stays small.
constexpr std::int32_t k_window_bytes_min = 1 << 20;
/// An answer that took fewer round trips than this is mostly way: the next one is to be twice as
/// large. Only one request is under way, so on a long way the size is what limits the rate.
constexpr int k_round_trips_short = 8;
constexpr int k_round_trips_long = 4 * k_round_trips_short;
/// Of which each partition gets its share, but no less: a batch of a few records fits.
constexpr std::int32_t k_share_bytes_min = 64 << 10;

SteadyTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

FetchLink::FetchLink(FetchOwner& owner, std::int32_t node)
    : owner_(owner),
      node_(node),
      alarm_(owner.cluster().loop(), [this] { pump(); }),
      window_bytes_(window_bytes_min()) {}

void FetchLink::fetch(FetchTrack& track) {
  session_.want(track);
  stir();
}

void FetchLink::check(FetchTrack& track) {
  to_check_.push_back(&track);
  stir();
}

void FetchLink::leave(FetchTrack& track) {
  session_.leave(track);
  std::erase(to_check_, &track);
  stir();
}

void FetchLink::stir() { stirred_at_ = now(); }

void FetchLink::pump() {
  if (closed_ || (!session_.wants_any() && to_check_.empty())) return;
  if (!connected()) return connect();
  if (now() < held_until_) return alarm_.at(held_until_);
  if (!checking_ && !to_check_.empty()) send_check();
  if (!fetching_ && session_.wants_any() && connected()) send_fetch();
}

void FetchLink::close() {
  closed_ = true;
  if (connection_) connection_->close({ErrorKind::retriable, "the fetcher ends"});
}

void FetchLink::connect() {
  if (connecting_) return;
  if (connection_ && !lost_) lost({ErrorKind::retriable, "the connection ended while idle"});
  if (now() < connect_at_) return alarm_.at(connect_at_);
  Cluster& cluster = owner_.cluster();
  const auto endpoint = cluster.endpoint(node_);
  if (!endpoint) {
    cluster.refresh_soon();
    connect_at_ = now() + owner_.pauses().after(failures_++);
    return alarm_.at(connect_at_);
  }
  connecting_ = true;
  lost_ = false;
  way_ = std::chrono::microseconds::max() / k_round_trips_long;
  session_.restart(true);
  connection_ =
      Connection::open(cluster.loop(), cluster.slabs(), *endpoint, cluster.settings().connection,
                       [weak = weak_from_this()](const Result<void>& result) {
                         if (const auto self = weak.lock()) self->opened(result);
                       });
}

void FetchLink::opened(const Result<void>& result) {
  connecting_ = false;
  if (closed_) return;
  if (!result) return lost(result.error());
  pump();
}

void FetchLink::lost(const Error& error) {
  if (closed_ || std::exchange(lost_, true)) return;
  log::debug("client", "source: broker {}: {}", node_, error.text);
  session_.restart(true);
  owner_.silent(*this);
  connect_at_ = now() + owner_.pauses().after(failures_++);
  owner_.cluster().refresh_soon();
  alarm_.at(connect_at_);
}

void FetchLink::misbehaved(const std::string& how) {
  const Error error{ErrorKind::retriable, "source: broker " + std::to_string(node_) + ": " + how};
  log::warning("client", "{}", error.text);
  lost(error);
  connection_->close(error);
}

std::int32_t FetchLink::window_bytes_min() const {
  return std::min(k_window_bytes_min, owner_.settings().bytes_max);
}

/// A partition that is resumed has to wait for the answer to a request that does not know of it. So
/// requests wait about as long as nothing has changed: what paused for a while waits for as long
/// once more at most.
std::int32_t FetchLink::wait_ms() const {
  const auto calm = std::chrono::duration_cast<Milliseconds>(now() - stirred_at_);
  const Milliseconds max = owner_.settings().wait_max;
  return static_cast<std::int32_t>(std::clamp(calm, std::min(k_wait_min, max), max).count());
}

/// Of the window, so that one answer holds something of each partition that has something.
std::int32_t FetchLink::share() const {
  const auto count = static_cast<std::int64_t>(std::max<std::size_t>(1, session_.wanted()));
  const std::int64_t most = owner_.settings().partition_bytes_max;
  const std::int64_t least = std::min<std::int64_t>(k_share_bytes_min, most);
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(window_bytes_ / count, least, most));
}

/// Whether there was more than was asked for: of all partitions, or of one whose share was what
/// limited it.
bool FetchLink::answer_is_full() const {
  const auto most_of = [](std::int32_t bytes) { return static_cast<std::size_t>(bytes) / 4 * 3; };
  const bool shares = partition_bytes_max_ < owner_.settings().partition_bytes_max;
  std::size_t bytes = 0;
  for (const auto& partition : response_.partitions) {
    bytes += partition.records.size();
    if (shares && partition.records.size() >= most_of(partition_bytes_max_)) return true;
  }
  return bytes >= most_of(window_bytes_);
}

void FetchLink::fit_window() {
  if (!answer_is_full()) return;
  const auto took = now() - fetch_sent_at_;
  // The least that was seen: under load the kernel measures how busy the broker is as well.
  way_ = std::min(way_, connection_->round_trip());
  const std::int32_t min = window_bytes_min();
  const std::int32_t max = std::max(owner_.bytes_max(node_), min);
  if (took < k_round_trips_short * way_) {
    window_bytes_ = window_bytes_ > max / 2 ? max : window_bytes_ * 2;
  } else if (took > k_round_trips_long * way_) {
    window_bytes_ = std::max(window_bytes_ / 2, min);
  }
}

void FetchLink::send_fetch() {
  const auto version = connection_->version(protocol::ApiKey::fetch);
  if (!version) return misbehaved(too_old("Fetch").text);
  const FetchSettings& settings = owner_.settings();
  partition_bytes_max_ = share();
  protocol::FetchRequest request;
  request.wait_max_ms = wait_ms();
  // A broker that may give no more of a partition than its share would wait for the rest in vain
  // (kafka.server.DelayedFetch).
  request.bytes_min = std::min(settings.bytes_min, partition_bytes_max_);
  request.bytes_max = window_bytes_;
  request.read_committed = settings.read_committed;
  fetch_exchange_.key = protocol::ApiKey::fetch;
  fetch_exchange_.version = *version;
  protocol::RequestFrame message(fetch_exchange_.frame, fetch_exchange_.key, *version, 0,
                                 owner_.cluster().settings().connection.client_id);
  Fetcher::Counters& counters = owner_.counters_of_links();
  ++counters.requests;
  if (session_.full()) ++counters.full_requests;
  session_.write(message.body(), request, *version, partition_bytes_max_);
  message.finish();
  fetching_ = true;
  fetch_sent_at_ = now();
  connection_->send(fetch_exchange_);
}

void FetchLink::fetch_answered(protocol::WireReader body, const SlabRef& slab) {
  fetching_ = false;
  if (closed_) return;
  if (!protocol::read_fetch(body, fetch_exchange_.version, response_)) {
    return misbehaved("its answer to Fetch can not be read");
  }
  failures_ = 0;
  if (response_.throttle_ms > 0) {
    owner_.counters_of_links().throttled_ms += static_cast<std::uint64_t>(response_.throttle_ms);
    hold(Milliseconds(response_.throttle_ms));
  }
  if (response_.error != 0) {
    refused(response_.error);
  } else {
    refusals_ = 0;
    fit_window();
    session_.answered(response_);
    owner_.fetched(*this, response_, slab);
  }
  pump();
}

void FetchLink::fetch_failed(const Error& error) {
  fetching_ = false;
  // It may be that so much does not come through in the time of a request.
  window_bytes_ = std::max(window_bytes_ / 2, window_bytes_min());
  lost(error);
}

/// The whole request was refused. Sessions end when a broker restarts or needs the room, which is
/// nothing unusual; all else is.
void FetchLink::refused(std::int16_t code) {
  constexpr std::int16_t k_fetch_session_id_not_found = 70;
  const bool session = fetch_error(code).reaction == FetchReaction::new_session;
  session_.restart(code != k_fetch_session_id_not_found);
  owner_.silent(*this);
  if (!session) {
    log::warning("client", "source: broker {} refuses to be fetched from: {}", node_,
                 fetch_error_name(code));
  }
  if (!session || refusals_ > 0) hold(owner_.pauses().after(refusals_));
  ++refusals_;
}

void FetchLink::hold(Milliseconds time) { held_until_ = std::max(held_until_, now() + time); }

void FetchLink::send_check() {
  const auto version = connection_->version(protocol::ApiKey::offset_for_leader_epoch);
  // The tracks stay in line: the next connection may lead to a broker that was upgraded.
  if (!version) return misbehaved(too_old("OffsetForLeaderEpoch").text);
  std::vector<FetchTrack*> tracks;
  tracks.swap(to_check_);
  std::sort(tracks.begin(), tracks.end(),
            [](const FetchTrack* left, const FetchTrack* right) { return left->tp < right->tp; });
  asked_.clear();
  epochs_.clear();
  for (const FetchTrack* track : tracks) {
    asked_.push_back({track->feed, track->id});
    epochs_.push_back(
        {track->tp.topic, track->tp.partition.value(), track->leader.epoch, track->batch_epoch});
  }
  check_exchange_.key = protocol::ApiKey::offset_for_leader_epoch;
  check_exchange_.version = *version;
  protocol::RequestFrame message(check_exchange_.frame, check_exchange_.key, *version, 0,
                                 owner_.cluster().settings().connection.client_id);
  protocol::write_epoch_ends(message.body(), epochs_);
  message.finish();
  checking_ = true;
  connection_->send(check_exchange_);
}

void FetchLink::check_answered(protocol::WireReader body) {
  checking_ = false;
  if (closed_) return;
  auto ends = protocol::read_epoch_ends(body);
  const std::vector<TrackName> asked = std::exchange(asked_, {});
  if (!ends) {
    owner_.checked(*this, asked, {});
    return misbehaved("its answer to OffsetForLeaderEpoch can not be read");
  }
  failures_ = 0;
  std::sort(ends->begin(), ends->end(), [](const auto& left, const auto& right) {
    return std::tie(left.topic, left.partition) < std::tie(right.topic, right.partition);
  });
  owner_.checked(*this, asked, *ends);
  pump();
}

void FetchLink::check_failed(const Error& error) {
  checking_ = false;
  lost(error);
  if (closed_) return;
  const std::vector<TrackName> asked = std::exchange(asked_, {});
  owner_.checked(*this, asked, {});
}

}  // namespace kferry::client
