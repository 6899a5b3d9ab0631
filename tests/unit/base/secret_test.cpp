#include "kferry/base/secret.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

namespace kferry {
namespace {

template <class T>
concept Streamable = requires(std::ostream& out, const T& value) {
  out << value;
};

static_assert(Streamable<std::string>);
static_assert(!Streamable<Secret>);
static_assert(fmt::is_formattable<std::string>::value);
static_assert(!fmt::is_formattable<Secret>::value);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<std::string, Secret>);

TEST(Secret, RevealsItsTextToWhoAsks) {
  const Secret secret("hunter2");
  EXPECT_EQ(secret.reveal(), "hunter2");
  EXPECT_FALSE(secret.empty());
  EXPECT_TRUE(Secret().empty());
}

TEST(Secret, ComparesByText) {
  EXPECT_EQ(Secret("a"), Secret("a"));
  EXPECT_NE(Secret("a"), Secret("b"));
}

TEST(Secret, KeepsItsTextWhenCopiedAndMoved) {
  Secret first("a password that is too long for the inside of a string");
  const Secret copy = first;
  const Secret moved = std::move(first);
  EXPECT_EQ(copy, moved);
  EXPECT_EQ(copy.reveal(), "a password that is too long for the inside of a string");
}

TEST(Secret, WipesItsTextWhenItGoes) {
  alignas(Secret) unsigned char storage[sizeof(Secret)] = {};
  auto* secret = new (storage) Secret("hunter2");
  const std::string_view bytes(reinterpret_cast<const char*>(storage), sizeof storage);
  ASSERT_NE(bytes.find("hunter2"), bytes.npos);
  secret->~Secret();
  EXPECT_EQ(bytes.find("hunter2"), bytes.npos);
}

}  // namespace
}  // namespace kferry
