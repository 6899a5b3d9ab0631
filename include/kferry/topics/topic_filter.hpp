#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "kferry/base/result.hpp"
#include "kferry/topics/java_regex.hpp"

namespace kferry::topics {

/// MirrorMaker's rewriting of a topic list into a regex (TopicFilter.java): outer blanks trimmed,
/// ',' becomes '|', every blank deleted, quotes at both ends stripped.
std::string mirror_maker_pattern(std::string_view text);

/// Decides which source topics a flow mirrors. Immutable; thread: any.
class TopicFilter {
 public:
  /// Both in MirrorMaker's form, before its rewriting; exclude may be empty, include may not.
  /// Errors (kind configuration) name the pattern and what is wrong with it.
  static Result<TopicFilter> compile(std::string_view include, std::string_view exclude,
                                     bool exclude_internal_topics);
  bool matches(std::string_view topic) const;
  /// The same, but a topic that exhausts a pattern's match limit is an error (kind configuration);
  /// matches() says no to it.
  Result<bool> try_matches(std::string_view topic) const;

 private:
  TopicFilter(JavaRegex include, std::unique_ptr<JavaRegex> exclude, bool exclude_internal);
  JavaRegex include_;
  std::unique_ptr<JavaRegex> exclude_;
  bool exclude_internal_;
};

/// Topics that belong to a cluster or to kferry and not to its users: __consumer_offsets,
/// __transaction_state, __share_group_state, __cluster_metadata, __kferry*, __alikafka_*.
bool is_internal_topic(std::string_view topic) noexcept;

}  // namespace kferry::topics
