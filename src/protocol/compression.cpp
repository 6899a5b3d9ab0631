#include "kferry/protocol/compression.hpp"

#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "kferry/base/check.hpp"
#include "kferry/protocol/wire.hpp"

namespace kferry::protocol {
namespace {

using Buffer = std::vector<std::byte>;

constexpr std::size_t k_first_guess_factor = 4;
constexpr std::size_t k_guess_bytes_min = 4'096;
constexpr int k_gzip_window_bits = 15 + 16;  // 16: a gzip header, not zlib's
constexpr int k_gzip_memory_level = 8;
/// "\x82SNAPPY\0", a version and the lowest version that can read it.
constexpr std::array<unsigned char, 8> k_xerial_magic{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
constexpr std::size_t k_xerial_header_bytes = 16;
constexpr std::int32_t k_xerial_version = 1;
/// What Java's writer cuts its input into.
constexpr std::size_t k_xerial_block_bytes = 32U << 10;

Error damaged(Codec codec, std::string_view what) {
  return {ErrorKind::record,
          "a batch compressed with " + std::string(to_string(codec)) + " " + std::string(what)};
}
Error too_large(Codec codec) { return damaged(codec, "is too large when it is decompressed"); }
Error refused(Codec codec) {
  return {ErrorKind::bug, std::string(to_string(codec)) + " does not compress"};
}

/// Makes room behind `used`; false at the limit.
bool grow(Buffer& out, std::size_t used, std::size_t bytes_max) {
  if (used < out.size()) return true;
  if (out.size() >= bytes_max) return false;
  out.resize(std::min(std::max(out.size() * 2, k_guess_bytes_min), bytes_max));
  return true;
}

/// Not all that the buffer has room for: a small batch behind a large one would pay for zeroing it.
void guess(Buffer& out, ByteView compressed, std::size_t bytes_max) {
  const std::size_t wanted = std::max(compressed.size() * k_first_guess_factor, k_guess_bytes_min);
  out.resize(std::min(wanted, bytes_max));
}

struct EndInflate {
  void operator()(z_stream* stream) const noexcept { inflateEnd(stream); }
};
struct EndDeflate {
  void operator()(z_stream* stream) const noexcept { deflateEnd(stream); }
};

Bytef* zlib_bytes(const std::byte* at) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(at));
}

Result<void> gunzip(ByteView in, Buffer& out, std::size_t bytes_max) {
  z_stream state{};
  if (inflateInit2(&state, k_gzip_window_bits) != Z_OK) return refused(Codec::gzip);
  const std::unique_ptr<z_stream, EndInflate> stream(&state);
  guess(out, in, bytes_max);
  state.next_in = zlib_bytes(in.data());
  state.avail_in = static_cast<uInt>(in.size());
  std::size_t used = 0;
  for (;;) {
    // Java ends the stream where the last record ends, so a full output needs one more byte to see
    // that nothing follows.
    const bool room = grow(out, used, bytes_max);
    std::byte spare{};
    state.next_out = zlib_bytes(room ? out.data() + used : &spare);
    state.avail_out = static_cast<uInt>(room ? out.size() - used : 1);
    const uInt before = state.avail_out;
    const int result = inflate(&state, Z_NO_FLUSH);
    const std::size_t got = before - state.avail_out;
    if (!room && got > 0) return too_large(Codec::gzip);
    used += got;
    if (result == Z_STREAM_END) break;
    if (result != Z_OK || (got == 0 && state.avail_in == 0)) {
      return damaged(Codec::gzip, "can not be decompressed");
    }
  }
  out.resize(used);
  return {};
}

Result<void> gzip(ByteView in, Buffer& out) {
  z_stream state{};
  if (deflateInit2(&state, Z_DEFAULT_COMPRESSION, Z_DEFLATED, k_gzip_window_bits,
                   k_gzip_memory_level, Z_DEFAULT_STRATEGY) != Z_OK) {
    return refused(Codec::gzip);
  }
  const std::unique_ptr<z_stream, EndDeflate> stream(&state);
  const std::size_t begin = out.size();
  out.resize(begin + deflateBound(&state, static_cast<uLong>(in.size())));
  state.next_in = zlib_bytes(in.data());
  state.avail_in = static_cast<uInt>(in.size());
  state.next_out = zlib_bytes(out.data() + begin);
  state.avail_out = static_cast<uInt>(out.size() - begin);
  if (deflate(&state, Z_FINISH) != Z_STREAM_END) return refused(Codec::gzip);
  out.resize(out.size() - state.avail_out);
  return {};
}

const char* text_of(ByteView bytes) { return reinterpret_cast<const char*>(bytes.data()); }

Result<void> append_snappy_block(ByteView block, Buffer& out, std::size_t bytes_max) {
  std::size_t size = 0;
  if (snappy_uncompressed_length(text_of(block), block.size(), &size) != SNAPPY_OK) {
    return damaged(Codec::snappy, "can not be decompressed");
  }
  const std::size_t used = out.size();
  if (size > bytes_max - used) return too_large(Codec::snappy);
  out.resize(used + size);
  if (snappy_uncompress(text_of(block), block.size(), reinterpret_cast<char*>(out.data() + used),
                        &size) != SNAPPY_OK) {
    return damaged(Codec::snappy, "can not be decompressed");
  }
  return {};
}

Result<void> unsnappy(ByteView in, Buffer& out, std::size_t bytes_max) {
  out.clear();
  const bool framed = in.size() >= k_xerial_header_bytes &&
                      std::equal(k_xerial_magic.begin(), k_xerial_magic.end(),
                                 reinterpret_cast<const unsigned char*>(in.data()));
  if (!framed) return append_snappy_block(in, out, bytes_max);
  WireReader reader(in.subspan(k_xerial_header_bytes));
  while (reader.remaining() > 0) {
    const std::int32_t size = reader.i32();
    if (size < 0) reader.fail();
    const ByteView block = reader.raw(static_cast<std::size_t>(std::max(0, size)));
    if (!reader.ok()) return damaged(Codec::snappy, "ends in the middle of a block");
    if (auto result = append_snappy_block(block, out, bytes_max); !result) return result;
  }
  return {};
}

Result<void> snappy(ByteView in, Buffer& out) {
  WireWriter writer(out);
  writer.raw(std::as_bytes(std::span(k_xerial_magic)));
  writer.i32(k_xerial_version);
  writer.i32(k_xerial_version);
  while (!in.empty()) {
    const ByteView block = in.first(std::min(in.size(), k_xerial_block_bytes));
    in = in.subspan(block.size());
    const std::size_t size_at = out.size();
    writer.i32(0);
    std::size_t size = snappy_max_compressed_length(block.size());
    out.resize(size_at + sizeof(std::int32_t) + size);
    char* const at = reinterpret_cast<char*>(out.data() + size_at + sizeof(std::int32_t));
    if (snappy_compress(text_of(block), block.size(), at, &size) != SNAPPY_OK) {
      return refused(Codec::snappy);
    }
    out.resize(size_at + sizeof(std::int32_t) + size);
    writer.patch_i32(size_at, static_cast<std::int32_t>(size));
  }
  return {};
}

struct FreeLz4 {
  void operator()(LZ4F_dctx* context) const noexcept { LZ4F_freeDecompressionContext(context); }
};

/// One context for each thread, since making one costs more than a small batch.
LZ4F_dctx* lz4_context() {
  thread_local const std::unique_ptr<LZ4F_dctx, FreeLz4> k_context = [] {
    LZ4F_dctx* made = nullptr;
    const auto result = LZ4F_createDecompressionContext(&made, LZ4F_VERSION);
    KF_CHECK(LZ4F_isError(result) == 0);
    return std::unique_ptr<LZ4F_dctx, FreeLz4>(made);
  }();
  LZ4F_resetDecompressionContext(k_context.get());
  return k_context.get();
}

Result<void> unlz4(ByteView in, Buffer& out, std::size_t bytes_max) {
  LZ4F_dctx* const context = lz4_context();
  guess(out, in, bytes_max);
  std::size_t used = 0;
  for (std::size_t hint = 1; hint != 0;) {
    const bool room = grow(out, used, bytes_max);
    std::byte spare{};
    std::size_t produced = room ? out.size() - used : 1;
    std::size_t consumed = in.size();
    hint = LZ4F_decompress(context, room ? out.data() + used : &spare, &produced, in.data(),
                           &consumed, nullptr);
    if (LZ4F_isError(hint) != 0) return damaged(Codec::lz4, "can not be decompressed");
    if (!room && produced > 0) return too_large(Codec::lz4);
    if (hint != 0 && produced == 0 && consumed == 0) return damaged(Codec::lz4, "ends too early");
    used += produced;
    in = in.subspan(consumed);
  }
  out.resize(used);
  return {};
}

Result<void> lz4(ByteView in, Buffer& out) {
  LZ4F_preferences_t preferences{};
  // What Java's reader takes: independent blocks.
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  preferences.frameInfo.blockSizeID = LZ4F_max64KB;
  const std::size_t begin = out.size();
  out.resize(begin + LZ4F_compressFrameBound(in.size(), &preferences));
  const std::size_t size = LZ4F_compressFrame(out.data() + begin, out.size() - begin, in.data(),
                                              in.size(), &preferences);
  if (LZ4F_isError(size) != 0) return refused(Codec::lz4);
  out.resize(begin + size);
  return {};
}

struct FreeZstd {
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
  void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
};

Result<void> unzstd(ByteView in, Buffer& out, std::size_t bytes_max) {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeZstd> k_context(ZSTD_createDCtx());
  ZSTD_DCtx_reset(k_context.get(), ZSTD_reset_session_only);
  guess(out, in, bytes_max);
  ZSTD_inBuffer input{in.data(), in.size(), 0};
  std::size_t used = 0;
  for (std::size_t hint = 1; hint != 0;) {
    const bool room = grow(out, used, bytes_max);
    std::byte spare{};
    ZSTD_outBuffer output{room ? out.data() + used : &spare, room ? out.size() - used : 1, 0};
    const std::size_t before = input.pos;
    hint = ZSTD_decompressStream(k_context.get(), &output, &input);
    if (ZSTD_isError(hint) != 0) return damaged(Codec::zstd, "can not be decompressed");
    if (!room && output.pos > 0) return too_large(Codec::zstd);
    if (hint != 0 && output.pos == 0 && input.pos == before) {
      return damaged(Codec::zstd, "ends too early");
    }
    used += output.pos;
  }
  out.resize(used);
  return {};
}

Result<void> zstd(ByteView in, Buffer& out) {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeZstd> k_context(ZSTD_createCCtx());
  const std::size_t begin = out.size();
  out.resize(begin + ZSTD_compressBound(in.size()));
  const std::size_t size =
      ZSTD_compressCCtx(k_context.get(), out.data() + begin, out.size() - begin, in.data(),
                        in.size(), ZSTD_CLEVEL_DEFAULT);
  if (ZSTD_isError(size) != 0) return refused(Codec::zstd);
  out.resize(begin + size);
  return {};
}

}  // namespace

Result<void> decompress(Codec codec, ByteView compressed, std::vector<std::byte>& out,
                        std::size_t bytes_max) {
  switch (codec) {
    case Codec::none:
      if (compressed.size() > bytes_max) return too_large(codec);
      out.assign(compressed.begin(), compressed.end());
      return {};
    case Codec::gzip:
      return gunzip(compressed, out, bytes_max);
    case Codec::snappy:
      return unsnappy(compressed, out, bytes_max);
    case Codec::lz4:
      return unlz4(compressed, out, bytes_max);
    case Codec::zstd:
      return unzstd(compressed, out, bytes_max);
  }
  return damaged(codec, "is of a kind that Kafka does not have");
}

Result<void> compress(Codec codec, ByteView bytes, std::vector<std::byte>& out) {
  switch (codec) {
    case Codec::none:
      out.insert(out.end(), bytes.begin(), bytes.end());
      return {};
    case Codec::gzip:
      return gzip(bytes, out);
    case Codec::snappy:
      return snappy(bytes, out);
    case Codec::lz4:
      return lz4(bytes, out);
    case Codec::zstd:
      return zstd(bytes, out);
  }
  return Error{ErrorKind::bug, "no such codec"};
}

}  // namespace kferry::protocol
