#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "kferry/base/clock.hpp"
#include "kferry/base/strong_id.hpp"
#include "kferry/client/connection.hpp"

namespace kferry::client {

struct Leader {
  std::int32_t node = -1;
  std::int32_t epoch = -1;  ///< -1: the broker does not tell
  bool operator==(const Leader&) const = default;
};

struct ClusterSettings {
  std::vector<Endpoint> bootstrap;
  ConnectionSettings connection;
  Milliseconds metadata_max_age{300'000};
  Milliseconds backoff_min{100};    ///< of metadata requests and of connections, doubled up to max
  Milliseconds backoff_max{2'000};  ///< with jitter of a fifth
};

/// Who leads what in one cluster, kept up to date for the topics that somebody watches. Asks over a
/// connection of its own, to any broker that answers; bootstrap servers when none does.
/// Thread: the loop's.
class Cluster {
 public:
  /// Called after every metadata answer.
  using OnChange = std::function<void()>;
  /// Called when no broker can be asked; again when the reason changes; nullptr: all is well again.
  using OnTrouble = std::function<void(const Error*)>;

  static std::unique_ptr<Cluster> create(net::Loop& loop, SlabPool& slabs, ClusterSettings settings,
                                         OnTrouble on_trouble);
  virtual ~Cluster() = default;

  /// A topic to know about; one that is new is asked for soon.
  virtual void watch(const std::string& topic) = 0;
  virtual void unwatch(const std::string& topic) = 0;
  /// Nothing while it is not known or there is none.
  virtual std::optional<Leader> leader(const TopicPartition& tp) const = 0;
  /// Kafka's error code for the topic in the last answer; 0: fine or never asked.
  virtual std::int16_t topic_error(const std::string& topic) const = 0;
  virtual std::optional<Endpoint> endpoint(std::int32_t node) const = 0;
  /// What is known is wrong or missing: ask again, as soon as the back-off allows.
  virtual void refresh_soon() = 0;
  virtual void add_listener(OnChange on_change) = 0;

  /// How others are to connect to this cluster's brokers.
  virtual const ClusterSettings& settings() const noexcept = 0;
  virtual net::Loop& loop() noexcept = 0;
  virtual SlabPool& slabs() noexcept = 0;
};

}  // namespace kferry::client
