#include "client/fetch_errors.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace kferry::client {
namespace {

using R = FetchReaction;

/// What deserves more than another try for a while.
const std::map<std::string, R> k_known = {
    {"NONE", R::deliver},
    {"OFFSET_OUT_OF_RANGE", R::out_of_range},
    {"CORRUPT_MESSAGE", R::corrupt},
    {"LEADER_NOT_AVAILABLE", R::move},
    {"NOT_LEADER_OR_FOLLOWER", R::move},
    {"REQUEST_TIMED_OUT", R::retry},
    {"BROKER_NOT_AVAILABLE", R::move},
    {"REPLICA_NOT_AVAILABLE", R::move},
    {"NETWORK_EXCEPTION", R::move},
    {"INVALID_TOPIC_EXCEPTION", R::refused},
    {"TOPIC_AUTHORIZATION_FAILED", R::refused},
    {"CLUSTER_AUTHORIZATION_FAILED", R::refused},
    {"KAFKA_STORAGE_ERROR", R::move},
    {"FETCH_SESSION_ID_NOT_FOUND", R::new_session},
    {"INVALID_FETCH_SESSION_EPOCH", R::new_session},
    {"FETCH_SESSION_TOPIC_ID_ERROR", R::new_session},
    {"LISTENER_NOT_FOUND", R::move},
    {"FENCED_LEADER_EPOCH", R::move},
    {"UNKNOWN_LEADER_EPOCH", R::move},
    {"UNSUPPORTED_COMPRESSION_TYPE", R::refused},
    {"OFFSET_NOT_AVAILABLE", R::retry},
    {"PREFERRED_LEADER_NOT_AVAILABLE", R::move},
    {"ELIGIBLE_LEADERS_NOT_AVAILABLE", R::move},
    {"THROTTLING_QUOTA_EXCEEDED", R::retry},
    {"INELIGIBLE_REPLICA", R::move},
    {"NEW_LEADER_ELECTED", R::move},
};

TEST(FetchErrors, EveryCodeOfKafkaHasOneReaction) {
  std::set<std::string> names;
  for (std::int16_t code = -1; code <= 133; ++code) {
    const FetchError error = fetch_error(code);
    EXPECT_EQ(error.code, code);
    EXPECT_FALSE(error.name.empty()) << code;
    names.emplace(error.name);
    const auto known = k_known.find(std::string(error.name));
    EXPECT_EQ(error.reaction, known == k_known.end() ? R::for_a_while : known->second)
        << error.name;
  }
  EXPECT_EQ(names.size(), 135U) << "each name once";
  for (const auto& [name, reaction] : k_known) EXPECT_TRUE(names.contains(name)) << name;
}

TEST(FetchErrors, UnknownCodesAreTriedForAWhile) {
  for (const int code : {-2, 134, 4'711, -32'768, 32'767}) {
    const auto unknown = static_cast<std::int16_t>(code);
    EXPECT_EQ(fetch_error(unknown).reaction, R::for_a_while);
    EXPECT_EQ(fetch_error_name(unknown), "ERROR_" + std::to_string(code));
  }
}

}  // namespace
}  // namespace kferry::client
