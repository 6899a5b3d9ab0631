#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "security/java_sasl.hpp"

namespace kferry::security {
namespace {

constexpr std::string_view k_service_property = "sasl.kerberos.service.name";

/// One of the two places that Kafka looks at; both only when they agree.
std::string read_service_name(ProfileDraft& draft, const LoginModules& login,
                              const LoginModule& module) {
  const auto* const option = find_option(module, "serviceName");
  const auto property = draft.text(k_service_property);
  if (option != nullptr && property && option->reveal() != *property) {
    draft.mistake(k_service_property,
                  fmt::format("{}serviceName of the login module says another name: remove one of "
                              "them",
                              login.where));
    return {};
  }
  if (option == nullptr && !property) {
    draft.mistake(k_service_property,
                  "not set: set it to the first part of the brokers' principal, mostly kafka");
    return {};
  }
  if (property) draft.became(k_service_property, "the brokers' principal begins with it");
  return property ? *property : option->reveal();
}

std::string read_keytab(ProfileDraft& draft, const LoginModules& login, const LoginModule& module) {
  const auto* const keytab = find_option(module, "keyTab");
  if (keytab == nullptr || !is_true(module, "useKeyTab")) {
    draft.mistake(login.property,
                  fmt::format("{}{}: set useKeyTab=true and keyTab=\"...\"; nobody is here to type "
                              "a password or to run kinit",
                              login.where,
                              is_true(module, "useTicketCache") ? "a ticket cache runs out"
                                                                : "there is no key tab"));
    return {};
  }
  constexpr std::string_view k_scheme = "FILE:";
  std::string path = keytab->reveal();
  if (path.starts_with(k_scheme)) path.erase(0, k_scheme.size());
  if (::access(path.c_str(), R_OK) != 0) {
    draft.mistake(login.property, fmt::format("{}keyTab {}: can not be read: {}", login.where, path,
                                              std::generic_category().message(errno)));
  }
  return path;
}

}  // namespace

Kerberos read_kerberos(ProfileDraft& draft, const LoginModules& login, const LoginModule& module) {
  const auto before = draft.mistakes();
  Kerberos kerberos;
  kerberos.keytab_file = read_keytab(draft, login, module);
  const auto* const principal = find_option(module, "principal");
  if (principal == nullptr || principal->empty()) {
    draft.mistake(login.property, fmt::format("{}the login module has no principal: add "
                                              "principal=\"name@REALM\"",
                                              login.where));
  } else {
    kerberos.principal = principal->reveal();
  }
  kerberos.service_name = read_service_name(draft, login, module);
  if (draft.mistakes() == before) {
    draft.became(login.property,
                 fmt::format("{}Kerberos by the key tab {}", login.where, kerberos.keytab_file));
    if (is_true(module, "useTicketCache")) {
      draft.info(login.property,
                 fmt::format("{}useTicketCache is ignored, the key tab is used", login.where));
    }
  } else if (draft.has(k_jaas_property) && !draft.noted(k_jaas_property)) {
    draft.info(k_jaas_property, "read, but there is a mistake elsewhere");
  }
  return kerberos;
}

}  // namespace kferry::security
