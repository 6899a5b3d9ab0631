#include "kferry/security/tls_defaults.hpp"

#include <openssl/conf.h>
#include <openssl/ssl.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "security/openssl_handles.hpp"

namespace kferry::security {
namespace {

using ConfHandle = Handle<CONF, NCONF_free>;
/// Commands of SSL_CONF_cmd(3ssl) with their values.
using Commands = std::vector<std::pair<std::string, std::string>>;

struct FreeOpensslText {
  void operator()(char* text) const noexcept { OPENSSL_free(text); }
};

std::mutex& defaults_mutex() {
  static std::mutex mutex;
  return mutex;
}

const char* section_named(const CONF* conf, const char* section, const char* name) {
  return section == nullptr && name == nullptr ? nullptr : NCONF_get_string(conf, section, name);
}

/// What the system's own configuration file says; it is read once, as OpenSSL does.
Commands read_system_commands() {
  Commands commands;
  const std::unique_ptr<char, FreeOpensslText> path(CONF_get1_default_config_file());
  const ConfHandle conf(NCONF_new(nullptr));
  if (path && conf && NCONF_load(conf.get(), path.get(), nullptr) > 0) {
    const char* init = section_named(conf.get(), nullptr, "openssl_conf");
    const char* ssl = init == nullptr ? nullptr : section_named(conf.get(), init, "ssl_conf");
    const char* defaults =
        ssl == nullptr ? nullptr : section_named(conf.get(), ssl, "system_default");
    STACK_OF(CONF_VALUE)* values =
        defaults == nullptr ? nullptr : NCONF_get_section(conf.get(), defaults);
    for (int i = 0; i < sk_CONF_VALUE_num(values); ++i) {
      const CONF_VALUE* value = sk_CONF_VALUE_value(values, i);
      commands.emplace_back(value->name, value->value);
    }
  }
  forget_openssl_errors();
  return commands;
}

const Commands& system_commands() {
  static const Commands commands = read_system_commands();
  return commands;
}

std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (std::string_view("#$\\\"'`").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string join(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ":") + part;
  return out;
}

Commands commands_for(const TlsProfile& profile) {
  Commands commands = system_commands();
  commands.emplace_back("MinProtocol", to_string(profile.oldest));
  commands.emplace_back("MaxProtocol", to_string(profile.newest));
  if (!profile.ciphers_tls_1_3.empty()) {
    commands.emplace_back("Ciphersuites", join(profile.ciphers_tls_1_3));
  }
  return commands;
}

/// With nothing of its own the system leaves the oldest version to OpenSSL's security level.
Commands commands_to_restore() {
  Commands commands = system_commands();
  if (commands.empty()) commands.emplace_back("MinProtocol", to_string(TlsVersion::tls_1_2));
  return commands;
}

/// Loads nothing but the section; the modules of the system's configuration stay as they are.
bool load(const Commands& commands) {
  std::string text =
      "openssl_conf=modules\n[modules]\nssl_conf=names\n[names]\nsystem_default=commands\n"
      "[commands]\n";
  int number = 0;  // a name that comes twice needs a prefix, which OpenSSL takes off again
  for (const auto& [name, value] : commands) {
    text += std::to_string(number++) + "." + name + "=" + escaped(value) + "\n";
  }
  const BioHandle bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  const ConfHandle conf(NCONF_new(nullptr));
  return bio && conf && NCONF_load_bio(conf.get(), bio.get(), nullptr) > 0 &&
         CONF_modules_load(conf.get(), nullptr, 0) > 0;
}

bool is_default(const TlsProfile& profile) {
  return profile.oldest == TlsVersion::tls_1_2 && profile.newest == TlsVersion::tls_1_3 &&
         profile.ciphers_tls_1_3.empty();
}

}  // namespace

TlsDefaults::TlsDefaults() : alone_(defaults_mutex()) {}

TlsDefaults::~TlsDefaults() {
  if (changed_) load(commands_to_restore());
  forget_openssl_errors();
}

Result<std::unique_ptr<TlsDefaults>> TlsDefaults::make(const TlsProfile& profile) {
  // OpenSSL reads its own configuration before ours, or it would undo ours later.
  OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG, nullptr);
  std::unique_ptr<TlsDefaults> defaults(new TlsDefaults);
  if (is_default(profile)) return defaults;
  if (!profile.ciphers_tls_1_3.empty()) {
    // Unknown suites in the section would be passed over in silence.
    const SslContextHandle probe(SSL_CTX_new(TLS_client_method()));
    const std::string suites = join(profile.ciphers_tls_1_3);
    if (!probe || SSL_CTX_set_ciphersuites(probe.get(), suites.c_str()) != 1) {
      return Error{ErrorKind::configuration, "ssl.cipher.suites: OpenSSL takes not all of " +
                                                 suites + ": " + openssl_errors()};
    }
  }
  defaults->changed_ = true;
  if (!load(commands_for(profile))) {
    return Error{ErrorKind::configuration,
                 "ssl.enabled.protocols: OpenSSL does not take the versions: " + openssl_errors()};
  }
  return defaults;
}

}  // namespace kferry::security
