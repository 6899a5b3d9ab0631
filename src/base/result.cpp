#include "kferry/base/result.hpp"

namespace kferry {

ExitCode exit_code(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::retriable:
      return ExitCode::try_again;
    case ErrorKind::shard:
    case ErrorKind::configuration:
      return ExitCode::configuration;
    case ErrorKind::record:
      return ExitCode::send_failed;
    case ErrorKind::unreachable:
      return ExitCode::unreachable;
    case ErrorKind::authorization:
      return ExitCode::not_authorized;
    case ErrorKind::fatal:
    case ErrorKind::bug:
      return ExitCode::bug;
  }
  return ExitCode::bug;
}

}  // namespace kferry
