#include "client/produce_errors.hpp"

#include <algorithm>
#include <array>

#include "kferry/client/producer.hpp"

namespace kferry::client {
namespace {

using R = ProduceReaction;

constexpr std::array k_errors{
    ProduceError{-1, "UNKNOWN_SERVER_ERROR", R::retry_some},
    ProduceError{0, "NONE", R::acknowledge},
    // Damaged on the way, or before it came to us. Brokers before 2.4 also say so of bad records.
    ProduceError{2, "CORRUPT_MESSAGE", R::retry_once},
    ProduceError{3, "UNKNOWN_TOPIC_OR_PARTITION", R::retry_some},
    ProduceError{5, "LEADER_NOT_AVAILABLE", R::retry_elsewhere},
    ProduceError{6, "NOT_LEADER_OR_FOLLOWER", R::retry_elsewhere},
    ProduceError{7, "REQUEST_TIMED_OUT", R::retry},
    ProduceError{8, "BROKER_NOT_AVAILABLE", R::retry_elsewhere},
    ProduceError{9, "REPLICA_NOT_AVAILABLE", R::retry_elsewhere},
    ProduceError{10, "MESSAGE_TOO_LARGE", R::refuse_record},
    ProduceError{13, "NETWORK_EXCEPTION", R::retry_elsewhere},
    ProduceError{17, "INVALID_TOPIC_EXCEPTION", R::refuse_lane},
    ProduceError{18, "RECORD_LIST_TOO_LARGE", R::refuse_record},
    ProduceError{19, "NOT_ENOUGH_REPLICAS", R::retry},
    ProduceError{20, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", R::retry},
    ProduceError{21, "INVALID_REQUIRED_ACKS", R::refuse_lane},
    ProduceError{29, "TOPIC_AUTHORIZATION_FAILED", R::refuse_lane},
    ProduceError{31, "CLUSTER_AUTHORIZATION_FAILED", R::broken},
    ProduceError{32, "INVALID_TIMESTAMP", R::refuse_record},
    ProduceError{35, "UNSUPPORTED_VERSION", R::refuse_lane},
    ProduceError{42, "INVALID_REQUEST", R::refuse_lane},
    ProduceError{43, "UNSUPPORTED_FOR_MESSAGE_FORMAT", R::refuse_record},
    ProduceError{44, "POLICY_VIOLATION", R::refuse_record},
    ProduceError{45, "OUT_OF_ORDER_SEQUENCE_NUMBER", R::broken},
    // The broker has this very batch already: an earlier try got through unanswered.
    ProduceError{46, "DUPLICATE_SEQUENCE_NUMBER", R::acknowledge},
    ProduceError{47, "INVALID_PRODUCER_EPOCH", R::broken},
    ProduceError{48, "INVALID_TXN_STATE", R::broken},
    ProduceError{49, "INVALID_PRODUCER_ID_MAPPING", R::broken},
    ProduceError{53, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", R::broken},
    ProduceError{56, "KAFKA_STORAGE_ERROR", R::retry_elsewhere},
    ProduceError{59, "UNKNOWN_PRODUCER_ID", R::broken},
    ProduceError{72, "LISTENER_NOT_FOUND", R::retry_elsewhere},
    ProduceError{74, "FENCED_LEADER_EPOCH", R::retry_elsewhere},
    ProduceError{75, "UNKNOWN_LEADER_EPOCH", R::retry_elsewhere},
    ProduceError{76, "UNSUPPORTED_COMPRESSION_TYPE", R::refuse_record},
    ProduceError{77, "STALE_BROKER_EPOCH", R::retry_elsewhere},
    ProduceError{78, "OFFSET_NOT_AVAILABLE", R::retry},
    ProduceError{87, "INVALID_RECORD", R::refuse_record},
    ProduceError{89, "THROTTLING_QUOTA_EXCEEDED", R::retry},
    ProduceError{90, "PRODUCER_FENCED", R::broken},
    ProduceError{100, "UNKNOWN_TOPIC_ID", R::retry_some},
    ProduceError{103, "INCONSISTENT_TOPIC_ID", R::retry_some},
    ProduceError{120, "TRANSACTION_ABORTABLE", R::broken},
};

}  // namespace

ProduceError produce_error(std::int16_t code) noexcept {
  const auto* const found =
      std::find_if(k_errors.begin(), k_errors.end(),
                   [code](const ProduceError& error) { return error.code == code; });
  return found != k_errors.end() ? *found : ProduceError{code, "UNKNOWN", R::retry_some};
}

std::string produce_error_name(std::int16_t code) {
  const ProduceError error = produce_error(code);
  if (error.name == "UNKNOWN") return "ERROR_" + std::to_string(code);
  return std::string(error.name);
}

}  // namespace kferry::client
