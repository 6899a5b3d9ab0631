#include "kferry/security/java_profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "security/java_sasl.hpp"
#include "security/java_text.hpp"
#include "security/java_tls.hpp"
#include "security/profile_draft.hpp"

namespace kferry::security {
namespace {

constexpr std::string_view k_protocol_property = "security.protocol";

bool has_tls(Protocol protocol) noexcept {
  return protocol == Protocol::ssl || protocol == Protocol::sasl_ssl;
}

bool has_sasl(Protocol protocol) noexcept {
  return protocol == Protocol::sasl_plaintext || protocol == Protocol::sasl_ssl;
}

std::optional<Protocol> protocol_of(std::string_view name) {
  for (const auto protocol :
       {Protocol::plaintext, Protocol::ssl, Protocol::sasl_plaintext, Protocol::sasl_ssl}) {
    if (equals_any_case(name, to_string(protocol))) return protocol;
  }
  return std::nullopt;
}

bool any_begins(const JavaProperties& properties, std::string_view prefix) {
  return std::any_of(properties.begin(), properties.end(),
                     [&](const auto& entry) { return entry.first.starts_with(prefix); });
}

/// What was meant by a protocol that nobody knows, so that the other mistakes show as well.
Protocol guess(const ProfileInput& input) {
  const bool tls = any_begins(input.properties, "ssl.");
  if (any_begins(input.properties, "sasl."))
    return tls ? Protocol::sasl_ssl : Protocol::sasl_plaintext;
  return tls ? Protocol::ssl : Protocol::plaintext;
}

Protocol read_protocol(ProfileDraft& draft) {
  const auto written = draft.text(k_protocol_property);
  if (!written) return Protocol::plaintext;
  if (const auto protocol = protocol_of(*written)) {
    draft.became(k_protocol_property, to_string(*protocol));
    return *protocol;
  }
  draft.mistake(k_protocol_property,
                fmt::format("{} is not a protocol: use PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL",
                            in_quotes(*written)));
  return guess(draft.input());
}

/// Mechanisms that give the secret itself to whoever listens.
void warn_of_clear_secrets(ProfileDraft& draft, const SecurityProfile& profile) {
  if (profile.protocol != Protocol::sasl_plaintext || !profile.sasl) return;
  const auto mechanism = profile.sasl->mechanism;
  if (mechanism == SaslMechanism::plain) {
    draft.warning(k_protocol_property,
                  "the password travels in clear: use SASL_SSL, or a SCRAM mechanism");
  } else if (mechanism == SaslMechanism::oauthbearer) {
    draft.warning(k_protocol_property, "the token travels in clear: use SASL_SSL");
  }
}

std::string ignored_text(const ProfileDraft& draft, Protocol protocol) {
  if (draft.has(k_protocol_property)) {
    return fmt::format("ignored, since security.protocol is {}", to_string(protocol));
  }
  return fmt::format("ignored, since security.protocol is not set, which means {}",
                     to_string(protocol));
}

void note_the_rest(ProfileDraft& draft, Protocol protocol) {
  if (!has_tls(protocol)) draft.info_for_prefix("ssl.", ignored_text(draft, protocol));
  if (!has_sasl(protocol)) {
    draft.info_for_prefix("sasl.", ignored_text(draft, protocol));
    if (draft.input().jaas_file) {
      draft.info("", draft.input().jaas_file->path + ": " + ignored_text(draft, protocol));
    }
  }
  draft.info_if_set({"security.providers"}, "ignored: there are no Java providers here");
  draft.info_for_prefix("", "ignored: Kafka's clients have no such property");
}

}  // namespace

ProfileOutcome make_profile(const ProfileInput& input) {
  ProfileDraft draft(input);
  SecurityProfile profile;
  profile.protocol = read_protocol(draft);
  if (has_tls(profile.protocol)) profile.tls = read_tls(draft);
  if (has_sasl(profile.protocol)) profile.sasl = read_sasl(draft);
  warn_of_clear_secrets(draft, profile);
  note_the_rest(draft, profile.protocol);
  ProfileOutcome outcome;
  if (draft.mistakes() == 0) outcome.profile = std::move(profile);
  outcome.notes = draft.take_notes();
  return outcome;
}

}  // namespace kferry::security
