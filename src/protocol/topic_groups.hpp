#pragma once

#include <algorithm>
#include <span>

#include "kferry/protocol/wire.hpp"

namespace kferry::protocol {

/// Requests hold an array of topics with an array of partitions each. Writes that from one flat
/// list in which the elements of a topic stand together.
template <class Element, class WriteOne>
void write_topic_groups(WireWriter& out, std::span<const Element> elements, WriteOne write_one) {
  const auto group_end = [&](auto begin) {
    return std::find_if(begin, elements.end(),
                        [&](const Element& other) { return other.topic != begin->topic; });
  };
  std::size_t groups = 0;
  for (auto at = elements.begin(); at != elements.end(); at = group_end(at)) ++groups;
  out.array(groups);
  for (auto at = elements.begin(); at != elements.end();) {
    const auto end = group_end(at);
    out.string(at->topic);
    out.array(static_cast<std::size_t>(end - at));
    for (; at != end; ++at) write_one(*at);
  }
}

}  // namespace kferry::protocol
