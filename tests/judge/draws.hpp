#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace kferry::judge {

/// Random contents of one seed; small things mostly, now and then the ends of what is possible.
/// Our counterpart of java/Draws.java.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t below(std::uint64_t end) { return engine_() % end; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

  std::string bytes(std::size_t most) {
    std::string bytes(below(most + 1), '\0');
    for (char& byte : bytes) byte = static_cast<char>(below(256));
    return bytes;
  }
  std::string text() {
    std::string text;
    for (std::uint64_t left = below(12); left > 0; --left) {
      if (one_in(8)) {
        text += "\u20ac";
      } else {
        text += static_cast<char>('a' + below(26));
      }
    }
    return text;
  }
  /// Negative too.
  std::int32_t int32() { return static_cast<std::int32_t>(one_in(2) ? below(1000) : engine_()); }
  std::int64_t int64() { return static_cast<std::int64_t>(one_in(2) ? below(1000) : engine_()); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace kferry::judge
