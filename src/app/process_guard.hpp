#pragma once

namespace kferry::app {

/// Keeps the process's memory to itself: no core dump, no debugger of another user. To be called
/// before any secret is read.
void keep_memory_private() noexcept;

}  // namespace kferry::app
