#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "kferry/base/result.hpp"
#include "kferry/base/secret.hpp"
#include "security/tokenizer.hpp"

/// What both readers of login configurations share: flags, and messages that name no text of the
/// user's, since what looks like a name may be a piece of an unquoted password.
namespace kferry::security {

/// In lower case; nothing when it is none of the four.
std::optional<std::string> control_flag(std::string_view word);

inline constexpr std::string_view k_flags = "required, requisite, sufficient or optional";

/// The options of one login module while they are read.
class OptionReader {
 public:
  /// Begins an option; its name is shown in messages only when login modules know it. Without a
  /// name it is one that Java accepts and nobody can ask for.
  void begin(std::optional<std::string> name);
  void set(std::string value);
  std::map<std::string, Secret> take() { return std::move(options_); }

  /// "option 'password'", or "option 2".
  std::string label() const;
  int count() const noexcept { return count_; }

 private:
  std::map<std::string, Secret> options_;
  std::optional<std::string> name_;
  int count_ = 0;
};

/// Why a token is no value, and what to do; follows the option's label.
std::string_view why_no_value(const Token& token);

/// Appended where the usual reason for a failure is a token that was read another way than its
/// writer meant: " (...)" or nothing.
std::string_view hint(const Token& token);

}  // namespace kferry::security
