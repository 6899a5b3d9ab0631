#pragma once

#include <cstddef>
#include <cstdint>

#include "kferry/base/bytes.hpp"

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), the checksum of record batches v2.
/// Source: org.apache.kafka.common.utils.Crc32C; RFC 3720 appendix B.4 has test vectors.
namespace kferry::protocol {

/// Of the bytes; with `before` the checksum of what precedes them, of both together. Uses the CPU's
/// instruction where there is one. Thread: any.
std::uint32_t crc32c(ByteView bytes, std::uint32_t before = 0) noexcept;

/// The same by tables alone, for CPUs without the instruction.
std::uint32_t crc32c_portable(ByteView bytes, std::uint32_t before = 0) noexcept;

/// The checksum of a message of which some bytes were exchanged, from the checksum of the message
/// as it was, without reading the rest of it. before and after are the bytes at the same place and
/// of the same length, tail_bytes is how many bytes of the message follow them.
///
/// A CRC is linear: what changes is the checksum of the difference, moved over the tail. So damage
/// elsewhere in the message stays as visible as it was. Costs O(log tail_bytes).
std::uint32_t crc32c_patched(std::uint32_t checksum, ByteView before, ByteView after,
                             std::size_t tail_bytes) noexcept;

}  // namespace kferry::protocol
