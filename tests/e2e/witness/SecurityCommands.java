package kferry.witness;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.KafkaException;

/** Credentials of users, and what a Java client makes of a properties file. */
final class SecurityCommands {
  private static final int SCRAM_ITERATIONS = 4096;

  private SecurityCommands() {}

  static void register(Map<String, Witness.Command> commands) {
    commands.put("set_scram_password", SecurityCommands::setScramPassword);
    commands.put("connect", SecurityCommands::connect);
  }

  private static Object setScramPassword(JsonNode args) throws Exception {
    ScramMechanism mechanism = ScramMechanism.fromMechanismName(args.get("mechanism").asText());
    byte[] password = args.get("password").asText().getBytes(StandardCharsets.UTF_8);
    Clients.admin(args)
        .alterUserScramCredentials(
            List.of(
                new UserScramCredentialUpsertion(
                    args.get("user").asText(),
                    new ScramCredentialInfo(mechanism, SCRAM_ITERATIONS),
                    password)))
        .all()
        .get();
    return true;
  }

  /** The id of the cluster that a client with this very file reaches; all causes when it fails. */
  private static Object connect(JsonNode args) throws Exception {
    Properties properties = new Properties();
    try (InputStream file = new FileInputStream(args.get("file").asText())) {
      properties.load(file);
    }
    properties.put("default.api.timeout.ms", "10000");
    properties.put("request.timeout.ms", "5000");
    try {
      Admin admin = Admin.create(properties);
      try {
        return admin
            .describeCluster(new DescribeClusterOptions().timeoutMs(10000))
            .clusterId()
            .get();
      } finally {
        admin.close(Duration.ofSeconds(1));
      }
    } catch (ExecutionException | KafkaException failure) {
      StringBuilder causes = new StringBuilder();
      for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
        causes.append(cause).append("; ");
      }
      throw new IllegalStateException(causes.toString());
    }
  }
}
