#include "config/value_providers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "config/file_guard.hpp"
#include "config/properties.hpp"
#include "config/text.hpp"

namespace kferry::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_package = "org.apache.kafka.common.config.provider.";
constexpr std::string_view k_class = ".class";
constexpr std::string_view k_allowed_paths = ".param.allowed.paths";

bool lies_in(const fs::path& path, const fs::path& folder) {
  const auto [end, unused] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  // A folder's last part is empty when it is written with a slash at its end.
  return end == folder.end() || (end->empty() && std::next(end) == folder.end());
}

}  // namespace

ValueProviders::ValueProviders(const std::vector<const WrittenProperty*>& entries,
                               const Surroundings& surroundings, Findings& findings)
    : surroundings_(surroundings),
      findings_(findings),
      providers_{{"file", {Kind::file, {}}},
                 {"directory", {Kind::directory, {}}},
                 {"env", {Kind::env, {}}}} {
  read_names(entries);
  for (const auto* entry : entries) {
    if (entry->name.starts_with(k_providers_prefix)) read_setting(*entry);
  }
}

/// Only classes need a name there; the three that are built in are known without.
void ValueProviders::read_names(const std::vector<const WrittenProperty*>& entries) {
  const auto find = [&](std::string_view name) -> const WrittenProperty* {
    const auto at = std::find_if(entries.begin(), entries.end(),
                                 [&](const auto* entry) { return entry->name == name; });
    return at == entries.end() ? nullptr : *at;
  };
  const auto* const list = find("config.providers");
  if (list == nullptr) return;
  for (const auto& name : split_list(list->value)) {
    const auto setting = fmt::format("{}{}{}", k_providers_prefix, name, k_class);
    const auto* const entry = find(setting);
    if (entry == nullptr) {
      findings_.mistake(list->origin, fmt::format("config.providers: {} is missing", setting));
      continue;
    }
    const auto class_name = java_trim(entry->value);
    if (class_name == fmt::format("{}FileConfigProvider", k_package)) {
      providers_[name].kind = Kind::file;
    } else if (class_name == fmt::format("{}DirectoryConfigProvider", k_package)) {
      providers_[name].kind = Kind::directory;
    } else if (class_name == fmt::format("{}EnvVarConfigProvider", k_package)) {
      providers_[name].kind = Kind::env;
    } else {
      findings_.mistake(entry->origin,
                        fmt::format("{}: {} can not run here, Java classes can not; "
                                    "FileConfigProvider, DirectoryConfigProvider and "
                                    "EnvVarConfigProvider are built in",
                                    setting, in_quotes(class_name)));
    }
  }
}

void ValueProviders::read_setting(const WrittenProperty& entry) {
  const auto rest = std::string_view(entry.name).substr(k_providers_prefix.size());
  if (rest.ends_with(k_class)) {
    if (!providers_.contains(rest.substr(0, rest.size() - k_class.size()))) {
      findings_.info(entry.origin,
                     fmt::format("{}: ignored, config.providers does not name it", entry.name));
    }
  } else if (rest.ends_with(k_allowed_paths)) {
    const auto at = providers_.find(rest.substr(0, rest.size() - k_allowed_paths.size()));
    if (at != providers_.end()) at->second.allowed_paths = split_list(entry.value);
  } else {
    findings_.warning(
        entry.origin,
        fmt::format("{}: ignored, kferry's providers take allowed.paths alone", entry.name));
  }
}

/// Kafka's pattern \$\{([^}]*?):(([^}]*?):)?([^}]*?)\}: up to the next '}', cut at the first colon
/// and, if there is one, at the second.
bool ValueProviders::next_variable(std::string_view text, std::size_t from, Variable& variable) {
  for (auto open = text.find("${", from); open != std::string_view::npos;
       open = text.find("${", open + 1)) {
    const auto close = text.find('}', open);
    if (close == std::string_view::npos) return false;
    const auto inner = text.substr(open + 2, close - open - 2);
    const auto first = inner.find(':');
    if (first == std::string_view::npos) continue;
    const auto rest = inner.substr(first + 1);
    const auto second = rest.find(':');
    const bool has_path = second != std::string_view::npos;
    variable = {text.substr(open, close + 1 - open), inner.substr(0, first),
                has_path ? rest.substr(0, second) : std::string_view(),
                has_path ? rest.substr(second + 1) : rest};
    return true;
  }
  return false;
}

