#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kferry/security/java_profile.hpp"

namespace kferry::security {

/// A profile while it is made: what was written, and what there is to say about it. Reading goes on
/// after a mistake, so that the operator sees all of them at once.
class ProfileDraft {
 public:
  explicit ProfileDraft(const ProfileInput& input) : input_(input) {}

  const ProfileInput& input() const noexcept { return input_; }
  /// Null when the property is not set. Set to nothing is not the same as not set.
  const Secret* find(std::string_view property) const;
  bool has(std::string_view property) const { return find(property) != nullptr; }
  /// For properties that are no secrets: their text may stand in a note.
  std::optional<std::string> text(std::string_view property) const;
  std::optional<Secret> secret(std::string_view property) const;

  void became(std::string_view property, std::string text) {
    note(ProfileNote::Kind::became, property, std::move(text));
  }
  void info(std::string_view property, std::string text) {
    note(ProfileNote::Kind::info, property, std::move(text));
  }
  void warning(std::string_view property, std::string text) {
    note(ProfileNote::Kind::warning, property, std::move(text));
  }
  void mistake(std::string_view property, std::string text) {
    ++mistakes_;
    note(ProfileNote::Kind::mistake, property, std::move(text));
  }
  /// A note for each of them that is set and has none yet.
  void info_if_set(const std::vector<std::string_view>& properties, const std::string& text);
  /// The same for every set property whose name begins so.
  void info_for_prefix(std::string_view prefix, const std::string& text);

  bool noted(std::string_view property) const { return noted_.find(property) != noted_.end(); }
  std::size_t mistakes() const noexcept { return mistakes_; }
  std::vector<ProfileNote> take_notes() { return std::move(notes_); }

 private:
  void note(ProfileNote::Kind kind, std::string_view property, std::string text);

  const ProfileInput& input_;
  std::vector<ProfileNote> notes_;
  std::set<std::string, std::less<>> noted_;
  std::size_t mistakes_ = 0;
};

}  // namespace kferry::security
