#pragma once

#include "security/store_content.hpp"

namespace kferry::security {

/// A store of sun.security.provider.JavaKeyStore, versions 1 and 2.
Result<StoreContent> read_jks(ByteView bytes, const StoreRequest& request);

}  // namespace kferry::security
