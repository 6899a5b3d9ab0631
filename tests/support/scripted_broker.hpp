#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kferry/base/bytes.hpp"
#include "kferry/base/strong_id.hpp"
#include "kferry/client/connection.hpp"
#include "kferry/protocol/api.hpp"
#include "kferry/protocol/wire.hpp"

/// Kafka brokers on loopback whose answers a test writes. They know ApiVersions and Metadata; every
/// other request goes to the test's script. Real sockets and threads, no time: nothing here waits
/// for anything but the client and the test.
///
///   ScriptedCluster cluster(2);                      // nodes 1 and 2
///   cluster.add_topic("orders", 4);                  // leaders 1, 2, 1, 2, epoch 0
///   cluster.on(ApiKey::fetch, [](const ScriptedRequest& request) {
///     auto in = request.reader();                    // the body, decoded by the test
///     ...
///     return ScriptedReply::answer(body);            // or silence(), close(), later(...),
///     raw(...)
///   });
///   settings.bootstrap = cluster.bootstrap();
///   ...
///   ASSERT_TRUE(cluster.await_requests(ApiKey::fetch, 3));
///
/// As with Kafka, one request of a connection is served at a time: what is not answered, or not
/// yet, holds up what comes behind it on the same connection.
namespace kferry::testing {

struct ScriptedRequest {
  std::int32_t node = 0;
  int connection = 0;  ///< counted per node from 0, also over restarts
  protocol::ApiKey key{};
  std::int16_t version = 0;
  std::int32_t correlation_id = 0;
  std::string client_id;
  ByteView body;  ///< as long as the script runs

  protocol::WireReader reader() const noexcept {
    return protocol::WireReader(body, protocol::encoding_of(protocol::support_of(key), version));
  }
};

class LaterReply;

struct ScriptedReply {
  enum class Kind { answer, raw, silence, close, later };
  Kind kind = Kind::silence;
  std::vector<std::byte> bytes;
  std::size_t piece_bytes = SIZE_MAX;  ///< sent in writes of at most so many bytes
  std::shared_ptr<LaterReply> later_reply;

  /// The body of a response; size and header are put in front of it.
  static ScriptedReply answer(std::vector<std::byte> body);
  /// Bytes as they are, right or wrong.
  static ScriptedReply raw(std::vector<std::byte> bytes);
  /// Nothing, ever. The connection stays.
  static ScriptedReply silence();
  static ScriptedReply close();
  /// Whatever the test says in the end.
  static ScriptedReply later(std::shared_ptr<LaterReply> reply);
};

/// The promise of a reply. Thread: any.
class LaterReply {
 public:
  void resolve(ScriptedReply reply);
  ScriptedReply wait();

 private:
  std::mutex mutex_;
  std::condition_variable resolved_;
  std::optional<ScriptedReply> reply_;
};

/// Bytes of one connection; blocking. A test that wants TLS makes its own.
class ScriptedChannel {
 public:
  virtual ~ScriptedChannel() = default;
  /// Exactly so many bytes; false when the client is gone.
  virtual bool read(std::span<std::byte> into) = 0;
  virtual bool write(ByteView bytes) = 0;
};

/// Thread: any; scripts run one at a time, on threads of the cluster's.
class ScriptedCluster {
 public:
  using Script = std::function<ScriptedReply(const ScriptedRequest&)>;
  /// The channel of a connection that was just accepted, which owns the socket's bytes but not the
  /// socket; null: the connection is dropped.
  using ChannelMaker = std::function<std::unique_ptr<ScriptedChannel>(int socket)>;

  /// Nodes 1 to `nodes`, each on a free port.
  explicit ScriptedCluster(int nodes = 1, ChannelMaker make_channel = nullptr);
  ~ScriptedCluster();
  ScriptedCluster(const ScriptedCluster&) = delete;
  ScriptedCluster& operator=(const ScriptedCluster&) = delete;

  client::Endpoint endpoint(std::int32_t node) const;
  std::vector<client::Endpoint> bootstrap() const;

  /// Partitions are led by the nodes in turn.
  void add_topic(const std::string& topic, std::int32_t partitions);
  void remove_topic(const std::string& topic);
  void set_topic_error(const std::string& topic, std::int16_t error);
  /// Node -1: no leader, which Metadata reports with LEADER_NOT_AVAILABLE.
  void set_leader(const TopicPartition& tp, std::int32_t node, std::int32_t epoch);
  /// Where Metadata says that the node is; by default where it is.
  void advertise(std::int32_t node, client::Endpoint endpoint);
  /// What ApiVersions says; by default what kferry supports.
  void set_versions(std::vector<protocol::VersionRange> versions);

  /// Also for Metadata and ApiVersions, instead of the answers of the house. A null script brings
  /// those back.
  void on(protocol::ApiKey key, Script script);
  /// The answers of the house, for scripts that want to do something else besides.
  ScriptedReply api_versions() const;
  ScriptedReply metadata(const ScriptedRequest& request) const;

  /// Ends all connections of a node, as a restart would.
  void close_connections(std::int32_t node);
  /// Nobody listens any more on the node's port; late replies of its connections are dropped.
  void stop(std::int32_t node);
  /// Listens again, on the same port.
  void start(std::int32_t node);

  /// Requests that came, and connections that were accepted, since the beginning.
  std::size_t requests(protocol::ApiKey key) const;
  std::size_t connections(std::int32_t node) const;
  /// False when that many did not come within ten seconds, so that a test fails and does not hang.
  bool await_requests(protocol::ApiKey key, std::size_t count);
  bool await_connections(std::int32_t node, std::size_t count);

 private:
  struct Session {
    int socket = -1;
    std::unique_ptr<ScriptedChannel> channel;
    std::thread thread;
  };
  struct Node {
    std::int32_t id = 0;
    std::uint16_t port = 0;
    int listener = -1;
    std::optional<client::Endpoint> advertised;
    std::thread acceptor;
    std::vector<std::unique_ptr<Session>> sessions;
    int accepted = 0;
    bool running = false;
  };
  struct Topic {
    std::int16_t error = 0;
    struct Partition {
      std::int32_t leader = -1;
      std::int32_t epoch = 0;
    };
    std::vector<Partition> partitions;
  };

  Node& node(std::int32_t id);
  const Node& node(std::int32_t id) const;
  void listen(Node& node);
  void accept(Node& node, int listener);
  void end_sessions(Node& node);
  void serve(Node& node, Session& session, int number);
  bool serve_one(Node& node, Session& session, int number);
  ScriptedReply reply_to(const ScriptedRequest& request);
  static bool send(ScriptedChannel& channel, const ScriptedRequest& request, ScriptedReply reply);
  ScriptedReply resolved(const Node& node, ScriptedReply reply);
  void write_topic(protocol::WireWriter& out, const std::string& name) const;

  const ChannelMaker make_channel_;
  std::mutex script_mutex_;  ///< one script at a time
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::map<std::string, Topic> topics_;
  std::map<protocol::ApiKey, Script> scripts_;
  std::vector<protocol::VersionRange> versions_;
  std::map<protocol::ApiKey, std::size_t> requests_;
  std::vector<std::pair<const Node*, std::shared_ptr<LaterReply>>> later_;
};

/// A body of a response, written by a function that takes a WireWriter.
template <class Write>
std::vector<std::byte> body_of(Write&& write) {
  std::vector<std::byte> bytes;
  protocol::WireWriter out(bytes);
  write(out);
  return bytes;
}

}  // namespace kferry::testing
