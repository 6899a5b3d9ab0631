package kferry.witness;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Kafka's own Java client as a witness: one JVM that produces, reads back, compares and asks the
 * brokers on behalf of the tests. One JSON request per line on stdin, {"id", "command", ...}; one
 * JSON reply per line on stdout, {"id", "ok"} or {"id", "error"}. Requests run side by side.
 */
public final class Witness {
  static final ObjectMapper JSON = new ObjectMapper();

  interface Command {
    Object run(JsonNode args) throws Exception;
  }

  private Witness() {}

  public static void main(String[] unused) throws Exception {
    PrintStream replies = System.out;
    System.setOut(System.err);

    Map<String, Command> commands = new HashMap<>();
    AdminCommands.register(commands);
    ProduceCommands.register(commands);
    LoadCommands.register(commands);
    ReadCommands.register(commands);
    OracleCommands.register(commands);
    SecurityCommands.register(commands);
    RandomLogs.register(commands);
    LogCompare.register(commands);

    ExecutorService workers =
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task);
              thread.setDaemon(true);
              return thread;
            });
    BufferedReader requests =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      JsonNode request = JSON.readTree(line);
      workers.execute(() -> answer(commands, request, replies));
    }
    System.exit(0);
  }

  private static void answer(Map<String, Command> commands, JsonNode request, PrintStream replies) {
    ObjectNode reply = JSON.createObjectNode();
    reply.set("id", request.get("id"));
    try {
      Command command = commands.get(request.get("command").asText());
      if (command == null) {
        throw new IllegalArgumentException("no such command: " + request.get("command"));
      }
      reply.set("ok", JSON.valueToTree(command.run(request)));
    } catch (Throwable failure) {
      failure.printStackTrace();
      Throwable cause =
          failure instanceof java.util.concurrent.ExecutionException && failure.getCause() != null
              ? failure.getCause()
              : failure;
      reply.put("error", cause.getClass().getSimpleName() + ": " + cause.getMessage());
    }
    synchronized (replies) {
      replies.println(reply);
      replies.flush();
    }
  }
}
