#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "security/jks.hpp"
#include "store_checks.hpp"

namespace {

using namespace kferry;

constexpr std::size_t k_trailer_bytes = 20;
constexpr const char* k_password = "changeit";

/// The store with the trailer that its body asks for, so that the integrity check lets it pass.
std::string with_right_trailer(std::string_view bytes) {
  std::string body(bytes.substr(0, bytes.size() - k_trailer_bytes));
  std::string hashed;
  for (const char c : std::string_view(k_password)) hashed += {'\0', c};
  hashed += "Mighty Aphrodite";
  hashed += body;
  unsigned char digest[EVP_MAX_MD_SIZE];
  KF_CHECK(EVP_Digest(hashed.data(), hashed.size(), digest, nullptr, EVP_sha1(), nullptr) == 1);
  return body.append(reinterpret_cast<const char*>(digest), k_trailer_bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::optional<Secret> password{Secret(k_password)};
  const std::optional<Secret> none;

  const auto unchecked = security::read_jks(as_bytes(bytes), {none, password});
  fuzz::check_outcome(unchecked);
  fuzz::check_outcome(security::read_jks(as_bytes(bytes), {none, none, false}));
  if (size < k_trailer_bytes) return 0;

  const auto signed_again = with_right_trailer(bytes);
  const auto checked = security::read_jks(as_bytes(signed_again), {password, none});
  fuzz::check_outcome(checked);
  if (checked) KF_CHECK(unchecked && unchecked->entries.size() == checked->entries.size());
  return 0;
}
