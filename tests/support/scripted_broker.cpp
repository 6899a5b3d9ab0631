#include "support/scripted_broker.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace kferry::testing {
namespace {

using protocol::ApiKey;
using protocol::WireReader;
using protocol::WireWriter;

constexpr std::chrono::seconds k_patience{60};
constexpr std::int32_t k_request_bytes_max = 128 << 20;
constexpr std::int16_t k_unknown_topic_or_partition = 3;
constexpr std::int16_t k_leader_not_available = 5;

class PlainChannel final : public ScriptedChannel {
 public:
  explicit PlainChannel(int socket) : socket_(socket) {}

  bool read(std::span<std::byte> into) override {
    while (!into.empty()) {
      const auto got = ::recv(socket_, into.data(), into.size(), 0);
      if (got <= 0) return false;
      into = into.subspan(static_cast<std::size_t>(got));
    }
    return true;
  }
  bool write(ByteView bytes) override {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
    }
    return true;
  }

 private:
  int socket_;
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

ScriptedReply ScriptedReply::answer(std::vector<std::byte> body) {
  ScriptedReply reply;
  reply.kind = Kind::answer;
  reply.bytes = std::move(body);
  return reply;
}

ScriptedReply ScriptedReply::raw(std::vector<std::byte> bytes) {
  ScriptedReply reply;
  reply.kind = Kind::raw;
  reply.bytes = std::move(bytes);
  return reply;
}

ScriptedReply ScriptedReply::silence() { return {}; }

ScriptedReply ScriptedReply::close() {
  ScriptedReply reply;
  reply.kind = Kind::close;
  return reply;
}

ScriptedReply ScriptedReply::later(std::shared_ptr<LaterReply> reply) {
  ScriptedReply later;
  later.kind = Kind::later;
  later.later_reply = std::move(reply);
  return later;
}

void LaterReply::resolve(ScriptedReply reply) {
  const std::lock_guard lock(mutex_);
  if (!reply_) reply_ = std::move(reply);
  resolved_.notify_all();
}

ScriptedReply LaterReply::wait() {
  std::unique_lock lock(mutex_);
  resolved_.wait(lock, [this] { return reply_.has_value(); });
  return *reply_;
}

ScriptedCluster::ScriptedCluster(int nodes, ChannelMaker make_channel)
    : make_channel_(std::move(make_channel)) {
  for (const auto& api : protocol::k_api_support) {
    versions_.push_back({static_cast<std::int16_t>(api.key), api.version_min, api.version_max});
  }
  for (int id = 1; id <= nodes; ++id) {
    nodes_.push_back(std::make_unique<Node>());
    nodes_.back()->id = id;
  }
  for (const auto& each : nodes_) listen(*each);
}

ScriptedCluster::~ScriptedCluster() {
  for (const auto& each : nodes_) stop(each->id);
}

ScriptedCluster::Node& ScriptedCluster::node(std::int32_t id) {
  return *nodes_.at(static_cast<std::size_t>(id) - 1);
}

const ScriptedCluster::Node& ScriptedCluster::node(std::int32_t id) const {
  return *nodes_.at(static_cast<std::size_t>(id) - 1);
}

client::Endpoint ScriptedCluster::endpoint(std::int32_t id) const {
  return {"127.0.0.1", node(id).port};
}

std::vector<client::Endpoint> ScriptedCluster::bootstrap() const {
  std::vector<client::Endpoint> endpoints;
  for (const auto& each : nodes_) endpoints.push_back(endpoint(each->id));
  return endpoints;
}

void ScriptedCluster::add_topic(const std::string& topic, std::int32_t partitions) {
  const std::lock_guard lock(mutex_);
  Topic& made = topics_[topic];
  for (std::int32_t i = 0; i < partitions; ++i) {
    made.partitions.push_back({nodes_[static_cast<std::size_t>(i) % nodes_.size()]->id, 0});
  }
}

void ScriptedCluster::remove_topic(const std::string& topic) {
  const std::lock_guard lock(mutex_);
  topics_.erase(topic);
}

void ScriptedCluster::set_topic_error(const std::string& topic, std::int16_t error) {
  const std::lock_guard lock(mutex_);
  topics_[topic].error = error;
}

void ScriptedCluster::set_leader(const TopicPartition& tp, std::int32_t id, std::int32_t epoch) {
  const std::lock_guard lock(mutex_);
  topics_.at(tp.topic).partitions.at(static_cast<std::size_t>(tp.partition.value())) = {id, epoch};
}

void ScriptedCluster::advertise(std::int32_t id, client::Endpoint endpoint) {
  const std::lock_guard lock(mutex_);
  node(id).advertised = std::move(endpoint);
}

void ScriptedCluster::set_versions(std::vector<protocol::VersionRange> versions) {
  const std::lock_guard lock(mutex_);
  versions_ = std::move(versions);
}

void ScriptedCluster::on(ApiKey key, Script script) {
  // Whoever changes a script can be sure that the old one does not run any more.
  const std::lock_guard no_script_runs(script_mutex_);
  const std::lock_guard lock(mutex_);
  scripts_[key] = std::move(script);
}

ScriptedReply ScriptedCluster::api_versions() const {
  const std::lock_guard lock(mutex_);
  return ScriptedReply::answer(body_of([&](WireWriter& out) {
    out.i16(0);
    out.array(versions_.size());
    for (const auto& range : versions_) {
      out.i16(range.key);
      out.i16(range.min);
      out.i16(range.max);
    }
    out.i32(0);  // throttle
  }));
}

ScriptedReply ScriptedCluster::metadata(const ScriptedRequest& request) const {
  WireReader in = request.reader();
  std::vector<std::string> wanted;
  const auto count = in.nullable_array(2);
  for (std::size_t i = 0; i < count.value_or(0); ++i) wanted.emplace_back(in.string());
  const std::lock_guard lock(mutex_);
  if (!count) {
    for (const auto& [name, topic] : topics_) wanted.push_back(name);
  }
  return ScriptedReply::answer(body_of([&](WireWriter& out) {
    out.i32(0);  // throttle
    const auto running =
        std::count_if(nodes_.begin(), nodes_.end(), [](const auto& each) { return each->running; });
    out.array(static_cast<std::size_t>(running));
    for (const auto& each : nodes_) {
      if (!each->running) continue;
      const auto place = each->advertised.value_or(client::Endpoint{"127.0.0.1", each->port});
      out.i32(each->id);
      out.string(place.host);
      out.i32(place.port);
      out.nullable_string(std::nullopt);
    }
    out.nullable_string("scripted");
    out.i32(nodes_.front()->id);
    out.array(wanted.size());
    for (const auto& name : wanted) write_topic(out, name);
  }));
}

void ScriptedCluster::write_topic(WireWriter& out, const std::string& name) const {
  const auto found = topics_.find(name);
  const bool known = found != topics_.end();
  out.i16(known ? found->second.error : k_unknown_topic_or_partition);
  out.string(name);
  out.boolean(false);
  const bool partitions = known && found->second.error == 0;
  out.array(partitions ? found->second.partitions.size() : 0);
  if (!partitions) return;
  std::int32_t index = 0;
  for (const auto& [leader, epoch] : found->second.partitions) {
    out.i16(leader < 0 ? k_leader_not_available : std::int16_t{0});
    out.i32(index++);
    out.i32(leader);
    out.i32(epoch);
    for (int list = 0; list < 2; ++list) {  // replicas, those in sync
      out.array(1);
      out.i32(std::max(leader, 1));
    }
    out.array(0);  // offline
  }
}

void ScriptedCluster::listen(Node& node) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = loopback(node.port);
  socklen_t size = sizeof address;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener, SOMAXCONN) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    ::close(listener);
    throw std::runtime_error("a scripted broker can not listen");
  }
  const std::lock_guard lock(mutex_);
  node.port = ntohs(address.sin_port);
  node.listener = listener;
  node.running = true;
  node.acceptor = std::thread([this, &node, listener] { accept(node, listener); });
}

