#include <fmt/format.h>

#include <algorithm>

#include "config/property_table.hpp"
#include "kferry/base/secret.hpp"

namespace kferry::config {
namespace {

/// What is said of a value that must not be repeated. Every text quotes values in single quotes.
std::string without_value(const Value& value, std::string_view text) {
  std::string out(text);
  if (!value.secret) return out;
  const auto first = out.find('\'');
  const auto last = out.rfind('\'');
  if (first != last) out.replace(first, last + 1 - first, k_masked);
  const auto repeats = [&](const std::string& part) {
    return !part.empty() && out.find(part) != std::string::npos;
  };
  if (repeats(value.text) || std::any_of(value.items.begin(), value.items.end(), repeats)) {
    return "its value can not be used as it is";
  }
  return out;
}

}  // namespace

void Draft::set_library(std::string_view name, std::string value) {
  explainer.set_library(applying, name);
  auto& properties = library();
  const auto at = std::find_if(properties.begin(), properties.end(),
                               [&](const LibraryProperty& known) { return known.name == name; });
  if (at == properties.end()) {
    properties.push_back({std::string(name), std::move(value)});
  } else {
    at->value = std::move(value);
  }
}

void Draft::mistake(const Value& value, std::string_view text) {
  refuse(value, without_value(value, text));
}

void Draft::refuse(const Value& value, std::string_view text) {
  findings.mistake(value.origin, fmt::format("{}: {}", value.name, text));
  explainer.why(value.name, text);
  explainer.fate(value.name, Fate::refused);
}

void Draft::info(const Value& value, std::string_view text) {
  const auto safe = without_value(value, text);
  findings.info(value.origin, fmt::format("{}: {}", value.name, safe));
  explainer.why(value.name, safe);
}

void Draft::warning(const Value& value, std::string_view text) {
  const auto safe = without_value(value, text);
  findings.warning(value.origin, fmt::format("{}: {}", value.name, safe));
  explainer.why(value.name, safe);
}

void Draft::ignored(const Value& value, std::string_view text) {
  info(value, text);
  explainer.fate(value.name, Fate::ignored);
}

void Draft::became(const Value& value, std::string_view text) {
  explainer.became(value.name, value.secret ? k_masked : text);
}

}  // namespace kferry::config
