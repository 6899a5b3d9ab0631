#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace kferry {

/// Bytes that somebody else owns.
using ByteView = std::span<const std::byte>;

/// A field that may be null, which in Kafka is not the same as empty.
using NullableBytes = std::optional<ByteView>;

inline ByteView as_bytes(std::string_view text) noexcept {
  return std::as_bytes(std::span(text.data(), text.size()));
}

inline std::string_view as_text(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace kferry