void ScriptedCluster::accept(Node& node, int listener) {
  for (;;) {
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::lock_guard lock(mutex_);
    node.sessions.push_back(std::make_unique<Session>());
    Session& session = *node.sessions.back();
    session.socket = socket;
    const int number = node.accepted++;
    changed_.notify_all();
    if (!node.running) {
      ::shutdown(socket, SHUT_RDWR);
      continue;
    }
    session.thread = std::thread([this, &node, &session, number] { serve(node, session, number); });
  }
}

void ScriptedCluster::serve(Node& node, Session& session, int number) {
  session.channel = make_channel_ ? make_channel_(session.socket)
                                  : std::make_unique<PlainChannel>(session.socket);
  while (session.channel != nullptr && serve_one(node, session, number)) {
  }
  ::shutdown(session.socket, SHUT_RDWR);
}

bool ScriptedCluster::serve_one(Node& node, Session& session, int number) {
  std::vector<std::byte> message(sizeof(std::int32_t));
  if (!session.channel->read(message)) return false;
  const auto size = protocol::load_big_endian<std::int32_t>(message.data());
  if (size < 0 || size > k_request_bytes_max) return false;
  message.resize(static_cast<std::size_t>(size));
  if (!session.channel->read(message)) return false;

  WireReader in(message);
  ScriptedRequest request;
  request.node = node.id;
  request.connection = number;
  request.key = static_cast<ApiKey>(in.i16());
  request.version = in.i16();
  request.correlation_id = in.i32();
  request.client_id = in.nullable_string().value_or("");
  request.body = in.raw(in.remaining());
  if (!in.ok()) return false;
  return send(*session.channel, request, resolved(node, reply_to(request)));
}

