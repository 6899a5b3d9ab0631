#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kferry/base/result.hpp"

namespace kferry::kafka {

/// A token of OAUTHBEARER that nobody signed (RFC 7515 appendix A.5, as Kafka's own login module
/// makes them).
struct UnsecuredToken {
  std::string value;
  std::string principal;
  std::int64_t expires_ms = 0;
  std::vector<std::string> extensions;  ///< names and values in turn
};

/// claims: librdkafka's form, "principal=x scope=a,b lifeSeconds=600". Errors: configuration.
Result<UnsecuredToken> make_unsecured_token(std::string_view claims, std::int64_t now_ms);

/// For rd_kafka_conf_set_oauthbearer_token_refresh_cb. The library has one of its own, whose first
/// refresh ends the process (2.0.2: rd_kafka_oauthbearer_enqueue_token_refresh without a queue).
void give_unsecured_token(rd_kafka_t* client, const char* claims, void* opaque);

}  // namespace kferry::kafka
