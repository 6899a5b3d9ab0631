#include "security/jks.hpp"

#include <fmt/format.h>

#include <array>
#include <initializer_list>
#include <map>

#include "security/certificates.hpp"
#include "security/openssl_handles.hpp"
#include "security/utf16.hpp"
#include "security/wiped_bytes.hpp"

namespace kferry::security {

namespace {

constexpr std::uint32_t k_magic = 0xFEEDFEED;
constexpr std::uint32_t k_key_entry = 1;
constexpr std::uint32_t k_trusted_entry = 2;
constexpr std::size_t k_date_bytes = 8;
constexpr std::size_t k_sha1_bytes = 20;
constexpr std::string_view k_whitener = "Mighty Aphrodite";
constexpr std::string_view k_key_protector_oid = "1.3.6.1.4.1.42.2.17.1.1";

using Digest = std::array<unsigned char, k_sha1_bytes>;
using Bytes = std::span<const unsigned char>;

Result<Digest> sha1(std::initializer_list<Bytes> parts) {
  const DigestHandle context(EVP_MD_CTX_new());
  Digest digest{};
  bool good = context && EVP_DigestInit_ex(context.get(), EVP_sha1(), nullptr) == 1;
  for (const auto& part : parts) {
    good = good && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  }
  if (!good || EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) {
    return store_error(
        fmt::format("OpenSSL refuses SHA-1, which every JKS store needs ({})", openssl_errors()));
  }
  return digest;
}

/// Big endian, as DataInputStream reads. Once something is missing every further read gives nothing
/// and complete() is false.
class Reader {
 public:
  explicit Reader(Bytes bytes) : bytes_(bytes) {}

  bool complete() const noexcept { return complete_; }
  std::size_t position() const noexcept { return position_; }
  std::size_t remaining() const noexcept { return bytes_.size() - position_; }

  Bytes take(std::size_t size) noexcept {
    if (!complete_ || size > remaining()) {
      complete_ = false;
      return {};
    }
    const auto taken = bytes_.subspan(position_, size);
    position_ += size;
    return taken;
  }

  std::uint32_t number(std::size_t size) noexcept {
    std::uint32_t value = 0;
    for (const unsigned char byte : take(size)) value = (value << 8) | byte;
    return value;
  }

  Bytes block() noexcept { return take(number(4)); }
  Bytes text() noexcept { return take(number(2)); }

 private:
  Bytes bytes_;
  std::size_t position_ = 0;
  bool complete_ = true;
};

/// Recovers what sun.security.provider.KeyProtector hid: a key stream of SHA-1 digests, each of the
/// password and the digest before it, and a digest of password and key at the end.
Result<Secret> recover_key(Bytes hidden, const WipedBytes& password) {
  if (hidden.size() <= 2 * k_sha1_bytes) return store_error("it is too short");
  const auto salt = hidden.first(k_sha1_bytes);
  const auto check = hidden.last(k_sha1_bytes);
  const auto cipher = hidden.subspan(k_sha1_bytes, hidden.size() - 2 * k_sha1_bytes);
  std::string plain(cipher.size(), '\0');
  Digest stream{};
  for (std::size_t i = 0; i < cipher.size(); ++i) {
    const std::size_t in_round = i % k_sha1_bytes;
    if (in_round == 0) {
      auto next = sha1({password.span(), i == 0 ? salt : Bytes(stream)});
      if (!next) return next.error();
      stream = *next;
    }
    plain[i] = static_cast<char>(cipher[i] ^ stream[in_round]);
  }
  OPENSSL_cleanse(stream.data(), stream.size());
  Secret key(std::move(plain));
  const auto digest = sha1({password.span(), unsigned_bytes(key.reveal())});
  if (!digest) return digest.error();
  if (CRYPTO_memcmp(digest->data(), check.data(), k_sha1_bytes) != 0) {
    return store_error("wrong password");
  }
  return key;
}

class JksReader {
 public:
  JksReader(Bytes bytes, const StoreRequest& request)
      : bytes_(bytes), request_(request), in_(bytes) {}

  Result<StoreContent> read() {
    const std::uint32_t magic = in_.number(4);
    version_ = in_.number(4);
    const std::uint32_t count = in_.number(4);
    if (!in_.complete()) return damaged("it ends within its header");
    if (magic != k_magic || (version_ != 1 && version_ != 2)) {
      return store_error(
          fmt::format("this is a JKS store of version {}, only 1 and 2 are known", version_));
    }
    if (count > k_store_entries_max) return too_many();
    for (std::uint32_t i = 0; i < count; ++i) {
      if (auto read = entry(); !read) return read.error();
    }
    if (auto checked = check_integrity(); !checked) return checked.error();
    if (auto opened = open_keys(); !opened) return opened.error();
    return std::move(content_);
  }

 private:
  static Error damaged(std::string_view how) {
    return store_error(fmt::format("the JKS store is damaged: {}. Copy it again", how));
  }
  static Error too_many() {
    return store_error(
        fmt::format("the JKS store claims more than {} entries or certificates: it is damaged",
                    k_store_entries_max));
  }

