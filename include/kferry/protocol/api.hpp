#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "kferry/base/bytes.hpp"
#include "kferry/protocol/wire.hpp"

/// What all requests have in common. Source: the message schemas of Apache Kafka
/// (clients/src/main/resources/common/message).
namespace kferry::protocol {

enum class ApiKey : std::int16_t {
  produce = 0,
  fetch = 1,
  list_offsets = 2,
  metadata = 3,
  sasl_handshake = 17,
  api_versions = 18,
  init_producer_id = 22,
  offset_for_leader_epoch = 23,
  sasl_authenticate = 36,
};

/// The versions that kferry speaks, and from which one on the API is flexible.
struct ApiSupport {
  ApiKey key;
  std::string_view name;
  std::int16_t version_min;
  std::int16_t version_max;
  std::int16_t flexible_from;
};

inline constexpr std::int16_t k_never_flexible = INT16_MAX;

/// Every broker from 2.2 to 4.x serves at least one of these versions of each. The lower bounds are
/// what 2.2 has; Fetch 10 and Produce 7 carry zstd.
inline constexpr std::array k_api_support{
    ApiSupport{ApiKey::produce, "Produce", 7, 8, 9},
    ApiSupport{ApiKey::fetch, "Fetch", 10, 11, 12},
    ApiSupport{ApiKey::list_offsets, "ListOffsets", 5, 5, 6},
    ApiSupport{ApiKey::metadata, "Metadata", 2, 7, 9},
    ApiSupport{ApiKey::sasl_handshake, "SaslHandshake", 1, 1, k_never_flexible},
    ApiSupport{ApiKey::api_versions, "ApiVersions", 2, 2, 3},
    ApiSupport{ApiKey::init_producer_id, "InitProducerId", 1, 1, 2},
    ApiSupport{ApiKey::offset_for_leader_epoch, "OffsetForLeaderEpoch", 2, 2, 4},
    ApiSupport{ApiKey::sasl_authenticate, "SaslAuthenticate", 1, 1, 2},
};

const ApiSupport& support_of(ApiKey key) noexcept;

constexpr Encoding encoding_of(const ApiSupport& api, std::int16_t version) noexcept {
  return version >= api.flexible_from ? Encoding::flexible : Encoding::plain;
}

struct VersionRange {
  std::int16_t key = 0;
  std::int16_t min = 0;
  std::int16_t max = 0;
};

/// The highest version that both sides speak; nothing when there is none. A broker that does not
/// list the API does not have it. (4.x lists Produce from 0 on but refuses what is below 3,
/// KAFKA-18659, which is one reason to take the highest.)
std::optional<std::int16_t> common_version(ApiKey key, std::span<const VersionRange> broker);

struct ApiVersionsResponse {
  std::int16_t error = 0;
  std::vector<VersionRange> ranges;
  std::int32_t throttle_ms = 0;
};
std::optional<ApiVersionsResponse> read_api_versions(WireReader& in);

/// One request from its size field to its end. The size is filled in by finish(); bytes that are
/// sent from elsewhere are announced to it.
class RequestFrame {
 public:
  /// Begins a request in the emptied buffer, which has to outlive the frame.
  RequestFrame(std::vector<std::byte>& out, ApiKey key, std::int16_t version,
               std::int32_t correlation_id, std::string_view client_id);

  WireWriter& body() noexcept { return writer_; }
  void finish(std::size_t bytes_from_elsewhere = 0);

 private:
  WireWriter writer_;
};

/// Reads the header of a response (without the size field); its correlation id. The header of
/// ApiVersions is plain in every version.
std::int32_t read_response_header(WireReader& in, ApiKey key) noexcept;

/// A reader of the body of a response, with the encoding that belongs to the version.
WireReader response_reader(ByteView response, ApiKey key, std::int16_t version) noexcept;

}  // namespace kferry::protocol
