import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Makes the cases of the stores judge with keytool and openssl. keytool runs inside this process:
 * a JVM for each of its calls would take minutes.
 */
final class MakeStores {
  private static final String PASSWORD = "changeit";
  private static final String LEGACY = "keystore.pkcs12.legacy";
  private static final String CERT_PROTECTION = "keystore.pkcs12.certProtectionAlgorithm";
  private static final String KEY_PROTECTION = "keystore.pkcs12.keyProtectionAlgorithm";
  private static final String MAC = "keystore.pkcs12.macAlgorithm";

  private final Path cases;
  private final Path work;

  private MakeStores(Path cases, Path work) {
    this.cases = cases;
    this.work = work;
  }

  public static void main(String[] args) throws Exception {
    Path work = Files.createTempDirectory("stores");
    try {
      new MakeStores(Path.of(args[0]), work).make();
    } finally {
      try (var files = Files.list(work)) {
        for (Path file : files.toList()) Files.delete(file);
      }
      Files.delete(work);
    }
  }

  private void make() throws Exception {
    certificates();
    for (String kind : List.of("JKS", "PKCS12")) {
      trustedStores(kind);
      keyStores(kind);
      passwords(kind);
      damage(kind);
    }
    System.setProperty(LEGACY, "");
    trusted("legacy_trusted", "PKCS12", PASSWORD, "root");
    keys("legacy_key", "PKCS12", PASSWORD, "client");
    System.clearProperty(LEGACY);
    emit("legacy_trusted", "store", PASSWORD, null);
    emit("legacy_trusted", "trust", PASSWORD, null);
    emit("legacy_key", "store", PASSWORD, null);
    emit("legacy_key", "key", PASSWORD, null);
    emit("legacy_key.wrong", "store", "legacy_key", "changeIt", null);
    emit("legacy_key.no_password", "store", "legacy_key", null, null);
    openTrustedStores();
    otherAlgorithms();
    byOpenssl();
    pemTrust();
    pemKeys();
    noStores();
  }

  /** A CA, and an RSA and an EC client with certificates of it. */
  private void certificates() throws Exception {
    genkey("ca.p12", "PKCS12", PASSWORD, "ca", "RSA", "-ext", "bc=ca:true");
    export("ca.p12", "ca", "ca.pem", "-rfc");
    export("ca.p12", "ca", "ca.der");
    genkey("other.p12", "PKCS12", PASSWORD, "other", "EC");
    export("other.p12", "other", "other.pem", "-rfc");
    for (String algorithm : List.of("RSA", "EC")) {
      String store = "client_" + algorithm;
      genkey(store, "PKCS12", PASSWORD, "client", algorithm);
      keytool("-certreq -alias client -file", at("csr"), "-keystore", at(store),
          "-storepass " + PASSWORD);
      keytool("-gencert -rfc -alias ca -validity 36500 -infile", at("csr"), "-outfile",
          at(store + ".pem"), "-keystore", at("ca.p12"), "-storepass " + PASSWORD);
      write(store + ".chain", text(store + ".pem") + text("ca.pem"));
      keytool("-importcert -trustcacerts -alias client -file", at(store + ".chain"), "-keystore",
          at(store), "-storepass " + PASSWORD);
      openssl("pkcs12 -noenc -nocerts -passin pass:changeit -in", at(store), "-out", at("bags"));
      openssl("pkcs8 -topk8 -nocrypt -in", at("bags"), "-out", at(store + ".key"));
    }
  }

  private void trustedStores(String kind) throws Exception {
    trusted(kind + "_one", kind, PASSWORD, "Root");
    trusted(kind + "_two", kind, PASSWORD, "b", "a");
    trusted(kind + "_cyrillic_alias", kind, PASSWORD, "корень");
    trusted(kind + "_latin_alias", kind, PASSWORD, "ÄÖÜ×ß");
    trusted(kind + "_empty", kind, PASSWORD, "gone");
    keytool("-delete -alias gone -keystore", at(kind + "_empty"), "-storepass " + PASSWORD);
    for (String name : List.of("_one", "_two", "_cyrillic_alias", "_latin_alias", "_empty")) {
      emit(kind + name, "store", PASSWORD, null);
    }
    emit(kind + "_one", "trust", PASSWORD, null);
    emit(kind + "_two", "trust", PASSWORD, null);
    emit(kind + "_empty", "trust", PASSWORD, null);
    emit(kind + "_one.no_password", "store", kind + "_one", null, null);
    emit(kind + "_one.no_password", "trust", kind + "_one", null, null);
    emit(kind + "_one", "key", PASSWORD, null);
  }

