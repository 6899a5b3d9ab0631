#pragma once

#include <cstdint>
#include <optional>

#include "kferry/observe/snapshot.hpp"

namespace kferry::observe {

/// A flow's or the process' sums: its shards and the shards that it has released.
struct Totals : FlowCounters {
  std::optional<std::int64_t> lag_records;  ///< of the shards that know theirs; none: empty
  std::optional<double> lag_seconds;        ///< the largest
  std::uint64_t shards_without_lag = 0;
};

Totals totals(const FlowSnapshot& flow);
Totals totals(const Snapshot& snapshot);

}  // namespace kferry::observe
