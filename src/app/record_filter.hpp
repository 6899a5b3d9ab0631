#pragma once

#include <vector>

#include "kferry/base/result.hpp"
#include "kferry/config/settings.hpp"
#include "kferry/pipeline/transform.hpp"

namespace kferry::app {

/// One predicate of all filter rules: a record goes when no drop rule matches it and, if there are
/// keep rules, at least one of them does. No rules: an empty filter. Errors: configuration, with
/// the origin of the wrong pattern.
Result<pipeline::RecordFilter> make_record_filter(const std::vector<config::FilterRule>& rules);

}  // namespace kferry::app
