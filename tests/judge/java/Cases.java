import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the judges share: reads a folder of cases, prints a line of JSON for each. */
final class Cases {
  /** Reads one case; an exception means that Java refuses it. */
  interface Reader {
    Object read(Path file, byte[] bytes) throws Exception;
  }

  private Cases() {}

  static void judge(String folder, Reader reader) throws IOException {
    try (PrintStream out = output(); var listing = Files.list(Path.of(folder))) {
      List<Path> files = new ArrayList<>(listing.toList());
      files.sort((a, b) -> name(a).compareTo(name(b)));
      for (Path file : files) out.println(json(answer(file, reader)));
    }
  }

  static PrintStream output() {
    return new PrintStream(System.out, false, StandardCharsets.US_ASCII);
  }

  /** Of what JSON knows: Map, Collection, String, Integer, Boolean, null. */
  static String json(Object value) {
    StringBuilder out = new StringBuilder();
    write(value, out);
    return out.toString();
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }

  private static Map<String, Object> answer(Path file, Reader reader) throws IOException {
    Map<String, Object> answer = new TreeMap<>();
    answer.put("case", name(file));
    byte[] bytes = Files.readAllBytes(file);
    try {
      answer.put("value", reader.read(file, bytes));
    } catch (Exception refused) {
      answer.put("error", true);
      answer.put("note", refused.toString());
    }
    return answer;
  }

  private static void write(Object value, StringBuilder out) {
    if (value instanceof String) {
      writeText((String) value, out);
    } else if (value instanceof Map) {
      String separator = "";
      out.append('{');
      for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
        out.append(separator);
        writeText((String) entry.getKey(), out);
        out.append(':');
        write(entry.getValue(), out);
        separator = ",";
      }
      out.append('}');
    } else if (value instanceof Collection) {
      String separator = "";
      out.append('[');
      for (Object item : (Collection<?>) value) {
        out.append(separator);
        write(item, out);
        separator = ",";
      }
      out.append(']');
    } else {
      out.append(value);
    }
  }

  /** Through UTF-8, so that half of a surrogate pair becomes what Java sends in its place. */
  private static void writeText(String text, StringBuilder out) {
    String sent = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    out.append('"');
    for (int i = 0; i < sent.length(); ++i) {
      char c = sent.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ' || c > '~') {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}
