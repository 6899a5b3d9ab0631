#include "kafka/connection_trouble.hpp"

#include <fmt/format.h>
#include <openssl/x509_vfy.h>

#include <array>
#include <charconv>

#include "kafka/library_security.hpp"
#include "kferry/security/tls_context.hpp"

namespace kferry::kafka {
namespace {

using security::Protocol;
using security::SaslMechanism;
using security::SecurityProfile;

bool has(std::string_view text, std::string_view part) noexcept {
  return text.find(part) != std::string_view::npos;
}

bool with_tls(const SecurityProfile& profile) noexcept { return profile.tls.has_value(); }
bool with_sasl(const SecurityProfile& profile) noexcept { return profile.sasl.has_value(); }

std::string mechanism_of(const SecurityProfile& profile) {
  return profile.sasl ? to_string(profile.sasl->mechanism) : "none";
}

/// The text between two others; empty when the first is not there.
std::string between(std::string_view text, std::string_view before, std::string_view after) {
  const std::size_t start = text.find(before);
  if (start == std::string_view::npos) return {};
  const std::string_view rest = text.substr(start + before.size());
  return std::string(rest.substr(0, rest.find(after)));
}

/// OpenSSL's words about an alert that came from the broker: its number, RFC 8446 section 6.
std::optional<int> alert_number(std::string_view text) {
  const std::string number = between(text, "SSL alert number ", " ");
  int value = 0;
  const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (problem != std::errc() || end == number.data()) return std::nullopt;
  return value;
}

Diagnosis missing_certificate() {
  return {TroubleKind::client_certificate_missing, "the broker asks for a client certificate",
          "set ssl.keystore.location and its passwords"};
}

Diagnosis no_agreement(std::string text) {
  return {TroubleKind::tls_no_agreement, std::move(text),
          "compare ssl.enabled.protocols and ssl.cipher.suites with the broker's"};
}

std::optional<Diagnosis> diagnose_alert(std::string_view text, const SecurityProfile& profile) {
  constexpr int k_handshake_failure = 40;
  constexpr int k_bad_certificate = 42;
  constexpr int k_certificate_unknown = 46;
  constexpr int k_unknown_ca = 48;
  constexpr int k_protocol_version = 70;
  constexpr int k_insufficient_security = 71;
  constexpr int k_certificate_required = 116;
  const auto alert = alert_number(text);
  if (!alert) return std::nullopt;
  const bool own_certificate = profile.tls && profile.tls->identity;
  if (*alert == k_certificate_required) return missing_certificate();
  if ((*alert >= k_bad_certificate && *alert <= k_certificate_unknown) || *alert == k_unknown_ca) {
    if (!own_certificate) return missing_certificate();
    const std::string why = between(text, "alert ", ":");
    return Diagnosis{TroubleKind::client_certificate_refused,
                     "the broker refuses our client certificate" +
                         (why.empty() ? std::string() : " (" + why + ")"),
                     "the certificate of ssl.keystore.location must be valid now and signed by a "
                     "CA in the broker's truststore"};
  }
  if (*alert == k_protocol_version) {
    return no_agreement("the broker speaks none of our TLS protocol versions");
  }
  if (*alert == k_insufficient_security) {
    return no_agreement("the broker takes none of our TLS cipher suites");
  }
  if (*alert == k_handshake_failure) {
    if (own_certificate) {
      return no_agreement("the broker ended the TLS handshake: no cipher suite in common");
    }
    return Diagnosis{
        TroubleKind::tls_no_agreement,
        "the broker ended the TLS handshake: no cipher suite in common, or it asks for a client "
        "certificate",
        "compare ssl.cipher.suites with the broker's; with ssl.client.auth=required there set "
        "ssl.keystore.location"};
  }
  return std::nullopt;
}

Diagnosis tls_not_spoken(const SecurityProfile& profile) {
  return {TroubleKind::tls_not_spoken,
          fmt::format("the port does not speak TLS, but security.protocol is {}",
                      to_string(profile.protocol)),
          fmt::format("set security.protocol={}, or name the port of a TLS listener in "
                      "bootstrap.servers",
                      with_sasl(profile) ? "SASL_PLAINTEXT" : "PLAINTEXT")};
}

std::optional<Diagnosis> diagnose_tls(std::string_view text, const SecurityProfile& profile) {
  if (!with_tls(profile)) return std::nullopt;
  if (auto alert = diagnose_alert(text, profile)) return alert;
  const bool handshake = has(text, "SSL handshake failed") || has(text, "in state SSL_HANDSHAKE");
  if (has(text, "wrong version number") || has(text, "packet length too long") ||
      has(text, "http request")) {
    return tls_not_spoken(profile);
  }
  if (handshake &&
      (has(text, "Disconnected") || has(text, "Connection reset") || has(text, "unexpected eof"))) {
    Diagnosis hung_up = tls_not_spoken(profile);
    hung_up.guess = true;
    return hung_up;
  }
  if (has(text, "unsupported protocol") || has(text, "no protocols available") ||
      has(text, "wrong ssl version")) {
    return no_agreement("the broker speaks none of our TLS protocol versions");
  }
  if (has(text, "no ciphers available") || has(text, "no shared cipher") ||
      has(text, "wrong cipher returned")) {
    return no_agreement("the broker takes none of our TLS cipher suites");
  }
  return std::nullopt;
}

/// A broker that speaks TLS answers a client that does not with an alert, of which the library
/// takes the first bytes (type 21, version 3.x) for the size of an answer.
bool is_tls_alert_as_size(std::string_view text) {
  constexpr std::uint32_t k_alert_and_major_version = 0x1503;
  const std::string number = between(text, "Invalid frame size ", " ");
  std::uint32_t size = 0;
  const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), size);
  return problem == std::errc() && end != number.data() && size >> 16U == k_alert_and_major_version;
}

