import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** A case of the stores judge; its form is told in ../stores_case.hpp. */
final class StoreCase {
  final Map<String, String> words = new HashMap<>();
  final byte[] key;
  final byte[] bytes;

  StoreCase(byte[] all) {
    int position = 0;
    for (; ; ) {
      int end = position;
      while (all[end] != '\n') ++end;
      String line = new String(all, position, end - position, StandardCharsets.UTF_8);
      position = end + 1;
      if (line.isEmpty()) break;
      int blank = line.indexOf(' ');
      words.put(line.substring(0, blank), line.substring(blank + 1));
    }
    int split = position + Integer.parseInt(words.getOrDefault("key_bytes", "0"));
    key = Arrays.copyOfRange(all, position, split);
    bytes = Arrays.copyOfRange(all, split, all.length);
  }

  String use() {
    return words.get("use");
  }

  boolean isPem() {
    return new String(bytes, StandardCharsets.ISO_8859_1).contains("-----BEGIN ");
  }

  /** The store as a file, since Kafka's loader wants one. */
  Path file() throws Exception {
    Path file = Files.createTempFile("store", "");
    file.toFile().deleteOnExit();
    return Files.write(file, bytes);
  }
}
