#include "security/profile_draft.hpp"

namespace kferry::security {

const Secret* ProfileDraft::find(std::string_view property) const {
  const auto found = input_.properties.find(property);
  return found == input_.properties.end() ? nullptr : &found->second;
}

std::optional<std::string> ProfileDraft::text(std::string_view property) const {
  const auto* const value = find(property);
  return value == nullptr ? std::nullopt : std::optional(value->reveal());
}

std::optional<Secret> ProfileDraft::secret(std::string_view property) const {
  const auto* const value = find(property);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

void ProfileDraft::info_if_set(const std::vector<std::string_view>& properties,
                               const std::string& text) {
  for (const auto property : properties) {
    if (has(property) && !noted(property)) info(property, text);
  }
}

void ProfileDraft::info_for_prefix(std::string_view prefix, const std::string& text) {
  for (const auto& [property, value] : input_.properties) {
    if (property.starts_with(prefix) && !noted(property)) info(property, text);
  }
}

void ProfileDraft::note(ProfileNote::Kind kind, std::string_view property, std::string text) {
  noted_.emplace(property);
  notes_.push_back({kind, std::string(property), std::move(text)});
}

}  // namespace kferry::security
