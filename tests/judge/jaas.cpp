#include "jaas_json.hpp"

/// Our reader of sasl.jaas.config on every file of a folder.
int main(int argc, char** argv) {
  using namespace kferry;
  return judge::judge_folder(argc, argv,
                             [](const auto&, const std::string& bytes) -> Result<judge::Json> {
                               const auto module = security::parse_jaas_config(bytes);
                               if (!module) return module.error();
                               return judge::show(*module);
                             });
}
