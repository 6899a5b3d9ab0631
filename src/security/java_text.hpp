#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kferry::security {

/// ASCII only, as Locale.ROOT is for the words of Kafka's configuration.
std::string upper(std::string_view text);
bool equals_any_case(std::string_view left, std::string_view right) noexcept;

/// Kafka's LIST: split at commas with blanks around them; an empty text is an empty list.
std::vector<std::string> split_list(std::string_view text);

/// "a, b and c", or "a, b or c".
std::string join_words(const std::vector<std::string>& words, std::string_view last = "and");

/// In single quotes, unprintable bytes escaped and long texts cut. Not for what may be a secret.
std::string in_quotes(std::string_view value);

}  // namespace kferry::security
