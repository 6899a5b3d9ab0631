#pragma once

#include "kferry/base/bytes.hpp"
#include "kferry/base/result.hpp"
#include "kferry/base/strong_id.hpp"

namespace kferry::topics {

enum class PartitioningMode {
  automatic,  ///< same partition when the counts are equal, by key when they differ
  source,     ///< always the same partition
  key,        ///< always by key
};

/// Target partition of the records of one topic; decided once per topic and never changed while it
/// runs, so that the records of a key stay in one partition. Immutable; thread: any.
class Partitioner {
 public:
  /// Errors: configuration: mode source with fewer partitions on the target than on the source;
  /// retriable: a count that is not positive.
  static Result<Partitioner> make(PartitioningMode mode, std::int32_t source_count,
                                  std::int32_t target_count);

  bool by_key() const noexcept { return by_key_; }
  std::int32_t target_count() const noexcept { return target_count_; }

  /// Where a key lies is what the Java producer's default partitioner says: murmur2 of the key
  /// bytes (also of an empty key), sign bit cleared, modulo the count (DefaultPartitioner,
  /// BuiltInPartitioner.partitionForKey). Records without key: source partition modulo count.
  Partition place(Partition source, NullableBytes key) const noexcept;

 private:
  Partitioner(bool by_key, std::int32_t target_count)
      : by_key_(by_key), target_count_(target_count) {}
  bool by_key_;
  std::int32_t target_count_;
};

}  // namespace kferry::topics
