#include "engines/records/record_batch.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "kferry/engines/records/records_engine.hpp"
#include "support/source_group.hpp"

namespace kferry::engines::records {
namespace {

using State = Record::State;
using test::SourceGroup;

/// Batches of real messages: the library alone can make them.
class RecordBatchTest : public ::testing::Test {
 protected:
  static constexpr int k_count = 6;

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(group.make({{"t", 1}}));
    ASSERT_NO_FATAL_FAILURE(group.fill({"t", Partition(0)}, k_count));
    kafka::LogContext& context = context_;
    auto client = kafka::make_query_client(group.config(), context);
    ASSERT_TRUE(client);
    consumer = std::move(*client);
    kafka::PartitionList list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), "t", 0)->offset = 0;
    ASSERT_EQ(rd_kafka_assign(consumer.get(), list.get()), RD_KAFKA_RESP_ERR_NO_ERROR);
    while (batch.contents().size() < k_count) {
      rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer.get(), 10'000);
      ASSERT_NE(message, nullptr);
      ASSERT_EQ(message->err, RD_KAFKA_RESP_ERR_NO_ERROR);
      batch.add(message);
    }
    batch.close(Offset(k_count + 3));
  }
  void TearDown() override { batch.clear(); }  // messages go before their client

  void set(std::vector<State> states) {
    for (std::size_t i = 0; i < states.size(); ++i) batch.contents()[i].state = states[i];
  }
  std::vector<State> states() {
    std::vector<State> list;
    for (const Record& record : batch.contents()) list.push_back(record.state);
    return list;
  }

  SourceGroup group;
  kafka::LogContext context_{kafka::Side::source, "test"};
  kafka::Client consumer;
  RecordBatch batch;
};

