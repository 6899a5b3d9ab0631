#include "kferry/kafka/mock_cluster.hpp"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <vector>

#include "kferry/kafka/handles.hpp"

namespace kferry::kafka {
namespace {

struct MockDelete {
  void operator()(rd_kafka_mock_cluster_t* cluster) const noexcept {
    rd_kafka_mock_cluster_destroy(cluster);
  }
};

/// All that its client has to say is that it knows no cluster, and without a callback the library
/// writes that to stderr itself, whatever --log.level says.
void stay_silent(const rd_kafka_t* /*client*/, int /*severity*/, const char* /*facility*/,
                 const char* /*text*/) {}

}  // namespace

struct MockCluster::Inside {
  Client client;  // the mock lives on a client's thread
  std::unique_ptr<rd_kafka_mock_cluster_t, MockDelete> cluster;
};

MockCluster::MockCluster(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
MockCluster::~MockCluster() = default;

Result<std::unique_ptr<MockCluster>> MockCluster::make(int brokers) {
  auto inside = std::make_unique<Inside>();
  std::array<char, 256> reason{};
  Conf conf(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(conf.get(), &stay_silent);
  inside->client.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), reason.data(), reason.size()));
  if (!inside->client) return Error{ErrorKind::bug, reason.data()};
  static_cast<void>(conf.release());  // the client owns it now
  inside->cluster.reset(rd_kafka_mock_cluster_new(inside->client.get(), brokers));
  if (!inside->cluster) return Error{ErrorKind::bug, "no embedded cluster can be made"};
  return std::unique_ptr<MockCluster>(new MockCluster(std::move(inside)));
}

std::string MockCluster::bootstrap_servers() const {
  return rd_kafka_mock_cluster_bootstraps(inside_->cluster.get());
}

Result<void> MockCluster::create_topic(const std::string& name, int partitions) {
  const auto err = rd_kafka_mock_topic_create(inside_->cluster.get(), name.c_str(), partitions, 1);
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return make_error(ErrorKind::bug, "embedded cluster: could not create topic " + name, err);
  }
  return {};
}

void MockCluster::push_errors(ApiKey api, std::span<const ErrorCode> errors) {
  std::vector<rd_kafka_resp_err_t> codes;
  for (const ErrorCode code : errors) codes.push_back(static_cast<rd_kafka_resp_err_t>(code));
  rd_kafka_mock_push_request_errors_array(inside_->cluster.get(), static_cast<std::int16_t>(api),
                                          codes.size(), codes.data());
}

void MockCluster::set_broker_up(std::int32_t broker_id, bool up) {
  if (up) {
    rd_kafka_mock_broker_set_up(inside_->cluster.get(), broker_id);
  } else {
    rd_kafka_mock_broker_set_down(inside_->cluster.get(), broker_id);
  }
}

void MockCluster::set_round_trip(std::int32_t broker_id, Milliseconds time) {
  rd_kafka_mock_broker_set_rtt(inside_->cluster.get(), broker_id, static_cast<int>(time.count()));
}

}  // namespace kferry::kafka
