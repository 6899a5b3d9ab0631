package kferry.witness;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/** Finite sets of records: numbered, keyed, in transactions, or given one by one. */
final class ProduceCommands {
  private ProduceCommands() {}

  /** A transaction that a test keeps open. */
  private static final class OpenTransaction {
    KafkaProducer<byte[], byte[]> producer;
    List<Runnable> onCommit;
    List<Runnable> onAbort;
  }

  private static final Map<String, OpenTransaction> OPEN = new ConcurrentHashMap<>();

  static void register(Map<String, Witness.Command> commands) {
    commands.put("produce_sequence", ProduceCommands::sequence);
    commands.put("produce_numbers", ProduceCommands::numbers);
    commands.put("produce_transactions", ProduceCommands::transactions);
    commands.put("end_transaction", ProduceCommands::endTransaction);
    commands.put("produce_keys", ProduceCommands::keys);
    commands.put("produce_compactable", ProduceCommands::compactable);
    commands.put("produce_records", ProduceCommands::records);
    commands.put("produce_corpus", Corpus::produce);
    commands.put("produce_raw", RawProduce::run);
    commands.put("produce_hand_made", HandMade::run);
  }

  /** "count" numbered records to every one of "partitions" partitions. */
  private static Object sequence(JsonNode args) throws Exception {
    String topic = args.get("topic").asText();
    Sequence.Book book = Sequence.Book.of(args.path("book").asText(topic));
    int count = args.get("count").asInt();
    int bytes = args.path("bytes").asInt(200);
    long total = 0;
    try (KafkaProducer<byte[], byte[]> producer = Clients.producer(args, Map.of())) {
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (int index = 0; index < count; ++index) {
        for (JsonNode partition : args.get("partitions")) {
          Sequence.Shard shard = book.shard(partition.asInt());
          long number = shard.take();
          sent.add(send(producer, topic, partition.asInt(), shard, number, bytes));
          ++total;
        }
      }
      producer.flush();
      for (Future<RecordMetadata> future : sent) {
        future.get();
      }
    }
    return total;
  }

  /** "numbers" as given into partition 0, under a book that holds 0 to "acked" - 1. */
  private static Object numbers(JsonNode args) throws Exception {
    String topic = args.get("topic").asText();
    Sequence.Shard shard = Sequence.Book.of(topic).shard(0);
    for (long number = 0; number < args.get("acked").asLong(); ++number) {
      shard.ack(number);
    }
    try (KafkaProducer<byte[], byte[]> producer = Clients.producer(args, Map.of())) {
      for (JsonNode number : args.get("numbers")) {
        byte[] value = Sequence.value(0, number.asLong(), 100);
        producer.send(new ProducerRecord<>(topic, 0, null, value));
      }
    }
    return args.get("numbers").size();
  }

  static Future<RecordMetadata> send(
      KafkaProducer<byte[], byte[]> producer,
      String topic,
      int partition,
      Sequence.Shard shard,
      long number,
      int bytes)
      throws Exception {
    byte[] key = ByteBuffer.allocate(8).putLong(number % 1000).array();
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(topic, partition, key, Sequence.value(partition, number, bytes));
    record.headers().add("number", ByteBuffer.allocate(8).putLong(number).array());
    return producer.send(
        record,
        (metadata, failure) -> {
          if (failure == null) {
            shard.ack(number);
          }
        });
  }

  /** Transactions over all "partitions": "pattern" is a list of [records, commit|abort|open]. */
  private static Object transactions(JsonNode args) throws Exception {
    String topic = args.get("topic").asText();
    Sequence.Book book = Sequence.Book.of(args.path("book").asText(topic));
    int bytes = args.path("bytes").asInt(200);
    KafkaProducer<byte[], byte[]> producer =
        Clients.producer(args, Map.of("transactional.id", args.get("transactional_id").asText()));
    producer.initTransactions();
    boolean open = false;
    for (JsonNode step : args.get("pattern")) {
      OpenTransaction transaction = new OpenTransaction();
      transaction.producer = producer;
      transaction.onCommit = new ArrayList<>();
      transaction.onAbort = new ArrayList<>();
      producer.beginTransaction();
      for (int index = 0; index < step.get(0).asInt(); ++index) {
        for (JsonNode partition : args.get("partitions")) {
          Sequence.Shard shard = book.shard(partition.asInt());
          long number = shard.take();
          producer.send(
              new ProducerRecord<>(
                  topic,
                  partition.asInt(),
                  ByteBuffer.allocate(8).putLong(number).array(),
                  Sequence.value(partition.asInt(), number, bytes)));
          transaction.onCommit.add(() -> shard.ack(number));
          transaction.onAbort.add(() -> shard.abort(number));
        }
      }
      producer.flush();
      if (step.get(1).asText().equals("open")) {
        OPEN.put(args.get("transactional_id").asText(), transaction);
        open = true;
        break;
      }
      end(transaction, step.get(1).asText());
    }
    if (!open) {
      producer.close();
    }
    return open;
  }

