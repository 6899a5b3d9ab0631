#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "kferry/base/result.hpp"
#include "kferry/client/connection.hpp"

namespace kferry::client {

enum class StreamState {
  progress,    ///< done, or something of it
  want_read,   ///< nothing before the socket is readable
  want_write,  ///< nothing before the socket is writable
  ended,       ///< the other side has closed
  failed       ///< see error()
};

struct StreamResult {
  StreamState state = StreamState::progress;
  std::size_t bytes = 0;
  bool drained = false;  ///< of reads: nothing more is there at this moment
};

/// Bytes over a connected socket that does not block, which it does not own. Never waits and never
/// throws. Thread: one.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  /// To be called until it says progress.
  virtual StreamState handshake() noexcept = 0;
  virtual StreamResult read(std::span<const iovec> into) noexcept = 0;
  /// Takes what it can.
  virtual StreamResult write(std::span<const iovec> from) noexcept = 0;
  /// Sends what write() or the protocol itself has left; progress when that is all.
  virtual StreamState flush() noexcept = 0;
  virtual bool has_unflushed() const noexcept = 0;
  /// What went wrong, without the name of the broker.
  virtual Error error() const = 0;
};

std::unique_ptr<ByteStream> make_plain_stream(int socket);

}  // namespace kferry::client
