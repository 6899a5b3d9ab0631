#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "kferry/base/result.hpp"

namespace kferry::kafka {

/// Bytes under a path, for a library that reads files only: they are in memory, nobody can change
/// them, no other program inherits them, and they are gone with the object.
class SealedFile {
 public:
  /// Errors: configuration, with the system's reason.
  static Result<SealedFile> make(std::string_view bytes);
  ~SealedFile();
  SealedFile(SealedFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  SealedFile& operator=(SealedFile&&) = delete;
  SealedFile(const SealedFile&) = delete;
  SealedFile& operator=(const SealedFile&) = delete;

  /// For this process only.
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  explicit SealedFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace kferry::kafka
