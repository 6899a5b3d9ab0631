package kferry.witness;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;

/** Load that goes on in the background at a steady rate until it is stopped. */
final class LoadCommands {
  private static final Map<String, Load> LOADS = new ConcurrentHashMap<>();

  private LoadCommands() {}

  static void register(Map<String, Witness.Command> commands) {
    commands.put(
        "start_load",
        args -> {
          Load load = new Load(args);
          LOADS.put(args.get("topic").asText(), load);
          load.thread.start();
          return true;
        });
    commands.put("stop_load", args -> LOADS.remove(args.get("topic").asText()).stop());
    commands.put(
        "acked", args -> Sequence.Book.of(args.get("topic").asText()).acked());
  }

  private static final class Load {
    private final JsonNode args;
    private final Thread thread = new Thread(this::run, "load");
    private final AtomicLong sent = new AtomicLong();
    private volatile boolean stopping;
    private volatile Exception failure;

    Load(JsonNode args) {
      this.args = args;
      thread.setDaemon(true);
    }

    Object stop() throws Exception {
      stopping = true;
      thread.join();
      if (failure != null) {
        throw failure;
      }
      return Map.of(
          "sent", sent.get(),
          "acked", Sequence.Book.of(args.get("topic").asText()).acked());
    }

    private void run() {
      String topic = args.get("topic").asText();
      Sequence.Book book = Sequence.Book.of(topic);
      double perNano = args.get("rate").asDouble() / 1e9;
      int partitions = args.get("partitions").asInt();
      int bytes = args.path("bytes").asInt(200);
      long begin = System.nanoTime();
      try (KafkaProducer<byte[], byte[]> producer = Clients.producer(args, Map.of())) {
        while (!stopping) {
          long due = (long) ((System.nanoTime() - begin) * perNano);
          for (long count = sent.get(); count < due && !stopping; ++count) {
            int partition = (int) (count % partitions);
            Sequence.Shard shard = book.shard(partition);
            ProduceCommands.send(producer, topic, partition, shard, shard.take(), bytes);
            sent.incrementAndGet();
          }
          LockSupport.parkNanos(1_000_000);
        }
        producer.flush();
      } catch (Exception problem) {
        failure = problem;
      }
    }
  }
}
