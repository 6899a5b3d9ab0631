#include "security/store_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "kferry/security/stores.hpp"

namespace kferry::security {
namespace {

constexpr std::size_t k_read_bytes = 64U << 10;

class File {
 public:
  explicit File(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

Error unreadable(const std::string& path, const std::string& reason) {
  std::string text = fmt::format("{}: can not be read: {}", path, reason);
  std::error_code ignored;
  if (!std::filesystem::path(path).is_absolute()) {
    const auto here = std::filesystem::current_path(ignored);
    text += fmt::format("; the path is relative to the working directory {}", here.string());
  }
  return {ErrorKind::configuration, std::move(text)};
}

std::string reason_of(int error) { return std::generic_category().message(error); }

bool is_directory(const File& file) {
  struct stat about {};
  return ::fstat(file.get(), &about) == 0 && S_ISDIR(about.st_mode);
}

}  // namespace

Result<Secret> read_store_file(const std::string& path) {
  if (path.empty()) return Error{ErrorKind::configuration, "an empty path names no file"};
  const File file(path);
  if (file.get() < 0) return unreadable(path, reason_of(errno));
  if (is_directory(file)) return unreadable(path, reason_of(EISDIR));
  std::string content;
  // Room for all of it at once: a text that grows would leave copies of a private key behind.
  content.reserve(k_store_bytes_max + 1);
  while (content.size() <= k_store_bytes_max) {
    const auto before = content.size();
    content.resize(std::min(before + k_read_bytes, k_store_bytes_max + 1));
    const auto got = ::read(file.get(), content.data() + before, content.size() - before);
    const int error = errno;
    content.resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got < 0 && error == EINTR) continue;
    if (got < 0) return unreadable(path, reason_of(error));
    if (got == 0) break;
  }
  if (content.size() > k_store_bytes_max) {
    return unreadable(path, fmt::format("it is larger than {} MiB", k_store_bytes_max >> 20));
  }
  if (content.empty()) return unreadable(path, "it is empty");
  return Secret(std::move(content));
}

StoreLook look_at_store(std::string_view bytes) noexcept {
  if (bytes.starts_with("\xFE\xED\xFE\xED")) return StoreLook::jks;
  if (bytes.starts_with("\xCE\xCE\xCE\xCE")) return StoreLook::jceks;
  if (bytes.starts_with('\x30')) return StoreLook::pkcs12;
  if (bytes.find("-BEGIN ") != std::string_view::npos) return StoreLook::pem;
  return StoreLook::unknown;
}

const char* to_string(StoreLook look) noexcept {
  switch (look) {
    case StoreLook::jks:
      return "JKS";
    case StoreLook::jceks:
      return "JCEKS";
    case StoreLook::pkcs12:
      return "PKCS12";
    case StoreLook::pem:
      return "PEM";
    case StoreLook::unknown:
      return "unknown";
  }
  return "";
}

}  // namespace kferry::security
