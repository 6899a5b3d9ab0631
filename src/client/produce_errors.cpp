#include "client/produce_errors.hpp"

#include <algorithm>
#include <array>

#include "kferry/client/producer.hpp"
#include "kferry/protocol/errors.hpp"

namespace kferry::client {
namespace {

using protocol::error_code;
using R = ProduceReaction;

struct Row {
  std::int16_t code;
  ProduceReaction reaction;
};

constexpr std::array k_reactions{
    Row{error_code("UNKNOWN_SERVER_ERROR"), R::retry_some},
    Row{error_code("NONE"), R::acknowledge},
    // Damaged on the way, or before it came to us. Brokers before 2.4 also say so of bad records.
    Row{error_code("CORRUPT_MESSAGE"), R::retry_once},
    Row{error_code("UNKNOWN_TOPIC_OR_PARTITION"), R::retry_some},
    Row{error_code("LEADER_NOT_AVAILABLE"), R::retry_elsewhere},
    Row{error_code("NOT_LEADER_OR_FOLLOWER"), R::retry_elsewhere},
    Row{error_code("REQUEST_TIMED_OUT"), R::retry},
    Row{error_code("BROKER_NOT_AVAILABLE"), R::retry_elsewhere},
    Row{error_code("REPLICA_NOT_AVAILABLE"), R::retry_elsewhere},
    Row{error_code("MESSAGE_TOO_LARGE"), R::refuse_record},
    Row{error_code("NETWORK_EXCEPTION"), R::retry_elsewhere},
    Row{error_code("INVALID_TOPIC_EXCEPTION"), R::refuse_lane},
    Row{error_code("RECORD_LIST_TOO_LARGE"), R::refuse_record},
    Row{error_code("NOT_ENOUGH_REPLICAS"), R::retry},
    Row{error_code("NOT_ENOUGH_REPLICAS_AFTER_APPEND"), R::retry},
    Row{error_code("INVALID_REQUIRED_ACKS"), R::refuse_lane},
    Row{error_code("TOPIC_AUTHORIZATION_FAILED"), R::refuse_lane},
    Row{error_code("CLUSTER_AUTHORIZATION_FAILED"), R::broken},
    Row{error_code("INVALID_TIMESTAMP"), R::refuse_record},
    Row{error_code("UNSUPPORTED_VERSION"), R::refuse_lane},
    Row{error_code("INVALID_REQUEST"), R::refuse_lane},
    Row{error_code("UNSUPPORTED_FOR_MESSAGE_FORMAT"), R::refuse_record},
    Row{error_code("POLICY_VIOLATION"), R::refuse_record},
    Row{error_code("OUT_OF_ORDER_SEQUENCE_NUMBER"), R::broken},
    // The broker has this very batch already: an earlier try got through unanswered.
    Row{error_code("DUPLICATE_SEQUENCE_NUMBER"), R::acknowledge},
    Row{error_code("INVALID_PRODUCER_EPOCH"), R::broken},
    Row{error_code("INVALID_TXN_STATE"), R::broken},
    Row{error_code("INVALID_PRODUCER_ID_MAPPING"), R::broken},
    Row{error_code("TRANSACTIONAL_ID_AUTHORIZATION_FAILED"), R::broken},
    Row{error_code("KAFKA_STORAGE_ERROR"), R::retry_elsewhere},
    Row{error_code("UNKNOWN_PRODUCER_ID"), R::broken},
    Row{error_code("LISTENER_NOT_FOUND"), R::retry_elsewhere},
    Row{error_code("FENCED_LEADER_EPOCH"), R::retry_elsewhere},
    Row{error_code("UNKNOWN_LEADER_EPOCH"), R::retry_elsewhere},
    Row{error_code("UNSUPPORTED_COMPRESSION_TYPE"), R::refuse_record},
    Row{error_code("STALE_BROKER_EPOCH"), R::retry_elsewhere},
    Row{error_code("OFFSET_NOT_AVAILABLE"), R::retry},
    Row{error_code("INVALID_RECORD"), R::refuse_record},
    Row{error_code("THROTTLING_QUOTA_EXCEEDED"), R::retry},
    Row{error_code("PRODUCER_FENCED"), R::broken},
    Row{error_code("UNKNOWN_TOPIC_ID"), R::retry_some},
    Row{error_code("INCONSISTENT_TOPIC_ID"), R::retry_some},
    Row{error_code("TRANSACTION_ABORTABLE"), R::broken},
};

}  // namespace

ProduceError produce_error(std::int16_t code) noexcept {
  const auto* const found = std::find_if(k_reactions.begin(), k_reactions.end(),
                                         [code](const Row& row) { return row.code == code; });
  const std::string_view name = protocol::error_name(code);
  return {code, name.empty() ? "UNKNOWN" : name,
          found == k_reactions.end() ? R::retry_some : found->reaction};
}

std::string produce_error_name(std::int16_t code) { return protocol::error_text(code); }

}  // namespace kferry::client
