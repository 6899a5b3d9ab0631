import java.lang.reflect.Field;
import java.nio.file.Path;
import java.security.URIParameter;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.Configuration;

/** The JDK's own reader of login configurations on every file of a folder. */
final class JaasFileJudge {
  public static void main(String[] args) throws Exception {
    Cases.judge(args[0], (file, bytes) -> load(file));
  }

  private static Map<String, Object> load(Path file) throws Exception {
    URIParameter where = new URIParameter(file.toUri());
    Configuration configuration = Configuration.getInstance("JavaLoginConfig", where);
    Map<String, Object> shown = new TreeMap<>();
    for (Object name : applications(configuration).keySet()) {
      if (name != null) shown.put((String) name, modules(configuration, (String) name));
    }
    return shown;
  }

  private static List<Map<String, Object>> modules(Configuration configuration, String name) {
    AppConfigurationEntry[] modules = configuration.getAppConfigurationEntry(name);
    if (modules == null) return List.of();
    return List.of(modules).stream().map(JaasJudge::show).collect(Collectors.toList());
  }

  /** A Configuration tells nobody which names it knows; needs the packages opened. */
  private static Map<?, ?> applications(Configuration configuration) throws Exception {
    Object spi = field(configuration, "spi");
    return (Map<?, ?>) field(spi, "configuration");
  }

  private static Object field(Object owner, String name) throws Exception {
    Field field = owner.getClass().getDeclaredField(name);
    field.setAccessible(true);
    return field.get(owner);
  }
}
