#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kferry::config {

/// java.lang.String.trim(): every character up to and including the blank goes, at both ends.
std::string_view java_trim(std::string_view text) noexcept;
std::string lower(std::string_view text);
bool equals_any_case(std::string_view left, std::string_view right) noexcept;
/// Kafka's LIST: split at commas with blanks around them; an empty text is an empty list.
std::vector<std::string> split_list(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);

/// The code point at `at`, which moves behind it; nothing, and one byte further, where the bytes
/// are not well-formed UTF-8.
std::optional<char32_t> next_utf8(std::string_view text, std::size_t& at) noexcept;
bool is_utf8(std::string_view text) noexcept;

/// Whether a setting of this name may hold a credential: its value is printed nowhere.
bool is_secret_name(std::string_view name);
/// A text for a table: unprintable bytes escaped, cut to `chars_max` characters.
std::string shown(std::string_view text, std::size_t chars_max);
/// In single quotes, unprintable bytes escaped and long texts cut.
std::string in_quotes(std::string_view value);

/// The candidate that a mistyped name was probably meant to be; nothing when none is near.
std::optional<std::string_view> nearest(std::string_view name,
                                        std::span<const std::string_view> candidates);
/// "; did you mean X?" or nothing.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates,
                         std::string_view prefix = "");

/// A whole file. Limits: k_file_bytes_max. The error says why without the file's name.
struct FileText {
  std::optional<std::string> text;
  std::string error;
};
inline constexpr std::size_t k_file_bytes_max = 4U << 20;
FileText read_file(const std::string& path);

}  // namespace kferry::config
