#include <gtest/gtest.h>

#include "kferry/client/connection.hpp"
#include "support/allocation_count.hpp"
#include "unit/client/connection_world.hpp"

namespace kferry::client {
namespace {

using protocol::ApiKey;
using testing::ScriptedCluster;
using testing::ScriptedReply;

/// Sends itself again and again, as produce and fetch do, and counts what that allocates.
class Treadmill final : public Exchange {
 public:
  static constexpr int k_warm_rounds = 50;
  static constexpr int k_rounds = 200;

  Treadmill(Connection& connection, ByteView insert) : connection_(connection) {
    key = ApiKey::fetch;
    version = 11;
    protocol::RequestFrame message(frame, key, version, 0, "treadmill");
    message.finish(insert.size());
    inserts.push_back({frame.size(), insert});
  }
  void on_response(protocol::WireReader body, const SlabRef& slab) override {
    bytes_ += body.remaining() + (slab ? 0 : 1);
    ++rounds_;
    if (rounds_ == k_warm_rounds) at_start_ = testing::allocations_of_this_thread();
    if (rounds_ == k_rounds) {
      return done.set_value(testing::allocations_of_this_thread() - at_start_);
    }
    connection_.send(*this);
  }
  void on_failure(const Error&) override { done.set_value(SIZE_MAX); }

  std::promise<std::size_t> done;

 private:
  Connection& connection_;
  int rounds_ = 0;
  std::size_t bytes_ = 0;
  std::size_t at_start_ = 0;
};

TEST(ConnectionAllocations, AreNoneOnceItIsWarm) {
  ScriptedCluster cluster;
  cluster.on(ApiKey::fetch,
             [](const auto&) { return ScriptedReply::answer(std::vector<std::byte>(300'000)); });
  ConnectionWorld world;
  ASSERT_TRUE(world.open(cluster.endpoint(1)).has_value());
  const std::vector<std::byte> insert(100'000);
  std::vector<std::unique_ptr<Treadmill>> two;
  for (int i = 0; i < 2; ++i) {
    two.push_back(std::make_unique<Treadmill>(*world.connection, insert));
  }
  world.loop.run([&] {
    for (const auto& each : two) world.connection->send(*each);
  });
  for (const auto& each : two) {
    auto done = each->done.get_future();
    ASSERT_TRUE(ready(done));
    EXPECT_EQ(done.get(), 0U);
  }
}

}  // namespace
}  // namespace kferry::client
