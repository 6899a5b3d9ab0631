#include "kferry/protocol/api.hpp"

#include <algorithm>

#include "kferry/base/check.hpp"

namespace kferry::protocol {

const ApiSupport& support_of(ApiKey key) noexcept {
  const auto* const found = std::find_if(k_api_support.begin(), k_api_support.end(),
                                         [key](const ApiSupport& api) { return api.key == key; });
  KF_CHECK(found != k_api_support.end());
  return *found;
}

std::optional<std::int16_t> common_version(ApiKey key, std::span<const VersionRange> broker) {
  const ApiSupport& ours = support_of(key);
  for (const VersionRange& theirs : broker) {
    if (theirs.key != static_cast<std::int16_t>(key)) continue;
    const std::int16_t version = std::min(ours.version_max, theirs.max);
    if (version >= std::max(ours.version_min, theirs.min)) return version;
  }
  return std::nullopt;
}

std::optional<ApiVersionsResponse> read_api_versions(WireReader& in) {
  ApiVersionsResponse response;
  response.error = in.i16();
  const std::size_t count = in.array(sizeof(std::int16_t) * 3);
  response.ranges.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    VersionRange range;
    range.key = in.i16();
    range.min = in.i16();
    range.max = in.i16();
    response.ranges.push_back(range);
  }
  // A broker that does not know our version answers in version 0, which ends here.
  if (in.remaining() > 0) response.throttle_ms = in.i32();
  if (!in.ok()) return std::nullopt;
  return response;
}

RequestFrame::RequestFrame(std::vector<std::byte>& out, ApiKey key, std::int16_t version,
                           std::int32_t correlation_id, std::string_view client_id)
    : writer_((out.clear(), out), encoding_of(support_of(key), version)) {
  // The client id stays a plain string in flexible headers too (KIP-482).
  WireWriter header(out);
  header.i32(0);
  header.i16(static_cast<std::int16_t>(key));
  header.i16(version);
  header.i32(correlation_id);
  header.string(client_id);
  writer_.no_tagged_fields();
}

void RequestFrame::finish(std::size_t bytes_from_elsewhere) {
  const std::size_t size = writer_.size() - sizeof(std::int32_t) + bytes_from_elsewhere;
  KF_CHECK(size <= INT32_MAX);
  writer_.patch_i32(0, static_cast<std::int32_t>(size));
}

std::int32_t read_response_header(WireReader& in, ApiKey key) noexcept {
  const std::int32_t correlation_id = in.i32();
  if (key != ApiKey::api_versions) in.skip_tagged_fields();
  return correlation_id;
}

WireReader response_reader(ByteView response, ApiKey key, std::int16_t version) noexcept {
  return WireReader(response, encoding_of(support_of(key), version));
}

}  // namespace kferry::protocol
