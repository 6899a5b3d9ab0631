#include "app/demo_command.hpp"
namespace kferry::app {
ExitCode demo_command(const config::ProcessSettings&, int) { return ExitCode::bug; }
}  // namespace kferry::app