std::optional<Diagnosis> diagnose_plaintext(std::string_view text, const SecurityProfile& profile) {
  const bool hangs_up = has(text, "Disconnected while requesting ApiVersion") ||
                        (has(text, "in state APIVERSION_QUERY") &&
                         (has(text, "Disconnected") || has(text, "Connection reset")));
  const bool alert = is_tls_alert_as_size(text);
  if (!with_tls(profile) && (alert || hangs_up)) {
    return Diagnosis{
        TroubleKind::tls_expected,
        fmt::format("the port speaks TLS, but security.protocol is {}",
                    to_string(profile.protocol)),
        fmt::format("set security.protocol={}, or name the port of a listener without TLS in "
                    "bootstrap.servers",
                    with_sasl(profile) ? "SASL_SSL" : "SSL"),
        !alert};
  }
  if (!with_sasl(profile) && has(text, "broker might require SASL authentication")) {
    return Diagnosis{
        TroubleKind::sasl_expected,
        fmt::format("the broker hangs up at the first request: the port expects SASL, but "
                    "security.protocol is {}",
                    to_string(profile.protocol)),
        fmt::format("set security.protocol={} with sasl.mechanism and sasl.jaas.config",
                    with_tls(profile) ? "SASL_SSL" : "SASL_PLAINTEXT"),
        true};
  }
  return std::nullopt;
}

Diagnosis wrong_credentials(std::string_view text, const SecurityProfile& profile, int version) {
  Diagnosis out{TroubleKind::wrong_credentials, {}, {}};
  const SaslMechanism mechanism = profile.sasl->mechanism;
  if (mechanism == SaslMechanism::gssapi) {
    out.text = "Kerberos authentication failed";
    out.remedy = "check principal and keyTab in sasl.jaas.config and sasl.kerberos.service.name";
  } else if (mechanism == SaslMechanism::oauthbearer) {
    out.text = "there is no token that the broker accepts (OAUTHBEARER)";
    out.remedy = "check the login in sasl.jaas.config and the sasl.oauthbearer properties";
  } else {
    out.text = fmt::format("unknown user or wrong password ({})", mechanism_of(profile));
    out.remedy = "check username and password in sasl.jaas.config";
  }
  std::string words = between(text, "SASL authentication error: ", " (after ");
  if (const std::size_t at = words.rfind("failed: ");
      words.rfind("SaslAuthenticateRequest", 0) == 0)
    words = words.substr(at + std::string_view("failed: ").size());
  if (!words.empty()) out.text += fmt::format("; the broker says: {}", words);
  const bool scram =
      mechanism == SaslMechanism::scram_sha_256 || mechanism == SaslMechanism::scram_sha_512;
  if (scram && version < k_version_sound_scram) {
    out.remedy += fmt::format(
        ". With a broker of Kafka 4 or newer the likely cause is librdkafka {}, whose "
        "SCRAM sends the client's nonce twice: use librdkafka 2.6.1 or newer, or "
        "sasl.mechanism=PLAIN over TLS",
        library_version());
  }
  return out;
}

