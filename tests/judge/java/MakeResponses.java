import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.Struct;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.record.MemoryRecords;

/** Random responses by Kafka's own schemas. */
final class MakeResponses {
  private static final int ELEMENTS_MAX = 4;

  private final Draws draws;

  private MakeResponses(long seed) {
    draws = new Draws(seed);
  }

  static void make(Path folder, long seed, int count) throws IOException {
    MakeResponses maker = new MakeResponses(seed);
    for (int i = 0; i < count; ++i) {
      Files.write(folder.resolve(String.format("response.%05d", i)), maker.response(i));
    }
  }

  private byte[] response(int number) {
    int index = number % Apis.ALL.size();
    Apis.Api api = Apis.ALL.get(index);
    int version = draws.below(api.versionMax - api.versionMin + 1);
    Schema schema = ApiMessageType.fromApiKey(api.key).responseSchemas()[api.versionMin + version];
    Struct struct = struct(schema);
    ByteBuffer out = ByteBuffer.allocate(2 + Integer.BYTES + schema.sizeOf(struct));
    out.put((byte) index).put((byte) version).putInt(number);
    schema.write(out, struct);
    return out.array();
  }

  private Struct struct(Schema schema) {
    Struct struct = new Struct(schema);
    for (BoundField field : schema.fields()) struct.set(field, value(field.def.type));
    return struct;
  }

  private Object value(Type type) {
    if (type instanceof Schema) return struct((Schema) type);
    if (type.isNullable() && draws.oneIn(4)) return null;
    if (type.isArray()) {
      Object[] elements = new Object[draws.below(ELEMENTS_MAX)];
      Type element = type.arrayElementType().get();
      for (int i = 0; i < elements.length; ++i) elements[i] = value(element);
      return elements;
    }
    if (type == Type.BOOLEAN) return draws.oneIn(2);
    if (type == Type.INT8) return (byte) draws.int32();
    if (type == Type.INT16) return draws.int16();
    if (type == Type.INT32) return draws.int32();
    if (type == Type.INT64) return draws.int64();
    if (type == Type.STRING || type == Type.NULLABLE_STRING) return draws.text();
    if (type == Type.BYTES || type == Type.NULLABLE_BYTES) return ByteBuffer.wrap(draws.bytes(50));
    if (type == Type.RECORDS) {
      return MemoryRecords.readableRecords(ByteBuffer.wrap(draws.bytes(200)));
    }
    throw new IllegalStateException("no values for " + type);
  }
}
