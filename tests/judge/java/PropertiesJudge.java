import java.io.ByteArrayInputStream;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** java.util.Properties on every file of a folder. */
final class PropertiesJudge {
  public static void main(String[] args) throws Exception {
    Cases.judge(args[0], (file, bytes) -> load(bytes));
  }

  private static Map<String, String> load(byte[] bytes) throws Exception {
    Properties properties = new Properties();
    properties.load(new ByteArrayInputStream(bytes));
    Map<String, String> sorted = new TreeMap<>();
    for (String name : properties.stringPropertyNames()) {
      sorted.put(name, properties.getProperty(name));
    }
    return sorted;
  }
}
