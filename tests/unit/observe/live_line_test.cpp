#include "kferry/observe/live_line.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>

#include "kferry/base/log.hpp"
#include "support/manual_clock.hpp"
#include "support/sample_snapshot.hpp"

namespace kferry::observe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ManualClock;
using testing::sample_snapshot;

Snapshot with(std::uint64_t records, std::optional<std::int64_t> lag) {
  Snapshot snapshot = sample_snapshot();
  auto& shards = snapshot.flows[0].shards;
  shards.pop_back();
  shards[0].records_mirrored = records;
  shards[0].bytes_mirrored = records * 1000;
  shards[0].lag_records = lag;
  return snapshot;
}

TEST(RateMeter, KnowsNothingFromOneSnapshot) {
  ManualClock clock;
  RateMeter meter(clock);
  const Progress progress = meter.update(with(100, 50));
  EXPECT_EQ(to_string(progress), "- records/s  - MB/s  lag 50  zero in -  ready");
  // The clock did not move: still no time to divide by.
  EXPECT_EQ(meter.update(with(200, 40)).records_per_second, std::nullopt);
}

TEST(RateMeter, RatesAndTimeToZero) {
  ManualClock clock;
  RateMeter meter(clock);
  meter.update(with(0, 1'000'000));
  clock.advance(seconds(1));
  const Progress progress = meter.update(with(20'000, 990'000));
  EXPECT_DOUBLE_EQ(progress.records_per_second.value(), 20'000);
  EXPECT_DOUBLE_EQ(progress.bytes_per_second.value(), 20e6);
  EXPECT_DOUBLE_EQ(progress.seconds_to_zero.value(), 99);
  EXPECT_EQ(to_string(progress),
            "20,000 records/s  20.0 MB/s  lag 990,000  zero in 1 min 39 s  ready");
}

TEST(RateMeter, NoTimeToZeroWhileTheLagDoesNotFall) {
  ManualClock clock;
  RateMeter meter(clock);
  meter.update(with(0, 1000));
  for (const std::int64_t lag : {1000, 1100}) {
    clock.advance(seconds(1));
    EXPECT_EQ(meter.update(with(10, lag)).seconds_to_zero, std::nullopt) << lag;
  }
}

TEST(RateMeter, ZeroLagIsCaughtUp) {
  ManualClock clock;
  RateMeter meter(clock);
  meter.update(with(0, 0));
  clock.advance(seconds(1));
  EXPECT_EQ(to_string(meter.update(with(0, 0))), "0 records/s  0.0 MB/s  lag 0  caught up  ready");
}

TEST(RateMeter, OldSnapshotsAreForgotten) {
  ManualClock clock;
  RateMeter meter(clock);
  std::uint64_t records = 0;
  std::int64_t lag = 100'000;
  meter.update(with(records, lag));
  for (int i = 0; i < 30; ++i) {  // fast, lag falls
    clock.advance(seconds(1));
    meter.update(with(records += 1000, lag -= 1000));
  }
  Progress progress;
  for (int i = 0; i < 5; ++i) {  // slow, lag stands still
    clock.advance(seconds(1));
    progress = meter.update(with(records += 10, lag));
  }
  EXPECT_DOUBLE_EQ(progress.records_per_second.value(), 10);
  EXPECT_DOUBLE_EQ(progress.seconds_to_zero.value(), 70'000 / (10'000.0 / 15));
  for (int i = 0; i < 10; ++i) {
    clock.advance(seconds(1));
    progress = meter.update(with(records += 10, lag));
  }
  EXPECT_EQ(progress.seconds_to_zero, std::nullopt);
}

TEST(RateMeter, SparseSnapshotsUseTheLastTwo) {
  ManualClock clock;
  RateMeter meter(clock);
  meter.update(with(0, 5000));
  for (int i = 1; i <= 3; ++i) {
    clock.advance(seconds(30));
    const Progress progress =
        meter.update(with(static_cast<std::uint64_t>(i) * 300, 5000 - i * 30));
    EXPECT_DOUBLE_EQ(progress.records_per_second.value(), 10) << i;
    EXPECT_DOUBLE_EQ(progress.seconds_to_zero.value(), static_cast<double>(5000 - i * 30)) << i;
  }
}

