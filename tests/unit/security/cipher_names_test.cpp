#include "security/cipher_names.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "security/java_tls.hpp"

namespace kferry::security {
namespace {

struct Known {
  const char* java;
  const char* openssl;
  TlsVersion version;
};

TEST(CipherNames, AreOpensslsForWhatBothKnow) {
  constexpr auto k_1_2 = TlsVersion::tls_1_2;
  constexpr auto k_1_3 = TlsVersion::tls_1_3;
  const Known table[] = {
      {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256", k_1_2},
      {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384", k_1_2},
      {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305", k_1_2},
      {"TLS_DHE_RSA_WITH_AES_256_CBC_SHA256", "DHE-RSA-AES256-SHA256", k_1_2},
      {"TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA", k_1_2},
      {"SSL_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA", k_1_2},
      {"SSL_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "ECDHE-RSA-AES256-SHA384", k_1_2},
      {"TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384", k_1_3},
      {"TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256", k_1_3},
  };
  for (const auto& [java, openssl, version] : table) {
    const auto cipher = find_cipher(java);
    ASSERT_TRUE(cipher) << java;
    EXPECT_EQ(cipher->openssl, openssl) << java;
    EXPECT_EQ(cipher->version, version) << java;
    EXPECT_TRUE(is_offered(*cipher)) << java;
  }
}

TEST(CipherNames, AreNothingForOthers) {
  for (const char* name : {"", "TLS_", "ECDHE-RSA-AES128-GCM-SHA256", "tls_aes_128_gcm_sha256",
                           "TLS_NO_SUCH_SUITE", "ALL", "HIGH:!aNULL", "TLS_RSA_WITH_RC4_128_MD5"}) {
    EXPECT_FALSE(find_cipher(name)) << name;
  }
}

TEST(CipherNames, OfYesterdayAreTold) {
  for (const char* name : {"SSL_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_RSA_WITH_RC4_128_SHA",
                           "SSL_RSA_WITH_DES_CBC_SHA", "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA",
                           "TLS_DH_anon_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_NULL_SHA256",
                           "SSL_RSA_EXPORT_WITH_RC4_40_MD5", "TLS_KRB5_WITH_3DES_EDE_CBC_SHA"}) {
    EXPECT_TRUE(is_retired_cipher(name)) << name;
  }
  for (const char* name : {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "RC4-SHA", "X_RC4_WITH_Y"}) {
    EXPECT_FALSE(is_retired_cipher(name)) << name;
  }
}

TEST(CipherNames, NoSuiteWithoutEncryptionIsOffered) {
  const auto null = find_cipher("TLS_RSA_WITH_NULL_SHA256");
  EXPECT_FALSE(null && is_offered(*null));
  const auto anonymous = find_cipher("TLS_DH_anon_WITH_AES_128_CBC_SHA");
  EXPECT_FALSE(anonymous && is_offered(*anonymous));
}

TEST(CipherNames, OfOpensslLeadToJavas) {
  EXPECT_EQ(java_name_of_openssl_cipher("ECDHE-RSA-AES128-GCM-SHA256"),
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
  EXPECT_EQ(java_name_of_openssl_cipher("nonsense"), "");
}

struct Outcome {
  TlsProfile profile;
  std::vector<ProfileNote> notes;
  std::size_t mistakes = 0;

  std::string text(ProfileNote::Kind kind) const {
    std::string text;
    for (const auto& note : notes) {
      if (note.kind == kind) text += note.property + ": " + note.text + "\n";
    }
    return text;
  }
};

Outcome read(const std::map<std::string, std::string>& properties) {
  ProfileInput input;
  for (const auto& [name, value] : properties) input.properties.emplace(name, Secret(value));
  ProfileDraft draft(input);
  Outcome outcome;
  read_tls_versions(draft, outcome.profile);
  read_cipher_suites(draft, outcome.profile);
  outcome.mistakes = draft.mistakes();
  outcome.notes = draft.take_notes();
  return outcome;
}

struct VersionCase {
  std::optional<std::string> protocol;
  std::optional<std::string> enabled;
  TlsVersion oldest;
  TlsVersion newest;
  std::size_t warnings;
};

TEST(TlsVersions, AreWhatAJavaClientWouldSpeak) {
  constexpr auto k_1_2 = TlsVersion::tls_1_2;
  constexpr auto k_1_3 = TlsVersion::tls_1_3;
  const VersionCase table[] = {
      {{}, {}, k_1_2, k_1_3, 0},
      {"TLS", {}, k_1_2, k_1_3, 0},
      {"ssl", {}, k_1_2, k_1_3, 0},
      {"TLSv1.3", {}, k_1_2, k_1_3, 0},
      {"TLSv1.2", {}, k_1_2, k_1_2, 0},
      {"tlsV1.2", {}, k_1_2, k_1_2, 0},
      {"TLSv1.1", {}, k_1_2, k_1_2, 1},
      {"SSLv3", {}, k_1_2, k_1_2, 1},
      {{}, "", k_1_2, k_1_3, 0},
      {{}, "TLSv1.2", k_1_2, k_1_2, 0},
      {{}, "TLSv1.3", k_1_3, k_1_3, 0},
      {{}, "TLSv1.3, TLSv1.2", k_1_2, k_1_3, 0},
      {{}, "TLSv1.2,TLSv1.1,TLSv1", k_1_2, k_1_2, 1},
      {{}, "SSLv2Hello,SSLv3,TLSv1.3", k_1_3, k_1_3, 1},
      {"TLSv1.2", "TLSv1.2,TLSv1.3", k_1_2, k_1_2, 0},
      {"TLSv1.3", "TLSv1.2", k_1_2, k_1_2, 0},
  };
  for (const auto& [protocol, enabled, oldest, newest, warnings] : table) {
    std::map<std::string, std::string> properties;
    if (protocol) properties["ssl.protocol"] = *protocol;
    if (enabled) properties["ssl.enabled.protocols"] = *enabled;
    const auto outcome = read(properties);
    const auto where = protocol.value_or("-") + " / " + enabled.value_or("-");
    EXPECT_EQ(outcome.mistakes, 0U) << where << outcome.text(ProfileNote::Kind::mistake);
    EXPECT_EQ(outcome.profile.oldest, oldest) << where;
    EXPECT_EQ(outcome.profile.newest, newest) << where;
    const auto told = outcome.text(ProfileNote::Kind::warning);
    EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), warnings) << where << told;
  }
}

struct RefusedCase {
  std::map<std::string, std::string> properties;
  const char* text;
};

TEST(TlsVersions, ThatCanNotBeAreRefused) {
  const RefusedCase table[] = {
      {{{"ssl.protocol", "DTLS"}}, "ssl.protocol: 'DTLS'"},
      {{{"ssl.protocol", "SSLv2"}}, "ssl.protocol: 'SSLv2'"},
      {{{"ssl.protocol", ""}}, "ssl.protocol: ''"},
      {{{"ssl.enabled.protocols", "TLSv1"}}, "TLSv1 is too old"},
      {{{"ssl.enabled.protocols", "TLSv1.1, SSLv3"}}, "TLSv1.1 and SSLv3 are too old"},
      {{{"ssl.enabled.protocols", "tlsv1.2"}}, "no protocol 'tlsv1.2'"},
      {{{"ssl.enabled.protocols", "TLSv1.2,"}}, "no protocol ''"},
      {{{"ssl.enabled.protocols", "TLSv1.2,TLSv1.4"}}, "no protocol 'TLSv1.4'"},
      {{{"ssl.enabled.protocols", "TLSv1.3"}, {"ssl.protocol", "TLSv1.2"}}, "remove ssl.protocol"},
  };
  for (const auto& [properties, text] : table) {
    const auto mistakes = read(properties).text(ProfileNote::Kind::mistake);
    EXPECT_NE(mistakes.find(text), std::string::npos) << text << " not in: " << mistakes;
  }
}

TEST(CipherSuites, AreTakenInOrderAndDecideTheVersions) {
  const auto both = read({{"ssl.cipher.suites",
                           "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256,"
                           "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}});
  EXPECT_EQ(both.mistakes, 0U);
  EXPECT_EQ(
      both.profile.ciphers_tls_1_2,
      (std::vector<std::string>{"ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256"}));
  EXPECT_EQ(both.profile.ciphers_tls_1_3, std::vector<std::string>{"TLS_AES_128_GCM_SHA256"});
  EXPECT_EQ(both.profile.oldest, TlsVersion::tls_1_2);
  EXPECT_EQ(both.profile.newest, TlsVersion::tls_1_3);

  const auto old = read({{"ssl.cipher.suites", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}});
  EXPECT_EQ(old.profile.newest, TlsVersion::tls_1_2);
  const auto fresh = read({{"ssl.cipher.suites", "TLS_AES_128_GCM_SHA256"}});
  EXPECT_EQ(fresh.profile.oldest, TlsVersion::tls_1_3);
  EXPECT_TRUE(fresh.profile.ciphers_tls_1_2.empty());

  const auto none = read({{"ssl.cipher.suites", ""}});
  EXPECT_EQ(none.mistakes, 0U);
  EXPECT_TRUE(none.profile.ciphers_tls_1_2.empty());
}

TEST(CipherSuites, ThatAreWeakAreLeftOutAloud) {
  const auto outcome = read({{"ssl.cipher.suites",
                              "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,SSL_RSA_WITH_RC4_128_MD5,"
                              "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"}});
  EXPECT_EQ(outcome.mistakes, 0U);
  EXPECT_EQ(outcome.profile.ciphers_tls_1_2,
            std::vector<std::string>{"ECDHE-RSA-AES128-GCM-SHA256"});
  EXPECT_NE(outcome.text(ProfileNote::Kind::warning).find("'SSL_RSA_WITH_RC4_128_MD5'"),
            std::string::npos);
}

TEST(CipherSuites, ThatCanNotBeAreRefused) {
  const RefusedCase table[] = {
      {{{"ssl.cipher.suites", "TLS_MADE_UP"}}, "'TLS_MADE_UP' is not a cipher suite"},
      {{{"ssl.cipher.suites", "ECDHE-RSA-AES128-GCM-SHA256"}},
       "in Java it is TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
      {{{"ssl.cipher.suites", "SSL_RSA_WITH_RC4_128_MD5"}}, "none of these suites"},
      {{{"ssl.cipher.suites", "TLS_AES_128_GCM_SHA256"}, {"ssl.protocol", "TLSv1.2"}},
       "none of these suites can be used with TLSv1.2 only"},
      {{{"ssl.cipher.suites", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
        {"ssl.enabled.protocols", "TLSv1.3"}},
       "none of these suites can be used with TLSv1.3 only"},
  };
  for (const auto& [properties, text] : table) {
    const auto mistakes = read(properties).text(ProfileNote::Kind::mistake);
    EXPECT_NE(mistakes.find(text), std::string::npos) << text << " not in: " << mistakes;
  }
}

}  // namespace
}  // namespace kferry::security
