#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kferry/base/bytes.hpp"

namespace kferry::pipeline {

/// A record as rules see it, without a copy of anything.
class RecordView {
 public:
  virtual ~RecordView() = default;
  virtual NullableBytes key() const = 0;
  /// Whether a header of this name satisfies the predicate (null values included).
  virtual bool any_header(std::string_view name,
                          const std::function<bool(NullableBytes)>& predicate) const = 0;
};

/// Whether a record goes to the target.
using RecordFilter = std::function<bool(const RecordView&)>;

/// What a flow does to its records beyond moving them. Empty: they stay as they are.
struct TransformRules {
  RecordFilter filter;  ///< unset: every record goes
  /// Adds kferry.source.cluster, .topic, .partition and .offset, the last two as decimal text.
  bool provenance_headers = false;
  std::string source_cluster_id;
};

}  // namespace kferry::pipeline