TEST(RateMeter, RevokedShardsDoNotDentTheRate) {
  ManualClock clock;
  RateMeter meter(clock);
  meter.update(with(1000, 10));
  clock.advance(seconds(1));
  Snapshot revoked = with(1100, 10);
  revoked.flows[0].released.records_mirrored = 1100;
  revoked.flows[0].released.bytes_mirrored = 1'100'000;
  revoked.flows[0].shards.clear();
  const Progress progress = meter.update(revoked);
  EXPECT_DOUBLE_EQ(progress.records_per_second.value(), 100);
  EXPECT_EQ(progress.lag_records, std::nullopt);
  EXPECT_EQ(progress.seconds_to_zero, std::nullopt);
}

TEST(RateMeter, SaysWhyItIsNotReady) {
  ManualClock clock;
  RateMeter meter(clock);
  Snapshot snapshot = with(0, std::nullopt);
  snapshot.flows[0].shards[0].state = ShardState::parked;
  snapshot.flows[0].shards[0].reason = "too\nlarge";
  EXPECT_EQ(to_string(meter.update(snapshot)),
            "- records/s  - MB/s  lag -  zero in -  "
            "not ready: flow orders: orders-0 is parked: too large");
}

/// Two ends of a terminal of a given width.
struct Terminal {
  explicit Terminal(unsigned short width) {
    winsize size{};
    size.ws_col = width;
    size.ws_row = 24;
    if (::openpty(&screen, &line, nullptr, nullptr, &size) != 0)
      throw std::runtime_error("no terminal for the test");
  }
  ~Terminal() {
    ::close(screen);
    ::close(line);
  }
  /// What has been written up to now.
  std::string shown() const {
    std::string text;
    pollfd ready{screen, POLLIN, 0};
    while (::poll(&ready, 1, 0) == 1) text += read_some();
    return text;
  }
  /// Waits for output, ten seconds at most.
  std::string wait_for(const std::string& part) const {
    std::string text;
    pollfd ready{screen, POLLIN, 0};
    while (text.find(part) == std::string::npos && ::poll(&ready, 1, 60'000) == 1)
      text += read_some();
    return text;
  }
  std::string read_some() const {
    char buffer[4096];
    const auto got = ::read(screen, buffer, sizeof buffer);
    return {buffer, got > 0 ? static_cast<std::size_t>(got) : 0};
  }
  int screen = -1;
  int line = -1;
};

const std::string k_clear = "\r\x1b[2K";

TEST(LiveLine, RenewsOneLineWithinTheTerminalsWidth) {
  ManualClock clock;
  const Terminal terminal(40);
  LiveLine line([] { return with(5, 7); }, clock, terminal.line);
  line.refresh();
  EXPECT_EQ(terminal.shown(), k_clear + "- records/s  - MB/s  lag 7  zero in - …");
  clock.advance(seconds(1));
  line.refresh();
  EXPECT_EQ(terminal.shown(), k_clear + "0 records/s  0.0 MB/s  lag 7  zero in …");
}

TEST(LiveLine, MakesRoomForLogLines) {
  ManualClock clock;
  const Terminal terminal(200);
  LiveLine line([] { return with(5, 7); }, clock, terminal.line);
  line.refresh();
  terminal.shown();
  ::testing::internal::CaptureStderr();
  log::info("test", "hello");
  log::info("test", "again");
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("hello\n"), std::string::npos);
  EXPECT_EQ(terminal.shown(), k_clear);  // once: the second line found nothing to clear
  line.refresh();
  EXPECT_EQ(terminal.shown(), "");  // a log line may still be on its way
  clock.advance(milliseconds(50));
  line.refresh();
  EXPECT_TRUE(terminal.shown().starts_with(k_clear + "0 records/s"));
}

TEST(LiveLine, LeavesTheLineEmptyAndTheLogAlone) {
  ManualClock clock;
  const Terminal terminal(200);
  {
    LiveLine line([] { return with(5, 7); }, clock, terminal.line);
    line.refresh();
    terminal.shown();
  }
  EXPECT_EQ(terminal.shown(), k_clear);
  ::testing::internal::CaptureStderr();
  log::info("test", "after");
  ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(terminal.shown(), "");
}

TEST(LiveLine, ASourceThatLogsDoesNotDeadlock) {
  ManualClock clock;
  const Terminal terminal(200);
  ::testing::internal::CaptureStderr();
  LiveLine line(
      [] {
        log::info("test", "from the source");
        return with(5, 7);
      },
      clock, terminal.line);
  line.refresh();
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("from the source"), std::string::npos);
}

