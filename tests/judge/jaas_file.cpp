#include <optional>
#include <string_view>

#include "jaas_json.hpp"

namespace {

/// The same as compare.py gives to Java.
std::optional<std::string> system_property(std::string_view name) {
  if (name == "judge.name") return "alice";
  if (name == "judge.empty") return "";
  return std::nullopt;
}

}  // namespace

/// Our reader of login configurations on every file of a folder.
int main(int argc, char** argv) {
  using namespace kferry;
  return judge::judge_folder(argc, argv,
                             [](const auto&, const std::string& bytes) -> Result<judge::Json> {
                               const auto file = security::parse_jaas_file(bytes, system_property);
                               if (!file) return file.error();
                               judge::Json all = judge::Json::object();
                               for (const auto& [application, modules] : *file) {
                                 auto& list = all[application] = judge::Json::array();
                                 for (const auto& module : modules)
                                   list.push_back(judge::show(module));
                               }
                               return all;
                             });
}
