#include "config/explainer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/text.hpp"
#include "kferry/base/secret.hpp"

namespace kferry::config {
namespace {

constexpr std::size_t k_value_chars_max = 60;

void append(std::string& list, std::string_view text) {
  if (!list.empty()) list += ", ";
  list += text;
}

}  // namespace

std::string_view to_string(Side side) noexcept {
  return side == Side::source ? "source" : "target";
}

std::string_view to_string(Fate fate) noexcept {
  switch (fate) {
    case Fate::passed:
      return "passed on";
    case Fate::translated:
      return "translated";
    case Fate::decided:
      return "decided by kferry";
    case Fate::ignored:
      return "ignored";
    case Fate::refused:
      return "refused";
  }
  return "";
}

void Explainer::begin(const WrittenProperty& written, Fate fate, std::string_view why,
                      bool secret) {
  Row row;
  row.explanation.property = shown(written.name, k_value_chars_max);
  row.explanation.value = secret ? k_masked : shown(java_trim(written.value), k_value_chars_max);
  row.explanation.why = why;
  row.explanation.origin = written.origin;
  row.fate = fate;
  row.secret = secret;
  if (!secret) row.text = java_trim(written.value);
  rows_.push_back(std::move(row));
}

Explainer::Row* Explainer::find(std::string_view property) noexcept {
  const auto at = std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) {
    return row.explanation.property == property;
  });
  return at == rows_.end() ? nullptr : &*at;
}

void Explainer::why(std::string_view property, std::string_view text) {
  auto* const row = find(property);
  if (row == nullptr) return;
  auto& why = row->explanation.why;
  if (!row->is_said) why.clear();
  row->is_said = true;
  why += fmt::format("{}{}", why.empty() ? "" : "; ", text);
}

void Explainer::fate(std::string_view property, Fate fate) {
  auto* const row = find(property);
  if (row == nullptr || row->is_mistake) return;
  row->fate = fate;
  row->is_mistake = fate == Fate::refused;
}

void Explainer::became(std::string_view property, std::string_view text) {
  if (auto* const row = find(property)) append(row->explanation.became, text);
}

void Explainer::set_library(std::string_view property, std::string_view library_name) {
  auto* const row = find(property);
  if (row == nullptr) return;
  auto& names = row->library_names;
  if (std::find(names.begin(), names.end(), library_name) == names.end()) {
    names.emplace_back(library_name);
  }
}

void Explainer::decided(std::string_view property, std::string_view became, std::string_view why) {
  if (find(property) != nullptr) return;
  Row row;
  row.explanation.property = property;
  row.explanation.became = became;
  row.explanation.why = why;
  row.explanation.decided_alone = true;
  row.fate = Fate::decided;
  rows_.push_back(std::move(row));
}

std::string Explainer::became_of(const Row& row, const std::vector<LibraryProperty>& library) {
  if (row.fate == Fate::refused || row.fate == Fate::ignored) return "";
  std::string text = row.explanation.became;
  for (const auto& name : row.library_names) {
    const auto at = std::find_if(library.begin(), library.end(),
                                 [&](const auto& property) { return property.name == name; });
    if (at == library.end()) continue;
    append(text, fmt::format("{}={}", name, row.secret ? k_masked : at->value));
  }
  // What kferry keeps under the same name as it is.
  if (text.empty() && row.fate != Fate::decided && !row.is_said && !row.text.empty()) {
    text = fmt::format("{}={}", row.explanation.property, row.text);
  }
  return shown(text, 2 * k_value_chars_max);
}

std::vector<Explanation> Explainer::finish(const std::string& flow, Side side,
                                           const std::vector<LibraryProperty>& library) const {
  std::vector<Explanation> all;
  for (const auto& row : rows_) {
    auto explanation = row.explanation;
    explanation.flow = flow;
    explanation.side = to_string(side);
    explanation.fate = to_string(row.fate);
    explanation.became = became_of(row, library);
    all.push_back(std::move(explanation));
  }
  return all;
}

}  // namespace kferry::config
