#include "config/java_options.hpp"

#include <utility>

namespace kferry::config {
namespace {

constexpr std::string_view k_blanks = " \t\r\n\f";
constexpr std::string_view k_escapable = " \t\r\n\f'\"\\";

bool is_any_of(char c, std::string_view set) noexcept {
  return set.find(c) != std::string_view::npos;
}

std::vector<std::string> split_words(std::string_view text, bool& open_quote) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == 0 && is_any_of(c, k_blanks)) {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
      continue;
    }
    in_word = true;
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < text.size() &&
               is_any_of(text[i + 1], k_escapable)) {
      word += text[++i];
    } else {
      word += c;
    }
  }
  if (in_word) words.push_back(std::move(word));
  open_quote = quote != 0;
  return words;
}

}  // namespace

JavaOptions parse_java_options(std::string_view text) {
  JavaOptions options;
  for (const std::string& word : split_words(text, options.open_quote)) {
    const auto equals = word.find('=');
    if (word.starts_with("-D") && word.size() > 2) {
      options.properties[word.substr(2, equals == std::string::npos ? equals : equals - 2)] =
          equals == std::string::npos ? "" : word.substr(equals + 1);
    } else {
      options.others.push_back(word.substr(0, word.find_first_of("=:")));
    }
  }
  return options;
}

}  // namespace kferry::config
