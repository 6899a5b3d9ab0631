#pragma once

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

engines::passthrough::TopicTraits to_traits(const TopicBoard::Route& route);

}  // namespace kferry::app
