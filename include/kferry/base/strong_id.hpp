#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace kferry {

/// An integer that can not be mixed up with another kind of integer. No implicit conversions.
template <class Tag, class Rep>
class StrongId {
 public:
  using rep = Rep;
  constexpr StrongId() noexcept = default;
  constexpr explicit StrongId(Rep value) noexcept : value_(value) {}
  constexpr Rep value() const noexcept { return value_; }
  constexpr auto operator<=>(const StrongId&) const noexcept = default;

 private:
  Rep value_{};
};

/// Position in a partition's log. Committed positions follow Kafka's convention: the next offset
/// to read, one above the last one that is done.
using Offset = StrongId<struct OffsetTag, std::int64_t>;
using Partition = StrongId<struct PartitionTag, std::int32_t>;

constexpr Offset next(Offset offset) noexcept { return Offset(offset.value() + 1); }

struct TopicPartition {
  std::string topic;
  Partition partition;
  auto operator<=>(const TopicPartition&) const = default;
};

/// "orders-3", as Kafka's tools print it.
inline std::string to_string(const TopicPartition& tp) {
  return tp.topic + "-" + std::to_string(tp.partition.value());
}

}  // namespace kferry

template <>
struct std::hash<kferry::TopicPartition> {
  std::size_t operator()(const kferry::TopicPartition& tp) const noexcept {
    return std::hash<std::string>{}(tp.topic) * 31 +
           static_cast<std::size_t>(static_cast<std::uint32_t>(tp.partition.value()));
  }
};
