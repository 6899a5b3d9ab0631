#pragma once

#include <cstddef>

namespace kferry::testing {

/// How many times this thread has called operator new. Programs that use it link
/// support/allocation_count.cpp, which replaces the operator for all of the program.
std::size_t allocations_of_this_thread() noexcept;

}  // namespace kferry::testing
