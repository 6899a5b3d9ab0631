#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "client/response_reader.hpp"
#include "kferry/base/check.hpp"
#include "kferry/client/connection.hpp"
#include "kferry/protocol/wire.hpp"

namespace {

using namespace kferry;

constexpr std::size_t k_size_bytes = sizeof(std::int32_t);

/// What the reader has to make of the bytes, however they come.
struct Expected {
  std::vector<ByteView> responses;
  std::optional<std::int32_t> impossible;
  std::size_t rest = 0;     ///< bytes of a response that is not whole
  std::size_t missing = 0;  ///< of it, when its size is known
};

Expected split(ByteView bytes) {
  Expected expected;
  for (;;) {
    expected.rest = bytes.size();
    if (bytes.size() < k_size_bytes) return expected;
    const auto size = protocol::load_big_endian<std::int32_t>(bytes.data());
    if (size < static_cast<std::int32_t>(k_size_bytes) || size > client::k_response_bytes_max) {
      expected.impossible = size;
      return expected;
    }
    bytes = bytes.subspan(k_size_bytes);
    if (bytes.size() < static_cast<std::size_t>(size)) {
      expected.missing = static_cast<std::size_t>(size) - bytes.size();
      return expected;
    }
    expected.responses.push_back(bytes.first(static_cast<std::size_t>(size)));
    bytes = bytes.subspan(static_cast<std::size_t>(size));
  }
}

/// As much as is there and as the pieces take, but no more than `most`.
std::size_t receive(std::span<const iovec> pieces, ByteView from, std::size_t most) {
  std::size_t received = 0;
  for (const iovec& piece : pieces) {
    const std::size_t part = std::min({piece.iov_len, from.size() - received, most - received});
    if (part > 0) std::memcpy(piece.iov_base, from.data() + received, part);
    received += part;
  }
  return received;
}

}  // namespace

/// The first byte says how many bytes come at once (and by how many more each time), the rest is
/// what a broker sends.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView stream = std::as_bytes(std::span(data, size)).subspan(1);
  const Expected expected = split(stream);
  client::SlabPool slabs;
  client::ResponseReader reader(slabs);
  std::size_t at_once = 1U + (data[0] & 0x1F);
  const std::size_t growth = data[0] >> 5;
  std::size_t seen = 0;
  ByteView left = stream;
  while (!left.empty() && !reader.impossible_size()) {
    const std::size_t received = receive(reader.prepare(), left, at_once);
    KF_CHECK(received > 0);
    left = left.subspan(received);
    at_once += growth;
    reader.received(received);
    while (const auto response = reader.next()) {
      KF_CHECK(seen < expected.responses.size());
      KF_CHECK(std::equal(response->bytes.begin(), response->bytes.end(),
                          expected.responses[seen].begin(), expected.responses[seen].end()));
      ++seen;
    }
  }
  KF_CHECK(seen == expected.responses.size());
  KF_CHECK(reader.impossible_size() == expected.impossible);
  if (!expected.impossible) {
    KF_CHECK(reader.between_responses() == (expected.rest == 0));
    KF_CHECK(reader.bytes_missing() == expected.missing);
  }
  return 0;
}
