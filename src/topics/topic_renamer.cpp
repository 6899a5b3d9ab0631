#include "kferry/topics/topic_renamer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace kferry::topics {
namespace {

// Topic.java: longer names would not leave room for the partition in a file name.
constexpr std::size_t k_topic_name_chars_max = 249;

constexpr bool is_topic_char(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

std::optional<Error> check_replacement(std::string_view replacement, std::size_t group_count) {
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    const char c = replacement[i];
    if (c != '$') {
      if (is_topic_char(c)) continue;
      return Error{ErrorKind::configuration,
                   fmt::format("'{}' can not be part of a topic name", c)};
    }
    const char next = ++i < replacement.size() ? replacement[i] : '\0';
    if (next == '$') continue;
    if (next < '1' || next > '9') {
      return Error{ErrorKind::configuration, "after '$' comes the number of a group, 1 to 9, or $"};
    }
    if (static_cast<std::size_t>(next - '0') > group_count) {
      return Error{ErrorKind::configuration,
                   fmt::format("${} is used, but the pattern has {} groups", next, group_count)};
    }
  }
  return std::nullopt;
}

std::string expand(std::string_view replacement, const std::vector<std::string>& groups) {
  std::string name;
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] != '$') {
      name += replacement[i];
    } else if (replacement[++i] == '$') {
      name += '$';
    } else {
      name += groups[static_cast<std::size_t>(replacement[i] - '0')];
    }
  }
  return name;
}

bool is_legal_topic_name(std::string_view name) {
  return !name.empty() && name.size() <= k_topic_name_chars_max && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), is_topic_char);
}

}  // namespace

Result<TopicRenamer> TopicRenamer::compile(const std::vector<Rule>& rules, std::string prefix) {
  if (!std::all_of(prefix.begin(), prefix.end(), is_topic_char)) {
    return Error{ErrorKind::configuration,
                 fmt::format("topic prefix '{}': only letters, digits, '.', '_' and '-' can be "
                             "part of a topic name",
                             prefix)};
  }
  TopicRenamer renamer;
  renamer.prefix_ = std::move(prefix);
  for (const Rule& rule : rules) {
    const auto refuse = [&rule](const Error& error) {
      return Error{error.kind, fmt::format("rename '{}' to '{}': {}", rule.pattern,
                                           rule.replacement, error.text)};
    };
    Result<JavaRegex> regex = JavaRegex::compile(rule.pattern);
    if (!regex) return refuse(regex.error());
    if (const auto wrong = check_replacement(rule.replacement, regex->group_count())) {
      return refuse(*wrong);
    }
    renamer.rules_.push_back(CompiledRule{*std::move(regex), rule.replacement});
  }
  return renamer;
}

Result<std::string> TopicRenamer::rename(std::string_view source_topic) const {
  std::string name(source_topic);
  for (const CompiledRule& rule : rules_) {
    const std::vector<std::string> groups = rule.regex.groups(source_topic);
    if (groups.empty()) continue;
    name = expand(rule.replacement, groups);
    break;
  }
  name.insert(0, prefix_);
  if (is_legal_topic_name(name)) return name;
  return Error{ErrorKind::configuration,
               fmt::format("topic '{}' would be named '{}' on the target, which is no topic name: "
                           "1 to {} letters, digits, '.', '_' and '-', but not '.' or '..'",
                           source_topic, name, k_topic_name_chars_max)};
}

}  // namespace kferry::topics
