#include "kferry/topics/topic_filter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace kferry::topics {
namespace {

using namespace std::string_view_literals;

constexpr std::array k_internal_names = {"__consumer_offsets"sv, "__transaction_state"sv,
                                         "__share_group_state"sv, "__cluster_metadata"sv};
constexpr std::array k_internal_prefixes = {"__kferry"sv, "__alikafka_"sv};

constexpr std::string_view k_quotes = "\"'";

/// String.trim(): everything up to and including U+0020 counts as blank.
std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Whether a count like {2,5} was written, which the list's rule takes apart.
bool has_comma_in_count(std::string_view list) {
  constexpr std::string_view k_digits = "0123456789";
  for (auto open = list.find('{'); open != list.npos; open = list.find('{', open + 1)) {
    const auto stop = list.find_first_not_of(k_digits, open + 1);
    if (stop != list.npos && stop > open + 1 && list[stop] == ',') return true;
  }
  return false;
}

Result<JavaRegex> compile_list(std::string_view role, std::string_view list) {
  const std::string pattern = mirror_maker_pattern(list);
  Result<JavaRegex> regex = JavaRegex::compile(pattern);
  if (regex) return regex;
  if (has_comma_in_count(list)) {
    return Error{ErrorKind::configuration,
                 fmt::format("{} pattern '{}': commas mean 'or' in a list of topics, as in "
                             "MirrorMaker, also within {{}}: write a{{2}}|a{{3}} in the place of "
                             "a{{2,3}}, or aaa* in the place of a{{2,}}",
                             role, trimmed(list))};
  }
  std::string text = fmt::format("{} pattern '{}': {}", role, pattern, regex.error().text);
  if (pattern.starts_with("*") || pattern.find("|*") != pattern.npos) {
    text += "; every topic is '.*', every topic whose name starts with x is 'x.*'";
  }
  return Error{ErrorKind::configuration, std::move(text)};
}

Result<bool> match_list(std::string_view role, const JavaRegex& regex, std::string_view topic) {
  Result<bool> matches = regex.try_full_match(topic);
  if (matches) return matches;
  return Error{ErrorKind::configuration, fmt::format("{} pattern '{}' on topic '{}': {}", role,
                                                     regex.pattern(), topic, matches.error().text)};
}

}  // namespace

std::string mirror_maker_pattern(std::string_view text) {
  std::string pattern(trimmed(text));
  std::replace(pattern.begin(), pattern.end(), ',', '|');
  std::erase(pattern, ' ');
  pattern.erase(0, std::min(pattern.find_first_not_of(k_quotes), pattern.size()));
  pattern.erase(pattern.find_last_not_of(k_quotes) + 1);
  return pattern;
}

TopicFilter::TopicFilter(JavaRegex include, std::unique_ptr<JavaRegex> exclude,
                         bool exclude_internal)
    : include_(std::move(include)),
      exclude_(std::move(exclude)),
      exclude_internal_(exclude_internal) {}

Result<TopicFilter> TopicFilter::compile(std::string_view include, std::string_view exclude,
                                         bool exclude_internal_topics) {
  if (mirror_maker_pattern(include).empty()) {
    return Error{ErrorKind::configuration,
                 "the include list is empty: name topics, or give a regex; every topic is '.*'"};
  }
  Result<JavaRegex> included = compile_list("include", include);
  if (!included) return included.error();
  std::unique_ptr<JavaRegex> excluded;
  if (!mirror_maker_pattern(exclude).empty()) {
    Result<JavaRegex> regex = compile_list("exclude", exclude);
    if (!regex) return regex.error();
    excluded = std::make_unique<JavaRegex>(*std::move(regex));
  }
  return TopicFilter(*std::move(included), std::move(excluded), exclude_internal_topics);
}

bool TopicFilter::matches(std::string_view topic) const {
  const Result<bool> verdict = try_matches(topic);
  return verdict && *verdict;
}

Result<bool> TopicFilter::try_matches(std::string_view topic) const {
  if (exclude_internal_ && is_internal_topic(topic)) return false;
  Result<bool> included = match_list("include", include_, topic);
  if (!included || !*included || exclude_ == nullptr) return included;
  const Result<bool> excluded = match_list("exclude", *exclude_, topic);
  if (!excluded) return excluded.error();
  return !*excluded;
}

bool is_internal_topic(std::string_view topic) noexcept {
  return std::find(k_internal_names.begin(), k_internal_names.end(), topic) !=
             k_internal_names.end() ||
         std::any_of(k_internal_prefixes.begin(), k_internal_prefixes.end(),
                     [topic](std::string_view prefix) { return topic.starts_with(prefix); });
}

}  // namespace kferry::topics
