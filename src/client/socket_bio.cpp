#include "client/socket_bio.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace kferry::client {
namespace {

SocketBio& inside(BIO* bio) noexcept { return *static_cast<SocketBio*>(BIO_get_data(bio)); }

int on_read(BIO* bio, char* into, int bytes) noexcept {
  BIO_clear_retry_flags(bio);
  const int got = inside(bio).read(into, bytes);
  if (got < 0 && inside(bio).would_block()) BIO_set_retry_read(bio);
  return got;
}

int on_write(BIO* bio, const char* from, int bytes) noexcept {
  BIO_clear_retry_flags(bio);
  return inside(bio).write(from, bytes);
}

long on_control(BIO* bio, int command, long, void*) noexcept {
  if (command == BIO_CTRL_FLUSH) return 1;  // when its owner says so
  if (command == BIO_CTRL_EOF) return inside(bio).at_end() ? 1 : 0;
  return 0;
}

struct FreeMethod {
  void operator()(BIO_METHOD* method) const noexcept { BIO_meth_free(method); }
};
using Method = std::unique_ptr<BIO_METHOD, FreeMethod>;

Method make_method() noexcept {
  Method method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "kferry socket"));
  if (method == nullptr || BIO_meth_set_read(method.get(), on_read) != 1 ||
      BIO_meth_set_write(method.get(), on_write) != 1 ||
      BIO_meth_set_ctrl(method.get(), on_control) != 1) {
    return nullptr;
  }
  return method;
}

}  // namespace

BIO* SocketBio::make_handle() noexcept {
  static const Method method = make_method();
  if (method == nullptr) return nullptr;
  BIO* const bio = BIO_new(method.get());
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  return bio;
}

int SocketBio::read(char* into, int bytes) noexcept {
  would_block_ = false;
  ssize_t got = 0;
  do {
    got = ::recv(socket_, into, static_cast<std::size_t>(bytes), MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got == 0) at_end_ = true;
  if (got < 0) {
    would_block_ = errno == EAGAIN || errno == EWOULDBLOCK;
    if (!would_block_) errno_ = errno;
  }
  return static_cast<int>(got);
}

int SocketBio::write(const char* from, int bytes) noexcept {
  out_.insert(out_.end(), from, from + bytes);
  return bytes;
}

SocketBio::Flushed SocketBio::flush() noexcept {
  while (out_begin_ < out_.size()) {
    const auto sent =
        ::send(socket_, out_.data() + out_begin_, unflushed_bytes(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) {
      out_begin_ += static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return Flushed::would_block;
    } else if (errno != EINTR) {
      errno_ = errno;
      return Flushed::failed;
    }
  }
  out_.clear();
  out_begin_ = 0;
  return Flushed::all;
}

}  // namespace kferry::client
