#include "kferry/topics/partitioner.hpp"

#include <set>

#include "kferry/protocol/murmur2.hpp"
#include "support/seed.hpp"

namespace kferry::topics {
namespace {

class PartitionerProperty : public test::SeededTest {
 protected:
  std::int32_t count() { return static_cast<std::int32_t>(random.between(1, 200)); }
  Partition partition(std::int32_t below) {
    return Partition(static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(below))));
  }
};

TEST_F(PartitionerProperty, PutsAKeyInOnePartitionWhereverItComesFrom) {
  for (int round = 0; round < 2000; ++round) {
    const std::int32_t source = count();
    const std::int32_t target = count();
    const Partitioner partitioner = *Partitioner::make(PartitioningMode::key, source, target);
    const std::string key = random.bytes(64);
    const Partition placed = partitioner.place(partition(source), as_bytes(key));
    ASSERT_EQ(partitioner.place(partition(source), as_bytes(key)), placed);
    ASSERT_EQ(placed.value(), protocol::to_positive(protocol::murmur2(as_bytes(key))) % target);
  }
}

TEST_F(PartitionerProperty, StaysWithinTheTarget) {
  for (int round = 0; round < 2000; ++round) {
    const std::int32_t source = count();
    const std::int32_t target = count();
    for (const PartitioningMode mode :
         {PartitioningMode::automatic, PartitioningMode::source, PartitioningMode::key}) {
      const Result<Partitioner> made = Partitioner::make(mode, source, target);
      ASSERT_EQ(made.has_value(), mode != PartitioningMode::source || target >= source);
      if (!made) continue;
      const std::string bytes = random.bytes(32);
      const NullableBytes key = random.one_in(3) ? NullableBytes() : as_bytes(bytes);
      const Partition placed = made->place(partition(source), key);
      ASSERT_GE(placed.value(), 0);
      ASSERT_LT(placed.value(), target);
    }
  }
}

TEST_F(PartitionerProperty, KeepsRecordsWithoutKeyOfAPartitionTogether) {
  for (int round = 0; round < 500; ++round) {
    const std::int32_t source = count();
    const std::int32_t target = count();
    const Partitioner partitioner = *Partitioner::make(PartitioningMode::key, source, target);
    std::set<Partition> used;
    for (std::int32_t i = 0; i < source; ++i) {
      used.insert(partitioner.place(Partition(i), std::nullopt));
    }
    ASSERT_EQ(used.size(), static_cast<std::size_t>(std::min(source, target)));
  }
}

TEST_F(PartitionerProperty, SpreadsKeys) {
  const Partitioner partitioner = *Partitioner::make(PartitioningMode::key, 1, 16);
  std::vector<int> counts(16, 0);
  for (int i = 0; i < 16'000; ++i) {
    const std::string key = "customer-" + std::to_string(random.below(1'000'000'000));
    ++counts[static_cast<std::size_t>(partitioner.place(Partition(0), as_bytes(key)).value())];
  }
  // 1000 each is expected with a deviation of 31, so 800 to 1200 is beyond six of them.
  for (const int keys : counts) {
    ASSERT_GT(keys, 800);
    ASSERT_LT(keys, 1200);
  }
}

}  // namespace
}  // namespace kferry::topics
