#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "kferry/base/check.hpp"
#include "kferry/protocol/api.hpp"
#include "kferry/protocol/cluster_state.hpp"
#include "kferry/protocol/fetch.hpp"
#include "kferry/protocol/produce.hpp"
#include "kferry/protocol/sessions.hpp"

namespace {

using namespace kferry;
using protocol::ApiKey;
using protocol::WireReader;

/// What was read points into the response, and is not larger than it.
class Inside {
 public:
  explicit Inside(ByteView response) : response_(response) {}
  void check(ByteView part) const {
    if (part.empty()) return;
    KF_CHECK(part.data() >= response_.data());
    KF_CHECK(part.data() + part.size() <= response_.data() + response_.size());
  }
  void check(std::string_view text) const { check(as_bytes(text)); }
  template <class Elements>
  void check_count(const Elements& elements) const {
    KF_CHECK(elements.size() <= response_.size());
  }

 private:
  ByteView response_;
};

void read_fetch(WireReader& in, std::int16_t version, const Inside& inside) {
  // As in the client: one object for response after response.
  static protocol::FetchResponse response;
  if (!protocol::read_fetch(in, version, response)) return;
  inside.check_count(response.partitions);
  inside.check_count(response.aborted);
  std::uint32_t aborted = 0;
  for (const auto& partition : response.partitions) {
    inside.check(partition.topic);
    inside.check(partition.records);
    KF_CHECK(partition.aborted_begin == aborted && partition.aborted_end >= aborted);
    aborted = partition.aborted_end;
  }
  KF_CHECK(aborted == response.aborted.size());
}

void read_produce(WireReader& in, std::int16_t version, const Inside& inside) {
  static protocol::ProduceResponse response;
  if (!protocol::read_produce(in, version, response)) return;
  inside.check_count(response.partitions);
  for (const auto& partition : response.partitions) {
    inside.check(partition.topic);
    inside.check(partition.text);
  }
}

void read_metadata(WireReader& in, std::int16_t version, const Inside& inside) {
  const auto response = protocol::read_metadata(in, version);
  if (!response) return;
  inside.check_count(response->brokers);
  inside.check_count(response->topics);
  for (const auto& broker : response->brokers) inside.check(broker.host);
  for (const auto& topic : response->topics) {
    inside.check(topic.name);
    inside.check_count(topic.partitions);
  }
}

void read(WireReader& in, ApiKey key, std::int16_t version, const Inside& inside) {
  switch (key) {
    case ApiKey::produce:
      return read_produce(in, version, inside);
    case ApiKey::fetch:
      return read_fetch(in, version, inside);
    case ApiKey::metadata:
      return read_metadata(in, version, inside);
    case ApiKey::list_offsets:
      if (const auto all = protocol::read_list_offsets(in)) {
        for (const auto& each : *all) inside.check(each.topic);
      }
      return;
    case ApiKey::offset_for_leader_epoch:
      if (const auto all = protocol::read_epoch_ends(in)) {
        for (const auto& each : *all) inside.check(each.topic);
      }
      return;
    case ApiKey::sasl_handshake:
      if (const auto response = protocol::read_sasl_handshake(in)) {
        for (const auto& mechanism : response->mechanisms) inside.check(mechanism);
      }
      return;
    case ApiKey::sasl_authenticate:
      if (const auto response = protocol::read_sasl_authenticate(in)) {
        inside.check(response->text);
        inside.check(response->token);
      }
      return;
    case ApiKey::api_versions:
      if (const auto response = protocol::read_api_versions(in)) {
        inside.check_count(response->ranges);
        for (const auto& api : protocol::k_api_support) {
          const auto common = protocol::common_version(api.key, response->ranges);
          KF_CHECK(!common || (*common >= api.version_min && *common <= api.version_max));
        }
      }
      return;
    case ApiKey::init_producer_id:
      static_cast<void>(protocol::read_init_producer_id(in));
      return;
  }
}

}  // namespace

/// The first byte chooses the API, the second the version; the rest is what a broker sends.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto& api = protocol::k_api_support[data[0] % protocol::k_api_support.size()];
  const int versions = api.version_max - api.version_min + 1;
  const auto version = static_cast<std::int16_t>(api.version_min + data[1] % versions);
  const ByteView response = std::as_bytes(std::span(data, size)).subspan(2);
  WireReader in = protocol::response_reader(response, api.key, version);
  protocol::read_response_header(in, api.key);
  read(in, api.key, version, Inside(response));
  return 0;
}
