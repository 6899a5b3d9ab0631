import java.util.regex.Pattern;

/**
 * Prints java_regex_vectors.inc with Java's own verdicts on whole matches. To make it again:
 *   java JavaRegexVectors.java > java_regex_vectors.inc
 */
public class JavaRegexVectors {
  static final String[] TOPIC_PATTERNS = {
    ".*", "orders", "orders|payments", "a|ab", "a|ab|abc", "(a|ab)(c|bcd)", "order.*", ".*\\.v1",
    "(?!orders).*", "(?!__).*", "^(?!.*internal).*$", "(?=.*pay).*", ".*(?<!-dlq)", "(?<=^)orders",
    "orders|", "|", "()", "[a-z]+", "[^_].*", "[a-z.\\-_]+", "[]a]+", "[^]]+", "[a-]*", "[\\w.-]+",
    "[\\d]+|[\\D]{2}", "\\w+", "\\W+", "\\d{3}", "\\d{2,}", "\\d{1,4}", "a{2}", "a{2}?", "a{2}+a",
    "a*+a", "a++", "a??ab", "(?i)ORDERS", "(?i:Orders)|PAY", "a(?i)b|c", "(?-i)a",
    "(?s).*",
    "(?m)^orders$", "orders\\.v\\d+", "\\Qorders.v1\\E", "\\Qa|ab", "x\\x2ey|a\\x{62}", "\\u0061b",
    "(a)(b)?\\1", "(?<n>ab?)\\k<n>", "(?>a|ab)c", "(?:a|ab)c", "a.b", "a\\.b", "\\p{L}+",
    "\\p{Lu}.*", "\\P{L}+", "[\\p{L}\\d]+", "\\Aorders\\z", "\\borders\\b.*", "\\Boo", ".{3}", "..",
    "orders$", "^orders", "a^b", "}", "a]", "-", "\\-", "\\_\\_.*", "[\\^a]+", "[.]", "[$|(]+",
    "(((a)))b", "(a*)*", "(a|b)*c?", "(|a)+", "[\\Q]-z\\E]+", "\\R", "\\h+", "\\s*", "\\S*",
    "a|.*b",
  };
  static final String[] TEXTS = {
    "", "a", "ab", "abc", "abcd", "aa", "aaa", "aaaa", "abab", "c", "C", "aC", "orders", "ORDERS",
    "Orders", "orders.v1", "orders-v1", "orders-dlq", "pre.orders", "payments", "PAY", "my-pay-x",
    "__consumer_offsets", "_x", "app.internal.t", "x.y", "xzy", "a.b", "axb", "oo", "foo", "123",
    "1", "12345", "-", "]", "a]", "}", "^a", ".", "|", "$(", " ", "\n", "\r\n", "a\nb", "orders\n",
    "\u00fc", "\u00dcber", "\u65e5\u672c",
  };

  static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '\n') out.append("\\n");
      else if (c == '\r') out.append("\\r");
      else if (c == '"' || c == '\\') out.append('\\').append(c);
      else out.append(c);
    }
    return out.append('"').toString();
  }

  /** One line for each pattern: the texts that match it, in the order of TEXTS. */
  public static void main(String[] arguments) throws Exception {
    var out = new java.io.PrintStream(System.out, true, "UTF-8");
    out.println("// clang-format off: made by JavaRegexVectors.java with Java 17");
    for (String text : TEXTS) out.printf("TEXT(%s)%n", quoted(text));
    for (String pattern : TOPIC_PATTERNS) {
      StringBuilder verdicts = new StringBuilder();
      for (String text : TEXTS) {
        verdicts.append(Pattern.compile(pattern).matcher(text).matches() ? '+' : '-');
      }
      out.printf("PATTERN(%s,%n        \"%s\")%n", quoted(pattern), verdicts);
    }
  }
}
