#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kferry/kafka/connection_watch.hpp"

/// What the library's words about a connection mean. Pure.
namespace kferry::kafka {

/// "localhost:9092" of "sasl_ssl://localhost:9092/1".
std::string broker_address(std::string_view name);

/// One line of the library, apart.
struct Failure {
  std::string broker;  ///< host:port
  std::string text;    ///< what happened, with the library's suffix
};
/// "[thrd:x]: ssl://host:9092/1: what happened (after 1ms in state UP)".
Failure parse_failure(std::string_view line);

struct Diagnosis {
  TroubleKind kind = TroubleKind::no_answer;
  std::string text;
  std::string remedy;
  bool guess = false;  ///< the broker only hung up: believed of one that has never answered
};

/// Nothing: an ordinary end of a connection, or words that are not known. library_version as of
/// rd_kafka_version().
std::optional<Diagnosis> diagnose(std::string_view failure,
                                  const security::SecurityProfile& profile, int library_version);

/// For an X509_V_ERR_ code of the broker's certificate.
Diagnosis diagnose_certificate(int code, const std::string& host, const std::string& subject);

/// Whether the failure is about the broker's certificate, whose own reason says more.
bool is_about_certificate(std::string_view failure) noexcept;

}  // namespace kferry::kafka
