#include "kferry/kafka/mock_cluster.hpp"

#include <gtest/gtest.h>

namespace kferry::kafka {
namespace {

TEST(MockCluster, WritesNothingOfItsOwnToStderr) {
  ::testing::internal::CaptureStderr();
  {
    const auto cluster = MockCluster::make(1);
    ASSERT_TRUE(cluster);
    EXPECT_TRUE((*cluster)->create_topic("t", 1));
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace kferry::kafka