  private void keyStores(String kind) throws Exception {
    for (String algorithm : List.of("RSA", "EC", "DSA")) {
      genkey(kind + "_" + algorithm, kind, PASSWORD, "client", algorithm);
      emit(kind + "_" + algorithm, "store", PASSWORD, null);
    }
    keys(kind + "_chain", kind, PASSWORD, "client");
    emit(kind + "_chain", "store", PASSWORD, null);
    emit(kind + "_chain", "key", PASSWORD, null);
    emit(kind + "_chain", "trust", PASSWORD, null);
    emit(kind + "_chain.no_password", "store", kind + "_chain", null, null);
    emit(kind + "_chain.no_password", "trust", kind + "_chain", null, null);
    emit(kind + "_chain.key_password_same", "key", kind + "_chain", PASSWORD, PASSWORD);
    emit(kind + "_chain.key_password_wrong", "key", kind + "_chain", PASSWORD, "wrong!");
    emit(kind + "_chain.only_key_password", "store", kind + "_chain", null, PASSWORD);
    keys(kind + "_mixed", kind, PASSWORD, "Client");
    genkey(kind + "_mixed", kind, PASSWORD, "second", "EC");
    importCa(kind + "_mixed", kind, PASSWORD, "root");
    emit(kind + "_mixed", "store", PASSWORD, null);
    emit(kind + "_mixed", "trust", PASSWORD, null);
    if (!kind.equals("JKS")) return;
    genkey("JKS_own", "JKS", PASSWORD, "client", "EC", "-keypass", "keypass");
    emit("JKS_own", "store", PASSWORD, "keypass");
    emit("JKS_own", "key", PASSWORD, "keypass");
    emit("JKS_own.store_password_only", "store", "JKS_own", PASSWORD, null);
    emit("JKS_own.swapped", "store", "JKS_own", "keypass", PASSWORD);
    emit("JKS_own.as_trust", "trust", "JKS_own", PASSWORD, null);
  }

  private void passwords(String kind) throws Exception {
    String[] passwords = {"      ", "p\"a's #=\\;", "äöü€123", "пароль😀", "a".repeat(200)};
    for (int i = 0; i < passwords.length; ++i) {
      String name = kind + "_password" + i;
      boolean possible = kind.equals("JKS") || i < 2 || i == 4;
      if (possible) {
        trusted(name, kind, passwords[i], "root");
        keys(name, kind, passwords[i], "client");
      } else {
        // Java can not make these.
        openssl("pkcs12 -export -name client -inkey", at("client_EC.key"), "-in",
            at("client_EC.chain"), "-out", at(name), "-passout", "pass:" + passwords[i]);
      }
      emit(name, "store", passwords[i], null);
    }
    String one = kind + "_one";
    emit(one + ".wrong", "store", one, "changeIt", null);
    emit(one + ".longer", "store", one, PASSWORD + "x", null);
    emit(one + ".empty_password", "store", one, "", null);
    emit(one + ".wrong_trust", "trust", one, "changeIt", null);
    emit(kind + "_chain.wrong", "key", kind + "_chain", "changeIt", null);
  }

  private void damage(String kind) throws Exception {
    byte[] bytes = bytes(kind + "_chain");
    for (int tenth = 0; tenth < 10; ++tenth) {
      byte[] cut = Arrays.copyOf(bytes, bytes.length * tenth / 10);
      emitBytes(kind + "_cut" + tenth, "store", PASSWORD, null, cut);
    }
    emitBytes(kind + "_cut_last", "store", PASSWORD, null, Arrays.copyOf(bytes, bytes.length - 1));
    emitBytes(kind + "_longer", "store", PASSWORD, null, Arrays.copyOf(bytes, bytes.length + 5));
    for (int tenth = 1; tenth < 9; ++tenth) {
      byte[] flipped = bytes.clone();
      flipped[bytes.length * tenth / 10] ^= 4;
      emitBytes(kind + "_flip" + tenth, "store", PASSWORD, null, flipped);
    }
    if (!kind.equals("JKS")) return;
    byte[] trailer = bytes("JKS_one");
    trailer[trailer.length - 1] ^= 1;
    emitBytes("JKS_flip_trailer", "store", PASSWORD, null, trailer);
    emitBytes("JKS_flip_trailer_unchecked", "store", null, null, trailer);
    byte[] version = bytes("JKS_one");
    version[7] = 3;
    emitBytes("JKS_version3", "store", PASSWORD, null, version);
    byte[] tag = bytes("JKS_one");
    tag[15] = 7;
    emitBytes("JKS_unknown_entry", "store", null, null, tag);
  }

