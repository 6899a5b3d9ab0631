#pragma once

#include <memory>
#include <string>

#include "client/byte_stream.hpp"

namespace kferry::client {

/// TLS over a connected socket, by OpenSSL. The host's name goes into the handshake (SNI) and is
/// checked against the certificate when verify_host_name says so.
/// Errors: fatal (OpenSSL refuses).
Result<std::unique_ptr<ByteStream>> make_tls_stream(int socket, ssl_ctx_st* context,
                                                    const std::string& host, bool verify_host_name);

}  // namespace kferry::client
