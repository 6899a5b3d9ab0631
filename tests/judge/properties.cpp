#include "config/properties.hpp"

#include "cases.hpp"

/// The properties reader on every file of a folder.
int main(int argc, char** argv) {
  using namespace kferry;
  return judge::judge_folder(
      argc, argv, [](const auto&, const std::string& bytes) -> Result<judge::Json> {
        const auto properties = config::parse_properties(bytes);
        if (!properties.errors.empty()) {
          return Error{ErrorKind::configuration, properties.errors.front().text};
        }
        judge::Json all = judge::Json::object();
        for (const auto& entry : properties.entries) all[entry.name] = entry.value;
        return all;
      });
}
