package kferry.witness;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/** Whole one-partition topics at once, up to the end they had when the reader was made. */
final class LogReader implements AutoCloseable {
  private static final long STALL_NANOS = 60_000_000_000L;

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Map<TopicPartition, Long> ends;

  LogReader(JsonNode cluster, List<String> topics, String isolation) throws Exception {
    List<TopicPartition> partitions = new ArrayList<>();
    topics.forEach(topic -> partitions.add(new TopicPartition(topic, 0)));
    ends = AdminCommands.endOffsets(cluster, partitions, isolation);
    consumer = Clients.consumer(cluster, isolation);
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
  }

  Map<String, List<ConsumerRecord<byte[], byte[]>>> read() {
    Map<String, List<ConsumerRecord<byte[], byte[]>>> logs = new TreeMap<>();
    ends.keySet().forEach(partition -> logs.put(partition.topic(), new ArrayList<>()));
    Set<TopicPartition> open = new HashSet<>(ends.keySet());
    long progressAt = System.nanoTime();
    while (true) {
      open.removeIf(partition -> consumer.position(partition) >= ends.get(partition));
      if (open.isEmpty()) {
        return logs;
      }
      boolean progress = false;
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
        progress = true;
        if (record.offset() < ends.get(new TopicPartition(record.topic(), 0))) {
          logs.get(record.topic()).add(record);
        }
      }
      if (progress) {
        progressAt = System.nanoTime();
      } else if (System.nanoTime() - progressAt > STALL_NANOS) {
        throw new IllegalStateException("no record arrives of " + open);
      }
    }
  }

  @Override
  public void close() {
    consumer.close(Duration.ZERO);
  }
}
