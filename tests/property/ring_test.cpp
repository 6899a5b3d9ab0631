#include <deque>
#include <memory>
#include <thread>

#include "kferry/ring/spsc_ring.hpp"
#include "support/seed.hpp"

namespace kferry::ring {
namespace {

using RingProperty = test::SeededTest;

TEST_F(RingProperty, BehavesLikeABoundedQueue) {
  for (int round = 0; round < 200; ++round) {
    const std::size_t capacity = std::size_t{1} << random.below(8);
    SpscRing<std::unique_ptr<std::uint64_t>> ring(capacity);
    std::deque<std::uint64_t> model;
    const std::uint64_t push_weight = random.between(1, 9);
    for (std::uint64_t step = 0; step < 1000; ++step) {
      if (random.below(10) < push_weight) {
        const bool has_room = model.size() < capacity;
        ASSERT_EQ(ring.full(), !has_room);
        ASSERT_EQ(ring.try_push(std::make_unique<std::uint64_t>(step)), has_room);
        if (has_room) model.push_back(step);
      } else {
        const auto value = ring.try_pop();
        ASSERT_EQ(value.has_value(), !model.empty());
        if (!value) continue;
        ASSERT_EQ(**value, model.front());
        model.pop_front();
      }
      ASSERT_EQ(ring.size(), model.size());
      ASSERT_EQ(ring.empty(), model.empty());
    }
  }
}

TEST_F(RingProperty, KeepsOrderUnderBurstsOfBothThreads) {
  for (int round = 0; round < 20; ++round) {
    const std::size_t capacity = std::size_t{1} << random.below(9);
    SpscRing<std::uint64_t> ring(capacity);
    const std::uint64_t count = capacity * random.between(10, 100);
    const std::uint64_t pause_every = random.between(1, 300);
    std::thread producer([&ring, count, pause_every] {
      for (std::uint64_t i = 0; i < count; ++i) {
        while (!ring.try_push(std::uint64_t{i})) std::this_thread::yield();
        if (i % pause_every == 0) std::this_thread::yield();
      }
    });
    std::uint64_t taken = 0;
    std::uint64_t wrong = 0;
    while (taken < count) {
      if (const auto value = ring.try_pop()) {
        if (*value != taken++) ++wrong;
      } else {
        std::this_thread::yield();
      }
    }
    producer.join();
    ASSERT_EQ(wrong, 0U);
  }
}

}  // namespace
}  // namespace kferry::ring
