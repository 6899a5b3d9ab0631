#pragma once

#include <string>
#include <utility>
#include <vector>

#include "kferry/base/result.hpp"
#include "kferry/kafka/handles.hpp"

namespace kferry::kafka {

/// Properties under librdkafka's names; a later entry of the same name wins.
using ClientConfig = std::vector<std::pair<std::string, std::string>>;

/// Which of the two clusters of a flow a client belongs to, for messages.
enum class Side { source, target };
const char* to_string(Side side) noexcept;

/// Errors: configuration, with the library's own reason.
Result<Conf> make_conf(const ClientConfig& config);

/// The library's version as text, e.g. "2.0.2".
std::string library_version();

/// Whose log lines they are.
struct LogContext {
  Side side;
  std::string flow;
};

/// Sends the library's log lines to ours, under the room "kafka". The context becomes the conf's
/// opaque and must outlive the client that is made of the conf.
void attach_log(rd_kafka_conf_s* conf, LogContext& context);

}  // namespace kferry::kafka
