#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kferry::client {

/// What a fetcher does about a broker's error, be it for one partition or for a whole answer.
enum class FetchReaction {
  deliver,      ///< no error
  move,         ///< the leader may be another one: ask, pause, go there
  retry,        ///< the same broker, after a pause
  for_a_while,  ///< as move, but refused when nothing else is heard for a while
  new_session,  ///< the broker does not know the fetch session: a full request opens a new one
  out_of_range,
  corrupt,
  refused,
};

struct FetchError {
  std::int16_t code;
  std::string_view name;  ///< Kafka's; empty when the code is not known
  FetchReaction reaction;
};

/// What is not known to be an answer to a fetch counts as for_a_while.
FetchError fetch_error(std::int16_t code) noexcept;
/// "NOT_LEADER_OR_FOLLOWER"; of an unknown code "ERROR_4711".
std::string fetch_error_name(std::int16_t code);

}  // namespace kferry::client
