#pragma once

#include <openssl/bio.h>

#include <cstddef>
#include <memory>
#include <vector>

namespace kferry::client {

/// Where OpenSSL gets its bytes from and leaves them. OpenSSL's own would raise SIGPIPE and makes a
/// system call for each record of 16 KiB; this one collects what is written until it is flushed.
/// Thread: one.
class SocketBio {
 public:
  explicit SocketBio(int socket) : socket_(socket) {}

  /// A handle for one SSL object, which this outlives; null when there is no memory.
  BIO* make_handle() noexcept;

  int read(char* into, int bytes) noexcept;
  int write(const char* from, int bytes) noexcept;
  bool at_end() const noexcept { return at_end_; }
  int last_errno() const noexcept { return errno_; }

  enum class Flushed { all, would_block, failed };
  Flushed flush() noexcept;
  std::size_t unflushed_bytes() const noexcept { return out_.size() - out_begin_; }
  bool would_block() const noexcept { return would_block_; }

 private:
  const int socket_;
  std::vector<char> out_;
  std::size_t out_begin_ = 0;
  bool at_end_ = false;
  bool would_block_ = false;
  int errno_ = 0;
};

}  // namespace kferry::client
