#include "kferry/protocol/murmur2.hpp"

#include <cstddef>

namespace kferry::protocol {
namespace {

constexpr std::uint32_t k_seed = 0x9747b28c;
constexpr std::uint32_t k_multiplier = 0x5bd1e995;
constexpr unsigned k_shift_bits = 24;

constexpr std::uint32_t byte_at(ByteView bytes, std::size_t index) noexcept {
  return std::to_integer<std::uint32_t>(bytes[index]);
}

/// Four bytes, least significant first, whatever this machine's own order is.
constexpr std::uint32_t word_at(ByteView bytes, std::size_t index) noexcept {
  return byte_at(bytes, index) | byte_at(bytes, index + 1) << 8 | byte_at(bytes, index + 2) << 16 |
         byte_at(bytes, index + 3) << 24;
}

}  // namespace

std::int32_t murmur2(ByteView key) noexcept {
  std::uint32_t hash = k_seed ^ static_cast<std::uint32_t>(key.size());
  std::size_t at = 0;
  for (; key.size() - at >= 4; at += 4) {
    std::uint32_t word = word_at(key, at) * k_multiplier;
    word ^= word >> k_shift_bits;
    hash = hash * k_multiplier ^ word * k_multiplier;
  }
  const std::size_t rest = key.size() - at;
  if (rest == 3) hash ^= byte_at(key, at + 2) << 16;
  if (rest >= 2) hash ^= byte_at(key, at + 1) << 8;
  if (rest >= 1) hash = (hash ^ byte_at(key, at)) * k_multiplier;
  hash ^= hash >> 13;
  hash *= k_multiplier;
  hash ^= hash >> 15;
  return static_cast<std::int32_t>(hash);
}

}  // namespace kferry::protocol
