#pragma once

#include <optional>
#include <string>

#include "app/topic_board.hpp"
#include "kferry/config/settings.hpp"
#include "kferry/engines/passthrough/passthrough_engine.hpp"

namespace kferry::app {

/// What the passthrough engine's two clients are made of. The budget is the flow's share.
/// Errors: configuration.
Result<engines::passthrough::SourceOptions> passthrough_source(const config::FlowSettings& flow,
                                                               std::int64_t flow_budget_bytes,
                                                               std::size_t partitions);
Result<engines::passthrough::TargetOptions> passthrough_target(const config::FlowSettings& flow);

/// Why the clusters can not be spoken to by the engine's own client: a broker is too old. Nothing
/// when they can, or when none of their brokers let us ask, which will be said elsewhere. Waits.
std::optional<std::string> against_clusters(const config::FlowSettings& flow, Milliseconds timeout);

engines::passthrough::TopicTraits to_traits(const TopicBoard::Route& route);

}  // namespace kferry::app
