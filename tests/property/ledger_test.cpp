#include "kferry/pipeline/ledger.hpp"

#include <map>
#include <set>
#include <vector>

#include "support/seed.hpp"

namespace kferry::pipeline {
namespace {

/// The simplest thing that can be right: every unacknowledged record by its offset, and for every
/// batch in send order what is behind it.
class Model {
 public:
  explicit Model(Offset start) : sent_up_to_(start) {}

  void send(Ledger::Slot slot, Offset next_offset, const std::vector<Offset>& records) {
    sent_up_to_ = next_offset;
    behind_[slot] = next_offset;
    for (const Offset record : records) unacknowledged_[record] = slot;
    records_[slot] = records;
  }
  void acknowledge(Offset record) { unacknowledged_.erase(record); }
  void send_again(Ledger::Slot slot) {
    for (const Offset record : records_[slot]) unacknowledged_[record] = slot;
  }
  const std::map<Offset, Ledger::Slot>& unacknowledged() const { return unacknowledged_; }
  std::size_t records_in(Ledger::Slot slot) const { return records_.at(slot).size(); }

  /// What is behind the last batch before the first one that still waits.
  Offset safe_offset(Offset start) const {
    std::set<Ledger::Slot> waiting;
    for (const auto& [record, slot] : unacknowledged_) waiting.insert(slot);
    if (waiting.empty()) return sent_up_to_;
    const Ledger::Slot first = *waiting.begin();
    return first == 0 ? start : behind_.at(first - 1);
  }

 private:
  Offset sent_up_to_;
  std::map<Ledger::Slot, Offset> behind_;
  std::map<Offset, Ledger::Slot> unacknowledged_;
  std::map<Ledger::Slot, std::vector<Offset>> records_;
};

class LedgerProperty : public test::SeededTest {
 protected:
  /// A batch behind what was sent so far: now and then with holes, or with no record at all.
  void send(Ledger& ledger, Model& model) {
    std::vector<Offset> records;
    for (std::uint64_t n = random.one_in(6) ? 0 : random.between(1, 8); n > 0; --n) {
      next_ += random.one_in(5) ? static_cast<std::int64_t>(random.between(2, 50)) : 1;
      records.emplace_back(next_ - 1);
    }
    if (random.one_in(4)) next_ += static_cast<std::int64_t>(random.between(1, 9));
    const auto slot = ledger.open(Offset(next_), static_cast<std::uint32_t>(records.size()));
    model.send(slot, Offset(next_), records);
  }

  /// One random unacknowledged record; sometimes its whole batch goes out again instead.
  void report(Ledger& ledger, Model& model) {
    const auto at =
        std::next(model.unacknowledged().begin(),
                  static_cast<std::ptrdiff_t>(random.below(model.unacknowledged().size())));
    const auto [record, slot] = *at;
    if (random.one_in(10)) {
      ledger.reopen(slot, static_cast<std::uint32_t>(model.records_in(slot)));
      model.send_again(slot);
    } else {
      ledger.acknowledge(slot, 1);
      model.acknowledge(record);
    }
  }

  std::int64_t next_ = 0;
};

TEST_F(LedgerProperty, NeverPassesAnUnacknowledgedRecordAndNeverGoesBack) {
  for (int round = 0; round < 100; ++round) {
    next_ = static_cast<std::int64_t>(random.below(1000));
    const Offset start(next_);
    Ledger ledger(std::size_t{1} << random.below(7), start);
    Model model(start);
    const std::uint64_t send_weight = random.between(1, 9);
    Offset before = start;
    for (int step = 0; step < 500; ++step) {
      const bool can_report = !model.unacknowledged().empty();
      if (!ledger.full() && (!can_report || random.below(10) < send_weight)) {
        send(ledger, model);
      } else if (can_report) {
        report(ledger, model);
      }
      if (ledger.full() || random.one_in(3)) ledger.advance();
      const Offset safe = ledger.safe_offset();
      ASSERT_GE(safe, before) << "round " << round << " step " << step;
      if (!model.unacknowledged().empty()) {
        ASSERT_LE(safe, model.unacknowledged().begin()->first)
            << "round " << round << " step " << step;
      }
      before = safe;
    }
    ledger.advance();
    ASSERT_EQ(ledger.safe_offset(), model.safe_offset(start)) << "round " << round;
  }
}

TEST_F(LedgerProperty, ReachesTheEndWhenEverythingIsAcknowledged) {
  for (int round = 0; round < 100; ++round) {
    next_ = 0;
    Ledger ledger(64, Offset(0));
    Model model{Offset(0)};
    while (!ledger.full()) send(ledger, model);
    while (!model.unacknowledged().empty()) {
      report(ledger, model);
      ledger.advance();
    }
    ledger.advance();
    ASSERT_TRUE(ledger.empty());
    ASSERT_EQ(ledger.safe_offset(), Offset(next_));
  }
}

}  // namespace
}  // namespace kferry::pipeline
