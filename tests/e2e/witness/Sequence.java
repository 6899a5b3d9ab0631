package kferry.witness;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.BitSet;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Numbered records and the book of what was sent. A value is: magic, shard (the source partition),
 * sequence number, SHA-256 of all the rest, filler.
 */
final class Sequence {
  static final int HEAD_BYTES = 4 + 4 + 8 + 32;
  private static final int MAGIC = 0x6b667371;
  private static final byte[] FILLER = new byte[2 << 20];

  static {
    SplittableRandom random = new SplittableRandom(7);
    for (int at = 0; at < FILLER.length; ++at) {
      FILLER[at] = (byte) ('a' + random.nextInt(16));
    }
  }

  final int shard;
  final long number;

  private Sequence(int shard, long number) {
    this.shard = shard;
    this.number = number;
  }

  static byte[] value(int shard, long number, int bytes) throws Exception {
    int filler = Math.max(0, bytes - HEAD_BYTES);
    ByteBuffer value = ByteBuffer.allocate(HEAD_BYTES + filler);
    value.putInt(MAGIC).putInt(shard).putLong(number);
    value.position(HEAD_BYTES);
    value.put(FILLER, (int) ((number * 31) % (FILLER.length - filler)), filler);
    value.position(16);
    value.put(sum(value.array()));
    return value.array();
  }

  /** Null when the bytes are not one of our values, or were damaged. */
  static Sequence parse(byte[] bytes) throws Exception {
    if (bytes == null || bytes.length < HEAD_BYTES) {
      return null;
    }
    ByteBuffer value = ByteBuffer.wrap(bytes);
    if (value.getInt() != MAGIC) {
      return null;
    }
    Sequence sequence = new Sequence(value.getInt(), value.getLong());
    byte[] stored = new byte[32];
    value.get(stored);
    return MessageDigest.isEqual(stored, sum(bytes)) ? sequence : null;
  }

  private static byte[] sum(byte[] value) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    digest.update(value, 0, 16);
    digest.update(value, HEAD_BYTES, value.length - HEAD_BYTES);
    return digest.digest();
  }

  /** What the source acknowledged of one shard, and what a transaction took back. */
  static final class Shard {
    private long next;
    final BitSet acked = new BitSet();
    final BitSet aborted = new BitSet();

    synchronized long take() {
      return next++;
    }

    synchronized void ack(long number) {
      acked.set((int) number);
    }

    synchronized void abort(long number) {
      aborted.set((int) number);
    }
  }

  /** The book of one source topic, by name: topic names are unique in a run. */
  static final class Book {
    private static final Map<String, Book> BOOKS = new ConcurrentHashMap<>();
    private final Map<Integer, Shard> shards = new TreeMap<>();

    static Book of(String name) {
      return BOOKS.computeIfAbsent(name, key -> new Book());
    }

    synchronized Shard shard(int number) {
      return shards.computeIfAbsent(number, key -> new Shard());
    }

    synchronized Map<Integer, Shard> shards() {
      return new TreeMap<>(shards);
    }

    long acked() {
      long total = 0;
      for (Shard shard : shards().values()) {
        synchronized (shard) {
          total += shard.acked.cardinality();
        }
      }
      return total;
    }
  }
}
