#include <librdkafka/rdkafka.h>

#include <string_view>

#include "kferry/base/log.hpp"
#include "kferry/kafka/client_config.hpp"
#include "kferry/kafka/connection_watch.hpp"

namespace kferry::kafka {
namespace {

// syslog's severities, which the library uses (rd_kafka_conf_set_log_cb).
constexpr int k_syslog_error = 3;
constexpr int k_syslog_warning = 4;
constexpr int k_syslog_info = 6;

constexpr const char* k_interceptor = "kferry-connections";

log::Level to_level(int severity) noexcept {
  if (severity <= k_syslog_error) return log::Level::warning;
  if (severity <= k_syslog_warning) return log::Level::info;
  return severity <= k_syslog_info ? log::Level::debug : log::Level::trace;
}

/// What the library thinks of properties is no news: kferry has judged and chosen them itself. What
/// it says about TLS comes again, whole, when the connection fails.
bool is_no_news(std::string_view facility) noexcept {
  return facility == "CONFWARN" || facility == "AUTOCREATE" || facility == "SSL" ||
         facility == "SSLCERTVRFY";
}

/// Called from the library's threads. One level softer than the library says: it retries by itself
/// what it calls an error, and what it can not retry reaches the operator through our own messages.
void write_line(const rd_kafka_t* client, int severity, const char* facility, const char* text) {
  const auto* context = static_cast<const LogContext*>(rd_kafka_opaque(client));
  const bool said = context != nullptr && context->watch && std::string_view(facility) == "FAIL" &&
                    context->watch->failed(text);
  // "brokers are down" follows every failure that the watch has heard of.
  const bool follows = context != nullptr && context->watch &&
                       std::string_view(text).find("brokers are down") != std::string_view::npos;
  const log::Level level =
      said || follows || is_no_news(facility) ? log::Level::debug : to_level(severity);
  if (!log::enabled(level)) return;
  const char* side = context != nullptr ? to_string(context->side) : "client";
  log::write(level, "kafka", fmt::format("{}: {}: {}", side, facility, text));
}

/// Called from the library's threads for each certificate of a broker's chain. The verdict stays
/// OpenSSL's.
int watch_certificate(rd_kafka_t* /*client*/, const char* broker, int32_t /*broker_id*/,
                      int* x509_error, int /*depth*/, const char* certificate, size_t size,
                      char* reason, size_t reason_size, void* opaque) {
  if (*x509_error == 0) return 1;
  if (reason_size > 0) *reason = '\0';
  const auto* context = static_cast<const LogContext*>(opaque);
  context->watch->certificate_refused(broker, *x509_error,
                                      as_bytes(std::string_view(certificate, size)));
  return 0;
}

/// Called from the library's threads for each response.
rd_kafka_resp_err_t watch_response(rd_kafka_t* /*client*/, int /*socket*/, const char* broker,
                                   int32_t /*broker_id*/, int16_t api, int16_t /*version*/,
                                   int32_t /*correlation*/, size_t /*size*/, int64_t /*rtt_us*/,
                                   rd_kafka_resp_err_t err, void* opaque) {
  // Of ApiKeys.java: what is answered before a client is let in.
  constexpr int16_t k_sasl_handshake = 17;
  constexpr int16_t k_api_versions = 18;
  constexpr int16_t k_sasl_authenticate = 36;
  if (err == RD_KAFKA_RESP_ERR_NO_ERROR && api != k_sasl_handshake && api != k_api_versions &&
      api != k_sasl_authenticate) {
    static_cast<const LogContext*>(opaque)->watch->answered(broker);
  }
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t watch_end(rd_kafka_t* client, void* opaque) {
  static_cast<const LogContext*>(opaque)->watch->release(client);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t watch_new(rd_kafka_t* client, const rd_kafka_conf_t* /*conf*/, void* opaque,
                              char* /*reason*/, size_t /*reason_size*/) {
  static_cast<const LogContext*>(opaque)->watch->adopt(client);
  if (const auto err =
          rd_kafka_interceptor_add_on_destroy(client, k_interceptor, &watch_end, opaque)) {
    return err;
  }
  return rd_kafka_interceptor_add_on_response_received(client, k_interceptor, &watch_response,
                                                       opaque);
}

}  // namespace

void attach_log(rd_kafka_conf_s* conf, LogContext& context) {
  rd_kafka_conf_set_opaque(conf, &context);
  rd_kafka_conf_set_log_cb(conf, &write_line);
  if (!context.watch) return;
  rd_kafka_conf_set_ssl_cert_verify_cb(conf, &watch_certificate);
  rd_kafka_conf_interceptor_add_on_new(conf, k_interceptor, &watch_new, &context);
}

}  // namespace kferry::kafka
