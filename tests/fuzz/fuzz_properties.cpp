#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "config/client_properties.hpp"
#include "config/properties.hpp"
#include "config/text.hpp"
#include "kferry/base/check.hpp"

namespace {

using kferry::config::Findings;
using kferry::config::Properties;

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    if ((byte >= 0x80 && byte < 0xC2) || byte > 0xF4 || i + length > text.size()) return false;
    for (std::size_t j = 1; j < length; ++j) {
      if ((static_cast<unsigned char>(text[i + j]) & 0xC0) != 0x80) return false;
    }
    i += length;
  }
  return true;
}

/// Java's own escaping, so that a reader has to give back what was written.
std::string written(const Properties& properties) {
  std::string out;
  const auto append = [&](std::string_view text) {
    for (const char c : text) {
      switch (c) {
        case '\n':
          out += "\\n";
          break;
        case '\r':
          out += "\\r";
          break;
        case '\t':
          out += "\\t";
          break;
        case '\f':
          out += "\\f";
          break;
        default:
          if (std::string_view(" \\=:#!").find(c) != std::string_view::npos) out += '\\';
          out += c;
      }
    }
  };
  for (const auto& entry : properties.entries) {
    append(entry.name);
    out += '=';
    append(entry.value);
    out += '\n';
  }
  return out;
}

void check(const Properties& properties, std::string_view bytes) {
  const auto lines =
      1 + std::count_if(bytes.begin(), bytes.end(), [](char c) { return c == '\n' || c == '\r'; });
  std::set<std::string_view> names;
  for (const auto& entry : properties.entries) {
    KF_CHECK(names.insert(entry.name).second);
    KF_CHECK(is_utf8(entry.name) && is_utf8(entry.value));
    KF_CHECK(entry.line >= 1 && entry.line <= lines);
    KF_CHECK(entry.replaces < entry.line);
  }
}

void check_same(const Properties& first, const Properties& second) {
  KF_CHECK(second.errors.empty());
  KF_CHECK(first.entries.size() == second.entries.size());
  for (std::size_t i = 0; i < first.entries.size(); ++i) {
    KF_CHECK(first.entries[i].name == second.entries[i].name);
    KF_CHECK(first.entries[i].value == second.entries[i].value);
  }
}

/// A text in which every character is one byte of Latin-1, as the reader takes it.
bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto properties = kferry::config::parse_properties(bytes);
  check(properties, bytes);
  const auto again = written(properties);
  if (is_ascii(again)) check_same(properties, kferry::config::parse_properties(again));

  kferry::config::WrittenProperties all{{"fuzz", 0}, {}};
  for (const auto& entry : properties.entries) {
    all.entries.push_back({entry.name, entry.value, {"fuzz", entry.line}});
  }
  Findings findings;
  static_cast<void>(kferry::config::read_source(all, findings));
  static_cast<void>(kferry::config::read_target(all, findings));
  return 0;
}
