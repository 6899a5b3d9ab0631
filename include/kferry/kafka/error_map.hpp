#pragma once

#include <string>
#include <string_view>

#include "kferry/base/result.hpp"

namespace kferry::kafka {

/// A response code of Kafka or librdkafka (rd_kafka_resp_err_t), kept as a number so that doors
/// need no library header.
using ErrorCode = int;

/// The code's stable name, "MSG_SIZE_TOO_LARGE"; used as the reason label of metrics.
std::string error_name(ErrorCode code);
/// The library's sentence about the code.
std::string error_text(ErrorCode code);

/// What a failure to deliver a record means.
///   record:        this record will never be accepted as it is
///   shard:         topic gone or not allowed: may heal, but only for the whole shard
///   fatal:         the producer instance has to be replaced
///   retriable:     everything else
ErrorKind classify_delivery(ErrorCode code) noexcept;

/// What a failure of a request or of a client instance means (connect, metadata, commit, admin).
ErrorKind classify_request(ErrorCode code) noexcept;

/// Whether it says that a connection failed or that there is none; the library mends that itself.
bool is_about_connection(ErrorCode code) noexcept;

enum class Side;
/// What right is missing, "; give the principal ...", for an error_name; empty for other errors.
std::string authorization_remedy(std::string_view name, Side side);

/// "source: could not read metadata: Broker transport failure". what is a verb phrase.
Error make_error(ErrorKind kind, std::string_view what, ErrorCode code,
                 std::string_view detail = {});

}  // namespace kferry::kafka
