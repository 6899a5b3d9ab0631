#include "config/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <utility>

#include "config/text.hpp"

namespace kferry::config {
namespace {

constexpr Limits k_port_limits{0, 65535};

std::string out_of(Limits limits) {
  if (limits.max == INT64_MAX) return fmt::format("must be at least {}", limits.min);
  if (limits.min == INT64_MIN) return fmt::format("must be at most {}", limits.max);
  return fmt::format("must be between {} and {}", limits.min, limits.max);
}

template <class T>
Parsed<T> parse_word(std::string_view text,
                     std::initializer_list<std::pair<std::string_view, T>> words) {
  std::string list;
  for (const auto& [word, value] : words) {
    if (equals_any_case(text, word)) return Parsed<T>::good(value);
    list += fmt::format("{}{}", list.empty() ? "" : ", ", word);
  }
  return Parsed<T>::bad(fmt::format("{} is not one of {}", in_quotes(text), list));
}

struct HostPort {
  std::string host;
  std::int64_t port = 0;
};

bool is_host_name(std::string_view host) noexcept {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
  });
}

bool is_ipv6(std::string_view host) noexcept {
  return host.find(':') != std::string_view::npos &&
         std::all_of(host.begin(), host.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == ':' || c == '.' || c == '%';
         });
}

Parsed<HostPort> parse_host_port(std::string_view text, Limits ports) {
  const auto bad = [&](std::string_view why) {
    return Parsed<HostPort>::bad(fmt::format("{}: {}", in_quotes(text), why));
  };
  const auto colon = text.rfind(':');
  const bool in_brackets = !text.empty() && text.front() == '[';
  const auto bracket = text.find(']');
  if (in_brackets && bracket == std::string_view::npos) return bad("the bracket is not closed");
  if (colon == std::string_view::npos || (in_brackets && colon != bracket + 1)) {
    return bad("no port: write HOST:PORT");
  }
  const auto host = text.substr(0, colon);
  if (!in_brackets && host.find(':') != std::string_view::npos) {
    return bad("an IPv6 address stands in brackets, as in [::1]:9092");
  }
  if (in_brackets ? !is_ipv6(host.substr(1, host.size() - 2)) : !is_host_name(host)) {
    return bad("this is no host name or address");
  }
  const auto port = parse_decimal(text.substr(colon + 1));
  if (!port || *port < ports.min || *port > ports.max) {
    return bad(fmt::format("the port must be between {} and {}", ports.min, ports.max));
  }
  return Parsed<HostPort>::good({std::string(host), *port});
}

}  // namespace

std::optional<std::int64_t> parse_decimal(std::string_view text) noexcept {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, number);
  if (failed != std::errc{} || stop != end) return std::nullopt;
  return number;
}

Parsed<std::int64_t> parse_integer(std::string_view text, Limits limits) {
  const auto number = parse_decimal(text);
  if (!number) return Parsed<std::int64_t>::bad(in_quotes(text) + " is not an integer");
  if (*number < limits.min || *number > limits.max) {
    return Parsed<std::int64_t>::bad(fmt::format("{} {}", in_quotes(text), out_of(limits)));
  }
  return Parsed<std::int64_t>::good(*number);
}

Parsed<bool> parse_boolean(std::string_view text) {
  if (equals_any_case(text, "true")) return Parsed<bool>::good(true);
  if (equals_any_case(text, "false")) return Parsed<bool>::good(false);
  return Parsed<bool>::bad(in_quotes(text) + " is neither true nor false");
}

Parsed<std::int64_t> parse_bytes(std::string_view text, Limits limits) {
  static constexpr std::string_view k_suffixes = "KMG";
  auto digits = text;
  int shift = 0;
  if (!digits.empty()) {
    const auto upper = static_cast<char>(std::toupper(static_cast<unsigned char>(digits.back())));
    if (const auto at = k_suffixes.find(upper); at != std::string_view::npos) {
      shift = static_cast<int>(at + 1) * 10;
      digits.remove_suffix(1);
    }
  }
  const auto number = parse_decimal(digits);
  if (!number || *number < 0 || *number > (INT64_MAX >> shift)) {
    return Parsed<std::int64_t>::bad(in_quotes(text) +
                                     " is not a size: write bytes, or a number with K, M or G");
  }
  const auto bytes = *number << shift;
  if (bytes < limits.min || bytes > limits.max) {
    return Parsed<std::int64_t>::bad(fmt::format("{} {} bytes", in_quotes(text), out_of(limits)));
  }
  return Parsed<std::int64_t>::good(bytes);
}

Parsed<HttpListen> parse_http_listen(std::string_view text) {
  if (equals_any_case(text, "off")) return Parsed<HttpListen>::good({false, {}, 0});
  const auto parsed = parse_host_port(text, k_port_limits);
  if (!parsed) return Parsed<HttpListen>::bad(parsed.wrong + "; write ADDR:PORT or off");
  std::string address = parsed.value->host;
  if (address.front() == '[') address = address.substr(1, address.size() - 2);
  return Parsed<HttpListen>::good(
      {true, std::move(address), static_cast<std::uint16_t>(parsed.value->port)});
}

Parsed<std::string> parse_bootstrap_servers(std::string_view text) {
  std::string servers;
  for (const auto& item : split_list(text)) {
    if (item.empty()) continue;
    std::string_view server = item;
    if (const auto at = server.find("://"); at != std::string_view::npos) {
      server.remove_prefix(at + 3);
    }
    const auto parsed = parse_host_port(server, {1, k_port_limits.max});
    if (!parsed) return Parsed<std::string>::bad(parsed.wrong);
    servers +=
        fmt::format("{}{}:{}", servers.empty() ? "" : ",", parsed.value->host, parsed.value->port);
  }
  if (servers.empty()) return Parsed<std::string>::bad("is empty: write HOST:PORT,HOST:PORT");
  return Parsed<std::string>::good(std::move(servers));
}

Parsed<Partitioning> parse_partitioning(std::string_view text) {
  return parse_word<Partitioning>(text, {{"auto", Partitioning::automatic},
                                         {"source", Partitioning::source},
                                         {"key", Partitioning::key}});
}

Parsed<EngineChoice> parse_engine(std::string_view text) {
  return parse_word<EngineChoice>(text, {{"auto", EngineChoice::automatic},
                                         {"passthrough", EngineChoice::passthrough},
                                         {"records", EngineChoice::records}});
}

Parsed<Timestamps> parse_timestamps(std::string_view text) {
  return parse_word<Timestamps>(text,
                                {{"append", Timestamps::append}, {"create", Timestamps::create}});
}

Parsed<SendFailurePolicy> parse_send_failure(std::string_view text) {
  return parse_word<SendFailurePolicy>(text, {{"exit", SendFailurePolicy::exit},
                                              {"park", SendFailurePolicy::park},
                                              {"skip", SendFailurePolicy::skip}});
}

Parsed<log::Level> parse_log_level(std::string_view text) {
  const auto level = log::parse_level(lower(text));
  if (level) return Parsed<log::Level>::good(*level);
  return Parsed<log::Level>::bad(in_quotes(text) +
                                 " is not one of trace, debug, info, warning, error, off");
}

Parsed<log::Format> parse_log_format(std::string_view text) {
  return parse_word<log::Format>(text, {{"text", log::Format::text}, {"json", log::Format::json}});
}

}  // namespace kferry::config
