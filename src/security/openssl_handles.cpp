#include "security/openssl_handles.hpp"

#include <openssl/err.h>

namespace kferry::security {

std::string openssl_errors() {
  std::string text;
  std::string last;
  while (const unsigned long code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    std::string words =
        reason != nullptr ? reason : "error " + std::to_string(ERR_GET_REASON(code));
    if (words == last) continue;
    if (!text.empty()) text += "; ";
    text += words;
    last = std::move(words);
  }
  return text.empty() ? "no reason given" : text;
}

void forget_openssl_errors() noexcept { ERR_clear_error(); }

}  // namespace kferry::security