TEST(Summary, IsOneLogLine) {
  ManualClock clock;
  std::uint64_t records = 0;
  Summary summary([&] { return with(records, 50); }, clock);
  records = 3000;
  clock.advance(seconds(30));
  ::testing::internal::CaptureStderr();
  summary.log_line();
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_TRUE(text.ends_with("observe: 100 records/s  0.1 MB/s  lag 50  zero in -  ready\n"))
      << text;
}

TEST(Reporter, DrawsOnATerminalUntilDestroyed) {
  const SystemClock clock;
  const Terminal terminal(200);
  ReporterOptions options;
  options.terminal = true;
  options.terminal_fd = terminal.line;
  options.live_line_interval = milliseconds(5);
  std::atomic<std::uint64_t> records = 0;
  const Reporter reporter([&] { return with(records += 1000, 7); }, clock, options);
  // The first line knows no rate; one with thousands proves that others follow.
  EXPECT_NE(terminal.wait_for(",").find(" records/s"), std::string::npos);
}

TEST(Reporter, StopsAtOnceInALongInterval) {
  const SystemClock clock;
  ReporterOptions options;
  options.terminal = false;
  const auto before = clock.steady();
  {
    const Reporter reporter([] { return with(0, 0); }, clock, options);
  }
  EXPECT_LT(clock.steady() - before, k_summary_interval / 2);
}

TEST(Reporter, ASourceThatThrowsEndsOnlyTheLines) {
  const SystemClock clock;
  const Terminal terminal(200);
  ReporterOptions options;
  options.terminal = true;
  options.terminal_fd = terminal.line;
  ::testing::internal::CaptureStderr();
  {
    const Reporter reporter([]() -> Snapshot { throw std::runtime_error("broken"); }, clock,
                            options);
  }
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("no more progress lines: broken"),
            std::string::npos);
}

TEST(ExitSummary, TellsTotalsAndEveryLoss) {
  Snapshot snapshot = sample_snapshot();
  snapshot.uptime_seconds = 125;
  FlowSnapshot& flow = snapshot.flows[0];
  flow.released.records_mirrored = 1'000'000;
  flow.released.bytes_mirrored = 2'000'000'000;
  flow.released.records_lost = 4;
  flow.shards[0].records_filtered = 1;
  flow.shards[0].records_dropped = 2;
  flow.shards[1].records_lost = 3;
  flow.timestamps_replaced = 5;
  EXPECT_EQ(exit_summary(snapshot),
            "mirrored 1,000,150 records, 2.00 GB; filtered 1, dropped 2, lost 7 in 2 min 5 s\n"
            "flow orders: 1,000,150 records, 2.00 GB; filtered 1, dropped 2, lost 7; lag 10; "
            "timestamps replaced 5");
}

TEST(ExitSummary, SaysWhetherAllThatWasReadHasArrived) {
  Snapshot snapshot;
  FlowSnapshot& flow = snapshot.flows.emplace_back(testing::running_flow("orders"));
  const auto ending = [&](const FlowEnding& how) {
    flow.ending = how;
    const std::string text = exit_summary(snapshot);
    const std::size_t begin = text.find("lost 0; ", text.find('\n')) + 8;
    return text.substr(begin, text.find(';', begin) - begin);
  };
  EXPECT_EQ(ending({}), "drained, lag 0");
  EXPECT_EQ(ending({.lag_records = 1'200, .partitions_without_lag = 2}),
            "drained, lag 1,200 (unknown for 2 partitions)");
  EXPECT_EQ(ending({.lag_records = 5, .partitions_left_behind = 3}),
            "NOT drained: of 3 partitions not all that was read has arrived, lag 5");
  EXPECT_EQ(ending({.partitions_not_committed = 1}), "drained, 1 positions NOT committed, lag 0");
}

TEST(ExitSummary, SaysWhatIsNotKnownAndWhatNeverStarted) {
  Snapshot snapshot = sample_snapshot();
  snapshot.flows[0].shards[1].lag_records.reset();
  snapshot.flows[0].waiting_topics = {{"target topic is missing", 2}};
  snapshot.flows.push_back(testing::running_flow("empty"));
  EXPECT_EQ(exit_summary(snapshot),
            "mirrored 150 records, 15.0 kB; filtered 0, dropped 0, lost 0 in 13 s\n"
            "flow orders: 150 records, 15.0 kB; filtered 0, dropped 0, lost 0; lag 10 (unknown for "
            "1 partitions); timestamps replaced 0; topics that never started 2\n"
            "flow empty: 0 records, 0 B; filtered 0, dropped 0, lost 0; lag unknown; timestamps "
            "replaced 0");
}

}  // namespace
}  // namespace kferry::observe
