#include "app/process_guard.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "kafka/sealed_file.hpp"

namespace kferry::app {
namespace {

/// What a process of another user finds of itself once it is guarded: bits of what went wrong.
int guarded_faults() {
  constexpr uid_t k_nobody = 65'534;
  int faults = 0;
  if (::geteuid() == 0 && ::setresuid(k_nobody, k_nobody, k_nobody) != 0) faults |= 1;
  keep_memory_private();
  if (::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) faults |= 2;
  rlimit core{};
  if (::getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_cur != 0 || core.rlim_max != 0) faults |= 4;
  // What is handed to the library by a path has to stay readable.
  const auto file = kafka::SealedFile::make("certificates");
  std::ostringstream content;
  if (file) content << std::ifstream(file->path()).rdbuf();
  if (content.str() != "certificates") faults |= 8;
  if (!std::ifstream("/proc/self/statm")) faults |= 16;
  return faults;
}

TEST(ProcessGuard, LeavesNoCoreAndKeepsSealedFilesReadableWithoutRoot) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(guarded_faults());
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace kferry::app
