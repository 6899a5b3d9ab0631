#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/fetch_track.hpp"
#include "kferry/client/fetcher.hpp"
#include "kferry/protocol/fetch.hpp"

namespace kferry::client {

/// One broker's incremental fetch session (KIP-227) as the client has to keep it: what the broker
/// believes is wanted, and what is wanted. Each request tells the difference, which is kept as a
/// list: a partition about which there is nothing to tell costs nothing. No I/O.
/// Source: org.apache.kafka.clients.FetchSessionHandler. Thread: one.
class FetchSession {
 public:
  /// A partition that the broker knows of or shall know of.
  struct Member {
    const std::string* topic = nullptr;
    std::int32_t partition = 0;
    FetchTrack* track = nullptr;  ///< null: not wanted any more
    bool told = false;            ///< the broker knows it, with the two that follow
    std::int64_t told_offset = 0;
    std::int32_t told_epoch = -1;
    bool dirty = false;
  };

  /// The partition is wanted from where the track stands. Also when that has changed.
  void want(FetchTrack& track);
  void leave(FetchTrack& track);
  bool wants_any() const noexcept { return wanted_ > 0; }
  std::size_t wanted() const noexcept { return wanted_; }

  /// Whether the next request opens a session.
  bool full() const noexcept { return epoch_ == protocol::k_session_first; }
  /// Writes the next request; an answer or restart() has to come before another one.
  void write(protocol::WireWriter& out, protocol::FetchRequest request, std::int16_t version,
             std::int32_t partition_bytes_max);

  /// An answer without an error for the whole.
  void answered(const protocol::FetchResponse& response);
  /// The next request is a full one. known: the broker may still have the session, to be closed.
  void restart(bool known);
  /// Nothing for a partition that the broker was not told of. Neighbours of one topic are found
  /// fast.
  Member* find(std::string_view topic, std::int32_t partition);

 private:
  using Partitions = std::map<std::int32_t, Member>;

  void mark(Member& member);
  void tell(Member& member, std::int32_t bytes_max);
  void collect_all(std::int32_t bytes_max);
  void begin_behind_first();
  void collect_changes(std::int32_t bytes_max);
  void erase(Member& member);

  std::map<std::string, Partitions, std::less<>> topics_;
  std::size_t wanted_ = 0;
  std::vector<Member*> dirty_;
  std::int32_t id_ = 0;
  std::int32_t epoch_ = protocol::k_session_first;
  /// Behind whom the next full request begins: the first one that had its turn in the last one.
  std::pair<std::string, std::int32_t> first_{"", -1};

  // Kept for the next request.
  std::vector<protocol::FetchPartition> partitions_;
  std::vector<protocol::ForgottenPartition> forgotten_;
  std::vector<Member*> gone_;
  std::vector<Member*> all_;
  std::map<std::string, Partitions, std::less<>>::iterator last_found_ = topics_.end();
};

}  // namespace kferry::client
