#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kferry/client/connection.hpp"
#include "support/scripted_broker.hpp"

namespace kferry::client {

inline constexpr std::chrono::seconds k_patience{60};

template <class T>
bool ready(std::future<T>& future) {
  return future.wait_for(k_patience) == std::future_status::ready;
}

/// A request with any body, and what became of it.
class ProbeExchange final : public Exchange {
 public:
  struct Outcome {
    std::optional<std::vector<std::byte>> body;
    std::optional<Error> failure;
    std::size_t slab_bytes = 0;
  };

  explicit ProbeExchange(ByteView body, protocol::ApiKey api = protocol::ApiKey::fetch) {
    key = api;
    version = protocol::support_of(api).version_max;
    protocol::RequestFrame message(frame, key, version, 0, "probe");
    message.body().raw(body);
    message.finish();
  }
  explicit ProbeExchange(std::int32_t number) : ProbeExchange(ByteView()) {
    protocol::RequestFrame message(frame, key, version, 0, "probe");
    message.body().i32(number);
    message.finish();
  }

  void on_response(protocol::WireReader body, const SlabRef& slab) override {
    Outcome outcome;
    outcome.slab_bytes = slab.capacity();
    const ByteView bytes = body.raw(body.remaining());
    outcome.body.emplace(bytes.begin(), bytes.end());
    end(std::move(outcome));
  }
  void on_failure(const Error& error) override {
    Outcome outcome;
    outcome.failure = error;
    end(std::move(outcome));
  }

  /// Fails the test when nothing comes.
  Outcome outcome() {
    if (!ready(ended_)) {
      ADD_FAILURE() << "no outcome";
      return {};
    }
    return ended_.get();
  }
  bool has_ended() const {
    return ended_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }
  /// Runs on the loop's thread before the outcome is known here.
  std::function<void()> at_end;

 private:
  void end(Outcome outcome) {
    if (at_end) at_end();
    promise_.set_value(std::move(outcome));
  }

  std::promise<Outcome> promise_;
  std::future<Outcome> ended_ = promise_.get_future();
};

/// A loop with one connection on it.
class ConnectionWorld {
 public:
  ConnectionWorld() {
    settings.client_id = "kferry-test";
    settings.security = std::make_shared<security::SecurityProfile>();
  }
  ~ConnectionWorld() { drop(); }
  ConnectionWorld(const ConnectionWorld&) = delete;
  ConnectionWorld& operator=(const ConnectionWorld&) = delete;

  /// Success, or why not.
  Result<void> open(const Endpoint& endpoint) {
    // The promise is the callback's: it may come when nobody waits any more.
    const auto opened = std::make_shared<std::promise<Result<void>>>();
    auto result = opened->get_future();
    loop.run([&] {
      connection = Connection::open(loop, slabs, endpoint, settings, [opened](Result<void> done) {
        opened->set_value(std::move(done));
      });
    });
    if (!ready(result)) return Error{ErrorKind::bug, "on_open is not called"};
    return result.get();
  }
  /// Empty when it opens.
  std::string open_error(const Endpoint& endpoint, ErrorKind kind) {
    const auto opened = open(endpoint);
    EXPECT_FALSE(opened.has_value());
    if (opened) return "";
    EXPECT_EQ(opened.error().kind, kind) << opened.error().text;
    return opened.error().text;
  }

  void send(Exchange& exchange) {
    loop.run([&] { connection->send(exchange); });
  }
  bool usable() {
    bool is = false;
    loop.run([&] { is = connection->usable(); });
    return is;
  }
  void drop() {
    loop.run([&] { connection.reset(); });
  }

  SlabPool slabs;
  net::Loop loop{"test-client"};
  ConnectionSettings settings;
  std::shared_ptr<Connection> connection;
};

inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// Answers every fetch with the body of the request.
inline testing::ScriptedReply echo(const testing::ScriptedRequest& request) {
  return testing::ScriptedReply::answer({request.body.begin(), request.body.end()});
}

}  // namespace kferry::client