ScriptedReply ScriptedCluster::reply_to(const ScriptedRequest& request) {
  const std::lock_guard one_at_a_time(script_mutex_);
  Script script;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = scripts_.find(request.key); found != scripts_.end()) {
      script = found->second;
    }
  }
  ScriptedReply reply = ScriptedReply::close();
  if (script) {
    reply = script(request);
  } else if (request.key == ApiKey::api_versions) {
    reply = api_versions();
  } else if (request.key == ApiKey::metadata) {
    reply = metadata(request);
  }
  // Counted behind the script, so that what the script notes down is there when a test goes on.
  const std::lock_guard lock(mutex_);
  ++requests_[request.key];
  changed_.notify_all();
  return reply;
}

ScriptedReply ScriptedCluster::resolved(const Node& node, ScriptedReply reply) {
  while (reply.kind == ScriptedReply::Kind::later) {
    const auto later = reply.later_reply;
    {
      const std::lock_guard lock(mutex_);
      if (!node.running) return ScriptedReply::close();
      later_.emplace_back(&node, later);
    }
    reply = later->wait();
  }
  return reply;
}

bool ScriptedCluster::send(ScriptedChannel& channel, const ScriptedRequest& request,
                           ScriptedReply reply) {
  if (reply.kind == ScriptedReply::Kind::close) return false;
  if (reply.kind == ScriptedReply::Kind::silence) {
    // Nothing behind it is served: one request at a time. Reads until the client goes.
    for (std::byte ignored{}; channel.read({&ignored, 1});) {
    }
    return false;
  }
  if (reply.kind == ScriptedReply::Kind::answer) {
    std::vector<std::byte> message;
    WireWriter out(message);
    const bool tags = request.key != ApiKey::api_versions &&
                      request.reader().encoding() == protocol::Encoding::flexible;
    out.i32(static_cast<std::int32_t>(reply.bytes.size() + sizeof(std::int32_t) + (tags ? 1 : 0)));
    out.i32(request.correlation_id);
    if (tags) out.i8(0);
    out.raw(reply.bytes);
    reply.bytes = std::move(message);
  }
  for (ByteView rest = reply.bytes; !rest.empty();) {
    const std::size_t piece = std::min(rest.size(), reply.piece_bytes);
    if (!channel.write(rest.first(piece))) return false;
    rest = rest.subspan(piece);
  }
  return true;
}

void ScriptedCluster::close_connections(std::int32_t id) {
  const std::lock_guard lock(mutex_);
  for (const auto& session : node(id).sessions) ::shutdown(session->socket, SHUT_RDWR);
}

void ScriptedCluster::stop(std::int32_t id) {
  Node& which = node(id);
  {
    const std::lock_guard lock(mutex_);
    if (!which.running) return;
    which.running = false;
    for (const auto& [asked, reply] : later_) {
      if (asked == &which) reply->resolve(ScriptedReply::close());
    }
  }
  ::shutdown(which.listener, SHUT_RDWR);
  which.acceptor.join();
  ::close(which.listener);
  end_sessions(which);
}

void ScriptedCluster::end_sessions(Node& node) {
  close_connections(node.id);
  std::vector<std::unique_ptr<Session>> sessions;
  {
    const std::lock_guard lock(mutex_);
    sessions.swap(node.sessions);
  }
  for (const auto& session : sessions) {
    if (session->thread.joinable()) session->thread.join();
    ::close(session->socket);
  }
}

void ScriptedCluster::start(std::int32_t id) {
  Node& which = node(id);
  {
    const std::lock_guard lock(mutex_);
    if (which.running) return;
  }
  listen(which);
}

std::size_t ScriptedCluster::requests(ApiKey key) const {
  const std::lock_guard lock(mutex_);
  const auto found = requests_.find(key);
  return found == requests_.end() ? 0 : found->second;
}

std::size_t ScriptedCluster::connections(std::int32_t id) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(node(id).accepted);
}

bool ScriptedCluster::await_requests(ApiKey key, std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, k_patience, [&] { return requests_[key] >= count; });
}

bool ScriptedCluster::await_connections(std::int32_t id, std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, k_patience,
                           [&] { return static_cast<std::size_t>(node(id).accepted) >= count; });
}

}  // namespace kferry::testing
