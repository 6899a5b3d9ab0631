#include "kferry/observe/snapshot.hpp"

namespace kferry::observe {

const char* to_string(ShardState state) noexcept {
  switch (state) {
    case ShardState::waiting:
      return "waiting";
    case ShardState::starting:
      return "starting";
    case ShardState::running:
      return "running";
    case ShardState::draining:
      return "draining";
    case ShardState::parked:
      return "parked";
  }
  return "unknown";
}

const char* to_string(FlowState state) noexcept {
  switch (state) {
    case FlowState::connecting:
      return "connecting";
    case FlowState::running:
      return "running";
    case FlowState::draining:
      return "draining";
    case FlowState::stopped:
      return "stopped";
    case FlowState::failed:
      return "failed";
  }
  return "unknown";
}

}  // namespace kferry::observe
