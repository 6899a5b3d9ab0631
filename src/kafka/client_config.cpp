#include "kferry/kafka/client_config.hpp"

#include <librdkafka/rdkafka.h>

#include <array>

namespace kferry::kafka {

const char* to_string(Side side) noexcept { return side == Side::source ? "source" : "target"; }

std::string library_version() { return rd_kafka_version_str(); }

Result<Conf> make_conf(const ClientConfig& config) {
  Conf conf(rd_kafka_conf_new());
  std::array<char, 512> reason{};
  for (const auto& [name, value] : config) {
    const auto result =
        rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), reason.data(), reason.size());
    if (result != RD_KAFKA_CONF_OK) {
      return Error{ErrorKind::configuration, "property " + name + ": " + reason.data()};
    }
  }
  return conf;
}

}  // namespace kferry::kafka
