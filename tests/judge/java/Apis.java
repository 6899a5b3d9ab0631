import java.util.List;

/** The APIs that we speak, in which versions. The same as k_api_support in protocol/api.hpp. */
final class Apis {
  static final class Api {
    final short key;
    final String name;
    final int versionMin;
    final int versionMax;

    private Api(int key, String name, int versionMin, int versionMax) {
      this.key = (short) key;
      this.name = name;
      this.versionMin = versionMin;
      this.versionMax = versionMax;
    }
  }

  static final List<Api> ALL = List.of(
      new Api(0, "Produce", 7, 8), new Api(1, "Fetch", 10, 11), new Api(2, "ListOffsets", 5, 5),
      new Api(3, "Metadata", 2, 7), new Api(17, "SaslHandshake", 1, 1),
      new Api(18, "ApiVersions", 2, 2), new Api(22, "InitProducerId", 1, 1),
      new Api(23, "OffsetForLeaderEpoch", 2, 2), new Api(36, "SaslAuthenticate", 1, 1));

  private Apis() {}

  static Api of(short key) {
    return ALL.stream().filter(api -> api.key == key).findFirst().orElseThrow();
  }
}
