#pragma once

#include <string>

#include "kferry/base/result.hpp"
#include "kferry/base/secret.hpp"

namespace kferry::security {

/// A whole store or key file; at most k_store_bytes_max. Errors: configuration, with the path and
/// the reason.
Result<Secret> read_store_file(const std::string& path);

/// What a store's bytes look like, before any of it is read.
enum class StoreLook { jks, jceks, pkcs12, pem, unknown };
StoreLook look_at_store(std::string_view bytes) noexcept;
const char* to_string(StoreLook look) noexcept;

}  // namespace kferry::security