std::optional<Diagnosis> diagnose_sasl(std::string_view text, const SecurityProfile& profile,
                                       int version) {
  if (!with_sasl(profile)) return std::nullopt;
  if (has(text, "mechanism handshake failed")) {
    // ILLEGAL_SASL_STATE is what a listener without SASL answers.
    if (has(text, "SASL state")) {
      return Diagnosis{
          TroubleKind::sasl_not_expected,
          fmt::format("the port does not speak SASL, but security.protocol is {}",
                      to_string(profile.protocol)),
          fmt::format("set security.protocol={}, or name the port of a listener with SASL in "
                      "bootstrap.servers",
                      with_tls(profile) ? "SSL" : "PLAINTEXT")};
    }
    std::string offered = between(text, "supported mechanisms: ", " (after ");
    return Diagnosis{TroubleKind::mechanism_not_enabled,
                     fmt::format("SASL mechanism {} is not enabled on the broker, which offers {}",
                                 mechanism_of(profile), offered.empty() ? "none" : offered),
                     "set sasl.mechanism to one that it offers, or enable this one there "
                     "(sasl.enabled.mechanisms)"};
  }
  if (has(text, "SASL authentication error") || has(text, "SASL authentication failure") ||
      has(text, "Failed to initialize SASL authentication")) {
    return wrong_credentials(text, profile, version);
  }
  return std::nullopt;
}

std::optional<Diagnosis> diagnose_absence(std::string_view text) {
  if (has(text, "Failed to resolve")) {
    return Diagnosis{TroubleKind::name_not_resolved,
                     "the name can not be resolved: " + between(text, "': ", " (after "),
                     "check bootstrap.servers, the brokers' advertised.listeners and DNS"};
  }
  if (has(text, "Connection refused")) {
    return Diagnosis{TroubleKind::connection_refused,
                     "connection refused: nothing listens on that port",
                     "check bootstrap.servers, the brokers' advertised.listeners and that the "
                     "broker runs"};
  }
  for (const std::string_view words : {"No route to host", "Network is unreachable",
                                       "Connection timed out", "Connection setup timed out"}) {
    if (has(text, words)) {
      return Diagnosis{TroubleKind::no_answer, fmt::format("no answer: {}", words),
                       "check bootstrap.servers, the brokers' advertised.listeners and firewalls"};
    }
  }
  return std::nullopt;
}

}  // namespace

std::string broker_address(std::string_view name) {
  if (const std::size_t scheme = name.find("://"); scheme != std::string_view::npos) {
    name.remove_prefix(scheme + 3);
  }
  return std::string(name.substr(0, name.find('/')));
}

Failure parse_failure(std::string_view line) {
  constexpr std::string_view k_end = ": ";
  if (line.rfind("[thrd:", 0) == 0) {
    const std::size_t end = line.find("]: ");
    if (end != std::string_view::npos) line.remove_prefix(end + 3);
  }
  const std::size_t end = line.find(k_end);
  if (end == std::string_view::npos) return {{}, std::string(line)};
  Failure failure{broker_address(line.substr(0, end)), std::string(line.substr(end + 2))};
  if (failure.broker.find(':') == std::string::npos) {
    // A coordinator goes by its role, with its address behind it.
    const std::string_view rest = line.substr(end + 2);
    const std::size_t address_end = rest.find(k_end);
    if (address_end != std::string_view::npos && has(rest.substr(0, address_end), ":")) {
      failure.broker = broker_address(rest.substr(0, address_end));
      failure.text = rest.substr(address_end + 2);
    }
  }
  return failure;
}

std::optional<Diagnosis> diagnose(std::string_view failure, const SecurityProfile& profile,
                                  int library_version) {
  if (auto sasl = diagnose_sasl(failure, profile, library_version)) return sasl;
  if (auto tls = diagnose_tls(failure, profile)) return tls;
  if (auto plaintext = diagnose_plaintext(failure, profile)) return plaintext;
  return diagnose_absence(failure);
}

bool is_about_certificate(std::string_view failure) noexcept {
  return has(failure, "certificate verify failed") ||
         has(failure, "Failed to verify broker certificate");
}

Diagnosis diagnose_certificate(int code, const std::string& host, const std::string& subject) {
  const auto made = [&](TroubleKind kind, const char* cause) {
    return Diagnosis{
        kind,
        fmt::format("{}: {}", cause, security::explain_verification(code, host, subject)),
        {}};
  };
  switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return made(TroubleKind::certificate_expired, "the broker's certificate expired");
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return made(TroubleKind::certificate_not_yet_valid,
                  "the broker's certificate is not valid yet");
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return made(TroubleKind::host_name_mismatch,
                  "the broker's certificate is not for this host name");
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return made(TroubleKind::certificate_not_trusted, "the broker's certificate is not trusted");
    default:
      return made(TroubleKind::certificate_refused, "the broker's certificate is refused");
  }
}

}  // namespace kferry::kafka
