#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "client/alarm.hpp"
#include "client/fetch_session.hpp"
#include "client/fetch_track.hpp"
#include "client/pauses.hpp"
#include "kferry/client/connection.hpp"
#include "kferry/client/fetcher.hpp"
#include "kferry/protocol/cluster_state.hpp"

namespace kferry::client {

/// A track by a name that outlives it.
struct TrackName {
  FetchFeed* feed = nullptr;
  std::uint64_t id = 0;
};

/// What a link needs of the fetcher that it belongs to.
class FetchOwner {
 public:
  virtual ~FetchOwner() = default;
  virtual Cluster& cluster() noexcept = 0;
  virtual const FetchSettings& settings() const noexcept = 0;
  virtual Pauses& pauses() noexcept = 0;
  virtual Fetcher::Counters& counters_of_links() noexcept = 0;
  /// What one request may ask of the node: several links share it.
  virtual std::int32_t bytes_max(std::int32_t node) const = 0;
  virtual FetchTrack* find(const TrackName& name) = 0;
  /// The link has no session any more: until the next answer nothing is heard of its tracks.
  virtual void silent(const FetchLink& link) = 0;
  virtual void fetched(FetchLink& link, const protocol::FetchResponse& response,
                       const SlabRef& slab) = 0;
  /// ends: by topic and partition; nothing: nobody knows.
  virtual void checked(FetchLink& link, const std::vector<TrackName>& asked,
                       const std::vector<protocol::EpochEnd>& ends) = 0;
};

/// A source broker, or one of several ways to the same one: the connection, the fetch session, and
/// some of the tracks that it leads. At most one request of each kind is under way.
/// Thread: the loop's.
class FetchLink : public std::enable_shared_from_this<FetchLink> {
 public:
  FetchLink(FetchOwner& owner, std::int32_t node);
  FetchLink(const FetchLink&) = delete;
  FetchLink& operator=(const FetchLink&) = delete;

  std::int32_t node() const noexcept { return node_; }
  /// A track has its place here from now on, whether it is fetched or not, or has it no more.
  void enter() noexcept { ++tracks_; }
  void exit() noexcept { --tracks_; }
  std::size_t tracks() const noexcept { return tracks_; }
  /// The track is fetched, from where it stands; also when that has changed.
  void fetch(FetchTrack& track);
  /// Asks where the epoch of the track ends.
  void check(FetchTrack& track);
  void leave(FetchTrack& track);
  FetchSession& session() noexcept { return session_; }
  /// What the last request asked for of each partition.
  std::int32_t partition_bytes_max() const noexcept { return partition_bytes_max_; }

  /// Something changes that a request under way does not know of: the next ones wait shortly for
  /// data, and ever longer as long as nothing changes.
  void stir();
  /// Sends what there is to send, over a new connection when there is none.
  void pump();
  /// Nobody is called any more.
  void close();

 private:
  class FetchExchange final : public Exchange {
   public:
    explicit FetchExchange(FetchLink& link) : link_(link) {}
    void on_response(protocol::WireReader body, const SlabRef& slab) override {
      link_.fetch_answered(body, slab);
    }
    void on_failure(const Error& error) override { link_.fetch_failed(error); }

   private:
    FetchLink& link_;
  };
  class CheckExchange final : public Exchange {
   public:
    explicit CheckExchange(FetchLink& link) : link_(link) {}
    void on_response(protocol::WireReader body, const SlabRef&) override {
      link_.check_answered(body);
    }
    void on_failure(const Error& error) override { link_.check_failed(error); }

   private:
    FetchLink& link_;
  };

  bool connected() const { return connection_ && !connecting_ && connection_->usable(); }
  void connect();
  void opened(const Result<void>& result);
  void lost(const Error& error);
  void misbehaved(const std::string& how);
  void send_fetch();
  void fetch_answered(protocol::WireReader body, const SlabRef& slab);
  void fetch_failed(const Error& error);
  void refused(std::int16_t code);
  void hold(Milliseconds time);
  void send_check();
  void check_answered(protocol::WireReader body);
  void check_failed(const Error& error);
  std::int32_t wait_ms() const;
  std::int32_t window_bytes_min() const;
  std::int32_t share() const;
  bool answer_is_full() const;
  void fit_window();

  FetchOwner& owner_;
  const std::int32_t node_;
  std::size_t tracks_ = 0;
  FetchSession session_;
  std::vector<FetchTrack*> to_check_;
  bool closed_ = false;

  std::shared_ptr<Connection> connection_;
  bool connecting_ = false;
  bool lost_ = false;  ///< the connection, and what that means was done
  int failures_ = 0;   ///< to connect or to stay connected, since the last answer
  int refusals_ = 0;   ///< of whole requests in a row
  SteadyTime connect_at_{};
  SteadyTime held_until_{};  ///< by a throttle or a back-off
  SteadyTime stirred_at_{};
  Alarm alarm_;

  FetchExchange fetch_exchange_{*this};
  bool fetching_ = false;
  SteadyTime fetch_sent_at_{};
  std::chrono::microseconds way_{};  ///< to the broker and back
  std::int32_t window_bytes_;        ///< what is asked for at once
  std::int32_t partition_bytes_max_ = 0;
  protocol::FetchResponse response_;
  CheckExchange check_exchange_{*this};
  bool checking_ = false;
  std::vector<TrackName> asked_;
  std::vector<protocol::EpochPartition> epochs_;
};

}  // namespace kferry::client
