#include "app/explain_table.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace kferry::app {
namespace {

using config::Explanation;

const std::vector<Explanation> k_rows{
    {"east",
     "source",
     "group.id",
     "gr\xC3\xBCn",
     "translated",
     "group.id=gr\xC3\xBCn",
     "required",
     false,
     {"c.properties", 2}},
    {"east", "source", "isolation.level", "", "decided by kferry", "", "safer", true, {}},
    {"east", "target", "acks", "", "refused", "", "", false, {"p.properties", 1}},
};

TEST(ExplainTable, ColumnsAreAlignedByLetters) {
  EXPECT_EQ(
      explain_table(k_rows),
      "flow east, source\n"
      "  PROPERTY         VALUE      FATE               BECAME         WHY\n"
      "  group.id         gr\xC3\xBCn       translated         group.id=gr\xC3\xBCn  required\n"
      "  isolation.level  (not set)  decided by kferry  -              safer\n"
      "\n"
      "flow east, target\n"
      "  PROPERTY  VALUE    FATE     BECAME  WHY\n"
      "  acks      (empty)  refused  -\n"
      "\n");
  EXPECT_EQ(explain_table({}), "");
}

TEST(ExplainTable, ForMachines) {
  const auto rows = explain_rows(k_rows);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0]["flow"], "east");
  EXPECT_EQ(rows[0]["side"], "source");
  EXPECT_EQ(rows[0]["origin"], "c.properties:2");
  EXPECT_EQ(rows[0]["fate"], "translated");
  EXPECT_TRUE(rows[1]["value"].is_null()) << "nobody wrote it";
  EXPECT_EQ(rows[2]["value"], "");
  EXPECT_EQ(explain_rows({}).dump(), "[]");
}

}  // namespace
}  // namespace kferry::app