  private void openTrustedStores() throws Exception {
    System.setProperty(CERT_PROTECTION, "NONE");
    trusted("open_mac", "PKCS12", PASSWORD, "root");
    System.setProperty(MAC, "NONE");
    trusted("open", "PKCS12", PASSWORD, "root");
    keys("open_key", "PKCS12", PASSWORD, "client");
    System.clearProperty(CERT_PROTECTION);
    trusted("no_mac", "PKCS12", PASSWORD, "root");
    System.clearProperty(MAC);
    for (String name : List.of("open_mac", "open", "open_key", "no_mac")) {
      emit(name, "store", PASSWORD, null);
      emit(name + ".no_password", "store", name, null, null);
      emit(name + ".wrong", "store", name, "changeIt", null);
      emit(name + ".no_password", "trust", name, null, null);
    }
  }

  private void otherAlgorithms() throws Exception {
    List<String> algorithms =
        List.of(
            "PBEWithSHA1AndRC2_40",
            "PBEWithSHA1AndRC2_128",
            "PBEWithSHA1AndRC4_40",
            "PBEWithSHA1AndRC4_128",
            "PBEWithSHA1AndDESede",
            "PBEWithHmacSHA1AndAES_128",
            "PBEWithHmacSHA224AndAES_256",
            "PBEWithHmacSHA512AndAES_128");
    for (String algorithm : algorithms) {
      System.setProperty(CERT_PROTECTION, algorithm);
      System.setProperty(KEY_PROTECTION, algorithm);
      keys("algorithm_" + algorithm, "PKCS12", PASSWORD, "client");
      emit("algorithm_" + algorithm, "store", PASSWORD, null);
    }
    System.clearProperty(CERT_PROTECTION);
    System.clearProperty(KEY_PROTECTION);
    for (String mac : List.of("HmacPBESHA1", "HmacPBESHA384", "HmacPBESHA512")) {
      System.setProperty(MAC, mac);
      trusted("mac_" + mac, "PKCS12", PASSWORD, "root");
      emit("mac_" + mac, "store", PASSWORD, null);
    }
    System.clearProperty(MAC);
    keytool("-genkeypair -alias client -keyalg EdDSA -groupname Ed25519 -dname CN=x -keystore",
        at("ed25519"), "-storetype PKCS12 -storepass " + PASSWORD);
    emit("ed25519", "store", PASSWORD, null);
  }

