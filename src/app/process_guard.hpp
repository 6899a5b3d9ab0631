#pragma once

namespace kferry::app {

/// Keeps the process's memory to itself: no core dump, no debugger of another user. To be called
/// before any secret is read.
void keep_memory_private() noexcept;

/// A peer that goes while something is written to it is an error like any other, also inside of
/// libraries that write without MSG_NOSIGNAL (OpenSSL).
void outlive_broken_pipes() noexcept;

}  // namespace kferry::app
