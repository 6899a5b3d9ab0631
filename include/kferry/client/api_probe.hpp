#pragma once

#include <optional>
#include <span>
#include <string>

#include "kferry/base/clock.hpp"
#include "kferry/base/result.hpp"
#include "kferry/client/cluster.hpp"

namespace kferry::client {

/// Asks the bootstrap servers whether their cluster has these APIs in versions of ours; the first
/// one that answers speaks for it. The text names the broker and what is missing; nothing: all is
/// there. Errors: those of the last server, where none of them answered within the timeout.
/// Thread: any; waits.
Result<std::optional<std::string>> missing_api(const ClusterSettings& settings,
                                               std::span<const protocol::ApiKey> wanted,
                                               Milliseconds timeout);

}  // namespace kferry::client
