#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kferry/security/jaas.hpp"

namespace kferry::security {
namespace {

std::optional<std::string> property(std::string_view name) {
  if (name == "user.home") return "/home/alice";
  if (name == "nothing") return "";
  return std::nullopt;
}

/// The value of `a` in the only module of A.
std::string value_of(std::string_view written) {
  const auto file = parse_jaas_file("A { X required a=" + std::string(written) + "; };", property);
  if (!file) return "refused: " + file.error().text;
  return file->at("A").at(0).options.at("a").reveal();
}

std::string error_of(std::string_view text) {
  const auto file = parse_jaas_file(text, property);
  return file ? "accepted" : file.error().text;
}

TEST(JaasFile, ReadsApplicationsAndTheirModules) {
  const auto file = parse_jaas_file(
      "// clients\r\nKafkaClient {\r\n  com.acme.First required\r\n  username=\"alice\"\r\n"
      "  debug=true;\r\n  com.acme.Second OPTIONAL;\r\n};\r\nClient { };\r\n",
      property);
  ASSERT_TRUE(file) << file.error().text;
  ASSERT_EQ(file->size(), 2U);
  const auto& modules = file->at("KafkaClient");
  ASSERT_EQ(modules.size(), 2U);
  EXPECT_EQ(modules[0].class_name, "com.acme.First");
  EXPECT_EQ(modules[0].options.at("username").reveal(), "alice");
  EXPECT_EQ(modules[0].options.at("debug").reveal(), "true");
  EXPECT_EQ(modules[1].flag, "optional");
  EXPECT_TRUE(modules[1].options.empty());
  EXPECT_TRUE(file->at("Client").empty());
}

TEST(JaasFile, PutsSystemPropertiesIntoValues) {
  EXPECT_EQ(value_of("\"${user.home}${/}x.keytab\""), "/home/alice/x.keytab");
  EXPECT_EQ(value_of("\"${nothing}x\""), "x");
  EXPECT_EQ(value_of("\"${{user.home}}-${user.home}\""), "${{user.home}}-/home/alice");
  EXPECT_EQ(value_of("\"x${user.home\""), "x${user.home");
  EXPECT_EQ(value_of("\"$x {y}\""), "$x {y}");
  EXPECT_EQ(value_of("\"\""), "");
}

TEST(JaasFile, RefusesPropertiesThatAreNotSet) {
  EXPECT_NE(value_of("\"${none}\"").find("refused: line 1: option 1 has a ${name}"),
            std::string::npos);
  EXPECT_NE(value_of("\"${}\"").find("refused"), std::string::npos);
  EXPECT_NE(value_of("\"${nothing}\"").find("makes it empty"), std::string::npos);
  EXPECT_FALSE(parse_jaas_file("A { X required a=\"${user.home}\"; };", {}));
}

TEST(JaasFile, DecodesAsJavaDoes) {
  EXPECT_EQ(value_of("\"p\xC3\xA4ss\""), "p\xC3\xA4ss");
  // A file in Latin-1 is damaged in Java too.
  EXPECT_EQ(value_of("\"p\xE4ss\""), "p\xEF\xBF\xBDss");
  EXPECT_EQ(value_of("\"\xED\xA0\x80|\xF0\x9F\x98|\xE0\x80\""),
            "\xEF\xBF\xBD|\xEF\xBF\xBD|\xEF\xBF\xBD\xEF\xBF\xBD");
}

struct Refusal {
  const char* text;
  const char* said;  ///< part of the message
};

TEST(JaasFile, SaysWhereAndWhatJavaRefuses) {
  const std::vector<Refusal> refusals{
      {"A { X required; }", "line 1: ';' is missing behind '}'"},
      {"A\n{ X required;\n};\nA { };", "line 4: the application's name is the same as on line 1"},
      {"A { X required; };\nB X required; };", "line 2: '{' is missing"},
      {"A {\n X\n needed; };", "line 3: behind the class name has to stand required"},
      {"A {\n X required\n password=1a; };", "line 3: option 'password' has a value that begins"},
      {"A {\n X required\n password='a'; };", "line 3: option 'password' has a value in single"},
      {"A {\n X required\n password=a+b; };", "line 3: behind option 'password' has to stand"},
      {"A {\n X required\n keyTab=/etc/x;\n};", "an unquoted / begins a comment"},
      {"A {\n X required\n password \"a\";\n};", "line 3: '=' is missing behind the name of"},
      {"A {\n X required\n password=\"a;\n};\n", "a quote is not closed on line 3"},
      {"A {\n X required a=b\n};\n", "line 3: behind option 1 has to stand an option or ';'"},
      {"A { X required {", "line 1: behind the flag has to stand an option or ';'"},
      {"A { /* no end", "line 1: the class name of a login module, or '}'"},
  };
  for (const auto& [text, said] : refusals) {
    const auto error = error_of(text);
    EXPECT_NE(error.find(said), std::string::npos) << text << "\n" << error;
  }
}

TEST(JaasFile, CountsLinesInsideComments) {
  const auto error = error_of("/*\r\n\n\r*/ // x\n/ y\nA { X required; }; 1");
  EXPECT_EQ(error.find("line 6: "), 0U) << error;
}

TEST(JaasFile, NoMessageHoldsAPieceOfAValue) {
  const std::vector<const char*> texts{
      "A { X required password=hunter2 zebra; };",
      "A { X required password=\"hunter2\"zebra\"; };",
      "A { X required password='zebra hunter2'; };",
      "A { X required password=\"zebra${hunter2}\"; };",
      "A { X required password=zebra/hunter2; };",
      "A { X required password=zebra@hunter2; };",
      "A { X required hunter2=zebra=; };",
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
