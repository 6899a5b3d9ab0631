#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kferry/client/fetcher.hpp"
#include "kferry/protocol/record_batch.hpp"
#include "kferry/security/profile.hpp"
#include "support/scripted_broker.hpp"
#include "support/source_logs.hpp"

namespace kferry::testing {

inline const TopicPartition k_first{"orders", Partition(0)};
inline const TopicPartition k_second{"orders", Partition(1)};

/// from, from + 1, ... below to.
inline std::vector<std::int64_t> offsets(std::int64_t from, std::int64_t to) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(to - from));
  std::iota(all.begin(), all.end(), from);
  return all;
}

/// Notes which offsets came. Thread: its calls come on the loop's, a test asks from its own.
class NotingFeed final : public client::FetchFeed {
 public:
  struct Trouble {
    client::FetchTrouble kind;
    std::int16_t error;
    std::string text;
  };

  Wish on_fetched(const client::Fetched& fetched) override {
    const std::lock_guard lock(mutex_);
    ++calls_;
    silent_ = false;
    high_watermark_ = fetched.high_watermark;
    for (ByteView rest = fetched.records; !rest.empty();) {
      const auto scanned = protocol::scan_batch(rest);
      if (scanned.state != protocol::BatchScan::whole) break;
      if (!protocol::checksum_holds(rest.first(scanned.size_bytes))) ++damaged_;
      for (auto at = scanned.header.base_offset; at < scanned.header.next_offset(); ++at) {
        if (at >= wish_.next_offset) offsets_.push_back(at);
      }
      wish_.next_offset = std::max(wish_.next_offset, scanned.header.next_offset());
      wish_.leader_epoch = scanned.header.leader_epoch;
      rest = rest.subspan(scanned.size_bytes);
    }
    if (!fetched.records.empty() && pauses_ > 0) {
      --pauses_;
      wish_.paused = true;
    } else {
      wish_.paused = false;
    }
    changed_.notify_all();
    return wish_;
  }
  void on_silence() override {
    const std::lock_guard lock(mutex_);
    silent_ = true;
    changed_.notify_all();
  }
  void on_trouble(client::FetchTrouble kind, std::int16_t error, const std::string& text) override {
    const std::lock_guard lock(mutex_);
    troubles_.push_back({kind, error, text});
    changed_.notify_all();
  }

  void begin(std::int64_t offset) {
    const std::lock_guard lock(mutex_);
    wish_ = {offset, -1, false};
  }
  /// Pauses behind each of the next so many answers with records.
  void pause_after(int answers) {
    const std::lock_guard lock(mutex_);
    pauses_ = answers;
  }

  /// All that await: false when it takes more than ten seconds.
  bool await_offset(std::int64_t next_offset) {
    return await([&] { return wish_.next_offset >= next_offset; });
  }
  bool await_calls(int calls) {
    return await([&] { return calls_ >= calls; });
  }
  bool await_silence(bool silent) {
    return await([&] { return silent_ == silent; });
  }
  bool await_troubles(std::size_t count) {
    return await([&] { return troubles_.size() >= count; });
  }

  std::vector<std::int64_t> offsets() const {
    const std::lock_guard lock(mutex_);
    return offsets_;
  }
  std::vector<Trouble> troubles() const {
    const std::lock_guard lock(mutex_);
    return troubles_;
  }
  std::int64_t high_watermark() const {
    const std::lock_guard lock(mutex_);
    return high_watermark_;
  }
  int calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  int damaged() const {
    const std::lock_guard lock(mutex_);
    return damaged_;
  }

 private:
  template <class Condition>
  bool await(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), condition);
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Wish wish_;
  int pauses_ = 0;
  int calls_ = 0;
  int damaged_ = 0;
  bool silent_ = false;
  std::int64_t high_watermark_ = -1;
  std::vector<std::int64_t> offsets_;
  std::vector<Trouble> troubles_;
};

/// A fetcher in front of scripted brokers that serve logs.
class FetchWorld {
 public:
  explicit FetchWorld(int nodes = 1, client::FetchSettings settings = {})
      : brokers(nodes), logs(brokers), loop_("fetch-test") {
    client::ClusterSettings cluster;
    cluster.bootstrap = brokers.bootstrap();
    cluster.connection.security = std::make_shared<security::SecurityProfile>();
    cluster.connection.client_id = "test";
    cluster.backoff_min = Milliseconds(5);
    cluster.backoff_max = Milliseconds(50);
    loop_.run([&] {
      cluster_ = client::Cluster::create(loop_, slabs_, cluster, [](const Error*) {});
      fetcher_ = client::Fetcher::create(*cluster_, settings);
    });
  }
  ~FetchWorld() { end(); }
  FetchWorld(const FetchWorld&) = delete;
  FetchWorld& operator=(const FetchWorld&) = delete;

  void add_topic(const std::string& topic, std::int32_t partitions) {
    brokers.add_topic(topic, partitions);
  }
  struct Start {
    NotingFeed* feed;
    TopicPartition tp;
    std::int64_t from = 0;
  };
  void start(const std::vector<Start>& starts) {
    loop_.run([&] {
      for (const Start& each : starts) cluster_->watch(each.tp.topic);
      for (const Start& each : starts) {
        each.feed->begin(each.from);
        fetcher_->start(*each.feed, each.tp, Offset(each.from));
      }
    });
  }
  void stop(NotingFeed& feed) {
    loop_.run([&] { fetcher_->stop(feed); });
  }
  /// Several times in one go, so that no answer comes in between.
  void resume(NotingFeed& feed, int times = 1) {
    loop_.run([&] {
      for (int i = 0; i < times; ++i) fetcher_->resume(feed);
    });
  }
  void refresh() {
    loop_.run([&] { cluster_->refresh_soon(); });
  }
  client::Fetcher::Counters counters() {
    client::Fetcher::Counters counters;
    loop_.run([&] { counters = fetcher_->counters(); });
    return counters;
  }
  void end() {
    loop_.run([&] {
      fetcher_.reset();
      cluster_.reset();
    });
  }

  ScriptedCluster brokers;
  SourceLogs logs;

 private:
  client::SlabPool slabs_;
  std::unique_ptr<client::Cluster> cluster_;
  std::unique_ptr<client::Fetcher> fetcher_;
  net::Loop loop_;
};

}  // namespace kferry::testing
