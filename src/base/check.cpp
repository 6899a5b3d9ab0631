#include "kferry/base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace kferry {

void check_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "kferry: invariant broken: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace kferry
