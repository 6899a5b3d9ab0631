#include <librdkafka/rdkafka.h>

#include <string_view>

#include "kferry/base/log.hpp"
#include "kferry/kafka/client_config.hpp"

namespace kferry::kafka {
namespace {

// syslog's severities, which the library uses (rd_kafka_conf_set_log_cb).
constexpr int k_syslog_error = 3;
constexpr int k_syslog_warning = 4;
constexpr int k_syslog_info = 6;

log::Level to_level(int severity) noexcept {
  if (severity <= k_syslog_error) return log::Level::warning;
  if (severity <= k_syslog_warning) return log::Level::info;
  return severity <= k_syslog_info ? log::Level::debug : log::Level::trace;
}

/// Called from the library's threads. One level softer than the library says: it retries by itself
/// what it calls an error, and what it can not retry reaches the operator through our own messages.
void write_line(const rd_kafka_t* client, int severity, const char* facility, const char* text) {
  const auto* context = static_cast<const LogContext*>(rd_kafka_opaque(client));
  // What the library thinks of properties is no news: kferry has judged and chosen them itself.
  const bool about_properties =
      std::string_view(facility) == "CONFWARN" || std::string_view(facility) == "AUTOCREATE";
  const log::Level level = about_properties ? log::Level::debug : to_level(severity);
  if (!log::enabled(level)) return;
  const char* side = context != nullptr ? to_string(context->side) : "client";
  log::write(level, "kafka", fmt::format("{}: {}: {}", side, facility, text));
}

}  // namespace

void attach_log(rd_kafka_conf_s* conf, LogContext& context) {
  rd_kafka_conf_set_opaque(conf, &context);
  rd_kafka_conf_set_log_cb(conf, &write_line);
}

}  // namespace kferry::kafka
