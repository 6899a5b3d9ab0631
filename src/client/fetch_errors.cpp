#include "client/fetch_errors.hpp"

#include <algorithm>
#include <array>

#include "kferry/protocol/errors.hpp"

namespace kferry::client {
namespace {

using protocol::error_code;
using R = FetchReaction;

struct Row {
  std::int16_t code;
  FetchReaction reaction;
};

/// All others count as for_a_while. Most are no answer to Fetch or OffsetForLeaderEpoch that any
/// broker is known to give; should one come it is tried again for a while, then the shard says so.
/// An offline log directory (KAFKA_STORAGE_ERROR) makes another replica the leader.
constexpr std::array k_reactions{
    Row{error_code("NONE"), R::deliver},
    Row{error_code("OFFSET_OUT_OF_RANGE"), R::out_of_range},
    Row{error_code("CORRUPT_MESSAGE"), R::corrupt},
    Row{error_code("LEADER_NOT_AVAILABLE"), R::move},
    Row{error_code("NOT_LEADER_OR_FOLLOWER"), R::move},
    Row{error_code("REQUEST_TIMED_OUT"), R::retry},
    Row{error_code("BROKER_NOT_AVAILABLE"), R::move},
    Row{error_code("REPLICA_NOT_AVAILABLE"), R::move},
    Row{error_code("NETWORK_EXCEPTION"), R::move},
    Row{error_code("INVALID_TOPIC_EXCEPTION"), R::refused},
    Row{error_code("TOPIC_AUTHORIZATION_FAILED"), R::refused},
    Row{error_code("CLUSTER_AUTHORIZATION_FAILED"), R::refused},
    Row{error_code("KAFKA_STORAGE_ERROR"), R::move},
    Row{error_code("FETCH_SESSION_ID_NOT_FOUND"), R::new_session},
    Row{error_code("INVALID_FETCH_SESSION_EPOCH"), R::new_session},
    Row{error_code("LISTENER_NOT_FOUND"), R::move},
    Row{error_code("FENCED_LEADER_EPOCH"), R::move},
    Row{error_code("UNKNOWN_LEADER_EPOCH"), R::move},
    Row{error_code("UNSUPPORTED_COMPRESSION_TYPE"), R::refused},
    Row{error_code("OFFSET_NOT_AVAILABLE"), R::retry},
    Row{error_code("PREFERRED_LEADER_NOT_AVAILABLE"), R::move},
    Row{error_code("ELIGIBLE_LEADERS_NOT_AVAILABLE"), R::move},
    Row{error_code("THROTTLING_QUOTA_EXCEEDED"), R::retry},
    Row{error_code("FETCH_SESSION_TOPIC_ID_ERROR"), R::new_session},
    Row{error_code("INELIGIBLE_REPLICA"), R::move},
    Row{error_code("NEW_LEADER_ELECTED"), R::move},
};

}  // namespace

FetchError fetch_error(std::int16_t code) noexcept {
  const auto* const found = std::find_if(k_reactions.begin(), k_reactions.end(),
                                         [code](const Row& row) { return row.code == code; });
  return {code, protocol::error_name(code),
          found == k_reactions.end() ? R::for_a_while : found->reaction};
}

std::string fetch_error_name(std::int16_t code) { return protocol::error_text(code); }

}  // namespace kferry::client
