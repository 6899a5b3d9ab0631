#include "kferry/protocol/murmur2.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace kferry::protocol {
namespace {

/// The same key bytes as Murmur2Vectors.java makes.
std::string made_key(std::uint32_t seed, std::size_t length) {
  std::string bytes(length, '\0');
  std::uint32_t state = seed;
  for (char& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

struct Vector {
  std::string name;
  std::string key;
  std::int64_t hash;
  std::int32_t positive;
};

#define TEXT_KEY(text, hash, positive) Vector{"text " text, text, hash, positive},
#define MADE_KEY(seed, length, hash, positive) \
  Vector{"seed " #seed " length " #length, made_key(seed, length), hash, positive},

const Vector k_vectors[] = {
#include "murmur2_vectors.inc"
};

TEST(Murmur2, AgreesWithKafkasOwn) {
  EXPECT_GE(std::size(k_vectors), 200U);
  for (const Vector& vector : k_vectors) {
    const std::int32_t hash = murmur2(as_bytes(vector.key));
    EXPECT_EQ(hash, vector.hash) << vector.name;
    EXPECT_EQ(to_positive(hash), vector.positive) << vector.name;
  }
}

TEST(Murmur2, HashesAreOfEverySign) {
  bool negative = false;
  bool positive = false;
  for (const Vector& vector : k_vectors) {
    (vector.hash < 0 ? negative : positive) = true;
  }
  EXPECT_TRUE(negative);
  EXPECT_TRUE(positive);
}

TEST(Murmur2, PositiveClearsTheSignBitOnly) {
  EXPECT_EQ(to_positive(-1), std::numeric_limits<std::int32_t>::max());
  EXPECT_EQ(to_positive(std::numeric_limits<std::int32_t>::min()), 0);
  EXPECT_EQ(to_positive(0), 0);
  EXPECT_EQ(to_positive(7), 7);
}

}  // namespace
}  // namespace kferry::protocol
