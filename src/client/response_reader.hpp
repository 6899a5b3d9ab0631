#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "kferry/base/bytes.hpp"
#include "kferry/client/slab.hpp"

namespace kferry::client {

/// Cuts what a broker sends into responses, without any I/O. A small buffer takes what comes; once
/// it shows the size of a response there is a slab for all of it, and the rest is received right
/// into that. Call order: prepare, receive into the pieces, received, next until it has nothing.
/// Thread: one.
class ResponseReader {
 public:
  static constexpr std::size_t k_inbox_bytes = 16U << 10;

  explicit ResponseReader(SlabPool& slabs)
      : slabs_(slabs), inbox_(std::make_unique_for_overwrite<std::byte[]>(k_inbox_bytes)) {}

  struct Response {
    SlabRef slab;
    ByteView bytes;  ///< without the size field
  };

  /// Where the next bytes belong: the rest of a response, and what may come behind it. Valid until
  /// the next call. REQUIRES: next() had nothing.
  std::span<const iovec> prepare() noexcept;
  void received(std::size_t bytes) noexcept;
  /// The next whole response; nothing when more has to be received, or when this is no Kafka (see
  /// impossible_size).
  std::optional<Response> next();

  /// A size field that no response has.
  std::optional<std::int32_t> impossible_size() const noexcept { return impossible_size_; }
  /// Lets go of what was received so far: nothing more will be.
  void forget() noexcept {
    slab_ = {};
    begin_ = end_ = size_ = filled_ = 0;
  }
  /// Whether nothing of a response has come yet.
  bool between_responses() const noexcept { return !slab_ && begin_ == end_; }
  /// Of the response that is being received.
  std::size_t bytes_missing() const noexcept { return slab_ ? size_ - filled_ : 0; }

 private:
  SlabPool& slabs_;
  std::unique_ptr<std::byte[]> inbox_;
  std::size_t begin_ = 0;  ///< of what is in the inbox
  std::size_t end_ = 0;
  SlabRef slab_;
  std::size_t size_ = 0;    ///< of the response that slab_ is for
  std::size_t filled_ = 0;  ///< of those
  std::optional<std::int32_t> impossible_size_;
  std::array<iovec, 2> pieces_{};
};

}  // namespace kferry::client
