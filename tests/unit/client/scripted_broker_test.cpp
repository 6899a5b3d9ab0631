#include "support/scripted_broker.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kferry/protocol/cluster_state.hpp"

namespace kferry::testing {
namespace {

using protocol::ApiKey;

/// A client as simple as can be, to prove the brokers without the client that they are to prove.
class RawClient {
 public:
  explicit RawClient(const client::Endpoint& endpoint)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  template <class Write>
  void send(ApiKey key, std::int16_t version, std::int32_t id, Write&& write) const {
    std::vector<std::byte> bytes;
    protocol::RequestFrame frame(bytes, key, version, id, "raw");
    write(frame.body());
    frame.finish();
    ASSERT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  /// Empty when the broker has closed.
  std::vector<std::byte> receive() const {
    std::vector<std::byte> bytes(4);
    if (::recv(socket_, bytes.data(), 4, MSG_WAITALL) != 4) return {};
    bytes.resize(static_cast<std::size_t>(protocol::load_big_endian<std::int32_t>(bytes.data())));
    const auto got = ::recv(socket_, bytes.data(), bytes.size(), MSG_WAITALL);
    return got == static_cast<ssize_t>(bytes.size()) ? bytes : std::vector<std::byte>();
  }

 private:
  int socket_;
  bool connected_ = false;
};

void nothing(protocol::WireWriter&) {}

TEST(ScriptedCluster, TellsItsVersions) {
  const ScriptedCluster cluster;
  const RawClient client(cluster.endpoint(1));
  client.send(ApiKey::api_versions, 2, 7, nothing);
  const auto response = client.receive();
  protocol::WireReader in(response);
  EXPECT_EQ(protocol::read_response_header(in, ApiKey::api_versions), 7);
  const auto versions = protocol::read_api_versions(in);
  ASSERT_TRUE(versions);
  EXPECT_EQ(protocol::common_version(ApiKey::fetch, versions->ranges), 11);
}

TEST(ScriptedCluster, TellsWhoLeadsWhat) {
  ScriptedCluster cluster(2);
  cluster.add_topic("orders", 3);
  cluster.set_leader({"orders", Partition(2)}, -1, 4);
  const RawClient client(cluster.endpoint(2));
  const std::vector<std::string> topics{"orders", "unknown"};
  client.send(ApiKey::metadata, 7, 1,
              [&](protocol::WireWriter& out) { protocol::write_metadata(out, topics, 7); });
  const auto response = client.receive();
  protocol::WireReader in(response);
  EXPECT_EQ(protocol::read_response_header(in, ApiKey::metadata), 1);
  const auto metadata = protocol::read_metadata(in, 7);
  ASSERT_TRUE(metadata);
  EXPECT_EQ(in.remaining(), 0U);
  ASSERT_EQ(metadata->brokers.size(), 2U);
  EXPECT_EQ(metadata->brokers[1].port, cluster.endpoint(2).port);
  ASSERT_EQ(metadata->topics.size(), 2U);
  ASSERT_EQ(metadata->topics[0].partitions.size(), 3U);
  EXPECT_EQ(metadata->topics[0].partitions[1].leader, 2);
  EXPECT_EQ(metadata->topics[0].partitions[2].leader, -1);
  EXPECT_EQ(metadata->topics[0].partitions[2].error, 5);
  EXPECT_EQ(metadata->topics[1].error, 3);
}

TEST(ScriptedCluster, FollowsTheScript) {
  ScriptedCluster cluster;
  const auto later = std::make_shared<LaterReply>();
  cluster.on(ApiKey::fetch, [&](const ScriptedRequest& request) {
    EXPECT_EQ(request.client_id, "raw");
    const auto what = request.reader().i32();
    if (what == 0) return ScriptedReply::later(later);
    if (what == 1) return ScriptedReply::close();
    return ScriptedReply::silence();
  });
  const RawClient client(cluster.endpoint(1));
  client.send(ApiKey::fetch, 11, 5, [](protocol::WireWriter& out) { out.i32(0); });
  client.send(ApiKey::fetch, 11, 6, [](protocol::WireWriter& out) { out.i32(1); });
  ASSERT_TRUE(cluster.await_requests(ApiKey::fetch, 1));
  EXPECT_EQ(cluster.requests(ApiKey::fetch), 1U) << "one at a time";
  later->resolve(ScriptedReply::answer(body_of([](auto& out) { out.i64(99); })));
  EXPECT_EQ(client.receive().size(), 12U);
  EXPECT_TRUE(client.receive().empty());

  const RawClient waiting(cluster.endpoint(1));
  waiting.send(ApiKey::fetch, 11, 1, [](protocol::WireWriter& out) { out.i32(2); });
  ASSERT_TRUE(cluster.await_requests(ApiKey::fetch, 3));
}

TEST(ScriptedCluster, EndsWithoutTheReplyThatItWaitsFor) {
  const auto never = std::make_shared<LaterReply>();
  ScriptedCluster cluster;
  cluster.on(ApiKey::fetch, [&](const ScriptedRequest&) { return ScriptedReply::later(never); });
  const RawClient client(cluster.endpoint(1));
  client.send(ApiKey::fetch, 11, 5, nothing);
  ASSERT_TRUE(cluster.await_requests(ApiKey::fetch, 1));
  cluster.stop(1);
  EXPECT_TRUE(client.receive().empty());
}

TEST(ScriptedCluster, StopsAndComesBackOnItsPort) {
  ScriptedCluster cluster(2);
  const RawClient before(cluster.endpoint(1));
  ASSERT_TRUE(cluster.await_connections(1, 1));
  cluster.stop(1);
  EXPECT_TRUE(before.receive().empty());
  EXPECT_FALSE(RawClient(cluster.endpoint(1)).connected());
  EXPECT_TRUE(RawClient(cluster.endpoint(2)).connected());
  cluster.start(1);
  const RawClient after(cluster.endpoint(1));
  after.send(ApiKey::api_versions, 2, 1, nothing);
  EXPECT_FALSE(after.receive().empty());
  cluster.close_connections(1);
  EXPECT_TRUE(after.receive().empty());
}

}  // namespace
}  // namespace kferry::testing
