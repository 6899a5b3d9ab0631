#include <fmt/format.h>

#include <string>

#include "kferry/observe/live_line.hpp"
#include "kferry/observe/totals.hpp"
#include "observe/text.hpp"

namespace kferry::observe {
namespace {

std::string counters_text(const Totals& sum) {
  return fmt::format(
      "{} records, {}; filtered {}, dropped {}, lost {}", grouped(sum.records_mirrored),
      bytes_text(static_cast<double>(sum.bytes_mirrored)), grouped(sum.records_filtered),
      grouped(sum.records_dropped), grouped(sum.records_lost));
}

std::string ending_text(const FlowEnding& ending) {
  std::string text = "drained";
  if (ending.partitions_left_behind != 0) {
    text = fmt::format("NOT drained: of {} partitions not all that was read has arrived",
                       grouped(ending.partitions_left_behind));
  }
  if (ending.partitions_not_committed != 0) {
    text += fmt::format(", {} positions NOT committed", grouped(ending.partitions_not_committed));
  }
  text += ", lag " + grouped(ending.lag_records);
  if (ending.partitions_without_lag != 0) {
    text += fmt::format(" (unknown for {} partitions)", grouped(ending.partitions_without_lag));
  }
  return text;
}

std::string lag_text(const Totals& sum) {
  if (!sum.lag_records) return "lag unknown";
  std::string text = "lag " + grouped(static_cast<std::uint64_t>(*sum.lag_records));
  if (sum.shards_without_lag != 0)
    text += fmt::format(" (unknown for {} partitions)", grouped(sum.shards_without_lag));
  return text;
}

std::uint64_t sum_of(const std::map<std::string, std::uint64_t>& counts) {
  std::uint64_t sum = 0;
  for (const auto& entry : counts) sum += entry.second;
  return sum;
}

std::string flow_text(const FlowSnapshot& flow) {
  const Totals sum = totals(flow);
  std::string text = fmt::format(
      "flow {}: {}; {}; timestamps replaced {}", flow.name, counters_text(sum),
      flow.ending ? ending_text(*flow.ending) : lag_text(sum), grouped(flow.timestamps_replaced));
  const std::uint64_t waiting = sum_of(flow.waiting_topics);
  if (waiting != 0) text += fmt::format("; topics that never started {}", grouped(waiting));
  return one_line(text);
}

}  // namespace

std::string exit_summary(const Snapshot& snapshot) {
  std::string text = fmt::format("mirrored {} in {}", counters_text(totals(snapshot)),
                                 duration_text(snapshot.uptime_seconds));
  for (const FlowSnapshot& flow : snapshot.flows) text += "\n" + flow_text(flow);
  return text;
}

}  // namespace kferry::observe
