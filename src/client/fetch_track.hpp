#pragma once

#include <cstdint>

#include "kferry/base/clock.hpp"
#include "kferry/base/strong_id.hpp"
#include "kferry/client/cluster.hpp"
#include "kferry/client/fetcher.hpp"

namespace kferry::client {

class FetchLink;

/// One partition on its way through the brokers.
struct FetchTrack {
  enum class State {
    homeless,  ///< waits for a leader, or for the end of a pause
    checking,  ///< the leader is asked whether the log was truncated
    fetching,  ///< at its leader, where it is fetched unless paused
    troubled,  ///< the feed was told; waits to be started again
  };

  FetchFeed* feed = nullptr;
  std::uint64_t id = 0;  ///< another one with each start
  TopicPartition tp;
  State state = State::homeless;
  bool paused = false;
  std::int64_t next_offset = 0;
  std::int32_t batch_epoch = -1;  ///< of the batch before next_offset
  FetchLink* link = nullptr;      ///< null while homeless or troubled
  Leader leader;                  ///< the one behind the link, or the last one
  Leader checked;                 ///< under which next_offset is known to be in the log
  int failures = 0;               ///< since the last answer without an error
  SteadyTime retry_at{};
  SteadyTime failing_since{};  ///< with errors that may be meant for good; zero: it does not
};

}  // namespace kferry::client
