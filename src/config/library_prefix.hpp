#pragma once

#include <string_view>

#include "config/property_table.hpp"

namespace kferry::config {

/// Properties of librdkafka itself are written with this in front and passed on without it.
inline constexpr std::string_view k_library_prefix = "librdkafka.";

/// Passes it on, or refuses what would break a promise of kferry or show a credential.
void take_library_property(Draft& draft, const Value& value);

}  // namespace kferry::config
