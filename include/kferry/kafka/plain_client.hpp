#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kferry/base/bytes.hpp"
#include "kferry/base/clock.hpp"
#include "kferry/base/result.hpp"
#include "kferry/base/strong_id.hpp"
#include "kferry/kafka/client_config.hpp"
#include "kferry/kafka/handles.hpp"

namespace kferry::kafka {

/// A record as its producer or its reader sees it; owns its bytes.
struct PlainRecord {
  Partition partition;
  Offset offset{-1};  ///< set by reading
  std::int64_t timestamp_ms = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  bool operator==(const PlainRecord&) const = default;
};

/// Produces single records, for the demo and for tests. Thread: one.
class PlainProducer {
 public:
  static Result<std::unique_ptr<PlainProducer>> make(const ClientConfig& config);
  ~PlainProducer();
  /// Copies the record. Blocks while the client's queue is full.
  Result<void> send(const std::string& topic, const PlainRecord& record);
  /// False when not everything was acknowledged in time.
  bool flush(Milliseconds timeout);

 private:
  explicit PlainProducer(Client client) : client_(std::move(client)) {}
  Client client_;
};

/// Reads whole topics from their beginning, without a group. Thread: one.
class PlainReader {
 public:
  static Result<std::unique_ptr<PlainReader>> make(const ClientConfig& config,
                                                   const std::string& topic, int partitions);
  ~PlainReader();
  /// Calls take for every record that arrives within the timeout. Returns how many did.
  std::size_t poll(Milliseconds timeout, const std::function<void(const PlainRecord&)>& take);

 private:
  explicit PlainReader(Client client) : client_(std::move(client)) {}
  Client client_;
};

}  // namespace kferry::kafka
