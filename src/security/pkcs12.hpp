#pragma once

#include "security/password_encryption.hpp"
#include "security/store_content.hpp"

namespace kferry::security {

/// What a PKCS12 store may cost, and whether its MAC counts.
struct Pkcs12Rules {
  std::uint64_t iterations_max = k_pbe_iterations_max;
  std::uint64_t iterations_total_max = k_pbe_iterations_total_max;
  bool check_mac = true;
};

/// A PKCS12 store with the entries that sun.security.pkcs12.PKCS12KeyStore finds in it.
Result<StoreContent> read_pkcs12(ByteView bytes, const StoreRequest& request,
                                 const CryptoLibrary& library, const Pkcs12Rules& rules = {});

}  // namespace kferry::security
