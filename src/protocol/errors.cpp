#include "kferry/protocol/errors.hpp"

namespace kferry::protocol {

std::string error_text(std::int16_t code) {
  const std::string_view name = error_name(code);
  return name.empty() ? "ERROR_" + std::to_string(code) : std::string(name);
}

}  // namespace kferry::protocol
