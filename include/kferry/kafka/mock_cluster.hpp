#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "kferry/base/clock.hpp"
#include "kferry/base/result.hpp"
#include "kferry/kafka/error_map.hpp"

namespace kferry::kafka {

/// Kafka's request types, as numbers on the wire (ApiKeys.java).
enum class ApiKey : std::int16_t {
  produce = 0,
  fetch = 1,
  list_offsets = 2,
  metadata = 3,
  offset_commit = 8,
  offset_fetch = 9,
  find_coordinator = 10,
  join_group = 11,
  heartbeat = 12,
  init_producer_id = 22,
};

/// A cluster inside this process (librdkafka's mock, on loopback), for the demo and for tests that
/// need errors on order. Keeps 5 MiB per partition, knows no CreateTopics and no DescribeConfigs.
/// Thread: any.
class MockCluster {
 public:
  static Result<std::unique_ptr<MockCluster>> make(int brokers);
  ~MockCluster();
  MockCluster(const MockCluster&) = delete;
  MockCluster& operator=(const MockCluster&) = delete;

  std::string bootstrap_servers() const;
  Result<void> create_topic(const std::string& name, int partitions);
  /// The next requests of this type are answered with these errors, one each.
  void push_errors(ApiKey api, std::span<const ErrorCode> errors);
  void set_broker_up(std::int32_t broker_id, bool up);
  void set_round_trip(std::int32_t broker_id, Milliseconds time);

 private:
  struct Inside;
  explicit MockCluster(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> inside_;
};

}  // namespace kferry::kafka
