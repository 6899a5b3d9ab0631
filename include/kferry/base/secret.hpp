#pragma once

#include <string>
#include <utility>

namespace kferry {

/// A text that is never printed: no stream operator, no formatter, wiped when it goes. The one way
/// to its content is named so that every use can be found.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  Secret(Secret&&) noexcept = default;
  Secret& operator=(Secret&&) noexcept = default;
  ~Secret();

  const std::string& reveal() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }
  bool operator==(const Secret&) const = default;

 private:
  std::string text_;
};

/// What stands in every output where a secret would be.
inline constexpr const char* k_masked = "[hidden]";

}  // namespace kferry
