#pragma once

#include <cstdint>
#include <string_view>

namespace kferry::client {

/// What a producer does about a broker's answer for one batch.
enum class ProduceReaction {
  acknowledge,      ///< it is on the target
  retry,            ///< the same broker, after a pause
  retry_elsewhere,  ///< ask who leads the partition, then again
  retry_some,       ///< as retry_elsewhere, but only so often: it may be meant for good
  retry_once,       ///< what arrived is not what was sent; when it is so again, refuse_record
  refuse_record,    ///< something in this batch is not accepted, ever
  refuse_lane,      ///< nothing can be written to this partition
  broken,           ///< the producer's identity is of no use any more
};

/// How often retry_some tries before the partition counts as refused: with the back-off about half
/// a minute, which outlasts the spreading of a new topic's metadata.
inline constexpr int k_retries_of_some = 30;

struct ProduceError {
  std::int16_t code;
  std::string_view name;  ///< Kafka's; UNKNOWN when the code is not known
  ProduceReaction reaction;
};

/// Every code that a broker up to 4.1 can answer to Produce has a row; others that it could invent
/// count as retry_some.
ProduceError produce_error(std::int16_t code) noexcept;

}  // namespace kferry::client
