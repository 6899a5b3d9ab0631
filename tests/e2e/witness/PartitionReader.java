package kferry.witness;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/** One partition from its start to the end it had when the reader was made, record by record. */
final class PartitionReader implements AutoCloseable {
  private static final long STALL_NANOS = 60_000_000_000L;

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final TopicPartition partition;
  private final long end;
  private Iterator<ConsumerRecord<byte[], byte[]>> page = Collections.emptyIterator();
  private long progressAt = System.nanoTime();

  PartitionReader(JsonNode cluster, TopicPartition partition, String isolation) throws Exception {
    this.partition = partition;
    end = AdminCommands.endOffsets(cluster, List.of(partition), isolation).get(partition);
    consumer = Clients.consumer(cluster, isolation);
    consumer.assign(List.of(partition));
    consumer.seekToBeginning(List.of(partition));
  }

  /** Null at the end. */
  ConsumerRecord<byte[], byte[]> next() {
    while (!page.hasNext()) {
      long before = consumer.position(partition);
      if (before >= end) {
        return null;
      }
      page = consumer.poll(Duration.ofMillis(200)).iterator();
      if (consumer.position(partition) != before) {
        progressAt = System.nanoTime();
      } else if (System.nanoTime() - progressAt > STALL_NANOS) {
        throw new IllegalStateException("no record of " + partition + " arrives at " + before);
      }
    }
    ConsumerRecord<byte[], byte[]> record = page.next();
    return record.offset() < end ? record : null;
  }

  @Override
  public void close() {
    consumer.close(Duration.ZERO);
  }
}
