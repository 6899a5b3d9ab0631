#include "kferry/kafka/error_map.hpp"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <map>

namespace kferry::kafka {
namespace {

using Table = std::map<rd_kafka_resp_err_t, ErrorKind>;

/// What is not in the table has to be retried.
const Table k_delivery = {
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, ErrorKind::record},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, ErrorKind::record},
    {RD_KAFKA_RESP_ERR_INVALID_MSG, ErrorKind::record},
    {RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE, ErrorKind::record},
    {RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, ErrorKind::record},
    {RD_KAFKA_RESP_ERR_INVALID_RECORD, ErrorKind::record},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, ErrorKind::record},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT, ErrorKind::record},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE, ErrorKind::record},
    {RD_KAFKA_RESP_ERR__INVALID_ARG, ErrorKind::record},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, ErrorKind::shard},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, ErrorKind::shard},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, ErrorKind::shard},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, ErrorKind::shard},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, ErrorKind::shard},
    {RD_KAFKA_RESP_ERR__FATAL, ErrorKind::fatal},
    {RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE, ErrorKind::fatal},
    {RD_KAFKA_RESP_ERR__PURGE_QUEUE, ErrorKind::fatal},
    {RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, ErrorKind::fatal},
    {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, ErrorKind::fatal},
    {RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, ErrorKind::fatal},
    {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, ErrorKind::fatal},
    {RD_KAFKA_RESP_ERR_PRODUCER_FENCED, ErrorKind::fatal},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, ErrorKind::fatal},
};

const Table k_request = {
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, ErrorKind::authorization},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, ErrorKind::authorization},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, ErrorKind::authorization},
    {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, ErrorKind::authorization},
    {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, ErrorKind::authorization},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, ErrorKind::authorization},
    {RD_KAFKA_RESP_ERR__TRANSPORT, ErrorKind::unreachable},
    {RD_KAFKA_RESP_ERR__TIMED_OUT, ErrorKind::unreachable},
    {RD_KAFKA_RESP_ERR__RESOLVE, ErrorKind::unreachable},
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, ErrorKind::unreachable},
    {RD_KAFKA_RESP_ERR__SSL, ErrorKind::unreachable},
    {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, ErrorKind::unreachable},
    {RD_KAFKA_RESP_ERR__FATAL, ErrorKind::fatal},
    {RD_KAFKA_RESP_ERR__INVALID_ARG, ErrorKind::configuration},
    {RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, ErrorKind::configuration},
    {RD_KAFKA_RESP_ERR_INVALID_CONFIG, ErrorKind::configuration},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, ErrorKind::configuration},
    {RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, ErrorKind::configuration},
    {RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, ErrorKind::configuration},
    {RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT, ErrorKind::configuration},
    {RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, ErrorKind::configuration},
};

/// Every code that the library knows, whatever its version.
void expect_table(const Table& table, ErrorKind (*classify)(ErrorCode)) {
  const rd_kafka_err_desc* codes = nullptr;
  std::size_t count = 0;
  rd_kafka_get_err_descs(&codes, &count);
  ASSERT_GT(count, 100U);
  for (std::size_t i = 0; i < count; ++i) {
    if (codes[i].name == nullptr) continue;
    const auto found = table.find(codes[i].code);
    const ErrorKind expected = found == table.end() ? ErrorKind::retriable : found->second;
    EXPECT_EQ(classify(codes[i].code), expected) << codes[i].name;
  }
}

TEST(ErrorMap, KnowsWhatEveryDeliveryFailureMeans) {
  expect_table(k_delivery, [](ErrorCode code) { return classify_delivery(code); });
}

TEST(ErrorMap, KnowsWhatEveryFailedRequestMeans) {
  expect_table(k_request, [](ErrorCode code) { return classify_request(code); });
}

TEST(ErrorMap, UnknownCodesAreRetried) {
  EXPECT_EQ(classify_delivery(12'345), ErrorKind::retriable);
  EXPECT_EQ(classify_request(12'345), ErrorKind::retriable);
}

TEST(ErrorMap, NamesAreStable) {
  EXPECT_EQ(error_name(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE), "MSG_SIZE_TOO_LARGE");
  EXPECT_EQ(error_name(RD_KAFKA_RESP_ERR__TRANSPORT), "_TRANSPORT");
  EXPECT_FALSE(error_name(12'345).empty());
  EXPECT_FALSE(error_text(12'345).empty());
}

TEST(ErrorMap, AnErrorSaysWhatFailedAndWhy) {
  const Error bare = make_error(ErrorKind::retriable, "source: could not seek t-0",
                                RD_KAFKA_RESP_ERR_NOT_COORDINATOR);
  EXPECT_EQ(bare.kind, ErrorKind::retriable);
  EXPECT_EQ(bare.text,
            "source: could not seek t-0: " + error_text(RD_KAFKA_RESP_ERR_NOT_COORDINATOR));
  const Error detailed = make_error(ErrorKind::configuration, "could not create topic t",
                                    RD_KAFKA_RESP_ERR_INVALID_CONFIG, "x must be y");
  EXPECT_NE(detailed.text.find("(x must be y)"), std::string::npos);
}

}  // namespace
}  // namespace kferry::kafka
