#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "client/byte_stream.hpp"

namespace kferry::client {
namespace {

bool would_block(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK; }

msghdr message_of(std::span<const iovec> pieces) noexcept {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  return message;
}

class PlainStream final : public ByteStream {
 public:
  explicit PlainStream(int socket) : socket_(socket) {}

  StreamState handshake() noexcept override { return StreamState::progress; }

  StreamResult read(std::span<const iovec> into) noexcept override {
    msghdr message = message_of(into);
    std::size_t room = 0;
    for (const iovec& piece : into) room += piece.iov_len;
    ssize_t got = 0;
    do {
      got = ::recvmsg(socket_, &message, MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    if (got == 0) return {StreamState::ended};
    if (got < 0) return stopped(StreamState::want_read);
    const auto bytes = static_cast<std::size_t>(got);
    return {StreamState::progress, bytes, bytes < room};
  }

  StreamResult write(std::span<const iovec> from) noexcept override {
    const msghdr message = message_of(from);
    ssize_t sent = 0;
    do {
      sent = ::sendmsg(socket_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) return stopped(StreamState::want_write);
    return {StreamState::progress, static_cast<std::size_t>(sent)};
  }

  StreamState flush() noexcept override { return StreamState::progress; }
  bool has_unflushed() const noexcept override { return false; }

  Error error() const override {
    return {ErrorKind::unreachable, std::generic_category().message(errno_)};
  }

 private:
  StreamResult stopped(StreamState waiting) noexcept {
    if (would_block(errno)) return {waiting};
    errno_ = errno;
    return {StreamState::failed};
  }

  const int socket_;
  int errno_ = 0;
};

}  // namespace

std::unique_ptr<ByteStream> make_plain_stream(int socket) {
  return std::make_unique<PlainStream>(socket);
}

}  // namespace kferry::client
