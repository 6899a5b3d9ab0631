#include "kferry/topics/partitioner.hpp"

#include <fmt/format.h>

#include "kferry/protocol/murmur2.hpp"

namespace kferry::topics {

Result<Partitioner> Partitioner::make(PartitioningMode mode, std::int32_t source_count,
                                      std::int32_t target_count) {
  if (source_count <= 0 || target_count <= 0) {
    return Error{ErrorKind::retriable,
                 fmt::format("{} partitions on the source, {} on the target: a topic without "
                             "partitions is being created or deleted",
                             source_count, target_count)};
  }
  if (mode == PartitioningMode::source && target_count < source_count) {
    return Error{ErrorKind::configuration,
                 fmt::format("{} partitions on the source but only {} on the target: add "
                             "partitions there, or use partitioning 'auto' or 'key'",
                             source_count, target_count)};
  }
  const bool by_key = mode == PartitioningMode::key ||
                      (mode == PartitioningMode::automatic && source_count != target_count);
  return Partitioner(by_key, target_count);
}

Partition Partitioner::place(Partition source, NullableBytes key) const noexcept {
  if (by_key_ && key.has_value()) {
    return Partition(protocol::to_positive(protocol::murmur2(*key)) % target_count_);
  }
  return Partition(source.value() % target_count_);
}

}  // namespace kferry::topics