void ValueProviders::expand(WrittenProperty& property) {
  const std::string text = std::exchange(property.value, {});
  std::size_t at = 0;
  Variable variable;
  while (next_variable(text, at, variable)) {
    const auto from = static_cast<std::size_t>(variable.whole.data() - text.data());
    property.value += std::string_view(text).substr(at, from - at);
    at = from + variable.whole.size();
    auto found = look_up(variable, property.origin);
    if (!found.wrong.empty()) {
      findings_.mistake(property.origin, fmt::format("{}: {}: {}", property.name,
                                                     shown(variable.whole, 200), found.wrong));
      property.unresolved = true;
      continue;
    }
    if (found.value.ends_with('\n') && at < text.size()) {
      findings_.warning(property.origin,
                        fmt::format("{}: {}: the file ends with a line end, which stands in the "
                                    "middle of the value now, as it does in Java",
                                    property.name, shown(variable.whole, 200)));
    }
    property.value += found.value;
    property.from_provider = true;
  }
  property.value += std::string_view(text).substr(at);
}

ValueProviders::Found ValueProviders::look_up(const Variable& variable, const Origin& written) {
  const auto known = providers_.find(variable.provider);
  if (known == providers_.end()) {
    return {{},
            "there is no such provider, only file, directory, env and those of config.providers; "
            "to mean these very characters, keep them in a file and name it with ${directory:...}"};
  }
  switch (known->second.kind) {
    case Kind::file:
      return read_file_key(known->second, variable, written);
    case Kind::directory:
      return read_directory_file(known->second, variable, written);
    case Kind::env:
      return read_environment(variable);
  }
  return {};
}

ValueProviders::Found ValueProviders::read_allowed(const Provider& provider,
                                                   const std::string& path) {
  if (!provider.allowed_paths.empty()) {
    std::error_code failed;
    const auto real = fs::weakly_canonical(path, failed);
    const bool allowed = std::any_of(provider.allowed_paths.begin(), provider.allowed_paths.end(),
                                     [&](const std::string& folder) {
                                       return lies_in(real, fs::weakly_canonical(folder, failed));
                                     });
    if (!allowed) return {{}, "it lies outside of allowed.paths"};
  }
  auto file = read_file(path);
  if (!file.text) return {{}, fmt::format("{} can not be read: {}", path, file.error)};
  if (!is_utf8(*file.text)) return {{}, path + " is not UTF-8"};
  guard_file(path, Holds::provided_secrets, surroundings_, findings_);
  return {std::move(*file.text), {}};
}

ValueProviders::Found ValueProviders::read_file_key(const Provider& provider,
                                                    const Variable& variable,
                                                    const Origin& written) {
  if (variable.path.empty()) return {{}, "no file is named: write ${file:/path:key}"};
  const auto path = surroundings_.resolve(std::string(variable.path), written);
  auto file = read_allowed(provider, path);
  if (!file.wrong.empty()) return file;
  auto properties = parse_properties(file.value, Charset::utf_8);
  if (!properties.errors.empty()) {
    const auto& error = properties.errors.front();
    return {{}, fmt::format("{}:{}: {}", path, error.line, error.text)};
  }
  for (auto& entry : properties.entries) {
    if (entry.name == variable.key) return {std::move(entry.value), {}};
  }
  return {{}, path + " has no such key"};
}

ValueProviders::Found ValueProviders::read_directory_file(const Provider& provider,
                                                          const Variable& variable,
                                                          const Origin& written) {
  if (variable.key.empty() || variable.key.find('/') != std::string_view::npos) {
    return {{}, "no file of the folder is named: write ${directory:/path:file}"};
  }
  if (!variable.path.empty()) {
    const auto path = fs::path(variable.path) / variable.key;
    return read_allowed(provider, surroundings_.resolve(path.string(), written));
  }
  const auto credentials = surroundings_.variable("CREDENTIALS_DIRECTORY").value_or("");
  if (credentials.empty()) return {{}, "no folder is named: write ${directory:/path:file}"};
  return read_allowed(provider, (fs::path(credentials) / variable.key).string());
}

ValueProviders::Found ValueProviders::read_environment(const Variable& variable) const {
  if (!variable.path.empty()) return {{}, "a variable has no path: write ${env:NAME}"};
  auto value = surroundings_.variable(std::string(variable.key).c_str());
  if (!value) return {{}, "the variable is not set"};
  if (!is_utf8(*value)) return {{}, "its value is not UTF-8"};
  return {std::move(*value), {}};
}

}  // namespace kferry::config
