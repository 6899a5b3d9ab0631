#include "kferry/protocol/crc32c.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/seed.hpp"

namespace kferry::protocol {
namespace {

/// Bit by bit, straight from the definition.
std::uint32_t slow_crc32c(const std::string& bytes) {
  std::uint32_t state = 0xFFFFFFFFU;
  for (const char c : bytes) {
    state ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) state = (state >> 1) ^ ((state & 1) != 0 ? 0x82F63B78U : 0U);
  }
  return ~state;
}

class Crc32cTest : public test::SeededTest {};

TEST_F(Crc32cTest, gives_the_values_of_rfc_3720) {
  std::string rising(32, '\0');
  for (std::size_t i = 0; i < rising.size(); ++i) rising[i] = static_cast<char>(i);
  const std::string falling(rising.rbegin(), rising.rend());
  for (auto* const crc : {&crc32c, &crc32c_portable}) {
    EXPECT_EQ(crc(as_bytes("123456789"), 0), 0xE3069283U);
    EXPECT_EQ(crc(as_bytes(std::string(32, '\0')), 0), 0x8A9136AAU);
    EXPECT_EQ(crc(as_bytes(std::string(32, '\xFF')), 0), 0x62A8AB43U);
    EXPECT_EQ(crc(as_bytes(rising), 0), 0x46DD794EU);
    EXPECT_EQ(crc(as_bytes(falling), 0), 0x113FDB5CU);
    EXPECT_EQ(crc(as_bytes(""), 0), 0U);
  }
}

TEST_F(Crc32cTest, both_ways_agree_with_the_definition_in_any_cut) {
  for (int round = 0; round < 200; ++round) {
    const std::string bytes = random.bytes(round % 20 == 0 ? 60'000 : 300);
    const std::uint32_t wanted = slow_crc32c(bytes);
    const std::size_t cut = random.below(bytes.size() + 1);
    const ByteView head = as_bytes(bytes).first(cut);
    const ByteView tail = as_bytes(bytes).subspan(cut);
    EXPECT_EQ(crc32c(as_bytes(bytes)), wanted);
    EXPECT_EQ(crc32c_portable(as_bytes(bytes)), wanted);
    EXPECT_EQ(crc32c(tail, crc32c(head)), wanted);
    EXPECT_EQ(crc32c_portable(tail, crc32c_portable(head)), wanted);
  }
}

TEST_F(Crc32cTest, a_patch_gives_what_a_new_pass_would) {
  for (int round = 0; round < 500; ++round) {
    std::string message = random.bytes(round % 50 == 0 ? 300'000 : 2'000) + "x";
    const std::uint32_t old = crc32c(as_bytes(message));
    const std::size_t at = random.below(message.size());
    const std::size_t size = 1 + random.below(std::min<std::size_t>(100, message.size() - at));
    const std::string before = message.substr(at, size);
    for (std::size_t i = 0; i < size; ++i) message[at + i] = static_cast<char>(random.below(256));
    const std::string after = message.substr(at, size);
    EXPECT_EQ(crc32c_patched(old, as_bytes(before), as_bytes(after), message.size() - at - size),
              crc32c(as_bytes(message)));
  }
}

/// The reason why batches may pass unread: the patch never repairs what it did not look at.
TEST_F(Crc32cTest, damage_outlives_a_patch) {
  for (int round = 0; round < 200; ++round) {
    std::string message = random.bytes(5'000) + std::string(60, 'h');
    const std::uint32_t stored = crc32c(as_bytes(message));
    const std::size_t hit = random.below(message.size());
    message[hit] = static_cast<char>(message[hit] ^ (1 << random.below(8)));
    const std::size_t at = random.below(message.size() - 40);
    const std::string before = message.substr(at, 28);
    for (std::size_t i = 0; i < 28; ++i) message[at + i] = static_cast<char>(random.below(256));
    const std::uint32_t patched = crc32c_patched(
        stored, as_bytes(before), as_bytes(message.substr(at, 28)), message.size() - at - 28);
    EXPECT_NE(patched, crc32c(as_bytes(message))) << "flipped a bit of byte " << hit;
  }
}

}  // namespace
}  // namespace kferry::protocol
