#include "kferry/client/fetcher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "client/alarm.hpp"
#include "client/fetch_errors.hpp"
#include "client/fetch_link.hpp"
#include "client/pauses.hpp"
#include "kferry/base/check.hpp"
#include "kferry/base/log.hpp"

namespace kferry::client {
namespace {

using State = FetchTrack::State;

/// Partitions without a leader are tried again at multiples of this.
constexpr Milliseconds k_wake_grid{20};

SteadyTime now() { return std::chrono::steady_clock::now(); }

class SessionFetcher final : public Fetcher, public FetchOwner {
 public:
  SessionFetcher(Cluster& cluster, FetchSettings settings);
  ~SessionFetcher() override;
  SessionFetcher(const SessionFetcher&) = delete;
  SessionFetcher& operator=(const SessionFetcher&) = delete;

  void start(FetchFeed& feed, const TopicPartition& tp, Offset from) override;
  void stop(FetchFeed& feed) override;
  void resume(FetchFeed& feed) override;
  Counters counters() const override { return counters_; }

  // FetchOwner
  Cluster& cluster() noexcept override { return cluster_; }
  const FetchSettings& settings() const noexcept override { return settings_; }
  Pauses& pauses() noexcept override { return pauses_; }
  Counters& counters_of_links() noexcept override { return counters_; }
  std::int32_t bytes_max(std::int32_t node) const override;
  FetchTrack* find(const TrackName& name) override;
  void silent(const FetchLink& link) override;
  void fetched(FetchLink& link, const protocol::FetchResponse& response,
               const SlabRef& slab) override;
  void checked(FetchLink& link, const std::vector<TrackName>& asked,
               const std::vector<protocol::EpochEnd>& ends) override;

 private:
  void on_metadata();
  void flush_soon();
  void flush();
  void retry_homeless();
  void detach(FetchTrack& track);
  /// Without a place until the pause is over or another leader is known.
  void send_home(FetchTrack& track);
  void place(FetchTrack& track);
  FetchLink& link_with_room(std::int32_t node);
  void settle(FetchTrack& track);
  void deliver(FetchTrack& track, const protocol::FetchResponse& response,
               const protocol::FetchedPartition& partition, const SlabRef& slab);
  void follow(FetchTrack& track, const FetchFeed::Wish& wish);
  void judge_end(FetchTrack& track, const protocol::EpochEnd& end);
  void react(FetchTrack& track, std::int16_t code);
  bool patience_is_over(FetchTrack& track) const;
  void trouble(FetchTrack& track, FetchTrouble kind, std::int16_t code, const std::string& text);

