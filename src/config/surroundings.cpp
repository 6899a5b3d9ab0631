#include "config/surroundings.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "config/java_options.hpp"
#include "config/text.hpp"

namespace kferry::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_login_config = "java.security.auth.login.config";
constexpr std::size_t k_account_bytes_max = 16'384;

struct Meaningless {
  const char* name;
  std::string_view instead;
};

constexpr std::array k_meaningless{
    Meaningless{"KAFKA_HEAP_OPTS", "there is no Java heap; --memory.budget bounds the memory"},
    Meaningless{"JMX_PORT", "there is no JMX; metrics are at /metrics of --http.listen"},
    Meaningless{"KAFKA_JMX_OPTS", "there is no JMX; metrics are at /metrics of --http.listen"},
    Meaningless{"KAFKA_LOG4J_OPTS",
                "there is no log4j; --log.level and --log.format decide what is logged to stderr"},
    Meaningless{"KAFKA_GC_LOG_OPTS", "there is no garbage collector"},
    Meaningless{"KAFKA_JVM_PERFORMANCE_OPTS", "there is no Java machine to tune"},
};

const Origin k_environment{"environment", 0};

struct Account {
  std::string name;
  std::string home;
};

/// Of the user that the process runs as; empty texts when the system does not know it.
Account own_account() {
  std::array<char, k_account_bytes_max> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    return {};
  }
  return {entry.pw_name, entry.pw_dir};
}

using Properties = std::map<std::string, std::string, std::less<>>;

/// What a JAAS file may refer to without anybody having set it.
Properties java_defaults() {
  const auto account = own_account();
  std::error_code failed;
  return {{"user.home", account.home},
          {"user.name", account.name},
          {"user.dir", fs::current_path(failed).string()},
          {"java.io.tmpdir", "/tmp"},
          {"file.separator", "/"},
          {"path.separator", ":"},
          {"line.separator", "\n"}};
}

/// ${name} as java.security's PropertyExpander replaces it; an unknown one stays.
std::string expand(const std::string& text, const Properties& properties) {
  std::string out;
  std::size_t at = 0;
  for (;;) {
    const auto open = text.find("${", at);
    const auto close = open == std::string::npos ? open : text.find('}', open);
    if (close == std::string::npos) return out + text.substr(at);
    out += text.substr(at, open - at);
    const auto name = text.substr(open + 2, close - open - 2);
    const auto known = properties.find(name == "/" ? "file.separator" : name);
    out += known == properties.end() ? text.substr(open, close + 1 - open) : known->second;
    at = close + 1;
  }
}

/// Java takes a path or a URL, and a second '=' that means "this file alone".
std::string path_of_login_config(std::string text, const Properties& properties) {
  if (text.starts_with('=')) text.erase(0, 1);
  text = expand(text, properties);
  if (text.starts_with("file://")) return text.substr(sizeof("file://") - 1);
  if (text.starts_with("file:")) return text.substr(sizeof("file:") - 1);
  return text;
}

void note_java_options(const JavaOptions& options, Findings& findings) {
  if (options.open_quote) {
    findings.warning(k_environment, "KAFKA_OPTS: a quote is not closed");
  }
  std::set<std::string> others;
  for (const auto& other : options.others) {
    // A word that is no option may be the rest of a password with a blank.
    others.insert(other.starts_with('-') ? shown(other, 40) : "words that are no options");
  }
  if (!others.empty()) {
    findings.info(k_environment, fmt::format("KAFKA_OPTS: only -D is read; nothing comes of {}",
                                             fmt::join(others, ", ")));
  }
  if (options.properties.contains("java.security.krb5.conf")) {
    findings.warning(k_environment,
                     "KAFKA_OPTS: java.security.krb5.conf is not read: name the file in the "
                     "variable KRB5_CONFIG");
  }
}

}  // namespace

Environment process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

std::string Surroundings::resolve(const std::string& path, const Origin& written) const {
  if (fs::path(path).is_absolute()) return path;
  const auto credentials = variable("CREDENTIALS_DIRECTORY").value_or("");
  if (!path.empty() && !credentials.empty()) {
    auto inside = (fs::path(credentials) / path).string();
    std::error_code failed;
    if (fs::exists(inside, failed)) return inside;
  }
  if (json_file.empty() || written.file != json_file) return path;
  return (fs::path(json_file).parent_path() / path).string();
}

Surroundings read_surroundings(const Environment& environment, const std::string& jaas_option,
                               Findings& findings) {
  Surroundings around;
  around.environment = environment;
  for (const auto& [name, instead] : k_meaningless) {
    if (around.variable(name).value_or("").empty()) continue;
    findings.info(k_environment, fmt::format("{} means nothing here: {}", name, instead));
  }
  const auto options = parse_java_options(around.variable("KAFKA_OPTS").value_or(""));
  note_java_options(options, findings);
  auto properties = java_defaults();
  for (const auto& [name, value] : options.properties) properties[name] = value;
  if (const auto named = options.properties.find(k_login_config);
      named != options.properties.end()) {
    around.jaas_file = path_of_login_config(named->second, properties);
    around.jaas_origin = {"environment: KAFKA_OPTS", 0};
  }
  if (!jaas_option.empty()) {
    around.jaas_file = jaas_option;
    around.jaas_origin = {"--jaas", 0};
  }
  around.system_properties =
      [properties = std::move(properties)](std::string_view name) -> std::optional<std::string> {
    const auto known = properties.find(name);
    return known == properties.end() ? std::nullopt : std::optional(known->second);
  };
  return around;
}

}  // namespace kferry::config
