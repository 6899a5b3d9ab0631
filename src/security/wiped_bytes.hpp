#pragma once

#include <openssl/crypto.h>

#include <cstddef>
#include <span>
#include <vector>

namespace kferry::security {

/// A buffer for passwords and keys on their way: its size is fixed, so nothing is left behind by
/// growing, and it is wiped when it goes.
class WipedBytes {
 public:
  explicit WipedBytes(std::size_t size) : bytes_(size) {}
  WipedBytes(const WipedBytes&) = delete;
  WipedBytes& operator=(const WipedBytes&) = delete;
  WipedBytes(WipedBytes&&) noexcept = default;
  WipedBytes& operator=(WipedBytes&&) = delete;
  ~WipedBytes() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

  unsigned char* data() noexcept { return bytes_.data(); }
  std::size_t size() const noexcept { return bytes_.size(); }
  std::span<unsigned char> span() noexcept { return bytes_; }
  std::span<const unsigned char> span() const noexcept { return bytes_; }

 private:
  std::vector<unsigned char> bytes_;
};

}  // namespace kferry::security
