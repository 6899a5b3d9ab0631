#include "kferry/pipeline/ledger.hpp"

#include <gtest/gtest.h>

namespace kferry::pipeline {
namespace {

TEST(Ledger, StartsWhereItsShardStarts) {
  Ledger ledger(4, Offset(100));
  EXPECT_TRUE(ledger.empty());
  EXPECT_FALSE(ledger.full());
  EXPECT_EQ(ledger.safe_offset(), Offset(100));
  EXPECT_EQ(ledger.advance(), 0U);
  EXPECT_EQ(ledger.safe_offset(), Offset(100));
}

TEST(Ledger, MovesOnlyOverAClosedPrefix) {
  Ledger ledger(4, Offset(0));
  const auto first = ledger.open(Offset(10), 10);
  const auto second = ledger.open(Offset(20), 10);
  const auto third = ledger.open(Offset(30), 10);
  ledger.acknowledge(third, 10);
  ledger.acknowledge(second, 10);
  EXPECT_EQ(ledger.advance(), 0U);
  EXPECT_EQ(ledger.safe_offset(), Offset(0));
  ledger.acknowledge(first, 9);
  EXPECT_EQ(ledger.advance(), 0U);
  ledger.acknowledge(first, 1);
  EXPECT_EQ(ledger.advance(), 3U);
  EXPECT_EQ(ledger.safe_offset(), Offset(30));
  EXPECT_TRUE(ledger.empty());
}

TEST(Ledger, StopsBeforeTheFirstOpenSlot) {
  Ledger ledger(4, Offset(0));
  const auto first = ledger.open(Offset(10), 1);
  ledger.open(Offset(20), 1);
  ledger.acknowledge(first, 1);
  EXPECT_EQ(ledger.advance(), 1U);
  EXPECT_EQ(ledger.safe_offset(), Offset(10));
  EXPECT_EQ(ledger.in_flight(), 1U);
}

TEST(Ledger, StepsOverHolesBetweenOffsets) {
  Ledger ledger(4, Offset(0));
  const auto slot = ledger.open(Offset(1000), 3);
  ledger.acknowledge(slot, 3);
  EXPECT_EQ(ledger.advance(), 1U);
  EXPECT_EQ(ledger.safe_offset(), Offset(1000));
}

TEST(Ledger, WaitsForNothingInASlotWithoutRecords) {
  Ledger ledger(4, Offset(0));
  const auto first = ledger.open(Offset(10), 1);
  const auto filtered = ledger.open(Offset(20), 0);
  EXPECT_TRUE(ledger.closed(filtered));
  EXPECT_EQ(ledger.advance(), 0U);
  ledger.acknowledge(first, 1);
  EXPECT_EQ(ledger.advance(), 2U);
  EXPECT_EQ(ledger.safe_offset(), Offset(20));
  ledger.open(Offset(20), 0);
  EXPECT_EQ(ledger.advance(), 1U);
  EXPECT_EQ(ledger.safe_offset(), Offset(20));
}

TEST(Ledger, WaitsAgainForASlotThatIsSentAgain) {
  Ledger ledger(4, Offset(0));
  const auto slot = ledger.open(Offset(10), 10);
  ledger.acknowledge(slot, 4);
  ledger.reopen(slot, 10);
  ledger.acknowledge(slot, 6);
  EXPECT_FALSE(ledger.closed(slot));
  EXPECT_EQ(ledger.advance(), 0U);
  ledger.acknowledge(slot, 4);
  EXPECT_TRUE(ledger.closed(slot));
  EXPECT_EQ(ledger.advance(), 1U);
}

TEST(Ledger, UsesItsSlotsAgain) {
  Ledger ledger(2, Offset(0));
  for (std::int64_t i = 1; i <= 100; ++i) {
    const auto slot = ledger.open(Offset(i), 1);
    EXPECT_EQ(slot, static_cast<Ledger::Slot>(i - 1));
    EXPECT_EQ(ledger.head(), slot);
    EXPECT_EQ(ledger.tail(), slot + 1);
    ledger.acknowledge(slot, 1);
    EXPECT_EQ(ledger.advance(), 1U);
  }
  EXPECT_EQ(ledger.safe_offset(), Offset(100));
}

TEST(Ledger, IsFullWithAsManySlotsAsItHas) {
  Ledger ledger(2, Offset(0));
  const auto first = ledger.open(Offset(1), 1);
  EXPECT_FALSE(ledger.full());
  ledger.open(Offset(2), 1);
  EXPECT_TRUE(ledger.full());
  ledger.acknowledge(first, 1);
  EXPECT_TRUE(ledger.full());
  ledger.advance();
  EXPECT_FALSE(ledger.full());
}

TEST(LedgerDeathTest, StopsWhatWouldLoseRecords) {
  EXPECT_DEATH(Ledger(3, Offset(0)), "has_single_bit");
  Ledger ledger(2, Offset(10));
  EXPECT_DEATH(ledger.open(Offset(9), 1), "next_offset");
  EXPECT_DEATH(ledger.open(Offset(10), 1), "next_offset");
  const auto slot = ledger.open(Offset(20), 2);
  EXPECT_DEATH(ledger.open(Offset(20), 1), "next_offset");
  EXPECT_DEATH(ledger.acknowledge(slot, 3), "open_records");
  EXPECT_DEATH(ledger.acknowledge(slot + 1, 0), "slot");
  ledger.acknowledge(slot, 2);
  ledger.advance();
  EXPECT_DEATH(ledger.acknowledge(slot, 0), "slot");
  ledger.open(Offset(30), 1);
  ledger.open(Offset(40), 1);
  EXPECT_DEATH(ledger.open(Offset(50), 1), "full");
}

}  // namespace
}  // namespace kferry::pipeline
