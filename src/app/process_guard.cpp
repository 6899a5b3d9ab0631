#include "app/process_guard.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <csignal>

namespace kferry::app {

void keep_memory_private() noexcept {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void outlive_broken_pipes() noexcept { std::signal(SIGPIPE, SIG_IGN); }

}  // namespace kferry::app
