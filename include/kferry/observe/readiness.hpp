#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "kferry/observe/snapshot.hpp"

namespace kferry::observe {

/// True when everything that should flow does: the flow calls itself ready, no topic waits and no
/// shard is parked or waiting.
bool is_ready(const FlowSnapshot& flow);
/// True when every flow is, and there is one.
bool is_ready(const Snapshot& snapshot);

/// A thousand shards that fail alike are one story: this many are told per flow, the rest counted.
inline constexpr std::size_t k_shard_reasons_max = 20;

/// So many waiting topics are named for each flow.
inline constexpr std::size_t k_waiting_topics_max = 20;

/// Why not, one line without a line break each; empty when ready. For people.
std::vector<std::string> not_ready_reasons(const Snapshot& snapshot);

}  // namespace kferry::observe
