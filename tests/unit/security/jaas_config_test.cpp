#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kferry/security/jaas.hpp"

namespace kferry::security {
namespace {

using Options = std::map<std::string, std::string>;

Options options(std::string_view text) {
  const auto module = parse_jaas_config(text);
  Options shown;
  if (!module) {
    ADD_FAILURE() << text << ": " << module.error().text;
    return shown;
  }
  for (const auto& [name, value] : module->options) shown[name] = value.reveal();
  return shown;
}

std::string error_of(std::string_view text) {
  const auto module = parse_jaas_config(text);
  if (module) return "accepted";
  EXPECT_EQ(module.error().kind, ErrorKind::configuration);
  return module.error().text;
}

TEST(JaasConfig, ReadsWhatAGuideShows) {
  const auto module = parse_jaas_config(
      "org.apache.kafka.common.security.plain.PlainLoginModule required "
      "username=\"alice\" password=\"alice-secret\";");
  ASSERT_TRUE(module) << module.error().text;
  EXPECT_EQ(module->class_name, "org.apache.kafka.common.security.plain.PlainLoginModule");
  EXPECT_EQ(module->flag, "required");
  ASSERT_EQ(module->options.size(), 2U);
  EXPECT_EQ(module->options.at("username").reveal(), "alice");
  EXPECT_EQ(module->options.at("password").reveal(), "alice-secret");
}

TEST(JaasConfig, KeepsEveryCharacterOfAQuotedPassword) {
  EXPECT_EQ(options(R"(X required p=" a#b=c;d/e//f'g\"h\\i{}";)"),
            (Options{{"p", R"( a#b=c;d/e//f'g"h\i{})"}}));
  EXPECT_EQ(options("X required p='a\"b' q=\"\";"), (Options{{"p", "a\"b"}, {"q", ""}}));
  EXPECT_EQ(options("X required p=\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\";"),
            (Options{{"p", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"}}));
}

TEST(JaasConfig, UnderstandsEscapes) {
  EXPECT_EQ(options(R"(X required p="\n\t\r\b\f\a\v\q\101\1018\8";)"),
            (Options{{"p", "\n\t\r\b\f\a\vqAA88"}}));
  EXPECT_EQ(options(R"(X required p="\377\477";)"), (Options{{"p", "\xC3\xBF'7"}}));
  EXPECT_EQ(options("X required p=\"a\\\nb\";"), (Options{{"p", "a\nb"}}));
}

TEST(JaasConfig, TakesWordsWithoutQuotes) {
  EXPECT_EQ(options("X required a=b.c-d_e$f1 g=\xC3\xA4\xC2\xA0;"),
            (Options{{"a", "b.c-d_e$f1"}, {"g", "\xC3\xA4\xC2\xA0"}}));
}

TEST(JaasConfig, LeavesOutComments) {
  EXPECT_EQ(options("X required // no=1\n a=b /* no=2 */ / no=3\n;"), (Options{{"a", "b"}}));
  // A slash at the end of a line hides the next one as well.
  EXPECT_EQ(options("X required /\nno=1\na=b;"), (Options{{"a", "b"}}));
}

TEST(JaasConfig, TheLastOfTwoOptionsWins) {
  EXPECT_EQ(options("X required a=\"1\" a=\"2\";"), (Options{{"a", "2"}}));
}

TEST(JaasConfig, AcceptsANamelessOptionAsJavaDoes) {
  EXPECT_EQ(options("X required 1=a b=c;"), (Options{{"b", "c"}}));
}

TEST(JaasConfig, TheFlagMayBeInAnyCase) {
  for (const char* flag : {"required", "REQUISITE", "Sufficient", "\"oPtIoNaL\""}) {
    EXPECT_TRUE(parse_jaas_config(std::string("X ") + flag + ";")) << flag;
  }
  EXPECT_EQ(parse_jaas_config("X ReQuIrEd;")->flag, "required");
}

struct Refusal {
  const char* text;
  const char* said;  ///< part of the message
};

TEST(JaasConfig, SaysWhatJavaRefuses) {
  const std::vector<Refusal> refusals{
      {"", "0 login modules"},
      {"X required; Y required;", "2 login modules"},
      {"12 required;", "does not begin with a class name"},
      {"\"\" required;", "does not begin with a class name"},
      {"X;", "required, requisite, sufficient or optional"},
      {"X username=\"a\";", "required, requisite, sufficient or optional"},
      {"X required a=\"b\"", "does not end with a semicolon"},
      {"X required password=1abc;", "option 'password' has a value that begins like a number"},
      {"X required password=-;", "option 'password' has a value with a character"},
      {"X required password=!x;", "option 'password' has a value with a character"},
      {"X required password=a/b;", "an unquoted / begins a comment"},
      {"X required password=/b;", "an unquoted / begins a comment"},
      {"X required password=;", "option 'password' has no value"},
      {"X required password=", "option 'password' has no value"},
      {"X required password=a b;", "option 2 is not followed by '='"},
      {"X required password=\"a\n\";", "a quote is not closed on its line"},
      {"X required password=\"a;", "a quote is not closed on its line"},
  };
  for (const auto& [text, said] : refusals) {
    const auto error = error_of(text);
    EXPECT_NE(error.find(said), std::string::npos) << text << "\n" << error;
  }
}

TEST(JaasConfig, NoMessageHoldsAPieceOfAValue) {
  const std::vector<const char*> texts{
      "X required password=hunter2 zebra;",
      "X required password=hunter2 zebra=;",
      "X required password=\"hunter2\"zebra\";",
      "X required password=zebra/hunter2;",
      "X required password=\"zebra\nhunter2\" u=v;",
      "zebra=hunter2;",
      "X zebra hunter2;",
      "X required zebra=1hunter2;",
      "X required username=zebra!hunter2;",
  };
  for (const char* text : texts) {
    const auto error = error_of(text);
    EXPECT_NE(error, "accepted") << text;
    EXPECT_EQ(error.find("zebra"), std::string::npos) << error;
    EXPECT_EQ(error.find("hunter2"), std::string::npos) << error;
  }
}

}  // namespace
}  // namespace kferry::security
