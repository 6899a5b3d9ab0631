#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kferry/base/bytes.hpp"
#include "kferry/base/check.hpp"

/// Kafka's primitive types on the wire: big endian, lengths before contents. A message is either
/// plain or flexible (KIP-482); the flexible form has varint lengths and tagged fields.
/// Source: kafka.apache.org/protocol, "Protocol Primitive Types".
namespace kferry::protocol {

enum class Encoding { plain, flexible };

/// Big-endian integers anywhere in memory; the caller has checked the bounds.
template <class Integer>
Integer load_big_endian(const std::byte* at) noexcept {
  Integer value;
  std::memcpy(&value, at, sizeof value);
  if constexpr (sizeof value > 1 && std::endian::native == std::endian::little) {
    if constexpr (sizeof value == 2) {
      value = static_cast<Integer>(__builtin_bswap16(static_cast<std::uint16_t>(value)));
    } else if constexpr (sizeof value == 4) {
      value = static_cast<Integer>(__builtin_bswap32(static_cast<std::uint32_t>(value)));
    } else {
      value = static_cast<Integer>(__builtin_bswap64(static_cast<std::uint64_t>(value)));
    }
  }
  return value;
}

template <class Integer>
void store_big_endian(std::byte* at, Integer value) noexcept {
  const Integer swapped = load_big_endian<Integer>(reinterpret_cast<const std::byte*>(&value));
  std::memcpy(at, &swapped, sizeof swapped);
}

/// Varints of records: zigzag, at most five bytes for 32 bits and ten for 64.
/// Source: org.apache.kafka.common.utils.ByteUtils.
constexpr std::uint64_t zigzag(std::int64_t value) noexcept {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) noexcept {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}
constexpr std::size_t varint_bytes(std::uint64_t unsigned_value) noexcept {
  return unsigned_value == 0 ? 1
                             : (static_cast<std::size_t>(std::bit_width(unsigned_value)) + 6) / 7;
}

/// Reads one message from front to back. A read beyond the end, an impossible length or a bad
/// varint makes it failed for good: further reads give zeros and empty views, so a decoder checks
/// ok() once at its end. Views point into the message. Thread: one.
class WireReader {
 public:
  explicit WireReader(ByteView bytes, Encoding encoding = Encoding::plain) noexcept
      : rest_(bytes), encoding_(encoding) {}

  bool ok() const noexcept { return !failed_; }
  std::size_t remaining() const noexcept { return rest_.size(); }
  Encoding encoding() const noexcept { return encoding_; }
  void fail() noexcept {
    failed_ = true;
    rest_ = {};
  }

  std::int8_t i8() noexcept { return fixed<std::int8_t>(); }
  std::int16_t i16() noexcept { return fixed<std::int16_t>(); }
  std::int32_t i32() noexcept { return fixed<std::int32_t>(); }
  std::int64_t i64() noexcept { return fixed<std::int64_t>(); }
  std::uint32_t u32() noexcept { return fixed<std::uint32_t>(); }
  bool boolean() noexcept { return i8() != 0; }

  std::uint64_t unsigned_varint() noexcept { return raw_varint(k_varint_bytes_max_32); }
  std::int32_t varint() noexcept {
    const std::int64_t value = unzigzag(raw_varint(k_varint_bytes_max_32));
    if (value < INT32_MIN || value > INT32_MAX) fail();
    return failed_ ? 0 : static_cast<std::int32_t>(value);
  }
  std::int64_t varlong() noexcept { return unzigzag(raw_varint(k_varint_bytes_max_64)); }

  /// Exactly so many bytes.
  ByteView raw(std::size_t size) noexcept {
    if (size > rest_.size()) {
      fail();
      return {};
    }
    const ByteView taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }

  std::string_view string() noexcept {
    const auto text = nullable_string();
    if (!text) fail();
    return text.value_or(std::string_view());
  }
  std::optional<std::string_view> nullable_string() noexcept {
    const std::int64_t length =
        encoding_ == Encoding::flexible ? compact_length() : std::int64_t{i16()};
    const auto bytes = of_length(length);
    if (!bytes) return std::nullopt;
    return as_text(*bytes);
  }
  NullableBytes nullable_bytes() noexcept {
    return of_length(encoding_ == Encoding::flexible ? compact_length() : std::int64_t{i32()});
  }
  ByteView bytes() noexcept {
    const auto taken = nullable_bytes();
    if (!taken) fail();
    return taken.value_or(ByteView());
  }

