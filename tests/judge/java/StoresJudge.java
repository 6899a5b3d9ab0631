import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509KeyManager;
import javax.net.ssl.X509TrustManager;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;

/**
 * What Java sees in a store: java.security.KeyStore, and for whole truststores and keystores what
 * Kafka's own loader and the JDK's trust and key managers make of them.
 */
final class StoresJudge {
  public static void main(String[] args) throws Exception {
    Cases.judge(args[0], (file, bytes) -> read(new StoreCase(bytes)));
  }

  private static Object read(StoreCase asked) throws Exception {
    switch (asked.use()) {
      case "store":
        return asked.isPem() ? pemEntries(asked) : entries(asked);
      case "trust":
        return trusted(loaded(asked, "ssl.truststore").truststore());
      case "key":
        return identity(loaded(asked, "ssl.keystore").keystore(), keyPassword(asked));
      default:
        return identity(pair(asked).keystore(), keyPassword(asked));
    }
  }

  private static char[] chars(String text) {
    return text == null ? null : text.toCharArray();
  }

  private static char[] keyPassword(StoreCase asked) {
    String own = asked.words.get("key_password");
    return chars(own != null ? own : asked.words.get("password"));
  }

  private static Object entries(StoreCase asked) throws Exception {
    KeyStore store = KeyStore.getInstance("JKS");
    store.load(new ByteArrayInputStream(asked.bytes), chars(asked.words.get("password")));
    return entries(store, keyPassword(asked));
  }

  private static Object pemEntries(StoreCase asked) throws Exception {
    String text = new String(asked.bytes, StandardCharsets.UTF_8);
    if (text.contains("PRIVATE KEY")) {
      return entries(loaded(asked, "ssl.keystore").keystore(), keyPassword(asked));
    }
    return entries(loaded(asked, "ssl.truststore").truststore(), null);
  }

  private static Object entries(KeyStore store, char[] keyPassword) throws Exception {
    Map<String, Object> all = new TreeMap<>();
    for (String alias : Collections.list(store.aliases())) {
      Map<String, Object> one = new TreeMap<>();
      if (store.isKeyEntry(alias)) {
        Key key = store.getKey(alias, keyPassword);
        one.put("key", sha256(key.getEncoded()));
        one.put("certificates", hashes(store.getCertificateChain(alias)));
      } else {
        one.put("certificates", hashes(store.getCertificate(alias)));
      }
      all.put(alias, one);
    }
    return all;
  }

  private static DefaultSslEngineFactory loaded(StoreCase asked, String prefix) throws Exception {
    Path file = asked.file();
    try {
      Map<String, Object> configs = new HashMap<>();
      configs.put(prefix + ".location", file.toString());
      configs.put(prefix + ".type", asked.isPem() ? "PEM" : "JKS");
      return configured(configs, asked, prefix);
    } finally {
      Files.delete(file);
    }
  }

  private static DefaultSslEngineFactory pair(StoreCase asked) {
    Map<String, Object> configs = new HashMap<>();
    configs.put("ssl.keystore.type", "PEM");
    configs.put("ssl.keystore.key", password(asked.key));
    configs.put("ssl.keystore.certificate.chain", password(asked.bytes));
    return configured(configs, asked, "ssl.keystore");
  }

  private static DefaultSslEngineFactory configured(
      Map<String, Object> configs, StoreCase asked, String prefix) {
    configs.put("ssl.protocol", "TLSv1.3");
    String store = asked.words.get("password");
    if (store != null) configs.put(prefix + ".password", new Password(store));
    String key = asked.words.get("key_password");
    if (key != null) configs.put("ssl.key.password", new Password(key));
    DefaultSslEngineFactory factory = new DefaultSslEngineFactory();
    factory.configure(configs);
    return factory;
  }

  private static Password password(byte[] text) {
    return new Password(new String(text, StandardCharsets.UTF_8));
  }

  private static Object trusted(KeyStore store) throws Exception {
    var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    X509TrustManager manager = (X509TrustManager) factory.getTrustManagers()[0];
    TreeSet<String> sorted = new TreeSet<>();
    for (Certificate one : manager.getAcceptedIssuers()) sorted.add(sha256(one.getEncoded()));
    if (sorted.isEmpty()) throw new IllegalStateException("nothing is trusted");
    return sorted;
  }

  private static Object identity(KeyStore store, char[] keyPassword) throws Exception {
    var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, keyPassword);
    X509KeyManager manager = (X509KeyManager) factory.getKeyManagers()[0];
    for (String type : new String[] {"RSA", "EC", "DSA", "EdDSA"}) {
      String[] aliases = manager.getClientAliases(type, null);
      if (aliases == null) continue;
      Map<String, Object> one = new TreeMap<>();
      one.put("key", sha256(manager.getPrivateKey(aliases[0]).getEncoded()));
      one.put("certificates", hashes(manager.getCertificateChain(aliases[0])));
      return one;
    }
    throw new IllegalStateException("there is nothing to present to a broker");
  }

  private static List<String> hashes(Certificate... certificates) throws Exception {
    List<String> list = new ArrayList<>();
    if (certificates == null) return list;
    for (Certificate one : certificates) list.add(sha256(one.getEncoded()));
    return list;
  }

  private static String sha256(byte[] bytes) throws Exception {
    StringBuilder text = new StringBuilder();
    for (byte one : MessageDigest.getInstance("SHA-256").digest(bytes)) {
      text.append(String.format("%02x", one));
    }
    return text.toString();
  }
}
