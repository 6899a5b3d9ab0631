#include "app/reload.hpp"

#include <algorithm>

#include "kferry/base/log.hpp"

namespace kferry::app {
namespace {

/// The flow without its profiles and without the places where things were written, which move.
config::FlowSettings comparable(config::FlowSettings flow) {
  flow.source.security = {};
  flow.target.security = {};
  flow.topics.include_origin = {};
  flow.topics.exclude_origin = {};
  for (auto& rename : flow.topics.renames) rename.origin = {};
  for (auto& filter : flow.filters) filter.origin = {};
  return flow;
}

}  // namespace

bool differ_otherwise(const config::Settings& a, const config::Settings& b) {
  return a.process != b.process ||
         !std::equal(a.flows.begin(), a.flows.end(), b.flows.begin(), b.flows.end(),
                     [](const config::FlowSettings& one, const config::FlowSettings& other) {
                       return comparable(one) == comparable(other);
                     });
}

void Reloader::reload(const SecurityChange& change) {
  if (!reread_) {
    log::info("app", "reload: there are no files to read again");
    return;
  }
  const config::Outcome outcome = reread_();
  for (const config::Mistake& mistake : outcome.mistakes) {
    log::error("config", "reload: {}", config::to_string(mistake));
  }
  if (!outcome.invocation || !outcome.mistakes.empty()) {
    log::error("app", "reload: the configuration has mistakes; everything stays as it was");
    return;
  }
  take(outcome.invocation->settings, change);
}

void Reloader::take(const config::Settings& settings, const SecurityChange& change) {
  bool any = false;
  for (const config::FlowSettings& flow : settings.flows) {
    const bool runs = std::any_of(known_.flows.begin(), known_.flows.end(),
                                  [&](const auto& known) { return known.name == flow.name; });
    if (!runs || !change(flow.name, flow.source.security, flow.target.security)) continue;
    any = true;
    log::info("app", "reload: {}: new security settings, for the connections from now on",
              flow.name);
  }
  if (!any) log::info("app", "reload: credentials and certificates are the same as before");
  if (differ_otherwise(known_, settings)) {
    log::warning("app",
                 "reload: other settings changed as well; only security settings are taken over "
                 "while flows run, the others wait for a restart");
    const auto runs = std::move(known_.flows);
    known_ = settings;
    // A flow that is not running is not known, however often it is read.
    std::erase_if(known_.flows, [&](const config::FlowSettings& flow) {
      return std::none_of(runs.begin(), runs.end(),
                          [&](const auto& running) { return running.name == flow.name; });
    });
  }
}

}  // namespace kferry::app
