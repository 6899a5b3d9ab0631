#include "kferry/security/stores.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "unit/security/store_data.hpp"

namespace kferry::security {
namespace {

Result<TrustStore> trust(const std::string& bytes, const std::optional<Secret>& password) {
  return read_trust_store(as_bytes(bytes), password);
}
Result<KeyStore> keys(const std::string& bytes, const std::optional<Secret>& password,
                      const std::optional<Secret>& key_password = std::nullopt) {
  return read_key_store(as_bytes(bytes), password, key_password);
}

bool has_warning(const std::vector<std::string>& warnings, std::string_view words) {
  for (const auto& warning : warnings) {
    if (warning.find(words) != std::string::npos) return true;
  }
  return false;
}

TEST(TrustStore, IsTheSameFromEveryKind) {
  const auto pem = store_data("ca.pem");
  const std::vector<std::pair<const char*, StoreKind>> stores{
      {"trusted.jks", StoreKind::jks},
      {"trusted.p12", StoreKind::pkcs12},
      {"trusted_legacy.p12", StoreKind::pkcs12},
  };
  const auto of_pem = trust(pem, k_no_password);
  ASSERT_TRUE(of_pem) << of_pem.error().text;
  EXPECT_EQ(of_pem->kind, StoreKind::pem);
  EXPECT_EQ(of_pem->certificates, 1U);
  EXPECT_TRUE(of_pem->warnings.empty());
  EXPECT_TRUE(says(of_pem->certificates_pem, "-----BEGIN CERTIFICATE-----\nMI"));
  for (const auto& [name, kind] : stores) {
    const auto store = trust(store_data(name), secret("changeit"));
    ASSERT_TRUE(store) << name << ": " << store.error().text;
    EXPECT_EQ(store->kind, kind) << name;
    EXPECT_EQ(store->certificates_pem, of_pem->certificates_pem) << name;
    EXPECT_TRUE(store->warnings.empty()) << name;
  }
}

TEST(TrustStore, TrustsAKeysOwnCertificateAsJavaDoes) {
  const auto store = trust(store_data("plain.jks"), secret("storepass"));
  ASSERT_TRUE(store) << store.error().text;
  EXPECT_EQ(store->certificates, 1U);
  const auto chain = trust(store_data("chain.p12"), secret("changeit"));
  ASSERT_TRUE(chain) << chain.error().text;
  EXPECT_EQ(chain->certificates, 1U);
}

TEST(TrustStore, AcceptsUnmarkedCertificatesWithAWarning) {
  const auto store = trust(store_data("openssl_ca.p12"), secret("changeit"));
  ASSERT_TRUE(store) << store.error().text;
  EXPECT_EQ(store->certificates, 1U);
  EXPECT_TRUE(has_warning(store->warnings, "Java's mark"));
}

TEST(TrustStore, WithoutCertificatesIsAnError) {
  EXPECT_TRUE(
      says(text_of(trust(store_data("empty.jks"), secret("changeit"))), "no trusted certificate"));
  EXPECT_TRUE(says(text_of(trust(store_data("trusted.p12"), k_no_password)),
                   "without ssl.truststore.password"));
  EXPECT_TRUE(says(text_of(trust(store_data("client_key.pem"), k_no_password)), "no certificate"));
}

TEST(TrustStore, EachFaultHasItsOwnWords) {
  EXPECT_TRUE(says(text_of(trust("", k_no_password)), "empty"));
  EXPECT_TRUE(says(text_of(trust("hello", k_no_password)), "neither"));
  EXPECT_TRUE(says(text_of(trust(store_data("ca.der"), k_no_password)), "single certificate"));
  EXPECT_TRUE(says(text_of(trust("0\x82\x01\x01 no DER", k_no_password)), "PKCS12"));
  EXPECT_TRUE(
      says(text_of(trust(std::string(k_store_bytes_max + 1, 'x'), k_no_password)), "bytes"));
  EXPECT_TRUE(says(text_of(trust(store_data("trusted.jks"), secret("x"))),
                   "ssl.truststore.password is wrong"));
}

TEST(TrustStore, APasswordForPemIsOnlyAWarning) {
  const auto store = trust(store_data("ca.pem"), secret("changeit"));
  ASSERT_TRUE(store) << store.error().text;
  EXPECT_TRUE(has_warning(store->warnings, "PEM has no store password"));
}

TEST(KeyStore, IsTheSameFromEveryKind) {
  const auto pem =
      keys(store_data("client_key.pem") + store_data("client_chain.pem"), k_no_password);
  ASSERT_TRUE(pem) << pem.error().text;
  EXPECT_EQ(pem->kind, StoreKind::pem);
  EXPECT_EQ(pem->alias, "");
  EXPECT_TRUE(pem->identity.private_key_pem == Secret(store_data("client_key.pem")));
  for (const char* name : {"chain.jks", "chain.p12", "chain_legacy.p12", "openssl_legacy.p12"}) {
    const auto store = keys(store_data(name), secret("changeit"));
    ASSERT_TRUE(store) << name << ": " << store.error().text;
    EXPECT_EQ(store->alias, "client") << name;
    EXPECT_TRUE(store->identity == pem->identity) << name;
    EXPECT_TRUE(store->warnings.empty()) << name;
  }
}

TEST(KeyStore, HoldsRsaKeysToo) {
  const auto store = keys(store_data("rsa.p12"), secret("changeit"));
  ASSERT_TRUE(store) << store.error().text;
  EXPECT_GT(store->identity.private_key_pem.reveal().size(), 1'600U);
}

TEST(KeyStore, OfSeveralKeysTakesTheFirstAliasAndSaysSo) {
  const auto store = keys(store_data("two_keys.jks"), secret("changeit"));
  ASSERT_TRUE(store) << store.error().text;
  EXPECT_EQ(store->alias, "antelope");
  EXPECT_TRUE(has_warning(store->warnings, "2 private keys"));
}

TEST(KeyStore, WithoutKeyIsAnError) {
  EXPECT_TRUE(
      says(text_of(keys(store_data("trusted.jks"), secret("changeit"))), "is it the truststore"));
  EXPECT_TRUE(says(text_of(keys(store_data("trusted.p12"), secret("changeit"))), "no private key"));
  EXPECT_TRUE(says(text_of(keys(store_data("client_chain.pem"), k_no_password)), "no private key"));
}

TEST(KeyStore, NamesTheKeyPassword) {
  const auto text = text_of(keys(store_data("plain.jks"), secret("storepass"), secret("nope")));
  EXPECT_TRUE(says(text, "ssl.key.password"));
}

TEST(KeyPair, MayBeEncrypted) {
  const auto chain = store_data("client_chain.pem");
  const Secret sealed(store_data("client_key_encrypted.pem"));
  const auto opened = read_key_pair(sealed, chain, secret("keypass"));
  ASSERT_TRUE(opened) << opened.error().text;
  EXPECT_TRUE(opened->identity.private_key_pem == Secret(store_data("client_key.pem")));

  const auto wrong = text_of(read_key_pair(sealed, chain, secret("nope")));
  EXPECT_TRUE(says(wrong, "ssl.key.password is wrong"));
  const auto none = text_of(read_key_pair(sealed, chain, k_no_password));
  EXPECT_TRUE(says(none, "set ssl.key.password"));
  const Secret open(store_data("client_key.pem"));
  EXPECT_TRUE(says(text_of(read_key_pair(open, chain, secret("x"))), "is not encrypted"));
}

TEST(KeyPair, OldFormsAreRefusedWithTheRemedy) {
  const Secret sec1(store_data("client_key_sec1.pem"));
  const auto text = text_of(read_key_pair(sec1, store_data("client_chain.pem"), k_no_password));
  EXPECT_TRUE(says(text, "EC PRIVATE KEY"));
  EXPECT_TRUE(says(text, "openssl pkcs8 -topk8 -nocrypt"));
}

TEST(KeyPair, MustFitTheFirstCertificate) {
  const Secret key(store_data("client_key.pem"));
  const auto ca = store_data("ca.pem");
  EXPECT_TRUE(says(text_of(read_key_pair(key, ca, k_no_password)), "does not fit"));
  const auto turned = text_of(read_key_pair(key, ca + store_data("client.pem"), k_no_password));
  EXPECT_TRUE(says(turned, "number 2"));
}

TEST(Stores, LeaveNoErrorOfOpensslBehind) {
  const auto clean = [] { return ERR_peek_error() == 0; };
  ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
  // Its password is tried in two spellings, of which one fails.
  const auto bytes = store_data("openssl_no_password.p12");
  EXPECT_TRUE(entries_of(bytes, secret("")));
  EXPECT_TRUE(clean());
  EXPECT_FALSE(keys(bytes, secret("x")));
  EXPECT_TRUE(clean());
  EXPECT_FALSE(trust(store_data("trusted.p12").substr(0, 300), secret("changeit")));
  EXPECT_TRUE(clean());
  EXPECT_FALSE(read_key_pair(Secret("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"),
                             store_data("ca.pem"), k_no_password));
  EXPECT_TRUE(clean());
}

std::string one_line(std::string text) {
  for (auto& c : text) c = c == '\n' ? ' ' : c;
  return text;
}

TEST(KeyPair, MayStandInOneLine) {
  const Secret key(one_line(store_data("client_key.pem")));
  const auto store = read_key_pair(key, one_line(store_data("client.pem")), k_no_password);
  EXPECT_TRUE(store) << store.error().text;
}

TEST(Pem, SkipsWhatIsNotAskedFor) {
  const auto ca = store_data("ca.pem");
  const auto text =
      "Bag Attributes\n  friendlyName: ca\n" + ca + "-----BEGIN X-----\n-----END X-----";
  const auto store = trust(text, k_no_password);
  ASSERT_TRUE(store) << store.error().text;
  EXPECT_EQ(store->certificates, 1U);
}

TEST(Pem, TextMayBeginAsDerDoes) {
  EXPECT_TRUE(trust("0 s:CN = ca\n" + store_data("ca.pem"), k_no_password));
}

TEST(Pem, DamageIsAnError) {
  const auto ca = store_data("ca.pem");
  EXPECT_TRUE(says(text_of(trust(ca.substr(0, ca.size() - 30), k_no_password)), "cut off"));
  auto letter = ca;
  letter[100] = '%';
  EXPECT_TRUE(says(text_of(trust(ca + letter, k_no_password)), "certificate 2"));
  auto twice = store_data("client_key.pem");
  twice += twice + ca;
  EXPECT_TRUE(says(text_of(keys(twice, k_no_password)), "2 private keys"));
}

}  // namespace
}  // namespace kferry::security
