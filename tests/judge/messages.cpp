#include <algorithm>
#include <stdexcept>

#include "cases.hpp"
#include "draws.hpp"
#include "kferry/protocol/api.hpp"
#include "kferry/protocol/cluster_state.hpp"
#include "kferry/protocol/fetch.hpp"
#include "kferry/protocol/produce.hpp"
#include "kferry/protocol/sessions.hpp"

// Names of values are Kafka's own, as its message schemas have them.
namespace {

using namespace kferry;
using judge::Draws;
using judge::Json;
using protocol::ApiKey;
using protocol::ApiSupport;
using protocol::WireReader;
using protocol::WireWriter;
using Bytes = std::vector<std::byte>;

/// A request, and what a broker has to find in it.
struct Request {
  Bytes bytes;
  Json values;
};

constexpr std::size_t k_partitions_most = 6;

/// So few names that neighbours often are of one topic.
std::vector<std::string> topics(Draws& draws) {
  std::vector<std::string> all;
  for (auto left = draws.below(k_partitions_most); left > 0; --left) {
    all.push_back(std::string("\u20acorders").substr(0, 3 + draws.below(3)));
  }
  return all;
}

Json draw_produce(Draws& draws, WireWriter& out, std::vector<Bytes>& batches,
                  std::vector<std::size_t>& cuts) {
  const std::vector<std::string> names = topics(draws);
  const std::int32_t timeout = draws.int32();
  std::vector<protocol::ProducePartition> partitions;
  Json data = Json::array();
  for (const std::string& name : names) {
    const std::string batch = draws.bytes(60);
    batches.emplace_back(as_bytes(batch).begin(), as_bytes(batch).end());
    partitions.push_back({name, draws.int32(), batch.size()});
    data.push_back({{"topic", name},
                    {"index", partitions.back().partition},
                    {"records", judge::hex(batches.back())}});
  }
  protocol::write_produce(out, timeout, partitions, cuts);
  return {{"transactionalId", nullptr}, {"acks", -1}, {"timeoutMs", timeout}, {"topicData", data}};
}

Json draw_fetch(Draws& draws, WireWriter& out, std::int16_t version) {
  const std::vector<std::string> names = topics(draws);
  const std::vector<std::string> gone = topics(draws);
  const std::string rack = draws.text();
  std::vector<protocol::FetchPartition> partitions;
  std::vector<protocol::ForgottenPartition> forgotten;
  Json asked = Json::array();
  for (const std::string& name : names) {
    partitions.push_back({name, draws.int32(), draws.int32(), draws.int64(), draws.int32()});
    const auto& one = partitions.back();
    asked.push_back({{"topic", name},
                     {"partition", one.partition},
                     {"currentLeaderEpoch", one.leader_epoch},
                     {"fetchOffset", one.offset},
                     {"logStartOffset", -1},
                     {"partitionMaxBytes", one.bytes_max}});
  }
  Json dropped = Json::array();
  for (const std::string& name : gone) {
    forgotten.push_back({name, draws.int32()});
    dropped.push_back({{"topic", name}, {"partition", forgotten.back().partition}});
  }
  const protocol::FetchRequest request{draws.int32(),   draws.int32(), draws.int32(),
                                       draws.one_in(2), draws.int32(), draws.int32(),
                                       partitions,      forgotten,     rack};
  protocol::write_fetch(out, request, version);
  Json values{{"replicaId", -1},
              {"maxWaitMs", request.wait_max_ms},
              {"minBytes", request.bytes_min},
              {"maxBytes", request.bytes_max},
              {"isolationLevel", request.read_committed ? 1 : 0},
              {"sessionId", request.session_id},
              {"sessionEpoch", request.session_epoch},
              {"topics", asked},
              {"forgottenTopicsData", dropped}};
  if (version >= 11) values["rackId"] = rack;
  return values;
}

Json draw_list_offsets(Draws& draws, WireWriter& out) {
  const std::vector<std::string> names = topics(draws);
  const bool read_committed = draws.one_in(2);
  std::vector<protocol::ListOffsetsPartition> partitions;
  Json asked = Json::array();
  for (const std::string& name : names) {
    partitions.push_back({name, draws.int32(), draws.int32(), draws.int64()});
    asked.push_back({{"topic", name},
                     {"partitionIndex", partitions.back().partition},
                     {"timestamp", partitions.back().timestamp},
                     {"currentLeaderEpoch", partitions.back().leader_epoch}});
  }
  protocol::write_list_offsets(out, read_committed, partitions);
  return {{"replicaId", -1}, {"isolationLevel", read_committed ? 1 : 0}, {"topics", asked}};
}

Json draw_metadata(Draws& draws, WireWriter& out, std::int16_t version) {
  const std::vector<std::string> names = topics(draws);
  protocol::write_metadata(out, names, version);
  Json asked = Json::array();
  for (const std::string& name : names) asked.push_back({{"name", name}});
  Json values{{"topics", asked}};
  if (version >= 4) values["allowAutoTopicCreation"] = false;
  return values;
}

Json draw_epoch_ends(Draws& draws, WireWriter& out) {
  const std::vector<std::string> names = topics(draws);
  std::vector<protocol::EpochPartition> partitions;
  Json asked = Json::array();
  for (const std::string& name : names) {
    partitions.push_back({name, draws.int32(), draws.int32(), draws.int32()});
    asked.push_back({{"topic", name},
                     {"partition", partitions.back().partition},
                     {"currentLeaderEpoch", partitions.back().current_epoch},
                     {"leaderEpoch", partitions.back().epoch}});
  }
  protocol::write_epoch_ends(out, partitions);
  return {{"topics", asked}};
}

Json draw_body(Draws& draws, WireWriter& out, const ApiSupport& api, std::int16_t version,
               std::vector<Bytes>& batches, std::vector<std::size_t>& cuts) {
  switch (api.key) {
    case ApiKey::produce:
      return draw_produce(draws, out, batches, cuts);
    case ApiKey::fetch:
      return draw_fetch(draws, out, version);
    case ApiKey::list_offsets:
      return draw_list_offsets(draws, out);
    case ApiKey::metadata:
      return draw_metadata(draws, out, version);
    case ApiKey::offset_for_leader_epoch:
      return draw_epoch_ends(draws, out);
    case ApiKey::sasl_handshake: {
      const std::string mechanism = draws.text();
      protocol::write_sasl_handshake(out, mechanism);
      return {{"mechanism", mechanism}};
    }
    case ApiKey::sasl_authenticate: {
      const std::string token = draws.bytes(50);
      protocol::write_sasl_authenticate(out, as_bytes(token));
      return {{"authBytes", judge::hex(as_bytes(token))}};
    }
    case ApiKey::init_producer_id:
      protocol::write_init_producer_id(out);
      return {{"transactionalId", nullptr}, {"transactionTimeoutMs", 60'000}};
    case ApiKey::api_versions:
      return Json::object();
  }
  throw std::runtime_error("an API without a request");
}

/// The message with each batch in its place.
Bytes joined(const Bytes& message, const std::vector<Bytes>& batches,
             const std::vector<std::size_t>& cuts) {
  if (cuts.size() != batches.size()) throw std::runtime_error("not a place for each batch");
  Bytes all;
  ByteView rest = message;
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    const ByteView part = rest.first(cuts[i] - (message.size() - rest.size()));
    all.insert(all.end(), part.begin(), part.end());
    all.insert(all.end(), batches[i].begin(), batches[i].end());
    rest = rest.subspan(part.size());
  }
  all.insert(all.end(), rest.begin(), rest.end());
  return all;
}

/// The client id begins with the number that everything else is drawn from.
Request request(std::uint64_t number) {
  Draws draws(number);
  const ApiSupport& api = protocol::k_api_support[number % protocol::k_api_support.size()];
  const int versions = api.version_max - api.version_min + 1;
  const auto version = static_cast<std::int16_t>(
      api.version_min + static_cast<int>(draws.below(static_cast<std::uint64_t>(versions))));
  const std::int32_t correlation = draws.int32();
  const std::string client = std::to_string(number) + " " + draws.text();
  Bytes message;
  std::vector<Bytes> batches;
  std::vector<std::size_t> cuts;
  protocol::RequestFrame frame(message, api.key, version, correlation, client);
  Request made;
  made.values = draw_body(draws, frame.body(), api, version, batches, cuts);
  std::size_t elsewhere = 0;
  for (const Bytes& batch : batches) elsewhere += batch.size();
  frame.finish(elsewhere);
  made.bytes = joined(message, batches, cuts);
  made.values["api"] = std::string(api.name);
  made.values["version"] = version;
  made.values["correlation"] = correlation;
  made.values["client"] = client;
  made.values["same"] = true;
  return made;
}

/// What was meant, by the number in the client id.
Result<Json> read_request(ByteView bytes) {
  WireReader in(bytes);
  in.raw(4 + 2 + 2 + 4);  // size, key, version, correlation id
  const Request made = request(std::stoull(std::string(in.string())));
  if (!std::equal(made.bytes.begin(), made.bytes.end(), bytes.begin(), bytes.end())) {
    return Error{ErrorKind::bug, "the case is not what is written today"};
  }
  return made.values;
}

Json show_produce(WireReader& in, std::int16_t version) {
  protocol::ProduceResponse response;
  if (!protocol::read_produce(in, version, response)) throw std::runtime_error("malformed");
  Json partitions = Json::array();
  for (const auto& partition : response.partitions) {
    partitions.push_back({{"topic", partition.topic},
                          {"index", partition.partition},
                          {"errorCode", partition.error},
                          {"baseOffset", partition.base_offset},
                          {"logAppendTimeMs", partition.log_append_time},
                          {"logStartOffset", partition.log_start_offset},
                          {"blamed", partition.blamed_record},
                          {"text", partition.text}});
  }
  return {{"responses", partitions}, {"throttleTimeMs", response.throttle_ms}};
}

Json show_fetch(WireReader& in, std::int16_t version) {
  protocol::FetchResponse response;
  if (!protocol::read_fetch(in, version, response)) throw std::runtime_error("malformed");
  Json partitions = Json::array();
  for (const auto& partition : response.partitions) {
    Json aborted = Json::array();
    for (auto at = partition.aborted_begin; at < partition.aborted_end; ++at) {
      aborted.push_back({{"producerId", response.aborted[at].producer_id},
                         {"firstOffset", response.aborted[at].first_offset}});
    }
    partitions.push_back({{"topic", partition.topic},
                          {"partitionIndex", partition.partition},
                          {"errorCode", partition.error},
                          {"highWatermark", partition.high_watermark},
                          {"lastStableOffset", partition.last_stable_offset},
                          {"logStartOffset", partition.log_start_offset},
                          {"abortedTransactions", aborted},
                          {"records", judge::hex(partition.records)}});
    if (version >= 11) partitions.back()["preferredReadReplica"] = partition.preferred_replica;
  }
  return {{"throttleTimeMs", response.throttle_ms},
          {"errorCode", response.error},
          {"sessionId", response.session_id},
          {"responses", partitions}};
}

Json show_metadata(WireReader& in, std::int16_t version) {
  const auto response = protocol::read_metadata(in, version).value();
  Json brokers = Json::array();
  for (const auto& broker : response.brokers) {
    brokers.push_back({{"nodeId", broker.node}, {"host", broker.host}, {"port", broker.port}});
  }
  Json topics = Json::array();
  for (const auto& topic : response.topics) {
    Json partitions = Json::array();
    for (const auto& partition : topic.partitions) {
      partitions.push_back({{"errorCode", partition.error},
                            {"partitionIndex", partition.partition},
                            {"leaderId", partition.leader}});
      if (version >= 7) partitions.back()["leaderEpoch"] = partition.leader_epoch;
    }
    topics.push_back(
        {{"errorCode", topic.error}, {"name", topic.name}, {"partitions", partitions}});
  }
  Json values{{"brokers", brokers}, {"clusterId", nullptr}, {"topics", topics}};
  if (response.cluster_id) values["clusterId"] = *response.cluster_id;
  if (version >= 3) values["throttleTimeMs"] = response.throttle_ms;
  return values;
}

Json show_list_offsets(WireReader& in) {
  Json topics = Json::array();
  const auto listed = protocol::read_list_offsets(in).value();
  for (const auto& each : listed) {
    topics.push_back({{"topic", each.topic},
                      {"partitionIndex", each.partition},
                      {"errorCode", each.error},
                      {"offset", each.offset},
                      {"leaderEpoch", each.leader_epoch}});
  }
  return {{"topics", topics}};
}

Json show_epoch_ends(WireReader& in) {
  Json topics = Json::array();
  const auto ends = protocol::read_epoch_ends(in).value();
  for (const auto& each : ends) {
    topics.push_back({{"topic", each.topic},
                      {"partition", each.partition},
                      {"errorCode", each.error},
                      {"leaderEpoch", each.epoch},
                      {"endOffset", each.end_offset}});
  }
  return {{"topics", topics}};
}

Json show_sessions(WireReader& in, ApiKey key) {
  if (key == ApiKey::sasl_handshake) {
    const auto response = protocol::read_sasl_handshake(in).value();
    return {{"errorCode", response.error}, {"mechanisms", response.mechanisms}};
  }
  if (key == ApiKey::sasl_authenticate) {
    const auto response = protocol::read_sasl_authenticate(in).value();
    return {{"errorCode", response.error},
            {"errorMessage", response.text},
            {"authBytes", judge::hex(response.token)},
            {"sessionLifetimeMs", response.session_lifetime_ms}};
  }
  const auto response = protocol::read_init_producer_id(in).value();
  return {{"throttleTimeMs", response.throttle_ms},
          {"errorCode", response.error},
          {"producerId", response.producer.id},
          {"producerEpoch", response.producer.epoch}};
}

Json show_api_versions(WireReader& in) {
  const auto response = protocol::read_api_versions(in).value();
  Json keys = Json::array();
  for (const auto& range : response.ranges) {
    keys.push_back({{"apiKey", range.key}, {"minVersion", range.min}, {"maxVersion", range.max}});
  }
  return {
      {"errorCode", response.error}, {"apiKeys", keys}, {"throttleTimeMs", response.throttle_ms}};
}

Json show_body(WireReader& in, ApiKey key, std::int16_t version) {
  switch (key) {
    case ApiKey::produce:
      return show_produce(in, version);
    case ApiKey::fetch:
      return show_fetch(in, version);
    case ApiKey::metadata:
      return show_metadata(in, version);
    case ApiKey::list_offsets:
      return show_list_offsets(in);
    case ApiKey::offset_for_leader_epoch:
      return show_epoch_ends(in);
    case ApiKey::api_versions:
      return show_api_versions(in);
    case ApiKey::sasl_handshake:
    case ApiKey::sasl_authenticate:
    case ApiKey::init_producer_id:
      return show_sessions(in, key);
  }
  throw std::runtime_error("an API without a response");
}

/// The first byte is the API, the second the version, as in tests/fuzz/fuzz_responses.cpp.
Result<Json> read_response(ByteView bytes) {
  const ApiSupport& api = protocol::k_api_support.at(std::to_integer<std::size_t>(bytes[0]));
  const auto version =
      static_cast<std::int16_t>(api.version_min + std::to_integer<std::int16_t>(bytes[1]));
  WireReader in = protocol::response_reader(bytes.subspan(2), api.key, version);
  const std::int32_t correlation = protocol::read_response_header(in, api.key);
  Json values = show_body(in, api.key, version);
  if (in.remaining() > 0) return Error{ErrorKind::bug, "there are bytes behind the response"};
  values["api"] = api.name;
  values["version"] = version;
  values["correlation"] = correlation;
  return values;
}

void make(const std::filesystem::path& folder, std::uint64_t seed, int count) {
  Draws draws(seed);
  for (int i = 0; i < count; ++i) {
    const auto apis = protocol::k_api_support.size();
    const auto number = draws.below(1U << 30) * apis + static_cast<std::size_t>(i) % apis;
    judge::write_case(folder, "request", i, request(number).bytes);
  }
}

}  // namespace

/// Our requests as a broker reads them, and responses as Kafka's clients do.
int main(int argc, char** argv) {
  if (argc == 5) return judge::make_cases(argv, make);
  return judge::judge_folder(argc, argv, [](const auto& file, const std::string& bytes) {
    return file.filename().string().starts_with("request") ? read_request(as_bytes(bytes))
                                                           : read_response(as_bytes(bytes));
  });
}
