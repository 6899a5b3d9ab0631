#include "kferry/protocol/crc32c.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "kferry/base/check.hpp"

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

namespace kferry::protocol {
namespace {

constexpr std::uint32_t k_polynomial = 0x82F63B78U;
/// x^0 in the reflected form, where the highest bit is the lowest power.
constexpr std::uint32_t k_one = 0x80000000U;

// Slicing by 8: table k advances a byte over k more bytes.
constexpr auto k_tables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? k_polynomial : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t k = 1; k < tables.size(); ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t crc = tables[k - 1][byte];
      tables[k][byte] = (crc >> 8) ^ tables[0][crc & 0xFF];
    }
  }
  return tables;
}();

constexpr std::uint32_t times_x(std::uint32_t a) noexcept {
  return (a >> 1) ^ ((a & 1) != 0 ? k_polynomial : 0);
}

/// Product modulo the polynomial.
constexpr std::uint32_t multiply(std::uint32_t a, std::uint32_t b) noexcept {
  std::uint32_t product = 0;
  for (std::uint32_t bit = k_one; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = times_x(b);
  }
  return product;
}

constexpr int k_length_digits = 8;  // of 8 bits each: lengths below 2^64
constexpr int k_digit_values = 256;

/// x^(8 * value * 256^digit): what a tail of so many bytes does to a remainder.
constexpr auto k_powers = [] {
  std::array<std::array<std::uint32_t, k_digit_values>, k_length_digits> powers{};
  std::uint32_t base = k_one;
  for (int i = 0; i < 8; ++i) base = times_x(base);
  for (auto& row : powers) {
    row[0] = k_one;
    for (std::size_t value = 1; value < row.size(); ++value) {
      row[value] = multiply(row[value - 1], base);
    }
    base = multiply(row[row.size() - 1], base);
  }
  return powers;
}();

std::uint32_t over_zeros(std::uint32_t remainder, std::uint64_t bytes) noexcept {
  for (std::size_t digit = 0; bytes != 0; ++digit, bytes >>= 8) {
    const std::size_t value = bytes & 0xFF;
    if (value != 0) remainder = multiply(remainder, k_powers[digit][value]);
  }
  return remainder;
}

std::uint32_t load_word(const unsigned char* at) noexcept {
  std::uint32_t word = 0;
  std::memcpy(&word, at, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap32(word);
  return word;
}

/// State to state, without the inversions at both ends.
std::uint32_t extend_portable(std::uint32_t state, const unsigned char* at,
                              std::size_t size) noexcept {
  for (; size >= 8; at += 8, size -= 8) {
    const std::uint32_t low = load_word(at) ^ state;
    const std::uint32_t high = load_word(at + 4);
    state = k_tables[7][low & 0xFF] ^ k_tables[6][(low >> 8) & 0xFF] ^
            k_tables[5][(low >> 16) & 0xFF] ^ k_tables[4][low >> 24] ^ k_tables[3][high & 0xFF] ^
            k_tables[2][(high >> 8) & 0xFF] ^ k_tables[1][(high >> 16) & 0xFF] ^
            k_tables[0][high >> 24];
  }
  for (; size > 0; ++at, --size) state = (state >> 8) ^ k_tables[0][(state ^ *at) & 0xFF];
  return state;
}

#if defined(__x86_64__)

std::uint64_t load_long(const unsigned char* at) noexcept {
  std::uint64_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

__attribute__((target("sse4.2"))) std::uint32_t extend_serial(std::uint32_t state,
                                                              const unsigned char* at,
                                                              std::size_t size) noexcept {
  std::uint64_t wide = state;
  for (; size >= 8; at += 8, size -= 8) wide = _mm_crc32_u64(wide, load_long(at));
  state = static_cast<std::uint32_t>(wide);
  for (; size > 0; ++at, --size) state = _mm_crc32_u8(state, *at);
  return state;
}

/// The instruction takes three cycles but one can start in each: three stretches side by side, put
/// together by moving the first two over what follows them.
__attribute__((target("sse4.2"))) std::uint32_t extend_hardware(std::uint32_t state,
                                                                const unsigned char* at,
                                                                std::size_t size) noexcept {
  constexpr std::size_t k_stretch_bytes = 4'096;
  while (size >= 3 * k_stretch_bytes) {
    std::uint64_t first = state;
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (std::size_t i = 0; i < k_stretch_bytes; i += 8) {
      first = _mm_crc32_u64(first, load_long(at + i));
      second = _mm_crc32_u64(second, load_long(at + k_stretch_bytes + i));
      third = _mm_crc32_u64(third, load_long(at + 2 * k_stretch_bytes + i));
    }
    state = over_zeros(static_cast<std::uint32_t>(first), 2 * k_stretch_bytes) ^
            over_zeros(static_cast<std::uint32_t>(second), k_stretch_bytes) ^
            static_cast<std::uint32_t>(third);
    at += 3 * k_stretch_bytes;
    size -= 3 * k_stretch_bytes;
  }
  return extend_serial(state, at, size);
}

const bool k_has_instruction = __builtin_cpu_supports("sse4.2") != 0;

std::uint32_t extend(std::uint32_t state, const unsigned char* at, std::size_t size) noexcept {
  return k_has_instruction ? extend_hardware(state, at, size) : extend_portable(state, at, size);
}

#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)

std::uint32_t extend(std::uint32_t state, const unsigned char* at, std::size_t size) noexcept {
  for (; size >= 8; at += 8, size -= 8) {
    std::uint64_t value = 0;
    std::memcpy(&value, at, sizeof value);
    state = __crc32cd(state, value);
  }
  for (; size > 0; ++at, --size) state = __crc32cb(state, *at);
  return state;
}

#else

std::uint32_t extend(std::uint32_t state, const unsigned char* at, std::size_t size) noexcept {
  return extend_portable(state, at, size);
}

#endif

const unsigned char* data_of(ByteView bytes) noexcept {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

std::uint32_t crc32c(ByteView bytes, std::uint32_t before) noexcept {
  return ~extend(~before, data_of(bytes), bytes.size());
}

std::uint32_t crc32c_portable(ByteView bytes, std::uint32_t before) noexcept {
  return ~extend_portable(~before, data_of(bytes), bytes.size());
}

std::uint32_t crc32c_patched(std::uint32_t checksum, ByteView before, ByteView after,
                             std::size_t tail_bytes) noexcept {
  KF_CHECK(before.size() == after.size());
  // Both messages start from the same state, so the difference starts from zero.
  constexpr std::size_t k_chunk_bytes = 64;
  std::array<unsigned char, k_chunk_bytes> difference{};
  std::uint32_t state = 0;
  for (std::size_t done = 0; done < before.size();) {
    const std::size_t size = std::min(k_chunk_bytes, before.size() - done);
    for (std::size_t i = 0; i < size; ++i) {
      difference[i] = std::to_integer<unsigned char>(before[done + i] ^ after[done + i]);
    }
    state = extend(state, difference.data(), size);
    done += size;
  }
  return checksum ^ over_zeros(state, tail_bytes);
}

}  // namespace kferry::protocol
