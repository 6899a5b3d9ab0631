#include "config/security_part.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "config/file_guard.hpp"
#include "config/text.hpp"

namespace kferry::config {
namespace {

using security::ProfileNote;

/// As explanations name it.
constexpr std::string_view k_jaas_file = "(JAAS file)";

struct FileProperty {
  std::string_view name;
  Holds holds;
};
constexpr std::array k_file_properties{
    FileProperty{"ssl.keystore.location", Holds::secrets},
    FileProperty{"ssl.truststore.location", Holds::trust},
    FileProperty{"sasl.oauthbearer.assertion.private.key.file", Holds::secrets},
};

bool has(const security::JavaProperties& properties, std::string_view name) {
  const auto at = properties.find(name);
  return at != properties.end() && !at->second.empty();
}

struct Needs {
  bool tls = false;
  bool sasl = false;
};
Needs needs_of(const Draft& draft) {
  const auto* const protocol = draft.find("security.protocol");
  if (protocol == nullptr) return {};
  const auto name = lower(protocol->text);
  return {name.ends_with("ssl"), name.starts_with("sasl")};
}

/// Java's clients without a truststore of their own take the Java machine's.
void take_machine_trust(Draft& draft, const Surroundings& surroundings) {
  if (has(draft.security, "ssl.truststore.location") ||
      has(draft.security, "ssl.truststore.certificates")) {
    return;
  }
  const auto location = surroundings.system_property("javax.net.ssl.trustStore").value_or("");
  if (location.empty() || location == "NONE") return;
  draft.security.insert_or_assign("ssl.truststore.location", Secret(location));
  if (auto password = surroundings.system_property("javax.net.ssl.trustStorePassword")) {
    draft.security.insert_or_assign("ssl.truststore.password", Secret(std::move(*password)));
  }
  draft.findings.info(draft.origin,
                      "ssl.truststore.location is not set: javax.net.ssl.trustStore of KAFKA_OPTS "
                      "is used, as Java does");
}

void resolve_files(Draft& draft, const Surroundings& surroundings, bool are_read) {
  for (const auto& [name, holds] : k_file_properties) {
    const auto at = draft.security.find(name);
    if (at == draft.security.end() || at->second.empty()) continue;
    const auto* const value = draft.find(name);
    const auto path =
        surroundings.resolve(at->second.reveal(), value == nullptr ? Origin{} : value->origin);
    if (are_read) guard_file(path, holds, surroundings, draft.findings);
    at->second = Secret(path);
  }
}

std::optional<security::JaasFile> read_jaas_file(Draft& draft, const Surroundings& surroundings) {
  if (surroundings.jaas_file.empty() || has(draft.security, "sasl.jaas.config")) return {};
  draft.findings.jaas_file_read = true;
  const auto path = surroundings.resolve(surroundings.jaas_file, surroundings.jaas_origin);
  auto file = read_file(path);
  if (!file.text) {
    draft.findings.mistake(surroundings.jaas_origin,
                           fmt::format("the JAAS file {} can not be read: {}", path, file.error));
    draft.unread.emplace("sasl.jaas.config");
    return {};
  }
  guard_file(path, Holds::secrets, surroundings, draft.findings);
  WrittenProperty row{std::string(k_jaas_file), path, surroundings.jaas_origin};
  draft.explainer.begin(row, Fate::translated, "", false);
  return security::JaasFile{path, Secret(std::move(*file.text))};
}

/// A value provider's value is a secret although notes may repeat what is none by its type.
bool is_provided(const Draft& draft, const Value& value) {
  const auto* const rule = find_rule(draft.side, value.name);
  return value.secret && rule != nullptr && !is_secret(*rule);
}

void take_provided_note(Draft& draft, const ProfileNote& note, const Value& value) {
  switch (note.kind) {
    case ProfileNote::Kind::became:
      return draft.became(value, note.text);
    case ProfileNote::Kind::info:
      return draft.info(value, note.text);
    case ProfileNote::Kind::warning:
      return draft.warning(value, note.text);
    case ProfileNote::Kind::mistake:
      return draft.mistake(value, note.text);
  }
}

void take_note(Draft& draft, const ProfileNote& note, const std::string& jaas_file) {
  if (note.kind == ProfileNote::Kind::mistake && draft.unread.contains(note.property)) return;
  const auto* const value = draft.find(note.property);
  if (value != nullptr && is_provided(draft, *value)) {
    return take_provided_note(draft, note, *value);
  }
  const bool of_file = note.property.empty();
  std::string_view words = note.text;
  // Its origin says the file already.
  if (const auto where = jaas_file + ": "; of_file && words.starts_with(where)) {
    words.remove_prefix(where.size());
  }
  const std::string row(of_file ? k_jaas_file : std::string_view(note.property));
  auto origin = value != nullptr ? value->origin : draft.origin;
  if (of_file && !jaas_file.empty()) origin = {jaas_file, 0};
  if (value == nullptr && !of_file) draft.explainer.decided(row, "", "");
  const auto text = of_file ? std::string(words) : fmt::format("{}: {}", note.property, note.text);
  switch (note.kind) {
    case ProfileNote::Kind::became:
      return draft.explainer.became(row, words);
    case ProfileNote::Kind::info:
      draft.findings.info(origin, text);
      break;
    case ProfileNote::Kind::warning:
      draft.findings.warning(origin, text);
      break;
    case ProfileNote::Kind::mistake:
      draft.findings.mistake(origin, text);
      draft.explainer.fate(row, Fate::refused);
      break;
  }
  draft.explainer.why(row, words);
}

/// What the notes say of a property goes before what the table expects of it.
void settle_fates(Draft& draft, const std::vector<ProfileNote>& notes) {
  for (const auto& [name, value] : draft.values) {
    const auto* const rule = find_rule(draft.side, name);
    if (rule == nullptr || !rule->security) continue;
    const auto any = [&, &name = name](ProfileNote::Kind kind) {
      return std::any_of(notes.begin(), notes.end(), [&](const ProfileNote& note) {
        return note.kind == kind && note.property == name;
      });
    };
    if (any(ProfileNote::Kind::became)) {
      draft.explainer.fate(name, Fate::translated);
    } else if (any(ProfileNote::Kind::info) && !any(ProfileNote::Kind::warning)) {
      draft.explainer.fate(name, Fate::ignored);
    }
  }
}

}  // namespace

security::SecurityProfile read_security(Draft& draft, const Surroundings& surroundings) {
  const auto needs = needs_of(draft);
  if (needs.tls) take_machine_trust(draft, surroundings);
  resolve_files(draft, surroundings, needs.tls || needs.sasl);
  security::ProfileInput input;
  if (needs.sasl) input.jaas_file = read_jaas_file(draft, surroundings);
  input.properties = std::move(draft.security);
  input.system_properties = [&](std::string_view name) {
    return surroundings.system_property(name);
  };
  const auto jaas_path = input.jaas_file ? input.jaas_file->path : std::string();
  auto outcome = security::make_profile(input);
  for (const auto& note : outcome.notes) take_note(draft, note, jaas_path);
  settle_fates(draft, outcome.notes);
  if (outcome.profile && outcome.profile->tls && !outcome.profile->tls->verify_host_name) {
    draft.explainer.became("ssl.endpoint.identification.algorithm", "host names are not checked");
  }
  if (!outcome.profile) return {};
  if (outcome.profile->sasl && outcome.profile->sasl->kerberos) {
    guard_file(outcome.profile->sasl->kerberos->keytab_file, Holds::secrets, surroundings,
               draft.findings);
  }
  return std::move(*outcome.profile);
}

}  // namespace kferry::config
