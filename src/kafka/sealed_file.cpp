#include "kafka/sealed_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace kferry::kafka {
namespace {

Error failure(const char* what) {
  return Error{ErrorKind::configuration, std::string("a file in memory: ") + what + ": " +
                                             std::generic_category().message(errno)};
}

}  // namespace

Result<SealedFile> SealedFile::make(std::string_view bytes) {
  SealedFile file(::memfd_create("kferry-certificates", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (file.descriptor_ < 0) return failure("memfd_create");
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return failure("write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fcntl(file.descriptor_, F_ADD_SEALS,
              F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) {
    return failure("fcntl");
  }
  return file;
}

SealedFile::~SealedFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace kferry::kafka
