#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "security/cipher_names.hpp"
#include "security/java_text.hpp"
#include "security/java_tls.hpp"

namespace kferry::security {
namespace {

constexpr std::string_view k_protocol = "ssl.protocol";
constexpr std::string_view k_enabled_protocols = "ssl.enabled.protocols";
constexpr std::string_view k_cipher_suites = "ssl.cipher.suites";

template <std::size_t n>
bool is_one_of(std::string_view word, const std::array<std::string_view, n>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string range_text(const TlsProfile& profile) {
  if (profile.oldest == profile.newest) return fmt::format("{} only", to_string(profile.newest));
  return fmt::format("{} and {}", to_string(profile.oldest), to_string(profile.newest));
}

/// What an SSLContext of that name would speak at best; its names are the same in any case.
TlsVersion read_newest(ProfileDraft& draft) {
  static constexpr std::array<std::string_view, 3> k_old{"TLSV1", "TLSV1.1", "SSLV3"};
  static constexpr std::array<std::string_view, 3> k_all{"TLS", "SSL", "TLSV1.3"};
  const auto written = draft.text(k_protocol);
  if (!written) return TlsVersion::tls_1_3;
  const std::string name = upper(*written);
  if (name == "TLSV1.2") {
    draft.became(k_protocol, "TLSv1.3 is not offered");
    return TlsVersion::tls_1_2;
  }
  if (is_one_of(name, k_old)) {
    draft.warning(k_protocol, fmt::format("{} is not spoken any more, TLSv1.2 is used; remove it",
                                          in_quotes(*written)));
    return TlsVersion::tls_1_2;
  }
  if (is_one_of(name, k_all)) {
    draft.became(k_protocol, "the newest version that both sides know");
  } else {
    draft.mistake(k_protocol, fmt::format("{} is not a protocol of Java's: remove it, or use "
                                          "TLSv1.2 or TLSv1.3",
                                          in_quotes(*written)));
  }
  return TlsVersion::tls_1_3;
}

struct Enabled {
  bool tls_1_2 = false;
  bool tls_1_3 = false;
  std::vector<std::string> old;
  std::vector<std::string> unknown;
};

Enabled sort_out(const std::vector<std::string>& names) {
  static constexpr std::array<std::string_view, 4> k_old{"TLSv1", "TLSv1.1", "SSLv3", "SSLv2Hello"};
  Enabled enabled;
  for (const auto& name : names) {
    if (name == "TLSv1.2") {
      enabled.tls_1_2 = true;
    } else if (name == "TLSv1.3") {
      enabled.tls_1_3 = true;
    } else {
      (is_one_of(name, k_old) ? enabled.old : enabled.unknown).push_back(name);
    }
  }
  return enabled;
}

std::string too_old(const std::vector<std::string>& names, const std::string& words) {
  return join_words(names) + (names.size() == 1 ? " is " : " are ") + words;
}

/// False when the property leaves nothing that could be used.
bool is_usable(ProfileDraft& draft, const Enabled& enabled, TlsVersion newest) {
  const auto before = draft.mistakes();
  if (!enabled.unknown.empty()) {
    std::vector<std::string> quoted;
    for (const auto& name : enabled.unknown) quoted.push_back(in_quotes(name));
    draft.mistake(k_enabled_protocols,
                  fmt::format("Java knows no protocol {}: use TLSv1.2 and TLSv1.3, spelled so",
                              join_words(quoted, "or")));
  } else if (!enabled.tls_1_2 && !enabled.tls_1_3) {
    draft.mistake(k_enabled_protocols,
                  too_old(enabled.old, "too old and not spoken any more: add TLSv1.2 or TLSv1.3"));
  } else if (!enabled.tls_1_2 && newest == TlsVersion::tls_1_2) {
    draft.mistake(k_enabled_protocols,
                  "TLSv1.3 alone, but ssl.protocol rules it out: remove ssl.protocol");
  }
  return draft.mistakes() == before;
}

/// What OpenSSL will really be asked for; words that are fine but of no use are told.
void take_cipher(ProfileDraft& draft, const std::string& name, TlsProfile& profile) {
  // A signal in the handshake, not a suite: OpenSSL sends it by itself.
  if (name == "TLS_EMPTY_RENEGOTIATION_INFO_SCSV") return;
  const auto cipher = find_cipher(name);
  if (cipher && is_offered(*cipher)) {
    auto& list =
        cipher->version == TlsVersion::tls_1_3 ? profile.ciphers_tls_1_3 : profile.ciphers_tls_1_2;
    return list.push_back(cipher->openssl);
  }
  if (cipher || is_retired_cipher(name)) {
    return draft.warning(
        k_cipher_suites,
        fmt::format("{} is too weak for this system's OpenSSL and not offered", in_quotes(name)));
  }
  const auto java_name = java_name_of_openssl_cipher(name);
  draft.mistake(
      k_cipher_suites,
      java_name.empty()
          ? fmt::format("{} is not a cipher suite that Java and OpenSSL both know: use "
                        "names like TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
                        in_quotes(name))
          : fmt::format("{} is OpenSSL's name: in Java it is {}", in_quotes(name), java_name));
}

}  // namespace

void read_tls_versions(ProfileDraft& draft, TlsProfile& profile) {
  profile.newest = read_newest(draft);
  const auto written = draft.text(k_enabled_protocols);
  if (!written) return;
  const auto names = split_list(*written);
  if (names.empty()) {
    return draft.info(k_enabled_protocols, fmt::format("empty: {}", range_text(profile)));
  }
  const auto enabled = sort_out(names);
  if (!is_usable(draft, enabled, profile.newest)) return;
  if (!enabled.tls_1_2) profile.oldest = TlsVersion::tls_1_3;
  if (!enabled.tls_1_3) profile.newest = TlsVersion::tls_1_2;
  draft.became(k_enabled_protocols, range_text(profile));
  if (!enabled.old.empty()) {
    draft.warning(k_enabled_protocols,
                  too_old(enabled.old, "not spoken any more and can be removed"));
  }
}

void read_cipher_suites(ProfileDraft& draft, TlsProfile& profile) {
  const auto written = draft.text(k_cipher_suites);
  if (!written) return;
  const auto names = split_list(*written);
  if (names.empty()) return draft.info(k_cipher_suites, "empty: OpenSSL's own choice");
  const auto before = draft.mistakes();
  for (const auto& name : names) take_cipher(draft, name, profile);
  if (draft.mistakes() != before) return;
  if (profile.oldest == TlsVersion::tls_1_3) profile.ciphers_tls_1_2.clear();
  if (profile.newest == TlsVersion::tls_1_2) profile.ciphers_tls_1_3.clear();
  auto suites = profile.ciphers_tls_1_3;
  suites.insert(suites.end(), profile.ciphers_tls_1_2.begin(), profile.ciphers_tls_1_2.end());
  if (suites.empty()) {
    return draft.mistake(k_cipher_suites,
                         fmt::format("none of these suites can be used with {}: remove the "
                                     "property, or add suites of that version",
                                     range_text(profile)));
  }
  if (profile.ciphers_tls_1_2.empty()) profile.oldest = TlsVersion::tls_1_3;
  if (profile.ciphers_tls_1_3.empty()) profile.newest = TlsVersion::tls_1_2;
  draft.became(k_cipher_suites,
               fmt::format("{}, with {}", join_words(suites), range_text(profile)));
}

}  // namespace kferry::security
