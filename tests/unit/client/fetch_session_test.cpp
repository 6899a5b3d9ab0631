#include "client/fetch_session.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

namespace kferry::client {
namespace {

/// "17/1 orders[0@5 1@7] forgotten pay[3]": a request, short enough to compare.
std::string request_of(FetchSession& session) {
  std::vector<std::byte> bytes;
  protocol::WireWriter out(bytes);
  protocol::FetchRequest request;
  request.wait_max_ms = 500;
  request.bytes_max = 1'000;
  session.write(out, request, 11, 100);
  protocol::WireReader in(bytes);
  in.i32();  // replica
  EXPECT_EQ(in.i32(), 500);
  EXPECT_EQ(in.i32(), 1);
  EXPECT_EQ(in.i32(), 1'000);
  in.i8();
  std::string text = std::to_string(in.i32());
  text += "/" + std::to_string(in.i32());
  for (auto topics = in.array(1); topics > 0; --topics) {
    text += " " + std::string(in.string()) + "[";
    for (auto count = in.array(1); count > 0; --count) {
      text += std::to_string(in.i32());
      const auto epoch = in.i32();
      if (epoch >= 0) text += "e" + std::to_string(epoch);
      text += "@" + std::to_string(in.i64());
      EXPECT_EQ(in.i64(), -1);
      EXPECT_EQ(in.i32(), 100);
      if (count > 1) text += " ";
    }
    text += "]";
  }
  for (auto topics = in.array(1); topics > 0; --topics) {
    text += " forgotten " + std::string(in.string()) + "[";
    for (auto count = in.array(1); count > 0; --count) {
      text += std::to_string(in.i32()) + (count > 1 ? " " : "");
    }
    text += "]";
  }
  EXPECT_EQ(in.string(), "");
  EXPECT_TRUE(in.ok() && in.remaining() == 0);
  return text;
}

class FetchSessionTest : public ::testing::Test {
 protected:
  FetchTrack& track(const std::string& topic, std::int32_t partition, std::int64_t offset) {
    FetchTrack& made = tracks.emplace_back();
    made.tp = {topic, Partition(partition)};
    made.next_offset = offset;
    session.want(made);
    return made;
  }
  void answer(std::int32_t session_id) {
    protocol::FetchResponse response;
    response.session_id = session_id;
    session.answered(response);
  }
  void move(FetchTrack& which, std::int64_t offset) {
    which.next_offset = offset;
    session.want(which);
  }

  std::deque<FetchTrack> tracks;
  FetchSession session;
};

TEST_F(FetchSessionTest, TellsAllOnceAndThenWhatChanged) {
  FetchTrack& orders = track("orders", 0, 5);
  track("orders", 1, 7);
  FetchTrack& pay = track("pay", 3, 0);
  EXPECT_EQ(request_of(session), "0/0 orders[0@5 1@7] pay[3@0]");
  answer(17);
  EXPECT_EQ(request_of(session), "17/1");
  answer(17);
  move(orders, 9);
  move(pay, 0);
  EXPECT_EQ(request_of(session), "17/2 orders[0@9]") << "pay stands where it stood";
  answer(17);
  orders.leader.epoch = 3;
  session.want(orders);
  EXPECT_EQ(request_of(session), "17/3 orders[0e3@9]");
}

TEST_F(FetchSessionTest, ForgetsWhoLeftAndAddsWhoComes) {
  FetchTrack& orders = track("orders", 0, 5);
  FetchTrack& pay = track("pay", 3, 0);
  request_of(session);
  answer(17);
  session.leave(orders);
  EXPECT_EQ(session.find("orders", 0)->track, nullptr) << "an answer may still name it";
  FetchTrack& late = track("late", 1, 2);
  EXPECT_EQ(request_of(session), "17/1 late[1@2] forgotten orders[0]");
  EXPECT_EQ(session.find("orders", 0), nullptr);
  answer(17);
  EXPECT_EQ(request_of(session), "17/2");
  answer(17);
  session.want(orders);
  EXPECT_EQ(request_of(session), "17/3 orders[0@5]");
  session.leave(orders);
  session.leave(pay);
  session.leave(late);
  EXPECT_FALSE(session.wants_any());
}

TEST_F(FetchSessionTest, LeavingAndComingBackIsNoNews) {
  FetchTrack& orders = track("orders", 0, 5);
  FetchTrack& pay = track("pay", 0, 5);
  request_of(session);
  answer(17);
  session.leave(orders);
  session.leave(pay);
  session.leave(pay);
  session.want(orders);
  move(pay, 6);
  EXPECT_EQ(request_of(session), "17/1 pay[0@6]");
  // Who came and went unheard is not forgotten either.
  FetchTrack& brief = track("brief", 0, 0);
  session.leave(brief);
  answer(17);
  EXPECT_EQ(request_of(session), "17/2");
}

TEST_F(FetchSessionTest, ATrackTakesTheSeatOfAnother) {
  FetchTrack& old = track("orders", 0, 5);
  request_of(session);
  answer(17);
  session.leave(old);
  track("orders", 0, 50);
  EXPECT_EQ(request_of(session), "17/1 orders[0@50]");
  session.leave(old);
  EXPECT_TRUE(session.wants_any()) << "it had left long ago";
}

TEST_F(FetchSessionTest, WithoutRoomAtTheBrokerEveryRequestIsFullAndTheyTakeTurns) {
  track("a", 0, 0);
  track("a", 1, 0);
  track("b", 0, 0);
  EXPECT_EQ(request_of(session), "0/0 a[0@0 1@0] b[0@0]");
  answer(0);
  EXPECT_EQ(request_of(session), "0/0 a[1@0 0@0] b[0@0]");
  answer(0);
  EXPECT_EQ(request_of(session), "0/0 b[0@0] a[0@0 1@0]");
  answer(0);
  EXPECT_EQ(request_of(session), "0/0 a[0@0 1@0] b[0@0]");
}

TEST_F(FetchSessionTest, WithoutRoomAtTheBrokerNoneIsPassedOverForEver) {
  constexpr std::int32_t k_count = 17;
  for (std::int32_t i = 0; i < k_count; ++i) track("a", i, 0);
  // The broker has room for the records of all but one.
  const std::vector<std::byte> records(10);
  std::vector<int> served(k_count);
  for (std::int32_t round = 0; round < 2 * k_count; ++round) {
    const std::string text = request_of(session);
    protocol::FetchResponse response;
    std::size_t at = text.find('[');
    for (std::int32_t i = 0; i + 1 < k_count; ++i, at = text.find(' ', at + 1)) {
      protocol::FetchedPartition& partition = response.partitions.emplace_back();
      partition.topic = "a";
      partition.partition = std::stoi(text.substr(at + 1));
      partition.records = records;
      ++served[static_cast<std::size_t>(partition.partition)];
    }
    session.answered(response);
  }
  for (const int times : served) EXPECT_GE(times, k_count);
}

TEST_F(FetchSessionTest, ALostSessionBeginsAnew) {
  FetchTrack& orders = track("orders", 0, 5);
  track("pay", 0, 5);
  request_of(session);
  answer(17);
  session.leave(orders);
  session.restart(false);
  EXPECT_TRUE(session.full());
  EXPECT_EQ(request_of(session), "0/0 pay[0@5]");
  answer(18);
  session.restart(true);
  EXPECT_EQ(request_of(session), "18/0 pay[0@5]") << "closes the old one";
  answer(19);
  EXPECT_EQ(request_of(session), "19/1");
  answer(0);
  EXPECT_EQ(request_of(session), "0/0 pay[0@5]") << "the broker ended it";
}

TEST_F(FetchSessionTest, KnowsOnlyWhatTheBrokerWasTold) {
  track("orders", 0, 5);
  EXPECT_EQ(session.find("orders", 0), nullptr);
  request_of(session);
  EXPECT_NE(session.find("orders", 0), nullptr);
  EXPECT_EQ(session.find("orders", 1), nullptr);
  EXPECT_EQ(session.find("other", 0), nullptr);
}

}  // namespace
}  // namespace kferry::client
