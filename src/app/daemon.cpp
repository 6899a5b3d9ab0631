#include "app/daemon.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <ctime>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "app/flow.hpp"
#include "app/service_notify.hpp"
#include "app/service_signals.hpp"
#include "kferry/base/log.hpp"
#include "kferry/config/command_line.hpp"
#include "kferry/kafka/client_config.hpp"
#include "kferry/net/http_server.hpp"
#include "kferry/observe/live_line.hpp"
#include "kferry/observe/routes.hpp"
#include "version.hpp"

namespace kferry::app {
namespace {

constexpr Milliseconds k_signal_poll{100};

void print_start(const config::Settings& settings) {
  log::info("app", "kferry {} with librdkafka {}", k_version, kafka::library_version());
  for (const config::Notice& notice : settings.notices) {
    const std::string where = to_string(notice.origin);
    const std::string text = where.empty() ? notice.text : where + ": " + notice.text;
    if (notice.level == config::Notice::Level::warning) {
      log::warning("config", "{}", text);
    } else {
      log::info("config", "{}", text);
    }
  }
  for (const config::FlowSettings& flow : settings.flows) {
    for (const std::string& text : kafka::security_notices(flow.source.security)) {
      log::warning("kafka", "{}: source: {}", flow.name, text);
    }
    for (const std::string& text : kafka::security_notices(flow.target.security)) {
      log::warning("kafka", "{}: target: {}", flow.name, text);
    }
  }
  const auto& process = settings.process;
  log::info("app", "limits: memory budget {} MiB for {} flows; drain up to {} ms",
            process.memory_budget_bytes >> 20, settings.flows.size(),
            settings.flows.front().drain_timeout.count());
}

/// The flows and their threads, and what they have to show.
class Flows {
 public:
  Flows(const config::Settings& settings, const Clock& clock)
      : budget_total_(settings.process.memory_budget_bytes),
        clock_(clock),
        started_(clock.steady()) {}

  Result<void> make(const config::Settings& settings) {
    const auto share = budget_total_ / static_cast<std::int64_t>(settings.flows.size());
    for (const config::FlowSettings& flow : settings.flows) {
      auto made = Flow::make(flow, share, clock_);
      if (!made) return Error{made.error().kind, flow.name + ": " + made.error().text};
      flows_.push_back(std::move(*made));
    }
    return {};
  }

  void start() {
    codes_.assign(flows_.size(), ExitCode::ok);
    running_ = flows_.size();
    for (std::size_t i = 0; i < flows_.size(); ++i) {
      threads_.emplace_back([this, i] {
        codes_[i] = flows_[i]->run();
        if (codes_[i] != ExitCode::ok) failed_ = true;
        --running_;
      });
    }
  }

  void stop(bool drain) {
    for (const auto& flow : flows_) flow->stop(drain);
  }

  bool change_security(const std::string& name, const security::SecurityProfile& source,
                       const security::SecurityProfile& target) {
    for (const auto& flow : flows_) {
      if (flow->name() == name) return flow->change_security(source, target);
    }
    return false;
  }

  bool running() const noexcept { return running_ > 0; }
  bool failed() const noexcept { return failed_; }

  bool all_assigned() const {
    for (const auto& flow : flows_) {
      if (!flow->assigned_once()) return false;
    }
    return true;
  }

  /// Waits for the threads. The first failure is the process's answer, before what another flow
  /// could not finish because of it.
  ExitCode join() {
    for (std::thread& thread : threads_) thread.join();
    ExitCode answer = ExitCode::ok;
    for (const ExitCode code : codes_) {
      if (code != ExitCode::ok && code != ExitCode::try_again) return code;
      if (code == ExitCode::try_again) answer = code;
    }
    return answer;
  }

  bool left_cleanly() const {
    for (const auto& flow : flows_) {
      if (!flow->left_cleanly()) return false;
    }
    return true;
  }