  /// How many elements follow; nothing for a null array. Each element takes at least
  /// element_bytes_min bytes, so that a lying count can not make anybody reserve much.
  std::optional<std::size_t> nullable_array(std::size_t element_bytes_min) noexcept {
    const std::int64_t length =
        encoding_ == Encoding::flexible ? compact_length() : std::int64_t{i32()};
    if (length < 0) {
      if (length != -1) fail();
      return std::nullopt;
    }
    const auto count = static_cast<std::size_t>(length);
    if (count > rest_.size() / element_bytes_min) {
      fail();
      return 0;
    }
    return count;
  }
  std::size_t array(std::size_t element_bytes_min) noexcept {
    const auto count = nullable_array(element_bytes_min);
    if (!count) fail();
    return count.value_or(0);
  }

  /// At the end of every structure of a flexible message; nothing in a plain one.
  void skip_tagged_fields() noexcept {
    if (encoding_ == Encoding::plain) return;
    for (std::uint64_t fields = unsigned_varint(); fields > 0 && ok(); --fields) {
      unsigned_varint();
      raw(static_cast<std::size_t>(unsigned_varint()));
    }
  }

 private:
  static constexpr int k_varint_bytes_max_32 = 5;
  static constexpr int k_varint_bytes_max_64 = 10;

  template <class Integer>
  Integer fixed() noexcept {
    const ByteView taken = raw(sizeof(Integer));
    return taken.empty() ? Integer{0} : load_big_endian<Integer>(taken.data());
  }

  std::uint64_t raw_varint(int bytes_max) noexcept {
    std::uint64_t value = 0;
    for (int i = 0; i < bytes_max; ++i) {
      const ByteView taken = raw(1);
      if (taken.empty()) return 0;
      const auto byte = std::to_integer<std::uint64_t>(taken[0]);
      value |= (byte & 0x7F) << (7 * i);
      if ((byte & 0x80) == 0) return value;
    }
    fail();
    return 0;
  }

  std::int64_t compact_length() noexcept {
    return static_cast<std::int64_t>(unsigned_varint()) - 1;
  }

  NullableBytes of_length(std::int64_t length) noexcept {
    if (length < 0) {
      if (length != -1) fail();
      return std::nullopt;
    }
    return raw(static_cast<std::size_t>(length));
  }

  ByteView rest_;
  Encoding encoding_;
  bool failed_ = false;
};

/// Writes one message into a buffer that is kept for the next one. Thread: one.
class WireWriter {
 public:
  explicit WireWriter(std::vector<std::byte>& out, Encoding encoding = Encoding::plain) noexcept
      : out_(out), encoding_(encoding) {}

  std::size_t size() const noexcept { return out_.size(); }
  Encoding encoding() const noexcept { return encoding_; }

  void i8(std::int8_t value) { fixed(value); }
  void i16(std::int16_t value) { fixed(value); }
  void i32(std::int32_t value) { fixed(value); }
  void i64(std::int64_t value) { fixed(value); }
  void boolean(bool value) { i8(value ? 1 : 0); }

  void unsigned_varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<std::byte>(value | 0x80));
    out_.push_back(static_cast<std::byte>(value));
  }
  void varint(std::int32_t value) { unsigned_varint(zigzag(value)); }
  void varlong(std::int64_t value) { unsigned_varint(zigzag(value)); }

  void raw(ByteView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }

  void string(std::string_view text) {
    KF_CHECK(text.size() <= INT16_MAX);
    if (encoding_ == Encoding::flexible) {
      unsigned_varint(text.size() + 1);
    } else {
      i16(static_cast<std::int16_t>(text.size()));
    }
    raw(as_bytes(text));
  }
  void nullable_string(const std::optional<std::string_view>& text) {
    if (text) return string(*text);
    if (encoding_ == Encoding::flexible) return unsigned_varint(0);
    i16(-1);
  }
  void bytes(ByteView content) {
    bytes_length(content.size());
    raw(content);
  }
  /// The length alone, for bytes that are sent from elsewhere.
  void bytes_length(std::size_t size) {
    KF_CHECK(size < INT32_MAX);
    if (encoding_ == Encoding::flexible) {
      unsigned_varint(size + 1);
    } else {
      i32(static_cast<std::int32_t>(size));
    }
  }
  void array(std::size_t count) { bytes_length(count); }
  void null_array() {
    if (encoding_ == Encoding::flexible) return unsigned_varint(0);
    i32(-1);
  }
  void no_tagged_fields() {
    if (encoding_ == Encoding::flexible) unsigned_varint(0);
  }

  /// Overwrites what was written before.
  void patch_i32(std::size_t at, std::int32_t value) {
    KF_CHECK(at + sizeof value <= out_.size());
    store_big_endian(out_.data() + at, value);
  }

 private:
  template <class Integer>
  void fixed(Integer value) {
    const std::size_t at = out_.size();
    out_.resize(at + sizeof value);
    store_big_endian(out_.data() + at, value);
  }

  std::vector<std::byte>& out_;
  Encoding encoding_;
};

}  // namespace kferry::protocol
