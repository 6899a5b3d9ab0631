#include <gtest/gtest.h>

#include "unit/security/store_data.hpp"

namespace kferry::security {
namespace {

TEST(Jks, GivesATrustedCertificate) {
  const auto entries = entries_of(store_data("trusted.jks"), secret("changeit"));
  ASSERT_TRUE(entries) << entries.error().text;
  ASSERT_EQ(entries->size(), 1U);
  EXPECT_EQ(entries->front().alias, "root");
  EXPECT_EQ(entries->front().certificates_der, std::vector{store_data("ca.der")});
  EXPECT_FALSE(entries->front().private_key_der);
}

TEST(Jks, PasswordAndAliasMayBeBeyondLatin) {
  const auto entries = entries_of(store_data("trusted_cyrillic.jks"), secret("пароль😀"));
  ASSERT_TRUE(entries) << entries.error().text;
  EXPECT_EQ(entries->front().alias, "корень");
}

TEST(Jks, OpensAKeyWithItsOwnPassword) {
  const auto bytes = store_data("plain.jks");
  const auto entries = entries_of(bytes, secret("storepass"), secret("keypass"));
  ASSERT_TRUE(entries) << entries.error().text;
  EXPECT_EQ(entries->front().alias, "client");
  ASSERT_TRUE(entries->front().private_key_der);
  EXPECT_EQ(entries->front().certificates_der.size(), 1U);

  const auto without = entries_of(bytes, secret("storepass"));
  EXPECT_TRUE(says(text_of(without), "wrong password"));
  const auto wrong = entries_of(bytes, secret("storepass"), secret("storepass2"));
  EXPECT_TRUE(says(text_of(wrong), "the private key \"client\""));
  EXPECT_FALSE(says(text_of(wrong), "storepass"));
}

TEST(Jks, KeepsTheChainInOrder) {
  const auto entries = entries_of(store_data("chain.jks"), secret("changeit"));
  ASSERT_TRUE(entries) << entries.error().text;
  const auto& chain = entries->front().certificates_der;
  ASSERT_EQ(chain.size(), 2U);
  EXPECT_NE(chain[0], store_data("ca.der"));
  EXPECT_EQ(chain[1], store_data("ca.der"));
}

TEST(Jks, WrongPasswordAndDamageFailTheIntegrityCheck) {
  auto bytes = store_data("trusted.jks");
  const auto wrong = text_of(entries_of(bytes, secret("changeIt")));
  EXPECT_TRUE(says(wrong, "integrity check failed"));
  EXPECT_TRUE(says(wrong, "keytool -list"));
  EXPECT_FALSE(says(wrong, "changeIt"));

  bytes[20] = 'x';  // in the alias
  EXPECT_TRUE(says(text_of(entries_of(bytes, secret("changeit"))), "integrity check failed"));
}

TEST(Jks, WithoutPasswordTheIntegrityIsNotChecked) {
  auto bytes = store_data("trusted.jks");
  bytes.back() ^= 1;
  ASSERT_TRUE(entries_of(bytes, k_no_password));
  EXPECT_FALSE(entries_of(bytes, secret("changeit")));

  const auto trust = read_trust_store(as_bytes(bytes), k_no_password);
  ASSERT_TRUE(trust) << trust.error().text;
  ASSERT_EQ(trust->warnings.size(), 1U);
  EXPECT_TRUE(says(trust->warnings[0], "without ssl.truststore.password"));
}

TEST(Jks, WithoutPasswordAKeyCanNotBeOpened) {
  EXPECT_TRUE(says(text_of(entries_of(store_data("plain.jks"), k_no_password)), "need a password"));
}

TEST(Jks, CutOffAnywhereIsAnError) {
  for (const char* name : {"trusted.jks", "chain.jks"}) {
    const auto bytes = store_data(name);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto entries = entries_of(bytes.substr(0, size), secret("changeit"));
      EXPECT_FALSE(entries) << name << " of " << size << " bytes";
    }
  }
}

TEST(Jks, HugeCountsAndLengthsAreRefused) {
  const std::string header("\xFE\xED\xFE\xED\0\0\0\2", 8);
  const auto many = entries_of(header + "\xFF\xFF\xFF\xFF", k_no_password);
  EXPECT_TRUE(says(text_of(many), "more than 10000"));
  // One trusted certificate whose length is 4 GiB.
  const std::string entry("\0\0\0\1\0\0\0\2\0\1a\0\0\0\0\0\0\0\0\0\5X.509\xFF\xFF\xFF\xFF", 30);
  EXPECT_TRUE(says(text_of(entries_of(header + entry, k_no_password)), "within a certificate"));
}

TEST(Jks, OtherVersionsAreRefused) {
  const std::string version3("\xFE\xED\xFE\xED\0\0\0\3\0\0\0\0", 12);
  EXPECT_TRUE(says(text_of(entries_of(version3, k_no_password)), "version 3"));
}

TEST(Jks, Version1HasNoCertificateTypes) {
  // A store of version 2 without the type is one of version 1.
  auto bytes = store_data("trusted.jks");
  bytes[7] = 1;
  const auto type = bytes.find("X.509");
  ASSERT_NE(type, std::string::npos);
  bytes.erase(type - 2, 7);
  const auto entries = entries_of(bytes, k_no_password);
  ASSERT_TRUE(entries) << entries.error().text;
  EXPECT_EQ(entries->front().certificates_der, std::vector{store_data("ca.der")});
}

TEST(Jks, JceksIsRefusedWithAWayOut) {
  const auto text = text_of(entries_of(store_data("client.jceks"), secret("changeit")));
  EXPECT_TRUE(says(text, "JCEKS"));
  EXPECT_TRUE(says(text, "keytool -importkeystore"));
}

}  // namespace
}  // namespace kferry::security