  observe::Snapshot snapshot() const {
    observe::Snapshot out;
    out.version = k_version;
    out.library_version = kafka::library_version();
    out.uptime_seconds = std::chrono::duration<double>(clock_.steady() - started_).count();
    out.memory_budget_bytes = static_cast<std::uint64_t>(budget_total_);
    for (const auto& flow : flows_) out.flows.push_back(flow->snapshot());
    return out;
  }

 private:
  const std::int64_t budget_total_;
  const Clock& clock_;
  const SteadyTime started_;
  std::vector<std::unique_ptr<Flow>> flows_;
  std::vector<std::thread> threads_;
  std::vector<ExitCode> codes_;
  std::atomic<std::size_t> running_{0};
  std::atomic<bool> failed_{false};
};

/// systemd holds a service that says so for reloading until it says that it is ready.
void reload(Flows& flows, Reloader& reloader, bool ready) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto usec = static_cast<std::int64_t>(now.tv_sec) * 1'000'000 +
                    static_cast<std::int64_t>(now.tv_nsec) / 1'000;
  if (ready) notify_service(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", usec));
  reloader.reload([&flows](const std::string& name, const security::SecurityProfile& source,
                           const security::SecurityProfile& target) {
    return flows.change_security(name, source, target);
  });
  if (ready) notify_service("READY=1\nSTATUS=mirroring");
}

/// Until every flow has ended: signals stop them or have the files read again, one flow's failure
/// or the caller's word stops the others.
void supervise(Flows& flows, const ServiceSignals& signals, Reloader& reloader,
               const std::function<bool()>& finished) {
  bool ready_said = false;
  bool stopped = false;
  int signals_seen = 0;
  while (flows.running()) {
    if (!ready_said && flows.all_assigned()) {
      notify_service("READY=1\nSTATUS=mirroring");
      ready_said = true;
    }
    const ServiceSignal signal = signals.wait(k_signal_poll);
    if (!stopped && (flows.failed() || (finished && finished()))) {
      stopped = true;
      flows.stop(true);
    }
    if (signal == ServiceSignal::reload && !stopped) reload(flows, reloader, ready_said);
    if (signal != ServiceSignal::stop) continue;
    stopped = true;
    ++signals_seen;
    notify_service("STOPPING=1\nSTATUS=draining");
    log::info("app", "{}",
              signals_seen == 1 ? "stopping: what is under way arrives first; a second signal "
                                  "ends without waiting"
                                : "stopping now");
    flows.stop(signals_seen == 1);
  }
}

}  // namespace

ExitCode run_daemon(const config::Settings& settings, const std::function<bool()>& finished,
                    Reread reread) {
  const ServiceSignals signals;
  Reloader reloader(settings, std::move(reread));
  const SystemClock clock;
  print_start(settings);
  Flows flows(settings, clock);
  if (const auto made = flows.make(settings); !made) {
    log::error("app", "{}", made.error().text);
    return exit_code(made.error().kind);
  }
  const observe::SnapshotSource source = [&flows] { return flows.snapshot(); };
  std::unique_ptr<net::HttpServer> server;
  if (settings.process.http_enabled) {
    auto started = net::HttpServer::start(
        settings.process.http_address, settings.process.http_port,
        [&source](const net::HttpRequest& request) { return observe::route(request, source); });
    if (!started) {
      log::error("app", "{}", started.error().text);
      return exit_code(started.error().kind);
    }
    server = std::move(*started);
    log::info("app", "status and metrics on {}", server->url());
  }
  flows.start();
  {
    const observe::Reporter reporter(source, clock);
    supervise(flows, signals, reloader, finished);
  }
  const ExitCode code = flows.join();
  log::info("app", "{}", observe::exit_summary(flows.snapshot()));
  if (!flows.left_cleanly()) {
    // The library hangs in its own shutdown; everything of ours is written and committed.
    std::fflush(nullptr);
    ::_exit(static_cast<int>(code));
  }
  return code;
}

}  // namespace kferry::app
