#include "kafka/unsecured_token.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <sstream>

namespace kferry::kafka {
namespace {

constexpr std::int64_t k_life_default_s = 3'600;

std::string base64_url(std::string_view bytes) {
  constexpr std::string_view k_letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = (bits << 8U) | static_cast<unsigned char>(c);
    for (held += 8; held >= 6;) {
      held -= 6;
      out += k_letters[(bits >> static_cast<unsigned>(held)) & 63U];
    }
  }
  if (held > 0) out += k_letters[(bits << static_cast<unsigned>(6 - held)) & 63U];
  return out;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

struct Claims {
  std::string principal;
  std::string principal_name = "sub";
  std::string scope_name = "scope";
  std::string scopes;  ///< joined by ','
  std::int64_t life_s = k_life_default_s;
  std::vector<std::string> extensions;
};

Error mistake(const std::string& what) {
  return Error{ErrorKind::configuration, "the unsecured token of OAUTHBEARER: " + what};
}

Result<Claims> read(std::string_view text) {
  Claims claims;
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
    if (value.empty()) return mistake(name + " has no value");
    if (name == "principal") {
      claims.principal = value;
    } else if (name == "principalClaimName") {
      claims.principal_name = value;
    } else if (name == "scopeClaimName") {
      claims.scope_name = value;
    } else if (name == "scope") {
      claims.scopes = value;
    } else if (name == "lifeSeconds") {
      const char* end = value.data() + value.size();
      const auto [rest, problem] = std::from_chars(value.data(), end, claims.life_s);
      if (problem != std::errc() || rest != end || claims.life_s <= 0) {
        return mistake("lifeSeconds is no number of seconds");
      }
    } else if (name.rfind("extension_", 0) == 0) {
      claims.extensions.push_back(name.substr(std::string_view("extension_").size()));
      claims.extensions.push_back(value);
    } else {
      return mistake(name + " is not known");
    }
  }
  if (claims.principal.empty()) return mistake("it has no principal");
  return claims;
}

}  // namespace

Result<UnsecuredToken> make_unsecured_token(std::string_view text, std::int64_t now_ms) {
  auto claims = read(text);
  if (!claims) return claims.error();
  UnsecuredToken token;
  token.expires_ms = now_ms + claims->life_s * 1'000;
  std::string payload =
      fmt::format("{{{}:{},\"iat\":{},\"exp\":{}", quoted(claims->principal_name),
                  quoted(claims->principal), now_ms / 1'000, token.expires_ms / 1'000);
  if (!claims->scopes.empty()) {
    std::string list;
    std::istringstream scopes(claims->scopes);
    for (std::string scope; std::getline(scopes, scope, ',');) {
      list += (list.empty() ? "" : ",") + quoted(scope);
    }
    payload += fmt::format(",{}:[{}]", quoted(claims->scope_name), list);
  }
  payload += "}";
  token.value = base64_url(R"({"alg":"none"})") + "." + base64_url(payload) + ".";
  token.principal = std::move(claims->principal);
  token.extensions = std::move(claims->extensions);
  return token;
}

void give_unsecured_token(rd_kafka_t* client, const char* claims, void* /*opaque*/) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto token =
      make_unsecured_token(claims != nullptr ? claims : "",
                           std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  if (!token) {
    rd_kafka_oauthbearer_set_token_failure(client, token.error().text.c_str());
    return;
  }
  std::vector<const char*> extensions;
  for (const std::string& text : token->extensions) extensions.push_back(text.c_str());
  std::array<char, 256> reason{};
  if (rd_kafka_oauthbearer_set_token(client, token->value.c_str(), token->expires_ms,
                                     token->principal.c_str(), extensions.data(), extensions.size(),
                                     reason.data(), reason.size()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    rd_kafka_oauthbearer_set_token_failure(client, reason.data());
  }
}

}  // namespace kferry::kafka
