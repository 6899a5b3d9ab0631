#include "engines/passthrough/stream_loop.hpp"

#include <algorithm>
#include <thread>

namespace kferry::engines::passthrough {
namespace {

/// With fewer in advance a connection might run out of work before we look again.
constexpr int k_requests_in_advance = 3;
constexpr std::chrono::microseconds k_nap_min{50};
/// Longer ones cost throughput on the source's side, which has one request under way.
constexpr std::chrono::microseconds k_nap_max{500};

}  // namespace

void StreamLoop::wait(Milliseconds timeout) {
  const BeforeWait now = flush_ ? flush_() : BeforeWait{};
  if (now.news || timeout.count() == 0) {
    loop_.drive(Milliseconds(0));
    return;
  }
  if (now.in_flight.least >= k_requests_in_advance) {
    nap(now);
    if (loop_.drive(Milliseconds(0))) return;
  }
  loop_.drive(timeout);
}

/// As long as the last one when that left work to the target, and a little longer.
void StreamLoop::nap(const BeforeWait& now) {
  const auto answers = static_cast<std::int64_t>(now.answers - before_nap_.answers);
  const bool ran_dry = answers >= before_nap_.in_flight.all;
  nap_ = std::clamp(ran_dry ? nap_ / 2 : nap_ + nap_ / 4, k_nap_min, k_nap_max);
  before_nap_ = now;
  std::this_thread::sleep_for(nap_);
}

}  // namespace kferry::engines::passthrough
