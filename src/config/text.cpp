#include "config/text.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <numeric>

namespace kferry::config {
namespace {

constexpr std::size_t k_shown_chars_max = 120;

char to_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < right.size(); ++j) {
      const std::size_t replaced = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

}  // namespace

std::string_view java_trim(std::string_view text) noexcept {
  const auto is_space = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), to_lower);
  return out;
}

bool equals_any_case(std::string_view left, std::string_view right) noexcept {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return to_lower(a) == to_lower(b); });
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string> split_list(std::string_view text) {
  text = java_trim(text);
  std::vector<std::string> items;
  if (text.empty()) return items;
  for (const auto part : split(text, ',')) items.emplace_back(java_trim(part));
  return items;
}

std::optional<char32_t> next_utf8(std::string_view text, std::size_t& at) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto first = byte(at++);
  if (first < 0x80) return first;
  const std::size_t more = first < 0xC2 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
  if (more == 0 || first > 0xF4 || at + more > text.size()) return std::nullopt;
  char32_t code = first & (0x3FU >> more);
  for (std::size_t i = at; i < at + more; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return std::nullopt;
    code = (code << 6) | (byte(i) & 0x3FU);
  }
  const bool is_surrogate = code >= 0xD800 && code < 0xE000;
  const bool is_overlong = (more == 2 && code < 0x800) || (more == 3 && code < 0x10000);
  if (is_surrogate || is_overlong || code > 0x10FFFF) return std::nullopt;
  at += more;
  return code;
}

bool is_utf8(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    if (!next_utf8(text, at)) return false;
  }
  return true;
}

bool is_secret_name(std::string_view name) {
  static constexpr std::array k_anywhere{"password", "passwd", "passphrase", "pwd",
                                         "secret",   "jaas",   "token"};
  const auto low = lower(name);
  const bool holds = std::any_of(k_anywhere.begin(), k_anywhere.end(), [&](std::string_view part) {
    return low.find(part) != std::string::npos;
  });
  if (holds) return true;
  // "ssl.keystore.key", "api_key", "apikey", but neither "key.serializer" nor "ignore.keys".
  for (std::size_t at = low.find("key"); at != std::string::npos; at = low.find("key", at + 1)) {
    const auto after = std::string_view(low).substr(at + 3);
    const bool ends_word = after.empty() || after[0] == '.' || after[0] == '_' || after[0] == '-';
    if (ends_word && !after.starts_with(".serializer") && !after.starts_with(".deserializer")) {
      return true;
    }
  }
  return false;
}

std::string shown(std::string_view text, std::size_t chars_max) {
  std::string out;
  std::size_t chars = 0;
  for (std::size_t at = 0; at < text.size(); ++chars) {
    const auto from = at;
    const auto code = next_utf8(text, at);
    if (chars == chars_max) return out + "...";
    if (!code || *code < 0x20 || (*code >= 0x7F && *code < 0xA0)) {
      for (const char c : text.substr(from, at - from)) {
        out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
      }
    } else {
      out += text.substr(from, at - from);
    }
  }
  return out;
}

std::string in_quotes(std::string_view value) {
  return fmt::format("'{}'", shown(value, k_shown_chars_max));
}

std::optional<std::string_view> nearest(std::string_view name,
                                        std::span<const std::string_view> candidates) {
  std::optional<std::string_view> best;
  std::size_t best_distance = std::max<std::size_t>(1, std::min<std::size_t>(3, name.size() / 4));
  for (const auto candidate : candidates) {
    // The distance is never below the difference of the lengths.
    if (std::max(name.size(), candidate.size()) - std::min(name.size(), candidate.size()) >
        best_distance) {
      continue;
    }
    const auto distance = edit_distance(name, candidate);
    if (distance <= best_distance && (!best || distance < best_distance)) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates,
                         std::string_view prefix) {
  const auto near = nearest(name, candidates);
  return near ? fmt::format(" (did you mean {}{}?)", prefix, *near) : "";
}

FileText read_file(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {{}, std::strerror(errno)};
  if (S_ISDIR(status.st_mode)) return {{}, "it is a directory"};
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  if (!file) return {{}, std::strerror(errno)};
  std::string text;
  std::array<char, 16384> chunk{};
  while (const auto got = std::fread(chunk.data(), 1, chunk.size(), file.get())) {
    text.append(chunk.data(), got);
    if (text.size() > k_file_bytes_max) {
      return {{}, fmt::format("larger than {} bytes", k_file_bytes_max)};
    }
  }
  if (std::ferror(file.get()) != 0) return {{}, std::strerror(errno)};
  return {std::move(text), {}};
}

}  // namespace kferry::config
