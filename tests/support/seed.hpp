#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

namespace kferry::test {

/// The environment variable KFERRY_TEST_SEED when it is set, else a new seed for every run. Said
/// once at its first use, since a test that aborts has no chance to name it.
inline std::uint64_t seed() {
  static const std::uint64_t value = [] {
    const char* text = std::getenv("KFERRY_TEST_SEED");
    const unsigned long long chosen = text != nullptr ? std::stoull(text) : std::random_device()();
    std::printf("KFERRY_TEST_SEED=%llu\n", chosen);
    std::fflush(stdout);
    return chosen;
  }();
  return value;
}

/// Random numbers of one test. What they did is repeated by the seed that a failure names.
/// All draws are made from the engine alone, so that a seed means the same with every library.
class Random {
 public:
  Random() : engine_(seed()) {}

  /// 0 to below - 1.
  std::uint64_t below(std::uint64_t below) { return engine_() % below; }
  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + below(high - low + 1);
  }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

  /// Any bytes, up to length_max of them.
  std::string bytes(std::size_t length_max) {
    std::string text(below(length_max + 1), '\0');
    for (char& c : text) c = static_cast<char>(below(256));
    return text;
  }
  /// Up to length_max characters out of alphabet.
  std::string text(std::string_view alphabet, std::size_t length_max) {
    std::string text(below(length_max + 1), '\0');
    for (char& c : text) c = alphabet[below(alphabet.size())];
    return text;
  }

 private:
  std::mt19937_64 engine_;
};

/// A test whose failures say with which seed they can be seen again.
class SeededTest : public ::testing::Test {
 protected:
  Random random;

 private:
  ::testing::ScopedTrace trace_{__FILE__, __LINE__, "KFERRY_TEST_SEED=" + std::to_string(seed())};
};

}  // namespace kferry::test
