import java.io.PrintStream;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;

/** Every property that this Kafka's clients define: its type, and which of some values it takes. */
final class PropertyNamesJudge {
  /** The same as ours, property_names.cpp. */
  private static final List<String> VALUES = List.of(
      "", "-2", "-1", "0", "1", "13", "1000", "2147483647", "2147483648", "9223372036854775807",
      "9223372036854775808", " 1 ", "+1", "0x1", "1.5", "0.5", "1e3", "true", "TRUE", " False ",
      "yes", "none", "NONE", "all", "some words", "a, b,c");

  public static void main(String[] args) throws Exception {
    Map<String, Object> lines = new TreeMap<>();
    add(lines, "consumer", ConsumerConfig.class);
    add(lines, "producer", ProducerConfig.class);
    try (PrintStream out = Cases.output()) {
      for (Object line : lines.values()) out.println(Cases.json(line));
    }
  }

  /** Old versions keep their definition to themselves. */
  private static void add(Map<String, Object> lines, String side, Class<?> client)
      throws Exception {
    Field field = client.getDeclaredField("CONFIG");
    field.setAccessible(true);
    ConfigDef definition = (ConfigDef) field.get(null);
    for (ConfigDef.ConfigKey key : definition.configKeys().values()) {
      Map<String, Object> line = new TreeMap<>();
      line.put("case", side + "/" + key.name);
      line.put("type", key.type.name());
      line.put("takes", takes(key));
      lines.put(side + "/" + key.name, line);
    }
  }

  private static List<String> takes(ConfigDef.ConfigKey key) {
    List<String> taken = new ArrayList<>();
    // Only Java has its classes, and a password is any text.
    if (key.type == ConfigDef.Type.CLASS || key.type == ConfigDef.Type.PASSWORD) return taken;
    for (String value : VALUES) {
      try {
        Object parsed = ConfigDef.parseType(key.name, value, key.type);
        if (key.validator != null) key.validator.ensureValid(key.name, parsed);
        taken.add(value);
      } catch (ConfigException refused) {
        // Then it is not in the list.
      }
    }
    return taken;
  }
}
