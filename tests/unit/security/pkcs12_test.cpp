#include "security/pkcs12.hpp"

#include <gtest/gtest.h>

#include "unit/security/store_data.hpp"

namespace kferry::security {
namespace {

TEST(Pkcs12, GivesTrustedCertificatesOfBothGenerations) {
  for (const char* name : {"trusted.p12", "trusted_legacy.p12", "trusted_open.p12"}) {
    const auto entries = entries_of(store_data(name), secret("changeit"));
    ASSERT_TRUE(entries) << name << ": " << entries.error().text;
    ASSERT_EQ(entries->size(), 1U) << name;
    EXPECT_EQ(entries->front().alias, "root");
    EXPECT_EQ(entries->front().certificates_der, std::vector{store_data("ca.der")});
    EXPECT_FALSE(entries->front().private_key_der);
  }
}

TEST(Pkcs12, GivesAKeyWithItsChain) {
  std::vector<Secret> keys;
  for (const char* name : {"chain.p12", "chain_legacy.p12", "openssl_legacy.p12"}) {
    const auto entries = entries_of(store_data(name), secret("changeit"));
    ASSERT_TRUE(entries) << name << ": " << entries.error().text;
    ASSERT_EQ(entries->size(), 1U) << name;
    EXPECT_EQ(entries->front().alias, "client");
    ASSERT_EQ(entries->front().certificates_der.size(), 2U) << name;
    EXPECT_EQ(entries->front().certificates_der[1], store_data("ca.der"));
    ASSERT_TRUE(entries->front().private_key_der) << name;
    keys.push_back(*entries->front().private_key_der);
  }
  EXPECT_TRUE(keys[0] == keys[1]);
  EXPECT_TRUE(keys[0] == keys[2]);
}

TEST(Pkcs12, AnEmptyPasswordIsTriedInBothSpellings) {
  const auto bytes = store_data("openssl_no_password.p12");
  const auto entries = entries_of(bytes, secret(""));
  ASSERT_TRUE(entries) << entries.error().text;
  EXPECT_TRUE(entries->front().private_key_der);
  EXPECT_FALSE(entries_of(bytes, secret("x")));
}

TEST(Pkcs12, WrongPasswordFailsTheMac) {
  for (const char* name : {"chain.p12", "chain_legacy.p12", "trusted.p12"}) {
    const auto text = text_of(entries_of(store_data(name), secret("changeIt")));
    EXPECT_TRUE(says(text, "MAC")) << name;
    EXPECT_FALSE(says(text, "changeIt")) << name;
  }
}

TEST(Pkcs12, WithoutMacAWrongPasswordFailsAtTheKey) {
  const auto bytes = store_data("openssl_no_mac.p12");
  EXPECT_TRUE(entries_of(bytes, secret("changeit")));
  EXPECT_TRUE(says(text_of(entries_of(bytes, secret("changeIt"))), "wrong password"));
  EXPECT_TRUE(says(text_of(entries_of(bytes, k_no_password)), "it is encrypted"));
}

TEST(Pkcs12, AKeyPasswordOfItsOwnIsTried) {
  const auto bytes = store_data("chain.p12");
  const auto text = text_of(entries_of(bytes, secret("changeit"), secret("another")));
  EXPECT_TRUE(says(text, "the private key \"client\""));
  EXPECT_FALSE(says(text, "another"));
}

TEST(Pkcs12, WithoutPasswordEncryptedContentsAreNotSeen) {
  const auto entries = entries_of(store_data("trusted.p12"), k_no_password);
  ASSERT_TRUE(entries) << entries.error().text;
  EXPECT_TRUE(entries->empty());
  const auto open = entries_of(store_data("trusted_open.p12"), k_no_password);
  ASSERT_TRUE(open) << open.error().text;
  EXPECT_EQ(open->size(), 1U);
}

TEST(Pkcs12, CutOffAnywhereIsAnError) {
  const auto bytes = store_data("chain_legacy.p12");
  for (std::size_t size = 0; size < bytes.size(); size += 3) {
    EXPECT_FALSE(entries_of(bytes.substr(0, size), secret("changeit"))) << size << " bytes";
  }
}

TEST(Pkcs12, DamageAnywhereButInTheEnvelopeIsAnError) {
  const auto bytes = store_data("trusted_legacy.p12");
  for (std::size_t i = 30; i < bytes.size() - 80; i += 7) {
    auto damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    EXPECT_FALSE(entries_of(damaged, secret("changeit"))) << "byte " << i;
  }
}

class Pkcs12Limits : public ::testing::Test {
 protected:
  std::string read(const char* name, const Pkcs12Rules& rules) {
    const auto library = CryptoLibrary::open();
    EXPECT_TRUE(library);
    const auto bytes = store_data(name);
    const auto content = read_pkcs12(as_bytes(bytes), {password_, password_}, *library, rules);
    return content ? "" : content.error().text;
  }
  std::optional<Secret> password_{Secret("changeit")};
};

TEST_F(Pkcs12Limits, IterationsAreBounded) {
  EXPECT_EQ(read("chain.p12", {10'000, 30'000, true}), "");
  EXPECT_TRUE(says(read("chain.p12", {9'999, 100'000, true}), "10000 iterations"));
  EXPECT_TRUE(says(read("chain.p12", {10'000, 29'999, true}), "too many iterations in all"));
}

TEST_F(Pkcs12Limits, TheMacCanBeLeftOut) {
  password_ = Secret("wrong");
  EXPECT_TRUE(says(read("chain.p12", {}), "MAC"));
  EXPECT_TRUE(says(read("chain.p12", {10'000, 30'000, false}), "wrong password"));
}

TEST(Pkcs12, TheProcessDoesNotLearnLegacyAlgorithms) {
  ASSERT_TRUE(entries_of(store_data("trusted_legacy.p12"), secret("changeit")));
  EXPECT_EQ(OSSL_PROVIDER_available(nullptr, "legacy"), 0);
}

}  // namespace
}  // namespace kferry::security
