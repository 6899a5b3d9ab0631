#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "kferry/base/bytes.hpp"
#include "kferry/protocol/record_batch.hpp"
#include "kferry/protocol/wire.hpp"

/// Who we are to a broker: SaslHandshake (key 17, version 1), SaslAuthenticate (key 36, version 1)
/// and InitProducerId (key 22, version 1).
namespace kferry::protocol {

void write_sasl_handshake(WireWriter& out, std::string_view mechanism);

struct SaslHandshakeResponse {
  std::int16_t error = 0;
  std::vector<std::string_view> mechanisms;  ///< what the broker has
};
std::optional<SaslHandshakeResponse> read_sasl_handshake(WireReader& in);

void write_sasl_authenticate(WireWriter& out, ByteView token);

struct SaslAuthenticateResponse {
  std::int16_t error = 0;
  std::string_view text;
  ByteView token;
  std::int64_t session_lifetime_ms = 0;  ///< 0: no end (KIP-368)
};
std::optional<SaslAuthenticateResponse> read_sasl_authenticate(WireReader& in);

/// For an idempotent producer without transactions.
void write_init_producer_id(WireWriter& out);

struct InitProducerIdResponse {
  std::int32_t throttle_ms = 0;
  std::int16_t error = 0;
  ProducerIdentity producer;
};
std::optional<InitProducerIdResponse> read_init_producer_id(WireReader& in);

}  // namespace kferry::protocol
