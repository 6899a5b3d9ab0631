#include <utility>

#include "kferry/client/api_probe.hpp"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <vector>

#include "client/too_old.hpp"

namespace kferry::client {
namespace {

using Answer = Result<std::optional<std::string>>;

/// The first answer that means something, for the thread that waits for it.
class Verdict {
 public:
  explicit Verdict(std::size_t servers) : open_(servers) {}

  void add(Answer answer) {
    const std::lock_guard lock(mutex_);
    --open_;
    if (!answer_ || !*answer_) answer_ = std::move(answer);
    told_.notify_all();
  }
  Answer await(Milliseconds timeout) {
    std::unique_lock lock(mutex_);
    told_.wait_for(lock, timeout, [this] { return open_ == 0 || (answer_ && *answer_); });
    if (answer_) return *answer_;
    return Error{ErrorKind::unreachable,
                 fmt::format("no broker answered within {} ms", timeout.count())};
  }

 private:
  std::mutex mutex_;
  std::condition_variable told_;
  std::size_t open_;
  std::optional<Answer> answer_;
};

Answer ask(const Connection& connection, std::span<const protocol::ApiKey> wanted) {
  for (const protocol::ApiKey key : wanted) {
    if (connection.version(key)) continue;
    return std::optional(fmt::format("broker {}: {}", to_string(connection.endpoint()),
                                     too_old(protocol::support_of(key).name).text));
  }
  return std::optional<std::string>();
}

}  // namespace

Result<std::optional<std::string>> missing_api(const ClusterSettings& settings,
                                               std::span<const protocol::ApiKey> wanted,
                                               Milliseconds timeout) {
  Verdict verdict(settings.bootstrap.size());
  SlabPool slabs;
  std::vector<std::shared_ptr<Connection>> connections(settings.bootstrap.size());
  net::Loop loop("kferry-probe");
  loop.run([&] {
    for (std::size_t i = 0; i < connections.size(); ++i) {
      const auto opened = [&, i](const Result<void>& result) {
        if (result) {
          verdict.add(ask(*connections[i], wanted));
        } else if (is_too_old(result.error())) {
          verdict.add(std::optional(result.error().text));
        } else {
          verdict.add(result.error());
        }
      };
      connections[i] =
          Connection::open(loop, slabs, settings.bootstrap[i], settings.connection, opened);
    }
  });
  Answer answer = verdict.await(timeout);
  loop.run([&] { connections.clear(); });
  return answer;
}

}  // namespace kferry::client