TEST_F(RecordBatchTest, KnowsWhatItHolds) {
  EXPECT_EQ(batch.records, 6U);
  EXPECT_EQ(batch.first_offset, Offset(0));
  EXPECT_EQ(batch.next_offset, Offset(9));
  EXPECT_EQ(batch.oldest_timestamp, 1'000);
  EXPECT_EQ(batch.payload_bytes, 6 * (std::string("key").size() + 1));
  EXPECT_GT(batch.memory_bytes, batch.payload_bytes);
  EXPECT_EQ(batch.record_offset(5), Offset(5));
  EXPECT_EQ(batch.index_of(batch.contents()[4]), 4U);
  EXPECT_EQ(batch.first_unsent(), 0U);
  batch.clear();
  EXPECT_EQ(batch.records, 0U);
  EXPECT_EQ(batch.memory_bytes, 0U);
}

TEST_F(RecordBatchTest, RewindsToTheFirstRecordWithoutAnswer) {
  set({State::acknowledged, State::in_flight, State::acknowledged, State::in_flight, State::unsent,
       State::unsent});
  EXPECT_EQ(batch.rewind(false), 5U);
  EXPECT_EQ(batch.first_unsent(), 1U);
  // Order is worth more than a repeat: the acknowledged record behind goes again as well.
  EXPECT_EQ(states(), (std::vector<State>{State::acknowledged, State::unsent, State::unsent,
                                          State::unsent, State::unsent, State::unsent}));
}

TEST_F(RecordBatchTest, RewindsWhollyWhenAnEarlierBatchHasAHole) {
  set(std::vector<State>(6, State::acknowledged));
  EXPECT_EQ(batch.rewind(false), 0U);
  EXPECT_EQ(batch.first_unsent(), batch.records);
  EXPECT_EQ(batch.rewind(true), 6U);
  EXPECT_EQ(batch.first_unsent(), 0U);
}

TEST_F(RecordBatchTest, WhatIsDoneStaysDone) {
  set({State::done, State::in_flight, State::done, State::acknowledged, State::done, State::done});
  batch.give_up(1);
  EXPECT_EQ(batch.rewind(true), 1U);
  EXPECT_EQ(batch.first_unsent(), 3U);
  batch.give_up(3);
  EXPECT_EQ(batch.rewind(true), 0U);
  EXPECT_EQ(batch.first_unsent(), batch.records);
}

TEST_F(RecordBatchTest, ABatchWithoutRecordsOnlySaysWhereTheLogGoesOn) {
  RecordBatch empty;
  empty.close(Offset(12));
  EXPECT_EQ(empty.records, 0U);
  EXPECT_EQ(empty.first_offset, Offset(12));
  EXPECT_EQ(empty.next_offset, Offset(12));
  EXPECT_EQ(empty.oldest_timestamp, -1);
  EXPECT_EQ(empty.rewind(true), 0U);
}

TEST_F(RecordBatchTest, ThePoolGivesBatchesBackEmpty) {
  BatchPool pool;
  auto taken = pool.take();
  for (Record& record : batch.contents()) taken->add(record.message.release());
  batch.clear();
  taken->close(Offset(6));
  const RecordBatch* address = taken.get();
  pool.give_back(std::move(taken));
  const auto again = pool.take();
  EXPECT_EQ(again.get(), address);
  EXPECT_EQ(again->records, 0U);
  EXPECT_TRUE(again->contents().empty());
  EXPECT_EQ(again->payload_bytes, 0U);
}

/// The reader between a member's client and the pipeline.
class QueueReaderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(group.make({{"t", 1}}));
    auto made = kafka::GroupMember::create(group.config(), "test", listener);
    ASSERT_TRUE(made);
    member = std::move(*made);
    reader = make_reader(member->client());
    auto opened = reader->open(tp, Offset(0), [this] { ++calls; });
    ASSERT_TRUE(opened);
    shard = std::move(*opened);
    const std::vector<std::string> topics{"t"};
    ASSERT_TRUE(member->subscribe(topics));
  }
  void TearDown() override {
    shard.reset();
    reader.reset();
    if (member) {
      EXPECT_TRUE(member->close(test::k_group_patience));
    }
  }
  /// The next batch with records; what has none moves expected on.
  pipeline::BatchPtr next() {
    pipeline::BatchPtr batch;
    EXPECT_TRUE(test::serve_until(*member, [&] {
      auto outcome = shard->read(expected);
      EXPECT_FALSE(outcome.failure);
      if (!outcome.batch) return false;
      EXPECT_GE(outcome.batch->next_offset, expected);
      expected = outcome.batch->next_offset;
      batch = std::move(outcome.batch);
      return batch->records > 0;
    }));
    return batch;
  }

  const TopicPartition tp{"t", Partition(0)};
  SourceGroup group;
  test::RememberingListener listener;
  std::unique_ptr<kafka::GroupMember> member;
  std::unique_ptr<pipeline::Reader> reader;
  std::unique_ptr<pipeline::ShardReader> shard;
  std::atomic<int> calls{0};
  Offset expected{0};
};

TEST_F(QueueReaderTest, ReadsWhatArrivesAndSaysWhenItArrives) {
  ASSERT_NO_FATAL_FAILURE(group.fill(tp, 5));
  std::int64_t offset = 0;
  while (offset < 5) {
    const auto batch = next();
    ASSERT_NE(batch, nullptr);
    for (std::uint32_t i = 0; i < batch->records; ++i) {
      EXPECT_EQ(batch->record_offset(i), Offset(offset++));
    }
  }
  EXPECT_EQ(expected, Offset(5));
  ASSERT_TRUE(test::serve_until(*member, [&] { return !shard->read(expected).batch; }));
  const int before = calls;
  ASSERT_NO_FATAL_FAILURE(group.fill(tp, 1));
  ASSERT_TRUE(test::serve_until(*member, [&] { return calls > before; }));
  EXPECT_NE(next(), nullptr);
  EXPECT_TRUE(listener.errors.empty());
}

TEST_F(QueueReaderTest, DropsWhatWasReadBefore) {
  ASSERT_NO_FATAL_FAILURE(group.fill(tp, 5));
  expected = Offset(3);
  const auto batch = next();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(batch->first_offset, Offset(3));
}

}  // namespace
}  // namespace kferry::engines::records