  private static Object endTransaction(JsonNode args) {
    OpenTransaction transaction = OPEN.remove(args.get("transactional_id").asText());
    end(transaction, args.get("end").asText());
    transaction.producer.close();
    return true;
  }

  private static void end(OpenTransaction transaction, String how) {
    if (how.equals("commit")) {
      transaction.producer.commitTransaction();
      transaction.onCommit.forEach(Runnable::run);
    } else {
      transaction.producer.abortTransaction();
      transaction.onAbort.forEach(Runnable::run);
    }
  }

  /**
   * "count" records with seeded random keys placed by the Java producer's own partitioner. Keys are
   * empty, short, binary, long; none is null.
   */
  private static Object keys(JsonNode args) throws Exception {
    SplittableRandom random = new SplittableRandom(args.get("seed").asLong());
    try (KafkaProducer<byte[], byte[]> producer = Clients.producer(args, Map.of())) {
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (int index = 0; index < args.get("count").asInt(); ++index) {
        byte[] value = ByteBuffer.allocate(4).putInt(index).array();
        sent.add(
            producer.send(new ProducerRecord<>(args.get("topic").asText(), key(random), value)));
      }
      producer.flush();
      for (Future<RecordMetadata> future : sent) {
        future.get();
      }
      return sent.size();
    }
  }

  private static byte[] key(SplittableRandom random) {
    int kind = random.nextInt(100);
    if (kind == 0) {
      return new byte[0];
    }
    if (kind < 40) {
      return ("customer-" + random.nextInt(1_000_000)).getBytes();
    }
    byte[] key = new byte[kind < 95 ? 1 + random.nextInt(64) : 1000 + random.nextInt(4000)];
    random.nextBytes(key);
    return key;
  }

  /** Rewrites "keys" keys in "rounds" rounds, so that a compacting broker leaves holes. */
  private static Object compactable(JsonNode args) throws Exception {
    SplittableRandom random = new SplittableRandom(args.get("seed").asLong());
    long total = 0;
    try (KafkaProducer<byte[], byte[]> producer = Clients.producer(args, Map.of())) {
      for (int round = 0; round < args.get("rounds").asInt(); ++round) {
        for (int key = 0; key < args.get("keys").asInt(); ++key) {
          if (random.nextInt(3) == 0) {
            continue;
          }
          String value = random.nextInt(20) == 0 ? null : "round-" + round + "-key-" + key;
          producer.send(
              new ProducerRecord<>(
                  args.get("topic").asText(),
                  key % args.get("partitions").asInt(),
                  ("key-" + key).getBytes(),
                  value == null ? null : value.getBytes()));
          ++total;
        }
        producer.flush();
      }
    }
    return total;
  }

  /** Records as given: partition, key, value, headers (base64 or null), timestamp. */
  private static Object records(JsonNode args) throws Exception {
    List<Long> offsets = new ArrayList<>();
    try (KafkaProducer<byte[], byte[]> producer = Clients.producer(args, Map.of())) {
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (JsonNode given : args.get("records")) {
        ProducerRecord<byte[], byte[]> record =
            new ProducerRecord<>(
                args.get("topic").asText(),
                given.has("partition") ? given.get("partition").asInt() : null,
                given.has("timestamp") ? given.get("timestamp").asLong() : null,
                bytes(given.path("key")),
                bytes(given.path("value")));
        for (JsonNode header : given.path("headers")) {
          record.headers().add(header.get(0).asText(), bytes(header.get(1)));
        }
        sent.add(producer.send(record));
      }
      producer.flush();
      for (Future<RecordMetadata> future : sent) {
        offsets.add(future.get().offset());
      }
    }
    return offsets;
  }

  private static byte[] bytes(JsonNode base64) {
    return base64.isTextual() ? Base64.getDecoder().decode(base64.asText()) : null;
  }
}
