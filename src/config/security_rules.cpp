#include "config/property_table.hpp"

/// Properties of TLS and SASL, the same for both sides. The security room judges them together;
/// their texts are the documentation.
namespace kferry::config {
namespace {

constexpr PropertyRule honoured(std::string_view name, std::string_view text,
                                Type type = Type::string) {
  return {.name = name, .fate = Fate::translated, .type = type, .text = text, .security = true};
}
constexpr PropertyRule ignored(std::string_view name, std::string_view text,
                               Type type = Type::string) {
  return {.name = name, .fate = Fate::ignored, .type = type, .text = text, .security = true};
}
constexpr PropertyRule refused(std::string_view name, std::string_view text,
                               Type type = Type::class_name) {
  return {.name = name, .fate = Fate::refused, .type = type, .text = text, .security = true};
}

constexpr std::string_view k_protocol_words = "PLAINTEXT|SSL|SASL_PLAINTEXT|SASL_SSL";

constexpr std::string_view k_java_class = "Java classes can not run here: leave it out";
constexpr std::string_view k_openssl = "OpenSSL does what a Java provider would do";
constexpr std::string_view k_chain = "OpenSSL checks certificates as Java's default does";
constexpr std::string_view k_password_types = "a password does not expire here as a token would";
constexpr std::string_view k_tickets = "the Kerberos library renews tickets by itself";
constexpr std::string_view k_login_http = "librdkafka has its own times for token requests";
constexpr std::string_view k_assertion =
    "client assertions are not supported: use a client id and secret";
constexpr std::string_view k_broker_side = "checks of the token that brokers do";

constexpr PropertyRule k_security_rules[] = {
    {.name = "security.protocol",
     .fate = Fate::translated,
     .allowed = k_protocol_words,
     .any_case = true,
     .text = "honoured; unset: PLAINTEXT, with which ssl. and sasl. properties mean nothing",
     .security = true},
    ignored("security.providers", k_openssl),

    honoured("ssl.truststore.location",
             "JKS, PKCS12 or PEM, recognised by content; unset: what the system trusts"),
    honoured("ssl.truststore.password", "checks the store; unset: its integrity is not checked",
             Type::password),
    honoured("ssl.truststore.type", "the content decides; PEM also allows the inline form"),
    honoured("ssl.truststore.certificates", "PEM inline (KIP-651)", Type::password),
    honoured("ssl.keystore.location", "JKS, PKCS12 or PEM: private key and its certificates"),
    honoured("ssl.keystore.password", "opens the store, and the key without ssl.key.password",
             Type::password),
    honoured("ssl.keystore.type", "the content decides; PEM also allows the inline form"),
    honoured("ssl.keystore.key", "PEM inline (KIP-651), PKCS#8", Type::password),
    honoured("ssl.keystore.certificate.chain", "PEM inline (KIP-651), the own one first",
             Type::password),
    honoured("ssl.key.password", "opens the private key", Type::password),
    honoured("ssl.endpoint.identification.algorithm",
             "https (also unset): host names are checked; empty: they are not, with a warning"),
    honoured("ssl.protocol", "bounds the version when ssl.enabled.protocols is not set"),
    honoured("ssl.enabled.protocols",
             "TLSv1.2 and TLSv1.3; older ones are dropped with a warning, refused when alone",
             Type::list),
    honoured("ssl.cipher.suites", "IANA names, as OpenSSL's; unknown ones are refused", Type::list),
    ignored("ssl.keymanager.algorithm", k_chain),
    ignored("ssl.trustmanager.algorithm", k_chain),
    ignored("ssl.provider", k_openssl),
    ignored("ssl.secure.random.implementation", k_openssl),
    refused("ssl.engine.factory.class", "unless Kafka's own: Java classes can not run here"),

    honoured("sasl.mechanism",
             "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512; GSSAPI and OAUTHBEARER as far as librdkafka has "
             "them; unset: GSSAPI, as in Java"),
    honoured("sasl.jaas.config",
             "one login module; wins over the JAAS file of --jaas or KAFKA_OPTS", Type::password),
    refused("sasl.client.callback.handler.class", k_java_class),
    refused("sasl.login.class", k_java_class),
    refused("sasl.login.callback.handler.class",
            "unless Kafka's own for OAUTHBEARER: Java classes can not run here"),

    honoured("sasl.kerberos.service.name", "honoured, also serviceName of the JAAS module"),
    ignored("sasl.kerberos.kinit.cmd", "commands are not run: a key tab is used"),
    honoured("sasl.kerberos.min.time.before.relogin", "honoured", Type::long_integer),
    ignored("sasl.kerberos.ticket.renew.jitter", k_tickets, Type::real),
    ignored("sasl.kerberos.ticket.renew.window.factor", k_tickets, Type::real),

    ignored("sasl.login.connect.timeout.ms", k_login_http, Type::integer),
    ignored("sasl.login.read.timeout.ms", k_login_http, Type::integer),
    ignored("sasl.login.retry.backoff.max.ms", k_login_http, Type::long_integer),
    ignored("sasl.login.retry.backoff.ms", k_login_http, Type::long_integer),
    ignored("sasl.login.refresh.buffer.seconds", k_password_types, Type::short_integer),
    ignored("sasl.login.refresh.min.period.seconds", k_password_types, Type::short_integer),
    ignored("sasl.login.refresh.window.factor", k_password_types, Type::real),
    ignored("sasl.login.refresh.window.jitter", k_password_types, Type::real),

    honoured("sasl.oauthbearer.token.endpoint.url", "where tokens come from (OIDC)"),
    honoured("sasl.oauthbearer.scope", "honoured, also scope of the JAAS module"),
    honoured("sasl.oauthbearer.client.credentials.client.id",
             "honoured, also clientId of the JAAS module"),
    honoured("sasl.oauthbearer.client.credentials.client.secret",
             "honoured, also clientSecret of the JAAS module", Type::password),
    ignored("sasl.oauthbearer.header.urlencode", "librdkafka decides", Type::boolean),
    refused("sasl.oauthbearer.assertion.algorithm", k_assertion, Type::string),
    refused("sasl.oauthbearer.assertion.claim.aud", k_assertion, Type::string),
    refused("sasl.oauthbearer.assertion.claim.exp.seconds", k_assertion, Type::integer),
    refused("sasl.oauthbearer.assertion.claim.iss", k_assertion, Type::string),
    refused("sasl.oauthbearer.assertion.claim.jti.include", k_assertion, Type::boolean),
    refused("sasl.oauthbearer.assertion.claim.nbf.seconds", k_assertion, Type::integer),
    refused("sasl.oauthbearer.assertion.claim.sub", k_assertion, Type::string),
    refused("sasl.oauthbearer.assertion.file", k_assertion, Type::string),
    refused("sasl.oauthbearer.assertion.private.key.file", k_assertion, Type::string),
    refused("sasl.oauthbearer.assertion.private.key.passphrase", k_assertion, Type::password),
    refused("sasl.oauthbearer.assertion.template.file", k_assertion, Type::string),
    refused("sasl.oauthbearer.jwt.retriever.class",
            "unless Kafka's own: Java classes can not run here"),
    ignored("sasl.oauthbearer.jwt.validator.class", k_broker_side, Type::class_name),
    ignored("sasl.oauthbearer.clock.skew.seconds", k_broker_side, Type::integer),
    ignored("sasl.oauthbearer.expected.audience", k_broker_side, Type::list),
    ignored("sasl.oauthbearer.expected.issuer", k_broker_side),
    ignored("sasl.oauthbearer.jwks.endpoint.refresh.ms", k_broker_side, Type::long_integer),
    ignored("sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", k_broker_side,
            Type::long_integer),
    ignored("sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", k_broker_side, Type::long_integer),
    ignored("sasl.oauthbearer.jwks.endpoint.url", k_broker_side),
    ignored("sasl.oauthbearer.scope.claim.name", k_broker_side),
    ignored("sasl.oauthbearer.sub.claim.name", k_broker_side),
};

}  // namespace

std::span<const PropertyRule> security_rules() noexcept { return k_security_rules; }

}  // namespace kferry::config
