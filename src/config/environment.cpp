#include "config/environment.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <string_view>

namespace kferry::config {
namespace {

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
    Meaningless{"KAFKA_JVM_PERFORMANCE_OPTS", "there is no Java machine to tune"},
};

}  // namespace

Environment process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

void note_environment(const Environment& environment, Findings& findings) {
  const Origin origin{"environment", 0};
  for (const auto& [name, instead] : k_meaningless) {
    if (environment(name).value_or("").empty()) continue;
    findings.info(origin, fmt::format("{} means nothing here: {}", name, instead));
  }
  const auto java_options = environment("KAFKA_OPTS").value_or("");
  if (java_options.find("java.security.auth.login.config") != std::string::npos) {
    findings.info(origin,
                  "KAFKA_OPTS names a JAAS file, which is not read: SASL is not supported yet");
  }
}

}  // namespace kferry::config