  private void byOpenssl() throws Exception {
    p12("o_key", "-name", "Client Key");
    p12("o_legacy", "-name", "client", "-legacy");
    p12("o_no_name");
    p12("o_no_mac", "-name", "client", "-nomac");
    p12("o_3des", "-name", "c", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES");
    p12("o_aes128", "-name", "c", "-keypbe", "AES-128-CBC", "-certpbe", "AES-128-CBC");
    p12("o_open_key", "-name", "c", "-keypbe", "NONE");
    p12("o_open_certificates", "-name", "c", "-certpbe", "NONE");
    p12("o_camellia", "-name", "c", "-keypbe", "CAMELLIA-256-CBC");
    p12("o_one_iteration", "-name", "c", "-iter", "1", "-nomaciter");
    p12("o_latin_name", "-name", "ÄÖ");
    for (String name :
        List.of("o_key", "o_legacy", "o_no_name", "o_no_mac", "o_3des", "o_aes128", "o_open_key",
            "o_open_certificates", "o_camellia", "o_one_iteration", "o_latin_name")) {
      emit(name, "store", PASSWORD, null);
    }
    emit("o_key", "key", PASSWORD, null);
    emit("o_key", "trust", PASSWORD, null);
    emit("o_no_mac.wrong", "store", "o_no_mac", "changeIt", null);
    openssl("pkcs12 -export -nokeys -passout pass:changeit -in", at("ca.pem"), "-out", at("o_ca"));
    emit("o_ca", "store", PASSWORD, null);
    emit("o_ca", "trust", PASSWORD, null);
    for (String more : List.of("", "-legacy")) {
      String name = "o_empty_password" + more;
      openssl("pkcs12 -export -passout pass: -name c -inkey", at("client_EC.key"), "-in",
          at("client_EC.chain"), "-out", at(name), more);
      emit(name, "store", "", null);
      emit(name + ".no_password", "store", name, null, null);
      emit(name + ".wrong", "store", name, "x", null);
    }
  }

  private void pemTrust() throws Exception {
    String ca = text("ca.pem");
    String other = text("other.pem");
    openssl("x509 -trustout -in", at("ca.pem"), "-out", at("trusted.pem"));
    pem("pem_one", "trust", ca);
    pem("pem_two", "trust", ca + other);
    pem("pem_twice", "trust", ca + ca);
    pem("pem_one_entries", "store", ca);
    pem("pem_two_entries", "store", ca + other);
    pem("pem_text_around", "trust", "Certificate:\n  Data:\n" + ca + "\nend\n" + other + "bye");
    pem("pem_no_last_line_end", "trust", ca.stripTrailing());
    pem("pem_windows", "trust", ca.replace("\n", "\r\n"));
    pem("pem_one_line", "trust", ca.replace("\n", " "));
    pem("pem_two_in_one_line", "trust", (ca + other).replace("\n", " "));
    pem("pem_openssl_trusted", "trust", text("trusted.pem"));
    pem("pem_headers", "trust", ca.replaceFirst("\n", "\nName: value\nMore: x\n"));
    pem("pem_with_key", "trust", text("client_EC.key") + ca);
    pem("pem_key_only", "trust", text("client_EC.key"));
    pem("pem_cut", "trust", ca.substring(0, ca.length() - 30));
    pem("pem_half", "trust", ca.substring(0, ca.length() / 2));
    pem("pem_second_cut", "trust", ca + other.substring(0, other.length() - 60));
    pem("pem_bad_letter", "trust", ca.substring(0, 100) + "%" + ca.substring(101));
    pem("pem_bad_bytes", "trust", ca.substring(0, 60) + "AAAA" + ca.substring(64));
    pem("pem_empty_body", "trust",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n");
    pem("pem_request", "trust", text("csr"));
  }

  private void pemKeys() throws Exception {
    for (String algorithm : List.of("RSA", "EC")) {
      String key = text("client_" + algorithm + ".key");
      String chain = text("client_" + algorithm + ".chain");
      openssl("pkcs8 -topk8 -v2 aes-256-cbc -passout pass:secret -in",
          at("client_" + algorithm + ".key"), "-out", at("sealed"));
      openssl("pkey -traditional -in", at("client_" + algorithm + ".key"), "-out", at("old"));
      openssl("pkcs8 -topk8 -v1 PBE-SHA1-3DES -passout pass:secret -in",
          at("client_" + algorithm + ".key"), "-out", at("sealed_3des"));
      String sealed = text("sealed");
      String old = text("old");
      String name = "pem_" + algorithm;
      pem(name + "_key_first", "key", key + chain);
      pem(name + "_chain_first", "key", chain + key);
      pem(name + "_entries", "store", chain + key);
      pem(name + "_no_chain", "key", key);
      pem(name + "_no_key", "key", chain);
      pem(name + "_two_keys", "key", key + key + chain);
      pem(name + "_old_form", "key", old + chain);
      pem(name + "_needless_password", "key", key + chain, "secret");
      pem(name + "_sealed", "key", sealed + chain, "secret");
      pem(name + "_sealed_wrong", "key", sealed + chain, "Secret");
      pem(name + "_sealed_no_password", "key", sealed + chain);
      pem(name + "_sealed_entries", "store", sealed + chain, "secret");
      String sealed3des = text("sealed_3des");
      pem(name + "_sealed_3des", "key", sealed3des + chain, "secret");
      pem(name + "_sealed_3des_wrong", "key", sealed3des + chain, "Secret");
      pair(name + "_pair_sealed_3des", sealed3des, chain, "secret");
      pair(name + "_pair", key, chain, null);
      pair(name + "_pair_sealed", sealed, chain, "secret");
      pair(name + "_pair_one_line", key.replace("\n", " "),
          text("client_" + algorithm + ".pem").replace("\n", " "), null);
      pair(name + "_pair_turned", chain, key, null);
    }
  }

  private void noStores() throws Exception {
    emitBytes("none_empty", "store", PASSWORD, null, new byte[0]);
    emitBytes("none_text", "store", PASSWORD, null, "hello\n".getBytes(StandardCharsets.UTF_8));
    emitBytes("none_certificate", "store", PASSWORD, null, bytes("ca.der"));
    emitBytes("none_zeros", "store", PASSWORD, null, new byte[1000]);
    genkey("jceks", "JCEKS", PASSWORD, "client", "EC");
    emit("jceks", "store", PASSWORD, null);
  }

  private void trusted(String store, String kind, String password, String... aliases)
      throws Exception {
    for (String alias : aliases) importCa(store, kind, password, alias);
  }

  private void importCa(String store, String kind, String password, String alias)
      throws Exception {
    keytool("-importcert -alias", alias, "-file", at("ca.pem"), "-keystore", at(store),
        "-storetype " + kind + " -storepass", password);
  }

  /** Puts the EC client's key with its chain into a store. */
  private void keys(String store, String kind, String password, String alias) throws Exception {
    keytool("-importkeystore -srcalias client -srcstorepass " + PASSWORD + " -srckeystore",
        at("client_EC"), "-destkeystore", at(store), "-deststoretype " + kind + " -destalias",
        alias, "-deststorepass", password, "-destkeypass", password);
  }

  private void genkey(
      String store, String kind, String password, String alias, String algorithm, String... more)
      throws Exception {
    List<String> all = new ArrayList<>(List.of("-genkeypair -validity 36500 -dname CN=x -keyalg"));
    all.addAll(List.of(algorithm, "-alias", alias, "-keystore", at(store), "-storetype", kind));
    all.addAll(List.of("-storepass", password));
    if (more.length == 0 || !more[0].equals("-keypass")) all.addAll(List.of("-keypass", password));
    all.addAll(List.of(more));
    keytool(all.toArray(new String[0]));
  }

  private void export(String store, String alias, String file, String... more) throws Exception {
    List<String> all = new ArrayList<>(List.of("-exportcert -alias", alias, "-file", at(file)));
    all.addAll(List.of("-keystore", at(store), "-storepass " + PASSWORD));
    all.addAll(List.of(more));
    keytool(all.toArray(new String[0]));
  }

  private void p12(String name, String... more) throws Exception {
    List<String> all = new ArrayList<>(List.of("pkcs12 -export -passout pass:" + PASSWORD));
    all.addAll(List.of("-inkey", at("client_EC.key"), "-in", at("client_EC.chain")));
    all.addAll(List.of("-out", at(name)));
    all.addAll(List.of(more));
    openssl(all.toArray(new String[0]));
  }

  /** The first argument and those that begin with a dash are several, parted by blanks. */
  private static List<String> parted(String... arguments) {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < arguments.length; ++i) {
      boolean several = i == 0 || arguments[i].startsWith("-");
      if (several) all.addAll(List.of(arguments[i].split(" ")));
      if (!several) all.add(arguments[i]);
    }
    return all;
  }

  /** With -debug it throws where it would end the process. */
  private static void keytool(String... arguments) throws Exception {
    List<String> all = parted(arguments);
    all.addAll(List.of("-debug", "-noprompt"));
    sun.security.tools.keytool.Main.main(all.toArray(new String[0]));
  }

  private void openssl(String... arguments) throws Exception {
    List<String> all = parted(arguments);
    all.removeIf(String::isEmpty);
    all.add(0, "openssl");
    Path log = work.resolve("log");
    Process process =
        new ProcessBuilder(all).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    if (process.waitFor() != 0) {
      throw new IllegalStateException(String.join(" ", all) + ": " + Files.readString(log));
    }
  }

  private void pem(String name, String use, String text) throws Exception {
    pem(name, use, text, null);
  }

  private void pem(String name, String use, String text, String keyPassword) throws Exception {
    emitBytes(name, use, null, keyPassword, text.getBytes(StandardCharsets.UTF_8));
  }

  private void pair(String name, String key, String chain, String keyPassword) throws Exception {
    String words = keyPassword == null ? "" : "key_password " + keyPassword + "\n";
    String head = "use pair\nkey_bytes " + key.length() + "\n" + words + "\n";
    Files.writeString(cases.resolve(name + ".pair"), head + key + chain);
  }

  private void emit(String store, String use, String password, String keyPassword)
      throws Exception {
    emit(store, use, store, password, keyPassword);
  }

  private void emit(String name, String use, String store, String password, String keyPassword)
      throws Exception {
    emitBytes(name, use, password, keyPassword, bytes(store));
  }

  private void emitBytes(
      String name, String use, String password, String keyPassword, byte[] store) throws Exception {
    StringBuilder words = new StringBuilder("use " + use + "\n");
    if (password != null) words.append("password ").append(password).append('\n');
    if (keyPassword != null) words.append("key_password ").append(keyPassword).append('\n');
    var out = new ByteArrayOutputStream();
    out.write(words.append('\n').toString().getBytes(StandardCharsets.UTF_8));
    out.write(store);
    Path file = cases.resolve(name + "." + use);
    if (Files.exists(file)) throw new IllegalStateException("two cases " + file);
    Files.write(file, out.toByteArray());
  }

  private String at(String name) {
    return work.resolve(name).toString();
  }

  private byte[] bytes(String name) throws Exception {
    return Files.readAllBytes(work.resolve(name));
  }

  private String text(String name) throws Exception {
    return Files.readString(work.resolve(name));
  }

  private void write(String name, String text) throws Exception {
    Files.writeString(work.resolve(name), text);
  }
}
