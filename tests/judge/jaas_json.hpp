#pragma once

#include "cases.hpp"
#include "kferry/security/jaas.hpp"

namespace kferry::judge {

inline Json show(const security::LoginModule& module) {
  Json options = Json::object();
  for (const auto& [name, value] : module.options) options[name] = value.reveal();
  return {{"class", module.class_name}, {"flag", module.flag}, {"options", std::move(options)}};
}

}  // namespace kferry::judge
