#pragma once

#include <memory>
#include <string>

#include "kferry/security/sasl_client.hpp"

namespace kferry::security {

/// REQUIRES: one of the two SCRAM mechanisms.
std::unique_ptr<SaslClient> make_scram_client(const SaslProfile& profile, std::string nonce);

}  // namespace kferry::security
