#include "kferry/security/sasl_client.hpp"

#include <openssl/rand.h>

#include <array>
#include <utility>

#include "security/scram.hpp"

namespace kferry::security {
namespace {

constexpr std::size_t k_nonce_bytes = 24;

class PlainClient final : public SaslClient {
 public:
  explicit PlainClient(const SaslProfile& profile)
      : token_(std::string(1, '\0') + profile.username + '\0' + profile.password.reveal()) {}

  Result<std::optional<Secret>> step(ByteView) override {
    return std::exchange(token_, std::nullopt);
  }

 private:
  std::optional<Secret> token_;
};

Result<std::string> random_nonce() {
  std::array<unsigned char, k_nonce_bytes> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return Error{ErrorKind::fatal, "OpenSSL has no random numbers"};
  }
  constexpr std::string_view k_digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += k_digits[byte >> 4];
    text += k_digits[byte & 0x0F];
  }
  return text;
}

}  // namespace

Result<std::unique_ptr<SaslClient>> make_sasl_client(const SaslProfile& profile) {
  auto nonce = random_nonce();
  if (!nonce) return nonce.error();
  return make_sasl_client(profile, std::move(nonce).value());
}

Result<std::unique_ptr<SaslClient>> make_sasl_client(const SaslProfile& profile,
                                                     std::string nonce) {
  switch (profile.mechanism) {
    case SaslMechanism::plain:
      return std::unique_ptr<SaslClient>(std::make_unique<PlainClient>(profile));
    case SaslMechanism::scram_sha_256:
    case SaslMechanism::scram_sha_512:
      return make_scram_client(profile, std::move(nonce));
    case SaslMechanism::gssapi:
    case SaslMechanism::oauthbearer:
      break;
  }
  return Error{ErrorKind::configuration,
               std::string("sasl.mechanism ") + to_string(profile.mechanism) +
                   " is served by the records engine alone: use --engine records, or PLAIN or "
                   "SCRAM"};
}

}  // namespace kferry::security
