#include <cstddef>
#include <cstdint>
#include <optional>

#include "security/pkcs12.hpp"
#include "store_checks.hpp"

namespace {

using namespace kferry;

/// Few enough iterations to be fast. No MAC: hardly any input would pass it.
constexpr security::Pkcs12Rules k_rules{100, 1'000, false};
constexpr security::Pkcs12Rules k_rules_with_mac{100, 1'000, true};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto library = security::CryptoLibrary::open();
  KF_CHECK(library && library->has_legacy());
  const ByteView bytes = as_bytes({reinterpret_cast<const char*>(data), size});
  const std::optional<Secret> password{Secret("changeit")};
  const std::optional<Secret> empty{Secret("")};
  const std::optional<Secret> none;

  const auto unchecked = security::read_pkcs12(bytes, {password, none}, *library, k_rules);
  fuzz::check_outcome(unchecked);
  const auto checked = security::read_pkcs12(bytes, {password, none}, *library, k_rules_with_mac);
  fuzz::check_outcome(checked);
  if (checked) KF_CHECK(unchecked && unchecked->entries.size() == checked->entries.size());
  fuzz::check_outcome(security::read_pkcs12(bytes, {empty, none}, *library, k_rules));
  fuzz::check_outcome(security::read_pkcs12(bytes, {none, password, false}, *library, k_rules));
  return 0;
}
