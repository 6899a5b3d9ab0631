#include <algorithm>
#include <charconv>

#include "kferry/client/connection.hpp"

namespace kferry::client {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view k_blank = " \t\r\n";
  const auto begin = text.find_first_not_of(k_blank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(k_blank) - begin + 1);
}

Error bad(std::string_view entry, const std::string& why) {
  return {ErrorKind::configuration,
          "bootstrap.servers: '" + std::string(entry) + "' " + why + "; it is written host:port"};
}

bool host_characters(std::string_view host) {
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._%:").find(c) != std::string_view::npos;
  });
}

/// Java allows "PROTOCOL://" before the host and ignores it.
Result<Endpoint> parse_endpoint(std::string_view entry) {
  std::string_view rest = entry;
  if (const auto scheme = rest.find("://"); scheme != std::string_view::npos) {
    rest.remove_prefix(scheme + 3);
  }
  const auto colon = rest.rfind(':');
  if (colon == std::string_view::npos || rest.ends_with(']')) return bad(entry, "has no port");
  std::string_view host = rest.substr(0, colon);
  const std::string_view digits = rest.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return bad(entry, "has no host");
  if (!host_characters(host)) return bad(entry, "has no host name that can be");
  Endpoint endpoint;
  endpoint.host = host;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
  if (digits.empty() || parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size() ||
      endpoint.port == 0) {
    return bad(entry, "has no port from 1 to 65535");
  }
  return endpoint;
}

}  // namespace

std::string to_string(const Endpoint& endpoint) {
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  return (v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

Result<std::vector<Endpoint>> parse_endpoints(const std::string& bootstrap_servers) {
  std::vector<Endpoint> endpoints;
  std::string_view rest = bootstrap_servers;
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    const std::string_view entry = trimmed(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    if (entry.empty()) continue;
    auto endpoint = parse_endpoint(entry);
    if (!endpoint) return endpoint.error();
    endpoints.push_back(std::move(endpoint).value());
  }
  if (endpoints.empty()) {
    return Error{ErrorKind::configuration, "bootstrap.servers names no broker"};
  }
  return endpoints;
}

}  // namespace kferry::client
