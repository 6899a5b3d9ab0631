#include "kferry/protocol/sessions.hpp"

namespace kferry::protocol {
namespace {

constexpr std::size_t k_mechanism_bytes_min = 2;
/// Means nothing without a transactional id, but brokers want it above 0.
constexpr std::int32_t k_transaction_timeout_ms = 60'000;

}  // namespace

void write_sasl_handshake(WireWriter& out, std::string_view mechanism) { out.string(mechanism); }

std::optional<SaslHandshakeResponse> read_sasl_handshake(WireReader& in) {
  SaslHandshakeResponse response;
  response.error = in.i16();
  for (std::size_t count = in.array(k_mechanism_bytes_min); count > 0; --count) {
    response.mechanisms.push_back(in.string());
  }
  if (!in.ok()) return std::nullopt;
  return response;
}

void write_sasl_authenticate(WireWriter& out, ByteView token) { out.bytes(token); }

std::optional<SaslAuthenticateResponse> read_sasl_authenticate(WireReader& in) {
  SaslAuthenticateResponse response;
  response.error = in.i16();
  response.text = in.nullable_string().value_or("");
  response.token = in.bytes();
  response.session_lifetime_ms = in.i64();
  if (!in.ok()) return std::nullopt;
  return response;
}

void write_init_producer_id(WireWriter& out) {
  out.nullable_string(std::nullopt);
  out.i32(k_transaction_timeout_ms);
}

std::optional<InitProducerIdResponse> read_init_producer_id(WireReader& in) {
  InitProducerIdResponse response;
  response.throttle_ms = in.i32();
  response.error = in.i16();
  response.producer.id = in.i64();
  response.producer.epoch = in.i16();
  if (!in.ok()) return std::nullopt;
  return response;
}

}  // namespace kferry::protocol
