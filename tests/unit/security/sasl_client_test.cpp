#include "kferry/security/sasl_client.hpp"

#include <gtest/gtest.h>

namespace kferry::security {
namespace {

SaslProfile profile_of(SaslMechanism mechanism, std::string user, std::string password) {
  SaslProfile profile;
  profile.mechanism = mechanism;
  profile.username = std::move(user);
  profile.password = Secret(std::move(password));
  return profile;
}

std::unique_ptr<SaslClient> client_of(const SaslProfile& profile, std::string nonce) {
  auto made = make_sasl_client(profile, std::move(nonce));
  EXPECT_TRUE(made.has_value());
  return std::move(made).value();
}

/// What the client says to the broker's words; fails the test when it has an error or nothing.
std::string said(SaslClient& client, std::string_view to) {
  const auto answer = client.step(as_bytes(to));
  EXPECT_TRUE(answer.has_value()) << answer.error().text;
  EXPECT_TRUE(answer.has_value() && answer->has_value());
  return answer.has_value() && answer->has_value() ? (*answer)->reveal() : "";
}

std::string error_of(SaslClient& client, std::string_view to) {
  const auto answer = client.step(as_bytes(to));
  EXPECT_FALSE(answer.has_value());
  if (answer.has_value()) return "";
  EXPECT_EQ(answer.error().kind, ErrorKind::authorization);
  return answer.error().text;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// The example of RFC 7677 chapter 3.
constexpr const char* k_nonce = "rOprNGfwEbeRWgbNEkqO";
constexpr const char* k_server_first =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
constexpr const char* k_client_final =
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
constexpr const char* k_server_final = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

std::unique_ptr<SaslClient> rfc_client() {
  return client_of(profile_of(SaslMechanism::scram_sha_256, "user", "pencil"), k_nonce);
}

TEST(SaslPlain, SendsBothInOneMessage) {
  const auto client = client_of(profile_of(SaslMechanism::plain, "müller", "ge,heim="), "x");
  EXPECT_EQ(said(*client, ""), std::string("\0müller\0ge,heim=", 17));
  const auto end = client->step({});
  ASSERT_TRUE(end.has_value());
  EXPECT_FALSE(end->has_value());
}

TEST(SaslScram, SaysWhatRfc7677Says) {
  const auto client = rfc_client();
  EXPECT_EQ(said(*client, ""), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  EXPECT_EQ(said(*client, k_server_first), k_client_final);
  const auto end = client->step(as_bytes(k_server_final));
  ASSERT_TRUE(end.has_value()) << end.error().text;
  EXPECT_FALSE(end->has_value());
}

// Worked out with Python's hashlib and hmac from the formulas of RFC 5802.
TEST(SaslScram, KnowsSha512) {
  const auto client =
      client_of(profile_of(SaslMechanism::scram_sha_512, "user", "pencil"), k_nonce);
  said(*client, "");
  EXPECT_EQ(said(*client, k_server_first),
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            "p=gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN"
            "8PPC6wdp6dybEmDYXYTxwnYPJQ==");
  const auto end =
      client->step(as_bytes("v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSe"
                            "VGT4+5ZxXnJq199RVG2rR7N7Zw=="));
  ASSERT_TRUE(end.has_value()) << end.error().text;
  EXPECT_FALSE(end->has_value());
}

TEST(SaslScram, EscapesNames) {
  const auto client = client_of(profile_of(SaslMechanism::scram_sha_256, "a=b,c", "x"), "nonce");
  EXPECT_EQ(said(*client, ""), "n,,n=a=3Db=2Cc,r=nonce");
}

TEST(SaslScram, MakesItsOwnNonces) {
  const auto profile = profile_of(SaslMechanism::scram_sha_256, "u", "p");
  auto first = make_sasl_client(profile);
  auto second = make_sasl_client(profile);
  ASSERT_TRUE(first.has_value() && second.has_value());
  const std::string one = said(**first, "");
  EXPECT_GE(one.size(), 40U);
  EXPECT_NE(one, said(**second, ""));
}

TEST(SaslScram, TakesNoBrokerThatDoesNotKnowThePassword) {
  for (const char* final :
       {"v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "v=6rriTRBi23WpRR8="}) {
    const auto client = rfc_client();
    said(*client, "");
    said(*client, k_server_first);
    EXPECT_TRUE(has(error_of(*client, final), "does not prove")) << final;
  }
}

TEST(SaslScram, TellsWhyTheBrokerRefuses) {
  const auto client = rfc_client();
  said(*client, "");
  said(*client, k_server_first);
  const std::string text = error_of(*client, "e=invalid-proof");
  EXPECT_TRUE(has(text, "invalid-proof")) << text;
  EXPECT_TRUE(has(text, "SCRAM-SHA-256")) << text;
  EXPECT_FALSE(has(text, "pencil")) << text;
}

TEST(SaslScram, RefusesForeignNonces) {
  for (const char* nonce : {"rOprNGfwEbeRWgbNEkqO", "ROprNGfwEbeRWgbNEkqOabc", ""}) {
    const auto client = rfc_client();
    said(*client, "");
    EXPECT_TRUE(has(error_of(*client, std::string("r=") + nonce + ",s=W22ZaJ0=,i=4096"), "nonce"));
  }
}

TEST(SaslScram, RefusesTooFewAndTooManyIterations) {
  for (const char* count : {"4095", "0", "1000001", "2147483647"}) {
    const auto client = rfc_client();
    said(*client, "");
    const auto text =
        error_of(*client, std::string("r=rOprNGfwEbeRWgbNEkqOabc,s=W22ZaJ0=,i=") + count);
    EXPECT_TRUE(has(text, count)) << text;
  }
}

TEST(SaslScram, RefusesMalformedMessages) {
  for (const char* first :
       {"", "r=", "x=1", "m=ext,r=rOprNGfwEbeRWgbNEkqOabc,s=W22ZaJ0=,i=4096",
        "r=rOprNGfwEbeRWgbNEkqOabc,s=W22Z*J0=,i=4096", "r=rOprNGfwEbeRWgbNEkqOabc,s=,i=4096",
        "r=rOprNGfwEbeRWgbNEkqOabc,s=W22Z====,i=4096",
        "r=rOprNGfwEbeRWgbNEkqOabc,s=W2=ZaJ0=,i=4096",
        "r=rOprNGfwEbeRWgbNEkqOabc,s=W22ZaJ0=,i=", "r=rOprNGfwEbeRWgbNEkqOabc,s=W22ZaJ0=,i=-4096",
        "r=rOprNGfwEbeRWgbNEkqOabc,s=W22ZaJ0=,i=4096x",
        "r=rOprNGfwEbeRWgbNEkqOabc,s=W22ZaJ0=,i=99999999999", "r=rOprNGfwEbeRWgbNEkqOabc"}) {
    const auto client = rfc_client();
    said(*client, "");
    EXPECT_FALSE(error_of(*client, first).empty()) << first;
  }
  const std::string endless = "v=" + std::string(5'000, 'A');
  for (const char* final : {"", "v=", "v=*", "6rri", "e", endless.c_str()}) {
    const auto client = rfc_client();
    said(*client, "");
    said(*client, k_server_first);
    EXPECT_FALSE(error_of(*client, final).empty()) << final;
  }
}

TEST(SaslClient, SendsOtherMechanismsToTheRecordsEngine) {
  for (const auto mechanism : {SaslMechanism::gssapi, SaslMechanism::oauthbearer}) {
    SaslProfile profile;
    profile.mechanism = mechanism;
    const auto made = make_sasl_client(profile);
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().kind, ErrorKind::configuration);
    EXPECT_TRUE(has(made.error().text, to_string(mechanism)));
    EXPECT_TRUE(has(made.error().text, "records engine"));
  }
}

}  // namespace
}  // namespace kferry::security
