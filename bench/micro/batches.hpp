#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kferry/base/check.hpp"
#include "kferry/protocol/records.hpp"
#include "kferry/protocol/wire.hpp"

namespace kferry::bench {

/// A batch of so many records with values of so many bytes, which compress to about a third.
inline std::vector<std::byte> batch_of(protocol::Codec codec, int records, int value_bytes) {
  protocol::BatchBuilder builder;
  builder.begin(codec);
  std::uint64_t noise = 1;
  for (int i = 0; i < records; ++i) {
    std::string value;
    while (value.size() < static_cast<std::size_t>(value_bytes)) {
      noise = noise * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
      value += std::to_string(noise >> 40) + " is the number ";
    }
    value.resize(static_cast<std::size_t>(value_bytes));
    std::vector<std::byte> content;
    protocol::WireWriter out(content);
    out.varint(-1);  // no key
    out.varint(value_bytes);
    out.raw(as_bytes(value));
    out.varint(0);  // no headers
    builder.add(1'700'000'000'000 + i, content);
  }
  std::vector<std::byte> batch;
  KF_CHECK(builder.finish({1, 0}, 0, batch).has_value());
  return batch;
}

}  // namespace kferry::bench
