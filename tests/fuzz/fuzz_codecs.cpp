#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kferry/base/check.hpp"
#include "kferry/protocol/compression.hpp"

namespace {

using namespace kferry;
using protocol::Codec;

constexpr std::array<std::size_t, 4> k_limits{0, 100, 64U << 10, 4U << 20};

void check_compressed(Codec codec, ByteView bytes) {
  std::vector<std::byte> compressed;
  std::vector<std::byte> back;
  KF_CHECK(protocol::compress(codec, bytes, compressed).has_value());
  KF_CHECK(protocol::decompress(codec, compressed, back, bytes.size()).has_value());
  KF_CHECK(std::equal(back.begin(), back.end(), bytes.begin(), bytes.end()));
  if (!bytes.empty()) {
    KF_CHECK(!protocol::decompress(codec, compressed, back, bytes.size() - 1).has_value());
  }
}

}  // namespace

/// The first byte chooses codec and limit; the rest is decompressed, and compressed too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto codec = static_cast<Codec>(data[0] & 7);
  const std::size_t limit = k_limits[(data[0] >> 3) % k_limits.size()];
  const ByteView rest = std::as_bytes(std::span(data, size)).subspan(1);
  std::vector<std::byte> out;
  if (const auto result = protocol::decompress(codec, rest, out, limit)) {
    KF_CHECK(out.size() <= limit);
    check_compressed(codec, out);
  } else {
    KF_CHECK(result.error().kind == ErrorKind::record && !result.error().text.empty());
  }
  if (codec <= Codec::zstd) check_compressed(codec, rest);
  return 0;
}
