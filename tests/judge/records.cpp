#include "kferry/protocol/records.hpp"

#include <array>
#include <stdexcept>

#include "cases.hpp"
#include "draws.hpp"
#include "kferry/protocol/compression.hpp"
#include "kferry/protocol/crc32c.hpp"
#include "kferry/protocol/wire.hpp"

namespace {

using namespace kferry;
using judge::Draws;
using judge::Json;
using protocol::BatchHeader;
using Bytes = std::vector<std::byte>;

/// The same as Java's side, RecordsJudge.java.
constexpr protocol::ProducerIdentity k_producer{77, 3};
constexpr std::int32_t k_base_sequence = 1'000;
constexpr std::size_t k_shown_bytes_max = 40;

std::string sum(ByteView bytes) {
  return std::to_string(bytes.size()) + " bytes, " + std::to_string(protocol::crc32c(bytes));
}

std::string show(const NullableBytes& bytes) {
  if (!bytes) return "null";
  return bytes->size() <= k_shown_bytes_max ? judge::hex(*bytes) : sum(*bytes);
}

Json show(const BatchHeader& header) {
  return {{"base_offset", header.base_offset},
          {"last_offset", header.last_offset()},
          {"next_offset", header.next_offset()},
          {"leader_epoch", header.leader_epoch},
          {"crc", header.crc},
          {"codec", std::string(to_string(header.codec()))},
          {"append_time", header.log_append_time()},
          {"transactional", header.transactional()},
          {"control", header.control()},
          {"delete_horizon", header.delete_horizon()},
          {"base_timestamp", header.base_timestamp},
          {"max_timestamp", header.max_timestamp},
          {"producer", header.producer.id},
          {"epoch", header.producer.epoch},
          {"sequence", header.base_sequence},
          {"count", header.record_count}};
}

/// Keys, values and headers are opaque to the program; only this judge looks inside.
NullableBytes nullable(protocol::WireReader& in) {
  const std::int32_t size = in.varint();
  if (size < 0) return std::nullopt;
  return in.raw(static_cast<std::size_t>(size));
}

Json show(const protocol::RawRecord& record, std::int64_t offset, std::int64_t timestamp) {
  Json shown{offset, timestamp};
  protocol::WireReader in(record.content);
  shown.push_back(show(nullable(in)));
  shown.push_back(show(nullable(in)));
  for (std::int32_t headers = in.varint(); headers > 0 && in.ok(); --headers) {
    shown.push_back(show(nullable(in)));
    shown.push_back(show(nullable(in)));
  }
  if (!in.ok() || in.remaining() > 0) throw std::runtime_error("a record that is not one");
  return shown;
}

std::string rewritten(ByteView batch) {
  Bytes copy(batch.begin(), batch.end());
  protocol::rewrite_header(copy, k_producer, k_base_sequence);
  if (!std::equal(copy.begin() + protocol::k_batch_header_bytes, copy.end(),
                  batch.begin() + protocol::k_batch_header_bytes)) {
    throw std::runtime_error("the body is not what it was");
  }
  return judge::hex(ByteView(copy).first(protocol::k_batch_header_bytes));
}

Result<Json> read(ByteView bytes) {
  const auto scanned = protocol::scan_batch(bytes);
  if (scanned.state != protocol::BatchScan::whole || scanned.size_bytes != bytes.size() ||
      !protocol::checksum_holds(bytes)) {
    return Json{{"valid", false}};
  }
  const BatchHeader& header = scanned.header;
  Bytes body;
  if (auto result =
          protocol::decompress(header.codec(), bytes.subspan(protocol::k_batch_header_bytes), body);
      !result) {
    return result.error();
  }
  Json said{{"valid", true}, {"header", show(header)}, {"body", sum(body)}};
  said["records"] = Json::array();
  protocol::BatchBuilder builder;
  builder.begin(protocol::Codec::none);
  protocol::RecordsReader reader(body, header.record_count);
  while (const auto record = reader.next()) {
    const std::int64_t timestamp = header.log_append_time()
                                       ? header.max_timestamp
                                       : header.base_timestamp + record->timestamp_delta;
    said["records"].push_back(show(*record, header.base_offset + record->offset_delta, timestamp));
    builder.add(timestamp, record->content);
  }
  if (!reader.complete()) return Error{ErrorKind::record, "the records do not fill the batch"};
  said["rewritten"] = rewritten(bytes);
  if (builder.records() > 0) {
    Bytes rebuilt;
    if (auto result = builder.finish(k_producer, k_base_sequence, rebuilt); !result) {
      return result.error();
    }
    said["rebuilt"] = sum(rebuilt);
  }
  return said;
}

void write_nullable(protocol::WireWriter& out, Draws& draws, std::size_t most) {
  if (draws.one_in(6)) return out.varint(-1);
  // Half of it compresses.
  const std::string bytes =
      draws.one_in(2) ? draws.bytes(most) : std::string(draws.below(most + 1), 'x');
  out.varint(static_cast<std::int32_t>(bytes.size()));
  out.raw(as_bytes(bytes));
}

Bytes random_content(Draws& draws) {
  Bytes content;
  protocol::WireWriter out(content);
  const std::size_t most = draws.one_in(20) ? 100'000 : 200;
  write_nullable(out, draws, most);
  write_nullable(out, draws, most);
  const auto headers = static_cast<std::int32_t>(draws.one_in(3) ? draws.below(5) : 0);
  out.varint(headers);
  for (std::int32_t i = 0; i < headers; ++i) {
    const std::string name = draws.text();
    out.varint(static_cast<std::int32_t>(name.size()));
    out.raw(as_bytes(name));
    write_nullable(out, draws, 20);
  }
  return content;
}

/// Batches of our builder, of all codecs.
void make(const std::filesystem::path& folder, std::uint64_t seed, int count) {
  Draws draws(seed);
  for (int i = 0; i < count; ++i) {
    protocol::BatchBuilder builder;
    builder.begin(static_cast<protocol::Codec>(draws.below(5)));
    for (auto left = 1 + draws.below(draws.one_in(10) ? 300 : 12); left > 0; --left) {
      const auto time = static_cast<std::int64_t>(1'700'000'000'000U + draws.below(100'000));
      builder.add(draws.one_in(10) ? -1 : time, random_content(draws));
    }
    Bytes batch;
    const protocol::ProducerIdentity producer{static_cast<std::int64_t>(draws.below(1'000)),
                                              static_cast<std::int16_t>(draws.below(1'000))};
    const auto finished =
        builder.finish(producer, static_cast<std::int32_t>(draws.below(INT32_MAX)), batch);
    if (!finished) throw std::runtime_error(finished.error().text);
    judge::write_case(folder, "ours", i, batch);
  }
}

}  // namespace

/// Record batches, as Kafka's clients would see them, and ours as they see them.
int main(int argc, char** argv) {
  if (argc == 5) return judge::make_cases(argv, make);
  return judge::judge_folder(
      argc, argv, [](const auto&, const std::string& bytes) { return read(as_bytes(bytes)); });
}
