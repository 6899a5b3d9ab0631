#include "kferry/kafka/error_map.hpp"

#include <librdkafka/rdkafka.h>

#include "kferry/kafka/client_config.hpp"

namespace kferry::kafka {
namespace {

rd_kafka_resp_err_t as_library(ErrorCode code) noexcept {
  return static_cast<rd_kafka_resp_err_t>(code);
}

}  // namespace

std::string error_name(ErrorCode code) {
  const char* name = rd_kafka_err2name(as_library(code));
  return name != nullptr ? name : "UNKNOWN";
}

std::string error_text(ErrorCode code) {
  const char* text = rd_kafka_err2str(as_library(code));
  return text != nullptr ? text : "unknown error";
}

ErrorKind classify_delivery(ErrorCode code) noexcept {
  switch (as_library(code)) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
      return ErrorKind::record;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return ErrorKind::shard;
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE:
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
    case RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER:
    case RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return ErrorKind::fatal;
    default:
      return ErrorKind::retriable;
  }
}

ErrorKind classify_request(ErrorCode code) noexcept {
  switch (as_library(code)) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
      return ErrorKind::authorization;
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
      return ErrorKind::unreachable;
    case RD_KAFKA_RESP_ERR__FATAL:
      return ErrorKind::fatal;
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT:
    case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
      return ErrorKind::configuration;
    default:
      return ErrorKind::retriable;
  }
}

bool is_about_connection(ErrorCode code) noexcept {
  switch (as_library(code)) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
      return true;
    default:
      return false;
  }
}

std::string authorization_remedy(std::string_view name, Side side) {
  const bool source = side == Side::source;
  if (name == "TOPIC_AUTHORIZATION_FAILED") {
    return source ? "; give the principal Read and Describe on the topic of the source"
                  : "; give the principal Write and Describe on the topic of the target";
  }
  if (name == "GROUP_AUTHORIZATION_FAILED") {
    return "; give the principal Read on the consumer group, or change group.id";
  }
  return {};
}

Error make_error(ErrorKind kind, std::string_view what, ErrorCode code, std::string_view detail) {
  std::string text(what);
  text += ": ";
  text += error_text(code);
  if (!detail.empty()) {
    text += " (";
    text += detail;
    text += ")";
  }
  return Error{kind, std::move(text)};
}

}  // namespace kferry::kafka
