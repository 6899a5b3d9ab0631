// From a fetch response to the acknowledgement of the batches in it: nothing is allocated once
// everything is warm. Kafka is scripted, so the allocations of its threads do not count.

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "kferry/engines/passthrough/passthrough_engine.hpp"
#include "kferry/pipeline/shard.hpp"
#include "kferry/security/profile.hpp"
#include "support/allocation_count.hpp"
#include "support/scripted_broker.hpp"
#include "support/source_logs.hpp"

namespace kferry::engines::passthrough {
namespace {

using protocol::ApiKey;
using testing::ScriptedReply;
using testing::ScriptedRequest;

constexpr int k_partitions = 4;
constexpr int k_warm_rounds = 100;
constexpr int k_rounds = 400;
constexpr std::chrono::seconds k_patience{20};
constexpr Milliseconds k_turn{20};

/// A target that takes everything.
ScriptedReply accept(const ScriptedRequest& request) {
  auto in = request.reader();
  in.nullable_string();
  in.i16();
  in.i32();
  return ScriptedReply::answer(testing::body_of([&](protocol::WireWriter& out) {
    const auto topics = in.array(1);
    out.array(topics);
    for (std::size_t i = 0; i < topics; ++i) {
      out.string(in.string());
      const auto partitions = in.array(1);
      out.array(partitions);
      for (std::size_t j = 0; j < partitions; ++j) {
        out.i32(in.i32());
        in.bytes();
        out.i16(0);
        out.i64(0);
        out.i64(-1);
        out.i64(0);
        if (request.version >= 8) {
          out.array(0);
          out.nullable_string(std::nullopt);
        }
      }
    }
    out.i32(0);
  }));
}

ScriptedReply new_producer(const ScriptedRequest&) {
  return ScriptedReply::answer(testing::body_of([](protocol::WireWriter& out) {
    out.i32(0);
    out.i16(0);
    out.i64(100);
    out.i16(0);
  }));
}

client::ClusterSettings settings_of(const testing::ScriptedCluster& cluster) {
  client::ClusterSettings settings;
  settings.bootstrap = cluster.bootstrap();
  settings.connection.security = std::make_shared<security::SecurityProfile>();
  settings.connection.client_id = "test";
  return settings;
}

/// What a stream's thread does, here done by the test's own.
class PassPath final : pipeline::AckListener {
 public:
  PassPath() : logs_(source_) {
    source_.add_topic("orders", k_partitions);
    target_.add_topic("orders", k_partitions);
    target_.on(ApiKey::produce, accept);
    target_.on(ApiKey::init_producer_id, new_producer);
    SourceOptions from;
    from.cluster = settings_of(source_);
    from.traits = [](const std::string&) { return TopicTraits{}; };
    from.on_trouble = [](const Error*) {};
    reader_ = PassReader::create(std::move(from));
    TargetOptions to;
    to.cluster = settings_of(target_);
    to.on_trouble = [](const Error*) {};
    writer_ = reader_->make_writer(std::move(to));
    const auto place =
        topics::Partitioner::make(topics::PartitioningMode::source, k_partitions, k_partitions);
    for (int i = 0; i < k_partitions; ++i) {
      const TopicPartition tp{"orders", Partition(i)};
      shards_.emplace_back(tp, "orders", place.value(), Offset(0));
      writer_->expect(shards_.back());
      readers_.push_back(reader_->open(tp, Offset(0), [] {}).value());
      expected_.emplace_back(0);
    }
    in_flight_.reserve(64);
  }
  ~PassPath() override {
    readers_.clear();
    for (auto& shard : shards_) writer_->forget(shard);
  }
  PassPath(const PassPath&) = delete;
  PassPath& operator=(const PassPath&) = delete;

  /// So many batches of each partition, all the way to the target; false when they do not arrive.
  bool round(int batches) {
    std::uint64_t wanted = acknowledged_;
    for (int batch = 0; batch < batches; ++batch) {
      for (int i = 0; i < k_partitions; ++i) {
        logs_.append({"orders", Partition(i)}, k_records);
        wanted += k_records;
      }
    }
    const auto before = testing::allocations_of_this_thread();
    const auto deadline = std::chrono::steady_clock::now() + k_patience;
    while (acknowledged_ < wanted && std::chrono::steady_clock::now() < deadline) {
      reader_->waiter()->wait(k_turn);
      for (std::size_t i = 0; i < shards_.size(); ++i) pump(i);
      writer_->collect(*this);
    }
    allocations_ += testing::allocations_of_this_thread() - before;
    return acknowledged_ >= wanted;
  }

  std::size_t allocations() const { return allocations_; }

 private:
  static constexpr std::int32_t k_records = 5;

  void pump(std::size_t i) {
    for (;;) {
      auto outcome = readers_[i]->read(expected_[i]);
      EXPECT_FALSE(outcome.failure.has_value());
      if (!outcome.batch) return;
      expected_[i] = outcome.batch->next_offset;
      outcome.batch->shard = &shards_[i];
      const auto written = writer_->write(*outcome.batch, 0, outcome.batch->records);
      EXPECT_EQ(written.status, pipeline::WriteOutcome::Status::done);
      in_flight_.push_back(std::move(outcome.batch));
    }
  }

  void on_acknowledged(pipeline::Batch& batch, std::uint32_t count) override {
    acknowledged_ += count;
    if (batch.first_unsent() < batch.records && batch.rewind(false) > 0) return;
    for (auto& held : in_flight_) {
      if (held.get() != &batch) continue;
      std::swap(held, in_flight_.back());
      writer_->recycle(std::move(in_flight_.back()));
      in_flight_.pop_back();
      return;
    }
  }
  void on_failed(pipeline::Batch&, std::uint32_t, ErrorKind, const std::string& reason,
                 const std::string&) override {
    ADD_FAILURE() << reason;
  }
  void on_returned(pipeline::Batch&) override { ADD_FAILURE(); }

  std::size_t allocations_ = 0;
  std::uint64_t acknowledged_ = 0;
  testing::ScriptedCluster source_;
  testing::ScriptedCluster target_;
  testing::SourceLogs logs_;
  std::deque<pipeline::Shard> shards_;
  std::vector<Offset> expected_;
  std::vector<pipeline::BatchPtr> in_flight_;
  std::unique_ptr<PassReader> reader_;
  std::unique_ptr<pipeline::Writer> writer_;
  std::vector<std::unique_ptr<pipeline::ShardReader>> readers_;
};

/// How often some buffer may still become longer than it ever was, as answers meet by chance. What
/// is allocated for each batch, or for each response, comes 1,600 times and more, or 400.
constexpr std::size_t k_growth_max = 100;

void expect_none(int batches_at_once) {
  PassPath path;
  for (int i = 0; i < k_warm_rounds; ++i) ASSERT_TRUE(path.round(batches_at_once));
  const auto before = path.allocations();
  for (int i = 0; i < k_rounds; ++i) ASSERT_TRUE(path.round(batches_at_once));
  const auto after = path.allocations();
  EXPECT_LE(after - before, k_growth_max);
}

TEST(PassAllocations, AreNoneForBatchesThatPass) { expect_none(1); }

TEST(PassAllocations, AreNoneForSmallOnesPutTogether) { expect_none(5); }

}  // namespace
}  // namespace kferry::engines::passthrough