  Cluster& cluster_;
  const FetchSettings settings_;
  Pauses pauses_;
  Counters counters_;
  std::unordered_map<FetchFeed*, std::unique_ptr<FetchTrack>> tracks_;
  std::uint64_t last_id_ = 0;
  std::uint64_t stops_ = 0;  ///< tells after a call of a feed whether a track may be gone
  std::unordered_set<FetchTrack*> homeless_;
  std::vector<TrackName> fresh_;  ///< to be placed with the next flush
  std::map<std::int32_t, std::vector<std::shared_ptr<FetchLink>>> links_;  ///< by node
  Alarm alarm_;
  bool flush_posted_ = false;
  bool calling_ = false;  ///< a feed
  std::shared_ptr<SessionFetcher*> self_;
};

SessionFetcher::SessionFetcher(Cluster& cluster, FetchSettings settings)
    : cluster_(cluster),
      settings_(settings),
      pauses_(cluster.settings().backoff_min, cluster.settings().backoff_max),
      alarm_(cluster.loop(), [this] { retry_homeless(); }),
      self_(std::make_shared<SessionFetcher*>(this)) {
  cluster_.add_listener([weak = std::weak_ptr(self_)] {
    if (const auto self = weak.lock()) (*self)->on_metadata();
  });
}

SessionFetcher::~SessionFetcher() {
  KF_CHECK(!calling_);
  for (const auto& [node, links] : links_) {
    for (const auto& link : links) link->close();
  }
}

std::int32_t SessionFetcher::bytes_max(std::int32_t node) const {
  return settings_.bytes_max / static_cast<std::int32_t>(links_.at(node).size());
}

FetchTrack* SessionFetcher::find(const TrackName& name) {
  const auto found = tracks_.find(name.feed);
  return found != tracks_.end() && found->second->id == name.id ? found->second.get() : nullptr;
}

void SessionFetcher::start(FetchFeed& feed, const TopicPartition& tp, Offset from) {
  stop(feed);
  auto track = std::make_unique<FetchTrack>();
  track->feed = &feed;
  track->id = ++last_id_;
  track->tp = tp;
  track->next_offset = from.value();
  homeless_.insert(track.get());
  fresh_.push_back({&feed, track->id});
  tracks_.emplace(&feed, std::move(track));
  flush_soon();
}

void SessionFetcher::stop(FetchFeed& feed) {
  const auto found = tracks_.find(&feed);
  if (found == tracks_.end()) return;
  ++stops_;
  detach(*found->second);
  tracks_.erase(found);
}

void SessionFetcher::resume(FetchFeed& feed) {
  const auto found = tracks_.find(&feed);
  if (found == tracks_.end()) return;
  FetchTrack& track = *found->second;
  if (!std::exchange(track.paused, false) || track.state != State::fetching) return;
  track.link->fetch(track);
  flush_soon();
}

void SessionFetcher::silent(const FetchLink& link) {
  for (const auto& [feed, track] : tracks_) {
    if (track->link == &link) feed->on_silence();
  }
}

/// Many that start or go on together become one request.
void SessionFetcher::flush_soon() {
  if (std::exchange(flush_posted_, true)) return;
  cluster_.loop().post([weak = std::weak_ptr(self_)] {
    const auto self = weak.lock();
    if (!self) return;
    (*self)->flush_posted_ = false;
    (*self)->flush();
  });
}

void SessionFetcher::flush() {
  for (const TrackName& name : std::exchange(fresh_, {})) {
    FetchTrack* const track = find(name);
    if (track != nullptr && track->state == State::homeless) place(*track);
  }
  for (const auto& [node, links] : links_) {
    for (const auto& link : links) link->pump();
  }
}

void SessionFetcher::retry_homeless() {
  const SteadyTime time = now();
  auto next = SteadyTime::max();
  for (const FetchTrack* track : homeless_) {
    if (track->retry_at <= time) {
      fresh_.push_back({track->feed, track->id});
    } else {
      next = std::min(next, track->retry_at);
    }
  }
  if (next != SteadyTime::max()) alarm_.at(next);
  flush();
}

void SessionFetcher::on_metadata() {
  std::vector<TrackName> moved;
  for (const auto& [feed, track] : tracks_) {
    if (track->state == State::troubled) continue;
    const auto leader = cluster_.leader(track->tp);
    if (!leader || leader->node < 0 || *leader == track->leader) continue;
    // From a broker that is behind the others.
    if (leader->epoch >= 0 && leader->epoch < track->leader.epoch) continue;
    moved.push_back({feed, track->id});
  }
  for (const TrackName& name : moved) {
    FetchTrack* const track = find(name);
    if (track == nullptr || track->state == State::troubled) continue;
    const auto leader = cluster_.leader(track->tp);
    // A session that goes on would be answered when there is news only, and would bring it.
    const bool elsewhere = !leader || leader->node != track->leader.node;
    detach(*track);
    if (elsewhere) track->feed->on_silence();
    place(*track);
  }
  if (!moved.empty()) flush_soon();
}

void SessionFetcher::detach(FetchTrack& track) {
  homeless_.erase(&track);
  if (track.link == nullptr) return;
  track.link->leave(track);
  track.link->exit();
  track.link = nullptr;
}

void SessionFetcher::send_home(FetchTrack& track) {
  detach(track);
  track.feed->on_silence();
  track.state = State::homeless;
  // Many of them wake together: each time all are looked at.
  const auto wake =
      std::chrono::ceil<Milliseconds>((now() + pauses_.after(track.failures++)).time_since_epoch());
  track.retry_at = SteadyTime((wake / k_wake_grid + 1) * k_wake_grid);
  homeless_.insert(&track);
  alarm_.at(track.retry_at);
}

void SessionFetcher::place(FetchTrack& track) {
  const auto leader = cluster_.leader(track.tp);
  if (!leader || leader->node < 0) {
    cluster_.refresh_soon();
    const std::int16_t code = cluster_.topic_error(track.tp.topic);
    return code == 0 ? send_home(track) : react(track, code);
  }
  homeless_.erase(&track);
  FetchLink& link = link_with_room(leader->node);
  link.enter();
  track.link = &link;
  track.leader = *leader;
  const bool known = track.batch_epoch >= 0 && leader->epoch >= 0;
  if (!known || track.checked == *leader) return settle(track);
  track.state = State::checking;
  link.check(track);
}

/// For each request a broker looks at every partition of its session, and it serves a session's
/// requests one by one: with many of them all would wait for each.
FetchLink& SessionFetcher::link_with_room(std::int32_t node) {
  auto& links = links_[node];
  const auto found = std::find_if(links.begin(), links.end(), [this](const auto& link) {
    return link->tracks() < settings_.session_partitions_max;
  });
  if (found != links.end()) return **found;
  links.push_back(std::make_shared<FetchLink>(static_cast<FetchOwner&>(*this), node));
  return *links.back();
}

void SessionFetcher::settle(FetchTrack& track) {
  track.state = State::fetching;
  track.checked = track.leader;
  if (!track.paused) track.link->fetch(track);
}

void SessionFetcher::fetched(FetchLink& link, const protocol::FetchResponse& response,
                             const SlabRef& slab) {
  bool unknown = false;
  for (const protocol::FetchedPartition& partition : response.partitions) {
    counters_.bytes += partition.records.size();
    FetchSession::Member* const member = link.session().find(partition.topic, partition.partition);
    if (member == nullptr) {
      unknown = true;
      continue;
    }
    // Left, or went on elsewhere, while the request was under way.
    FetchTrack* const track = member->track;
    if (track == nullptr || track->next_offset != member->told_offset ||
        track->leader.epoch != member->told_epoch) {
      continue;
    }
    if (partition.error == 0) {
      deliver(*track, response, partition, slab);
    } else {
      react(*track, partition.error);
    }
  }
  if (!unknown) return;
  log::warning("client", "source: broker {} answers for partitions that it was not asked for",
               link.node());
  link.session().restart(true);
}

void SessionFetcher::deliver(FetchTrack& track, const protocol::FetchResponse& response,
                             const protocol::FetchedPartition& partition, const SlabRef& slab) {
  track.failures = 0;
  track.failing_since = {};
  Fetched fetched;
  fetched.slab = slab;
  if (!partition.records.empty()) {
    // The same bytes, which are ours to change.
    fetched.records = {slab.data() + (partition.records.data() - slab.data()),
                       partition.records.size()};
  }
  fetched.aborted =
      std::span(response.aborted)
          .subspan(partition.aborted_begin, partition.aborted_end - partition.aborted_begin);
  fetched.high_watermark = partition.high_watermark;
  fetched.last_stable_offset = partition.last_stable_offset;
  fetched.log_start_offset = partition.log_start_offset;
  fetched.bytes_max = static_cast<std::size_t>(track.link->partition_bytes_max());
  const TrackName name{track.feed, track.id};
  const std::uint64_t stops = stops_;
  calling_ = true;
  const FetchFeed::Wish wish = track.feed->on_fetched(fetched);
  calling_ = false;
  if (stops == stops_ || find(name) != nullptr) follow(track, wish);
}

void SessionFetcher::follow(FetchTrack& track, const FetchFeed::Wish& wish) {
  const bool moved = track.next_offset != wish.next_offset;
  track.next_offset = wish.next_offset;
  // The epoch in a batch stands outside of its checksum; it can not be above its leader's.
  track.batch_epoch =
      track.leader.epoch >= 0 ? std::min(wish.leader_epoch, track.leader.epoch) : wish.leader_epoch;
  track.paused = wish.paused;
  if (track.paused) {
    track.link->leave(track);
  } else if (moved) {
    track.link->session().want(track);
  }
}

void SessionFetcher::checked(FetchLink& link, const std::vector<TrackName>& asked,
                             const std::vector<protocol::EpochEnd>& ends) {
  const auto key = [](const auto& end) { return std::tie(end.topic, end.partition); };
  for (const TrackName& name : asked) {
    FetchTrack* const track = find(name);
    if (track == nullptr || track->state != State::checking || track->link != &link) continue;
    protocol::EpochEnd wanted;
    wanted.topic = track->tp.topic;
    wanted.partition = track->tp.partition.value();
    const auto end = std::lower_bound(
        ends.begin(), ends.end(), wanted,
        [&](const auto& left, const auto& right) { return key(left) < key(right); });
    if (end == ends.end() || key(*end) != key(wanted)) {
      send_home(*track);
    } else if (end->error != 0) {
      react(*track, end->error);
    } else {
      judge_end(*track, *end);
    }
  }
}

/// Source: org.apache.kafka.clients.consumer.internals.SubscriptionState.maybeCompleteValidation.
void SessionFetcher::judge_end(FetchTrack& track, const protocol::EpochEnd& end) {
  if (end.epoch < 0 || end.end_offset < 0) {
    return trouble(track, FetchTrouble::truncated, 0,
                   fmt::format("{}: the log was cut: its leader (broker {}, epoch {}) does not "
                               "know epoch {}, which the records before offset {} are of",
                               to_string(track.tp), track.leader.node, track.leader.epoch,
                               track.batch_epoch, track.next_offset));
  }
  if (end.end_offset < track.next_offset) {
    return trouble(track, FetchTrouble::truncated, 0,
                   fmt::format("{}: the log was cut at offset {}, below offset {}, which was "
                               "reached: so says its new leader (broker {}, epoch {})",
                               to_string(track.tp), end.end_offset, track.next_offset,
                               track.leader.node, track.leader.epoch));
  }
  track.failures = 0;
  track.failing_since = {};
  settle(track);
}

void SessionFetcher::react(FetchTrack& track, std::int16_t code) {
  const auto tell = [&](FetchTrouble kind, const char* what) {
    trouble(track, kind, code,
            fmt::format("{}: {} at offset {}: {}", to_string(track.tp), what, track.next_offset,
                        fetch_error_name(code)));
  };
  switch (fetch_error(code).reaction) {
    case FetchReaction::out_of_range:
      return tell(FetchTrouble::out_of_range, "the log has nothing to read");
    case FetchReaction::corrupt:
      return tell(FetchTrouble::corrupt, "the broker can not read its log");
    case FetchReaction::refused:
      return tell(FetchTrouble::refused, "the broker refuses to be read from");
    case FetchReaction::for_a_while:
      if (patience_is_over(track)) {
        return tell(FetchTrouble::refused, "the partition can not be read");
      }
      break;
    case FetchReaction::retry:
      track.failing_since = {};
      return send_home(track);
    case FetchReaction::deliver:
    case FetchReaction::move:
    case FetchReaction::new_session:
      track.failing_since = {};
      break;
  }
  log::debug("client", "source: {}: {}", to_string(track.tp), fetch_error_name(code));
  cluster_.refresh_soon();
  send_home(track);
}

bool SessionFetcher::patience_is_over(FetchTrack& track) const {
  if (track.failing_since == SteadyTime{}) track.failing_since = now();
  return now() - track.failing_since >= settings_.unknown_timeout;
}

void SessionFetcher::trouble(FetchTrack& track, FetchTrouble kind, std::int16_t code,
                             const std::string& text) {
  detach(track);
  track.state = State::troubled;
  calling_ = true;
  track.feed->on_trouble(kind, code, text);
  calling_ = false;
}

}  // namespace

std::unique_ptr<Fetcher> Fetcher::create(Cluster& cluster, FetchSettings settings) {
  return std::make_unique<SessionFetcher>(cluster, settings);
}

}  // namespace kferry::client
