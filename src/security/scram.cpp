#include "security/scram.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <charconv>
#include <utility>
#include <vector>

namespace kferry::security {
namespace {

/// "n,,": no channel binding and nobody else's name; repeated in base64 in the final message.
constexpr std::string_view k_gs2_header = "n,,";
constexpr std::string_view k_gs2_header_base64 = "biws";
/// Of a broker's message; theirs have less than 300 bytes.
constexpr std::size_t k_message_bytes_max = 4'096;

/// Key material, wiped when it goes.
class Digest {
 public:
  Digest() = default;
  explicit Digest(std::size_t size) : bytes_(size) {}
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  Digest(Digest&&) noexcept = default;
  Digest& operator=(Digest&&) noexcept = default;
  ~Digest() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

  unsigned char* data() noexcept { return bytes_.data(); }
  const unsigned char* data() const noexcept { return bytes_.data(); }
  std::size_t size() const noexcept { return bytes_.size(); }
  int size_int() const noexcept { return static_cast<int>(bytes_.size()); }

 private:
  std::vector<unsigned char> bytes_;
};

const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string to_base64(const Digest& digest) {
  std::string text((digest.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), digest.data(),
                                   digest.size_int());
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  const auto content = text.substr(0, text.find('='));
  const bool alphabet = content.find_first_not_of(
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") ==
                        std::string_view::npos;
  const std::size_t padding = text.size() - content.size();
  if (text.empty() || text.size() % 4 != 0 || !alphabet || padding > 2 ||
      text.substr(content.size()).find_first_not_of('=') != std::string_view::npos) {
    return std::nullopt;
  }
  std::string decoded(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()), bytes_of(text),
                                   static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  decoded.resize(static_cast<std::size_t>(size) - padding);
  return decoded;
}

/// RFC 5802's saslname. Kafka does not normalize names and passwords either.
std::string escaped(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c == '=') {
      text += "=3D";
    } else if (c == ',') {
      text += "=2C";
    } else {
      text += c;
    }
  }
  return text;
}

/// Takes "x=value" from the front, up to the next comma; nothing when another attribute stands
/// there.
std::optional<std::string_view> take_attribute(std::string_view& rest, char name) {
  if (rest.size() < 2 || rest[0] != name || rest[1] != '=') return std::nullopt;
  rest.remove_prefix(2);
  const auto comma = rest.find(',');
  const auto value = rest.substr(0, comma);
  rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  return value;
}

std::optional<int> to_number(std::string_view digits) {
  int value = 0;
  const auto* const end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end || value < 0) return std::nullopt;
  return value;
}

class ScramClient final : public SaslClient {
 public:
  ScramClient(const SaslProfile& profile, std::string nonce)
      : mechanism_(to_string(profile.mechanism)),
        hash_(profile.mechanism == SaslMechanism::scram_sha_256 ? EVP_sha256() : EVP_sha512()),
        password_(profile.password),
        nonce_(std::move(nonce)),
        first_bare_("n=" + escaped(profile.username) + ",r=" + nonce_) {}

  Result<std::optional<Secret>> step(ByteView from_broker) override {
    if (from_broker.size() > k_message_bytes_max) return failed("its message is too long");
    const std::string_view message = as_text(from_broker);
    switch (stage_++) {
      case 0:
        return std::optional(Secret(std::string(k_gs2_header) + first_bare_));
      case 1:
        return prove(message);
      case 2:
        return verify(message);
      default:
        return std::optional<Secret>();
    }
  }

 private:
  Error failed(const std::string& why) const {
    return {ErrorKind::authorization, mechanism_ + " authentication failed: " + why};
  }
  Error refused(std::string_view why) const {
    return failed("the broker refuses with '" + std::string(why) +
                  "'; check username and password in sasl.jaas.config");
  }

  Digest hmac(const Digest& key, std::string_view text) const {
    Digest mac(static_cast<std::size_t>(EVP_MD_get_size(hash_)));
    unsigned int size = 0;
    HMAC(hash_, key.data(), key.size_int(), bytes_of(text), text.size(), mac.data(), &size);
    return mac;
  }

  Result<Digest> salted_password(const std::string& salt, int iterations) const {
    Digest key(static_cast<std::size_t>(EVP_MD_get_size(hash_)));
    const std::string& password = password_.reveal();
    if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes_of(salt),
                          static_cast<int>(salt.size()), iterations, hash_, key.size_int(),
                          key.data()) != 1) {
      return failed("OpenSSL does not derive the key");
    }
    return key;
  }

  Result<std::optional<Secret>> prove(std::string_view server_first) {
    std::string_view rest = server_first;
    if (const auto error = take_attribute(rest, 'e')) return refused(*error);
    const auto nonce = take_attribute(rest, 'r');
    const auto salt_text = take_attribute(rest, 's');
    const auto count_text = take_attribute(rest, 'i');
    if (!nonce || !salt_text || !count_text) return failed("its first message is malformed");
    if (!nonce->starts_with(nonce_) || nonce->size() == nonce_.size()) {
      return failed("its nonce does not continue ours");
    }
    const auto salt = from_base64(*salt_text);
    const auto iterations = to_number(*count_text);
    if (!salt || !iterations) return failed("its first message is malformed");
    if (*iterations < k_scram_iterations_min || *iterations > k_scram_iterations_max) {
      return failed("the broker's credential has " + std::to_string(*iterations) +
                    " iterations, from " + std::to_string(k_scram_iterations_min) + " to " +
                    std::to_string(k_scram_iterations_max) +
                    " are taken; create it anew with kafka-configs");
    }
    const auto salted = salted_password(*salt, *iterations);
    if (!salted) return salted.error();
    return final_message(*salted, server_first, *nonce);
  }

  std::optional<Secret> final_message(const Digest& salted, std::string_view server_first,
                                      std::string_view nonce) {
    const std::string without_proof =
        "c=" + std::string(k_gs2_header_base64) + ",r=" + std::string(nonce);
    const std::string message = first_bare_ + "," + std::string(server_first) + "," + without_proof;
    server_signature_ = hmac(hmac(salted, "Server Key"), message);
    Digest proof = hmac(salted, "Client Key");
    Digest stored(proof.size());
    EVP_Digest(proof.data(), proof.size(), stored.data(), nullptr, hash_, nullptr);
    const Digest signature = hmac(stored, message);
    for (std::size_t i = 0; i < proof.size(); ++i) proof.data()[i] ^= signature.data()[i];
    return Secret(without_proof + ",p=" + to_base64(proof));
  }

  Result<std::optional<Secret>> verify(std::string_view server_final) const {
    std::string_view rest = server_final;
    if (const auto error = take_attribute(rest, 'e')) return refused(*error);
    const auto text = take_attribute(rest, 'v');
    const auto signature = text ? from_base64(*text) : std::nullopt;
    if (!signature) return failed("its final message is malformed");
    if (signature->size() != server_signature_.size() ||
        CRYPTO_memcmp(signature->data(), server_signature_.data(), signature->size()) != 0) {
      return failed("the broker does not prove that it knows the password; who answers there?");
    }
    return std::optional<Secret>();
  }

  const std::string mechanism_;
  const EVP_MD* const hash_;
  const Secret password_;
  const std::string nonce_;
  const std::string first_bare_;
  Digest server_signature_;
  int stage_ = 0;
};

}  // namespace

std::unique_ptr<SaslClient> make_scram_client(const SaslProfile& profile, std::string nonce) {
  return std::make_unique<ScramClient>(profile, std::move(nonce));
}

}  // namespace kferry::security
