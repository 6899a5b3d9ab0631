#include "client/response_reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "kferry/client/connection.hpp"
#include "kferry/protocol/wire.hpp"

namespace kferry::client {
namespace {

constexpr std::size_t k_size_field_bytes = sizeof(std::int32_t);
/// The correlation id, which every response has.
constexpr std::int32_t k_response_bytes_min = sizeof(std::int32_t);

}  // namespace

std::span<const iovec> ResponseReader::prepare() noexcept {
  std::size_t count = 0;
  if (slab_) pieces_[count++] = {slab_.data() + filled_, size_ - filled_};
  // At most a piece of a size field is left in it.
  std::memmove(inbox_.get(), inbox_.get() + begin_, end_ - begin_);
  end_ -= std::exchange(begin_, 0);
  pieces_[count++] = {inbox_.get() + end_, k_inbox_bytes - end_};
  return std::span(pieces_).first(count);
}

void ResponseReader::received(std::size_t bytes) noexcept {
  if (slab_) {
    const std::size_t into_slab = std::min(bytes, size_ - filled_);
    filled_ += into_slab;
    bytes -= into_slab;
  }
  end_ += bytes;
}

std::optional<ResponseReader::Response> ResponseReader::next() {
  if (!slab_) {
    if (impossible_size_ || end_ - begin_ < k_size_field_bytes) return std::nullopt;
    const auto size = protocol::load_big_endian<std::int32_t>(inbox_.get() + begin_);
    if (size < k_response_bytes_min || size > k_response_bytes_max) {
      impossible_size_ = size;
      return std::nullopt;
    }
    begin_ += k_size_field_bytes;
    size_ = static_cast<std::size_t>(size);
    slab_ = slabs_.take(size_);
    filled_ = std::min(size_, end_ - begin_);
    std::memcpy(slab_.data(), inbox_.get() + begin_, filled_);
    begin_ += filled_;
  }
  if (filled_ < size_) return std::nullopt;
  Response response;
  response.bytes = ByteView(slab_.data(), size_);
  response.slab = std::exchange(slab_, SlabRef());
  return response;
}

}  // namespace kferry::client
