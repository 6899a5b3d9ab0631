#include "kferry/pipeline/shard.hpp"

#include <utility>

namespace kferry::pipeline {

Shard::Shard(TopicPartition source_partition, std::string target_name, topics::Partitioner place,
             Offset start)
    : source(std::move(source_partition)),
      target_topic(std::move(target_name)),
      partitioner(place),
      read_position(start.value()),
      position(start.value()),
      writing(start) {}

}  // namespace kferry::pipeline
