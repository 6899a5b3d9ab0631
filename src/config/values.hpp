#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kferry/config/settings.hpp"

namespace kferry::config {

/// A value that was read, or what is wrong with it ("'x' is not an integer").
template <class T>
struct Parsed {
  std::optional<T> value;
  std::string wrong;

  static Parsed good(T value) { return {std::move(value), {}}; }
  static Parsed bad(std::string wrong) { return {std::nullopt, std::move(wrong)}; }
  explicit operator bool() const noexcept { return value.has_value(); }
};

struct Limits {
  std::int64_t min = INT64_MIN;
  std::int64_t max = INT64_MAX;
};

/// Decimal digits with an optional sign, as Long.parseLong reads them. Nothing when it is not a
/// number or does not fit into 64 bits.
std::optional<std::int64_t> parse_decimal(std::string_view text) noexcept;
Parsed<std::int64_t> parse_integer(std::string_view text, Limits limits);
/// "true" or "false", in any case, as Kafka and MirrorMaker read them.
Parsed<bool> parse_boolean(std::string_view text);
/// Bytes with an optional suffix K, M or G (powers of 1024).
Parsed<std::int64_t> parse_bytes(std::string_view text, Limits limits);

struct HttpListen {
  bool enabled = true;
  std::string address;
  std::uint16_t port = 0;
};
/// ADDR:PORT, [IPv6]:PORT or off. Port 0 takes any free port.
Parsed<HttpListen> parse_http_listen(std::string_view text);

/// A list of HOST:PORT, IPv6 in brackets, optionally PROTOCOL:// before each, as Kafka takes it.
/// The result is in librdkafka's form: no protocol, no blanks.
Parsed<std::string> parse_bootstrap_servers(std::string_view text);

Parsed<Partitioning> parse_partitioning(std::string_view text);
Parsed<EngineChoice> parse_engine(std::string_view text);
Parsed<Timestamps> parse_timestamps(std::string_view text);
Parsed<SendFailurePolicy> parse_send_failure(std::string_view text);
Parsed<log::Level> parse_log_level(std::string_view text);
Parsed<log::Format> parse_log_format(std::string_view text);

}  // namespace kferry::config
