import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.security.JaasContext;

/** Kafka's own reader of sasl.jaas.config on every file of a folder. */
final class JaasJudge {
  public static void main(String[] args) throws Exception {
    Cases.judge(args[0], (file, bytes) -> load(new String(bytes, StandardCharsets.UTF_8)));
  }

  private static Map<String, Object> load(String text) {
    Map<String, Password> settings = Map.of("sasl.jaas.config", new Password(text));
    JaasContext context = JaasContext.loadClientContext(settings);
    return show(context.configurationEntries().get(0));
  }

  /** Without what has no name: Java keeps it, and nobody can ask for it. */
  static Map<String, Object> show(AppConfigurationEntry module) {
    Map<String, Object> shown = new TreeMap<>();
    Map<String, Object> options = new TreeMap<>();
    module.getOptions().forEach((name, value) -> {
      if (name != null) options.put(name, value);
    });
    shown.put("class", module.getLoginModuleName());
    // "LoginModuleControlFlag: required"
    shown.put("flag", module.getControlFlag().toString().replaceFirst(".* ", ""));
    shown.put("options", options);
    return shown;
  }
}
