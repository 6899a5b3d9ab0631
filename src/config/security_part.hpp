#pragma once

#include "config/property_table.hpp"
#include "config/surroundings.hpp"
#include "kferry/security/profile.hpp"

namespace kferry::config {

/// What the client's properties of TLS and SASL, the JAAS file and the stores come to. Mistakes and
/// notices name the property's place. With a mistake: the profile of PLAINTEXT.
security::SecurityProfile read_security(Draft& draft, const Surroundings& surroundings);

}  // namespace kferry::config
