#pragma once

#include <string>

#include "kferry/base/bytes.hpp"

namespace kferry::security {

/// Whose a certificate (DER) is, for messages: "CN=broker,O=Example, for a.example, b.example".
/// Empty when the bytes are none.
std::string describe_certificate(ByteView der);

}  // namespace kferry::security
