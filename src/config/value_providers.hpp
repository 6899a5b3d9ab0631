#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/client_properties.hpp"
#include "config/findings.hpp"
#include "config/surroundings.hpp"

/// ${file:/path:key}, ${directory:/path:file} and ${env:NAME} in the values of properties, as
/// Kafka's ConfigTransformer replaces them with its own three providers (KIP-297, 421, 632, 887).
namespace kferry::config {

/// The providers of one client: file, directory and env, and what config.providers names besides.
class ValueProviders {
 public:
  /// Reads config.providers and config.providers.<name>.class and .param.allowed.paths. Classes
  /// other than Kafka's own are mistakes.
  ValueProviders(const std::vector<const WrittenProperty*>& entries,
                 const Surroundings& surroundings, Findings& findings);

  /// Replaces what stands in the value, once: what a provider returns is not looked at again. A
  /// variable without a value is a mistake, and so is one of an unknown provider, which Java would
  /// leave as it stands. Sets `from_provider` when anything was replaced.
  void expand(WrittenProperty& property);

 private:
  enum class Kind { file, directory, env };
  struct Provider {
    Kind kind = Kind::file;
    std::vector<std::string> allowed_paths;  ///< empty: all
  };
  struct Variable {
    std::string_view whole;
    std::string_view provider;
    std::string_view path;
    std::string_view key;
  };
  /// A value, or why there is none.
  struct Found {
    std::string value;
    std::string wrong;
  };

  void read_names(const std::vector<const WrittenProperty*>& entries);
  void read_setting(const WrittenProperty& entry);
  static bool next_variable(std::string_view text, std::size_t from, Variable& variable);
  Found look_up(const Variable& variable, const Origin& written);
  Found read_file_key(const Provider& provider, const Variable& variable, const Origin& written);
  Found read_directory_file(const Provider& provider, const Variable& variable,
                            const Origin& written);
  Found read_environment(const Variable& variable) const;
  Found read_allowed(const Provider& provider, const std::string& path);

  const Surroundings& surroundings_;
  Findings& findings_;
  std::map<std::string, Provider, std::less<>> providers_;
};

inline constexpr std::string_view k_providers_prefix = "config.providers.";

}  // namespace kferry::config
