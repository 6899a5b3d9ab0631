#include "kferry/pipeline/ledger.hpp"

#include <bit>

#include "kferry/base/check.hpp"

namespace kferry::pipeline {

Ledger::Ledger(std::size_t slots_max, Offset start) : slots_(slots_max), safe_(start) {
  KF_CHECK(slots_max > 0 && std::has_single_bit(slots_max));
}

Ledger::Entry& Ledger::entry(Slot slot) {
  KF_CHECK(slot >= head_ && slot < tail_);
  return slots_[slot & (slots_.size() - 1)];
}

const Ledger::Entry& Ledger::entry(Slot slot) const {
  KF_CHECK(slot >= head_ && slot < tail_);
  return slots_[slot & (slots_.size() - 1)];
}

Ledger::Slot Ledger::open(Offset next_offset, std::uint32_t records) {
  KF_CHECK(!full());
  const Offset last = empty() ? safe_ : entry(tail_ - 1).next_offset;
  KF_CHECK(next_offset > last || (records == 0 && next_offset == last));
  const Slot slot = tail_++;
  entry(slot) = Entry{next_offset, records};
  return slot;
}

void Ledger::acknowledge(Slot slot, std::uint32_t count) {
  Entry& at = entry(slot);
  KF_CHECK(count <= at.open_records);
  at.open_records -= count;
}

void Ledger::reopen(Slot slot, std::uint32_t count) { entry(slot).open_records = count; }

bool Ledger::closed(Slot slot) const { return entry(slot).open_records == 0; }

void Ledger::advance_within(Offset offset) {
  KF_CHECK(!empty() && offset >= safe_ && offset <= entry(head_).next_offset);
  safe_ = offset;
}

std::size_t Ledger::advance() {
  std::size_t passed = 0;
  while (head_ != tail_ && closed(head_)) {
    safe_ = entry(head_).next_offset;
    ++head_;
    ++passed;
  }
  return passed;
}

}  // namespace kferry::pipeline
