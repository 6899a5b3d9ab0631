#pragma once

#include <string>
#include <string_view>

#include "kferry/base/result.hpp"

namespace kferry::client {

inline constexpr std::string_view k_too_old =
    " in a version of ours, which Kafka has since 2.2; older brokers need the engine records";

/// A broker that does not have an API as we speak it.
inline Error too_old(std::string_view api) {
  return {ErrorKind::configuration, "it has no " + std::string(api) + std::string(k_too_old)};
}
inline bool is_too_old(const Error& error) {
  return error.text.find(k_too_old) != std::string::npos;
}

}  // namespace kferry::client
