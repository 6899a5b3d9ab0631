#pragma once

#include <cstdint>

#include "kferry/base/bytes.hpp"

namespace kferry::protocol {

/// The hash that Java's producer places keys with: MurmurHash2, 32 bit, seed 0x9747b28c, of all
/// bytes, an empty key included. Signed, as in Java. Thread: any.
/// Source: org.apache.kafka.common.utils.Utils.murmur2.
std::int32_t murmur2(ByteView key) noexcept;

/// Clears the sign bit, which is not the absolute value. Source: Utils.toPositive.
constexpr std::int32_t to_positive(std::int32_t hash) noexcept { return hash & 0x7fffffff; }

}  // namespace kferry::protocol
