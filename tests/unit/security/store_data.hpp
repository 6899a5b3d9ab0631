#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "kferry/security/stores.hpp"

/// The stores beside the tests, which data/make.sh makes.
namespace kferry::security {

inline std::string store_data(const std::string& name) {
  std::ifstream in(std::string(KFERRY_SECURITY_DATA) + "/" + name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::optional<Secret> secret(const char* text) { return Secret(text); }
inline const std::optional<Secret> k_no_password;

inline Result<std::vector<StoreEntry>> entries_of(
    const std::string& bytes, const std::optional<Secret>& password,
    const std::optional<Secret>& key_password = std::nullopt) {
  return read_store(as_bytes(bytes), password, key_password);
}

/// The error's text; a result without one is a failure.
template <class T>
std::string text_of(const Result<T>& result) {
  EXPECT_FALSE(result.has_value());
  if (result) return "";
  EXPECT_EQ(result.error().kind, ErrorKind::configuration);
  return result.error().text;
}

inline ::testing::AssertionResult says(const std::string& text, std::string_view words) {
  if (text.find(words) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "\"" << text << "\" does not say \"" << words << "\"";
}

}  // namespace kferry::security
