#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kferry/base/result.hpp"
#include "kferry/topics/java_regex.hpp"

namespace kferry::topics {

/// Source topic name to target topic name. Without rules and prefix the name stays. Thread: any.
class TopicRenamer {
 public:
  struct Rule {
    std::string pattern;
    std::string replacement;  ///< $1..$9 capture groups, $$ a dollar sign
  };
  static Result<TopicRenamer> compile(const std::vector<Rule>& rules, std::string prefix);
  /// Errors: the result is not a legal topic name (1 to 249 of [a-zA-Z0-9._-], not "." or "..").
  Result<std::string> rename(std::string_view source_topic) const;

 private:
  struct CompiledRule {
    JavaRegex regex;
    std::string replacement;
  };
  std::vector<CompiledRule> rules_;
  std::string prefix_;
};

}  // namespace kferry::topics