  Result<void> entry() {
    const std::uint32_t tag = in_.number(4);
    const auto alias = in_.text();
    in_.take(k_date_bytes);
    if (!in_.complete()) return damaged("it ends within an entry");
    if (tag != k_key_entry && tag != k_trusted_entry) {
      return damaged(fmt::format("an entry is of the unknown kind {}", tag));
    }
    auto name = from_modified_utf8(to_string(alias));
    if (!name) return damaged("an alias is not in Java's UTF-8");
    StoreEntry entry{lower_case_alias(*name), {}, std::nullopt};
    std::uint32_t certificates = 1;
    hidden_.erase(entry.alias);
    if (tag == k_key_entry) {
      hidden_.emplace(entry.alias, in_.block());
      certificates = in_.number(4);
    }
    if (auto read = chain(certificates, entry.certificates_der); !read) return read;
    put_entry(content_.entries, std::move(entry));
    return {};
  }

  Result<void> chain(std::uint32_t count, std::vector<std::string>& chain) {
    if (!in_.complete()) return damaged("it ends within a private key");
    certificates_ += count;
    if (count > k_store_entries_max || certificates_ > k_store_entries_max) return too_many();
    for (std::uint32_t i = 0; i < count; ++i) {
      if (version_ == 2) {
        const auto type = to_string(in_.text());
        if (in_.complete() && type != "X.509" && type != "X509") {
          return damaged("a certificate is not of the type X.509");
        }
      }
      const auto der = to_string(in_.block());
      if (!in_.complete()) return damaged("it ends within a certificate");
      const auto certificate = parse_certificate(der);
      if (!certificate) return damaged("a certificate can not be read");
      chain.push_back(certificate_der(certificate.get()));
    }
    return {};
  }

  Result<void> check_integrity() {
    if (!request_.password) {
      content_.warnings.push_back(fmt::format("without {} the JKS store's integrity is not checked",
                                              request_.password_name));
      return {};
    }
    const auto body = bytes_.first(in_.position());
    const auto trailer = in_.take(k_sha1_bytes);
    if (!in_.complete()) return damaged("it ends before its integrity check");
    const auto password = to_utf16be(*request_.password);
    if (!password) return store_error(fmt::format("{} is not UTF-8", request_.password_name));
    const auto digest = sha1({password->span(), unsigned_bytes(k_whitener), body});
    if (!digest) return digest.error();
    if (CRYPTO_memcmp(digest->data(), trailer.data(), k_sha1_bytes) != 0) {
      return store_error(fmt::format(
          "the JKS store's integrity check failed: {} is wrong, or the file is damaged. "
          "`keytool -list -keystore FILE` accepts the right password",
          request_.password_name));
    }
    return {};
  }

  Result<void> open_keys() {
    if (!request_.open_keys || hidden_.empty()) return {};
    if (!request_.for_keys()) {
      return store_error(fmt::format("the JKS store's private keys need a password: set {}",
                                     request_.key_password_name));
    }
    const auto password = to_utf16be(*request_.for_keys());
    if (!password) return store_error(fmt::format("{} is not UTF-8", request_.key_password_name));
    for (auto& entry : content_.entries) {
      const auto hidden = hidden_.find(entry.alias);
      if (hidden == hidden_.end()) continue;
      auto key = open_key(entry.alias, hidden->second, *password);
      if (!key) return key.error();
      entry.private_key_der = *key;
    }
    return {};
  }

  Result<Secret> open_key(std::string_view alias, Bytes hidden, const WipedBytes& password) const {
    const auto* position = hidden.data();
    const EncryptedKeyHandle info(
        d2i_X509_SIG(nullptr, &position, static_cast<long>(hidden.size())));
    const auto failed = [&](std::string_view how) {
      forget_openssl_errors();
      return store_error(
          fmt::format("the private key \"{}\" of the JKS store can not be read: {}", alias, how));
    };
    if (!info) return failed("it is damaged");
    const X509_ALGOR* algorithm = nullptr;
    const ASN1_OCTET_STRING* octets = nullptr;
    X509_SIG_get0(info.get(), &algorithm, &octets);
    std::array<char, 64> oid{};
    OBJ_obj2txt(oid.data(), static_cast<int>(oid.size()), algorithm->algorithm, 1);
    if (std::string_view(oid.data()) != k_key_protector_oid) {
      return failed(fmt::format("it is hidden with the unknown algorithm {}", oid.data()));
    }
    auto key = recover_key(
        {ASN1_STRING_get0_data(octets), static_cast<std::size_t>(ASN1_STRING_length(octets))},
        password);
    if (!key) {
      return failed(fmt::format("{} (its password is {}, else {})", key.error().text,
                                request_.key_password_name, request_.password_name));
    }
    if (!parse_private_key(*key)) return failed("its algorithm is unknown");
    return key;
  }

  Bytes bytes_;
  const StoreRequest& request_;
  Reader in_;
  std::uint32_t version_ = 0;
  std::size_t certificates_ = 0;
  std::map<std::string, Bytes> hidden_;  // by alias
  StoreContent content_;
};

}  // namespace

Result<StoreContent> read_jks(ByteView bytes, const StoreRequest& request) {
  const CleanErrorQueue clean;
  return JksReader(unsigned_bytes(as_text(bytes)), request).read();
}

}  // namespace kferry::security
