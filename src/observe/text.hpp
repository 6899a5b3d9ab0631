#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Numbers and foreign text made fit for people and for formats.
namespace kferry::observe {

/// 1234567 -> "1,234,567".
std::string grouped(std::uint64_t number);
/// "812 B", "12.3 MB", "1.19 GB"; powers of ten.
std::string bytes_text(double bytes);
/// "8 s", "2 min 5 s", "3 h 20 min", "4 d 2 h".
std::string duration_text(double seconds);
/// Bytes that are no UTF-8 become U+FFFD.
std::string valid_utf8(std::string_view text);
/// Control characters become spaces: safe for a terminal and for a line protocol.
std::string one_line(std::string_view text);
/// At most `columns` characters; the last one is "…" when something was cut off.
std::string clipped(const std::string& text, std::size_t columns);

}  // namespace kferry::observe
