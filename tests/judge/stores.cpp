#include "kferry/security/stores.hpp"

#include <openssl/evp.h>

#include <algorithm>

#include "cases.hpp"
#include "security/pem.hpp"
#include "stores_case.hpp"

namespace {

using namespace kferry;
using judge::Json;
using judge::StoreCase;

std::string sha256(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) != 1) return "";
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    constexpr const char* k_digits = "0123456789abcdef";
    text += {k_digits[digest[i] >> 4], k_digits[digest[i] & 15]};
  }
  return text;
}

Json hashes(const std::vector<std::string>& certificates) {
  Json list = Json::array();
  for (const auto& der : certificates) list.push_back(sha256(der));
  return list;
}

Result<Json> entries(const StoreCase& asked) {
  const auto found =
      security::read_store(as_bytes(asked.bytes), asked.password, asked.key_password);
  if (!found) return found.error();
  Json all = Json::object();
  for (const auto& entry : *found) {
    Json one{{"certificates", hashes(entry.certificates_der)}};
    if (entry.private_key_der) one["key"] = sha256(entry.private_key_der->reveal());
    all[entry.alias] = one;
  }
  return all;
}

Result<Json> trusted(const StoreCase& asked) {
  const auto store = security::read_trust_store(as_bytes(asked.bytes), asked.password);
  if (!store) return store.error();
  const auto certificates = security::read_pem_certificates(store->certificates_pem);
  if (!certificates) return certificates.error();
  auto list = hashes(*certificates);
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

Result<Json> identity(const Result<security::KeyStore>& store) {
  if (!store) return store.error();
  const auto chain = security::read_pem_certificates(store->identity.chain_pem);
  if (!chain) return chain.error();
  const auto key =
      security::read_pem_private_key(store->identity.private_key_pem.reveal(), std::nullopt);
  if (!key) return key.error();
  return Json{{"certificates", hashes(*chain)}, {"key", sha256(key->reveal())}};
}

Result<Json> read(const std::string& bytes) {
  const auto asked = judge::store_case(bytes);
  if (asked.use == "store") return entries(asked);
  if (asked.use == "trust") return trusted(asked);
  if (asked.use == "key") {
    return identity(
        security::read_key_store(as_bytes(asked.bytes), asked.password, asked.key_password));
  }
  return identity(security::read_key_pair(Secret(asked.key), asked.bytes, asked.key_password));
}

}  // namespace

/// Stores and PEM, as a Java client would see them.
int main(int argc, char** argv) {
  return judge::judge_folder(argc, argv,
                             [](const auto&, const std::string& bytes) { return read(bytes); });
}
