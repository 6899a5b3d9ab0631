#include "config/file_guard.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "kferry/config/command_line.hpp"
#include "unit/config/reading.hpp"
#include "unit/config/temporary_folder.hpp"

namespace kferry::config {
namespace {

enum class Said { nothing, warning, mistake };

class FileGuard : public testing::Test {
 protected:
  std::string file(std::string_view text, unsigned mode) const {
    const auto path = folder_.write("f.properties", text);
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  Said guard(unsigned mode, Holds holds, const Variables& variables = {}) {
    Findings findings;
    Surroundings around;
    around.environment = environment_of(variables);
    const auto path = file("x", mode);
    guard_file(path, holds, around, findings);
    guard_file(path, holds, around, findings);
    EXPECT_LE(findings.mistakes.size() + findings.notices.size(), 1U) << "said once";
    if (!findings.mistakes.empty()) {
      EXPECT_NE(findings.mistakes[0].text.find(": chmod "), std::string::npos);
      return Said::mistake;
    }
    return findings.notices.empty() ? Said::nothing : Said::warning;
  }

  TemporaryFolder folder_;
};

TEST_F(FileGuard, ReadableSecrets) {
  EXPECT_EQ(guard(0640, Holds::secrets), Said::nothing);
  EXPECT_EQ(guard(0600, Holds::secrets), Said::nothing);
  EXPECT_EQ(guard(0644, Holds::secrets), Said::warning);
  EXPECT_EQ(guard(0644, Holds::provided_secrets), Said::warning);
  EXPECT_EQ(guard(0644, Holds::trust), Said::nothing);
  EXPECT_EQ(guard(0644, Holds::no_secrets), Said::nothing);
  const Variables credentials{
      {"CREDENTIALS_DIRECTORY", folder_.path("").substr(0, folder_.path("").size() - 1)}};
  EXPECT_EQ(guard(0444, Holds::provided_secrets, credentials), Said::nothing);
}

TEST_F(FileGuard, WritableByEverybody) {
  EXPECT_EQ(guard(0602, Holds::secrets), Said::mistake);
  EXPECT_EQ(guard(0666, Holds::provided_secrets), Said::mistake);
  EXPECT_EQ(guard(0666, Holds::trust), Said::mistake);
  EXPECT_EQ(guard(0666, Holds::no_secrets), Said::warning);
  EXPECT_EQ(guard(0664, Holds::secrets), Said::warning) << "readable";
}

TEST_F(FileGuard, WhatIsNoFileIsLeftToItsReader) {
  Findings findings;
  guard_file(folder_.path("none"), Holds::secrets, {}, findings);
  guard_file(folder_.path("."), Holds::secrets, {}, findings);
  guard_file("", Holds::secrets, {}, findings);
  EXPECT_TRUE(findings.notices.empty() && findings.mistakes.empty());
}

/// The producer's file with one line more, and what its mode brings up.
Findings read_file_with(const TemporaryFolder& folder, const std::string& line, unsigned mode) {
  const auto path = folder.write("p.properties", "bootstrap.servers=a:1\n" + line + "\n");
  EXPECT_EQ(::chmod(path.c_str(), mode), 0);
  Findings findings;
  auto entries = load_properties(path, path, findings);
  read_target({{path, 0}, std::move(*entries)}, findings);
  return findings;
}

bool warns(const Findings& findings, std::string_view text) {
  for (const auto& notice : findings.notices) {
    if (notice.level == Notice::Level::warning &&
        to_string(notice).find(text) != std::string::npos) {
      return true;
    }
  }
  return false;
}

TEST_F(FileGuard, OnlyFilesWithLiteralSecrets) {
  const std::string readable = "everybody on this machine can read it: chmod 640";
  EXPECT_TRUE(warns(read_file_with(folder_, "ssl.key.password=x", 0644), readable));
  EXPECT_TRUE(warns(read_file_with(folder_, "my.api_key=x", 0644), readable));
  EXPECT_FALSE(warns(read_file_with(folder_, "ssl.key.password=x", 0640), readable));
  EXPECT_FALSE(warns(read_file_with(folder_, "ssl.key.password=", 0644), readable));
  EXPECT_FALSE(warns(read_file_with(folder_, "ssl.key.password=${env:X}", 0644), readable));
  EXPECT_FALSE(warns(read_file_with(folder_, "linger.ms=5", 0644), readable));
  EXPECT_EQ(read_file_with(folder_, "ssl.key.password=x", 0646).mistakes.size(), 1U);
  EXPECT_TRUE(read_file_with(folder_, "linger.ms=5", 0646).mistakes.empty());
}

TEST_F(FileGuard, LettersThatJavaReadsAsLatin1) {
  const std::string trap = "ssl.key.password: holds letters that are not ASCII";
  EXPECT_TRUE(warns(read_file_with(folder_, "ssl.key.password=p\xC3\xA4ss", 0640), trap));
  EXPECT_FALSE(warns(read_file_with(folder_, "ssl.key.password=p\\u00e4ss", 0640), trap));
  EXPECT_FALSE(warns(read_file_with(folder_, "client.id=p\xC3\xA4ss", 0640), "not ASCII"));
}

}  // namespace
}  // namespace kferry::config
