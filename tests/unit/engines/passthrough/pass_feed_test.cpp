#include "engines/passthrough/pass_feed.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "support/log_batches.hpp"

namespace kferry::engines::passthrough {
namespace {

using client::FetchTrouble;
using pipeline::ReadFailure;
using testing::append;
using testing::plain_batch;

class PassFeedTest : public ::testing::Test {
 protected:
  /// An answer of so many bytes, of which the partition has one batch at its end.
  client::Fetched answer(std::int64_t base, std::size_t bytes) {
    std::vector<std::byte> batch;
    append(batch, plain_batch(base, 1));
    client::Fetched fetched;
    fetched.slab = slabs.take(bytes);
    fetched.records = {fetched.slab.data(), batch.size()};
    std::copy(batch.begin(), batch.end(), fetched.slab.data());
    fetched.high_watermark = fetched.last_stable_offset = base + 1;
    fetched.bytes_max = 1 << 20;
    return fetched;
  }

  client::SlabPool slabs;
  FeedBasics basics{slabs, 64U << 20};
  int ready = 0;
  PassFeed feed{basics, {}, "t-0", 0, [this] { ++ready; }};
};

TEST_F(PassFeedTest, ACutLogIsNotForgottenByARestart) {
  feed.on_trouble(FetchTrouble::truncated, 0, "the log was cut at offset 3");
  EXPECT_TRUE(feed.cut());
  feed.restart(6);
  EXPECT_TRUE(feed.cut());
  const auto failure = feed.failure();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, ReadFailure::Kind::truncated);
  EXPECT_EQ(failure->reason, "LOG_TRUNCATED");
  EXPECT_FALSE(feed.cut()) << "told once";
  feed.on_trouble(FetchTrouble::corrupt, 0, "damaged");
  feed.restart(6);
  EXPECT_FALSE(feed.failure()) << "what may heal is tried again";
}

TEST_F(PassFeedTest, TheLogEndIsLiveAsLongAsTheLogIsHeardOf) {
  EXPECT_FALSE(feed.log_end().live);
  feed.on_fetched(answer(0, 4'096));
  EXPECT_EQ(feed.log_end().offset, 1);
  EXPECT_TRUE(feed.log_end().live);
  const int before = ready;
  feed.on_silence();
  feed.on_silence();
  EXPECT_FALSE(feed.log_end().live);
  EXPECT_EQ(ready, before + 1);
  client::Fetched nothing = answer(1, 4'096);
  nothing.records = {};
  nothing.high_watermark = nothing.last_stable_offset = 1;
  feed.on_fetched(nothing);
  EXPECT_TRUE(feed.log_end().live);
  EXPECT_EQ(ready, before + 2) << "although nothing has changed";
}

TEST_F(PassFeedTest, AStandingPartitionHoldsItsPartOfAnAnswerAlone) {
  constexpr std::size_t k_answer_bytes = 1U << 20;
  for (std::int64_t base = 0; base < 30; ++base) feed.on_fetched(answer(base, k_answer_bytes));
  EXPECT_EQ(feed.queue().size(), 30U);
  EXPECT_LT(slabs.bytes_in_use(), 10 * k_answer_bytes);
  for (std::int64_t base = 0; base < 30; ++base) {
    const FetchedBatch batch = feed.pop();
    EXPECT_EQ(batch.header.base_offset, base);
    EXPECT_TRUE(protocol::checksum_holds(batch.bytes));
  }
  EXPECT_EQ(slabs.bytes_in_use(), 0U);
}

}  // namespace
}  // namespace kferry::engines::passthrough
