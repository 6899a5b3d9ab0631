// Streams under random answers, failures, resets, parks and changes of owner. Whatever happens, a
// position never passes a record that is not on the target (the fake target looks at every step),
// and in the end every record is there, in order, or was dropped by the policy.

#include "support/stream_test.hpp"

#include <set>

#include "support/seed.hpp"

namespace kferry::pipeline {
namespace {

using test::StreamWorld;

struct Round {
  SendFailurePolicy policy = SendFailurePolicy::park;
  std::int32_t shards = 1;
  std::int64_t budget_bytes = 0;
  test::FakeTarget::Temper temper;
};

class StreamProperty : public test::SeededTest {
 protected:
  static constexpr std::int64_t k_records = 150;

  Round draw() {
    Round round;
    round.policy = random.one_in(2) ? SendFailurePolicy::park : SendFailurePolicy::skip;
    round.shards = static_cast<std::int32_t>(random.between(1, 5));
    round.budget_bytes = static_cast<std::int64_t>(random.between(50, 5'000));
    round.temper.request_records = random.between(1, 20);
    round.temper.dawdles = random.one_in(3) ? 0 : static_cast<std::uint32_t>(random.between(2, 4));
    round.temper.breaks = random.one_in(2) ? 0 : static_cast<std::uint32_t>(random.between(20, 90));
    round.temper.refuses = random.one_in(2) ? 0 : static_cast<std::uint32_t>(random.between(8, 60));
    return round;
  }

  void prepare(StreamWorld& world, const Round& round) {
    world.target.set_temper(round.temper);
    if (random.one_in(2)) world.target.set_room(random.between(1, 40));
    for (std::int32_t p = 0; p < round.shards; ++p) {
      world.log(p).set_batch_records(random.between(1, 12));
      for (std::int64_t offset = 0; offset < 3 * k_records; ++offset) {
        if (random.one_in(60)) {
          world.target.refuse(StreamWorld::tp(p), offset, ErrorKind::record, random.one_in(2));
          refused_.insert({p, offset});
        } else if (random.one_in(40)) {
          world.target.filter_out(StreamWorld::tp(p), offset);
          filtered_.insert({p, offset});
        }
      }
    }
  }

  /// Records and gaps, until each source has its records.
  void feed(StreamWorld& world, const Round& round) {
    for (std::int32_t p = 0; p < round.shards; ++p) {
      auto& log = world.log(p);
      if (log.end() >= 2 * k_records) continue;
      log.append(static_cast<std::int64_t>(random.below(12)));
      if (random.one_in(4)) log.append_gap(static_cast<std::int64_t>(random.between(1, 5)));
    }
  }

  /// What the control thread does to a shard that may run, be parked or be anything between.
  void disturb(StreamWorld& world, Shard*& shard) {
    const std::int32_t p = shard->source.partition.value();
    switch (random.below(6)) {
      case 0: {  // given to the next owner, drained or not
        const Offset position = world.retire(*shard);
        shard = &world.open(p, position);
        break;
      }
      case 1:
        resume(world, *shard);
        break;
      case 2:
        if (random.one_in(4)) world.target.break_producer();
        break;
      default:
        break;
    }
  }

  static void resume(StreamWorld& world, Shard& shard) {
    world.stream->stop_reading(shard);
    world.stream->abandon({&shard});
    const Offset position(shard.position);
    world.log(shard.source.partition.value()).seek(position);
    world.stream->resume(shard, position);
  }

  /// As an operator would: what is refused for good is accepted from now on; parked shards go on.
  void mend(StreamWorld& world) {
    for (const auto& [p, offset] : refused_) world.target.accept_again(StreamWorld::tp(p), offset);
  }

  void check(StreamWorld& world, const Round& round) {
    for (std::int32_t p = 0; p < round.shards; ++p) {
      std::set<std::int64_t> written;
      for (const std::int64_t offset : world.target.log(StreamWorld::tp(p))) written.insert(offset);
      std::vector<std::int64_t> expected;
      for (const std::int64_t offset : world.log(p).records()) {
        if (filtered_.contains({p, offset})) continue;
        const bool dropped = round.policy == SendFailurePolicy::skip &&
                             refused_.contains({p, offset}) && !written.contains(offset);
        if (!dropped) expected.push_back(offset);
      }
      ASSERT_EQ(test::order_fault(world.target.log(StreamWorld::tp(p)), expected), "")
          << "shard " << p << ", refused" << list(refused_, p) << ", filtered"
          << list(filtered_, p);
    }
  }

  static std::string list(const std::set<std::pair<std::int32_t, std::int64_t>>& set,
                          std::int32_t shard) {
    std::string text;
    for (const auto& [p, offset] : set) {
      if (p == shard) text += " " + std::to_string(offset);
    }
    return text;
  }

  std::set<std::pair<std::int32_t, std::int64_t>> refused_;
  std::set<std::pair<std::int32_t, std::int64_t>> filtered_;
};

TEST_F(StreamProperty, LosesNothingAndKeepsTheOrder) {
  for (int number = 0; number < 60; ++number) {
    refused_.clear();
    filtered_.clear();
    const Round round = draw();
    SCOPED_TRACE("round " + std::to_string(number) +
                 (round.policy == SendFailurePolicy::skip ? ", skip" : ", park"));
    StreamWorld world(random.below(1'000'000'000), round.budget_bytes);
    prepare(world, round);
    world.start(round.policy);
    std::vector<Shard*> shards;
    for (std::int32_t p = 0; p < round.shards; ++p) shards.push_back(&world.open(p));
    for (int step = 0; step < 40; ++step) {
      feed(world, round);
      disturb(world, shards[random.below(shards.size())]);
    }
    if (round.policy == SendFailurePolicy::park) mend(world);
    for (Shard* shard : shards) {
      const std::int64_t end = world.reader.log(shard->source).end();
      // A shard may have been parked before the target was mended, so it is resumed once.
      if (round.policy == SendFailurePolicy::park) resume(world, *shard);
      ASSERT_TRUE(world.reaches(*shard, end))
          << to_string(shard->source) << " stands at " << shard->position << " of " << end;
    }
    check(world, round);
    world.close();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace kferry::pipeline
