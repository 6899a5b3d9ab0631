#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kferry/base/bytes.hpp"
#include "kferry/base/result.hpp"
#include "kferry/protocol/record_batch.hpp"

namespace kferry::protocol {

/// More than any broker lets through uncompressed by default a hundred times over; a batch that
/// claims to be larger is refused rather than believed.
inline constexpr std::size_t k_decompressed_bytes_max = 512U << 20;

/// The body of a batch, as Kafka's clients write it: gzip streams; snappy in xerial's framing or
/// as one raw block; lz4 and zstd frames. Replaces what is in out, whose memory is kept.
/// Errors: record (damaged, or more than bytes_max).
Result<void> decompress(Codec codec, ByteView compressed, std::vector<std::byte>& out,
                        std::size_t bytes_max = k_decompressed_bytes_max);

/// Appends to out. Errors: bug (the library refuses).
Result<void> compress(Codec codec, ByteView bytes, std::vector<std::byte>& out);

}  // namespace kferry::protocol
