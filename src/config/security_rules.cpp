#include "config/property_table.hpp"

/// Properties of TLS and SASL, the same for both sides.
namespace kferry::config {
namespace {

constexpr PropertyRule security(std::string_view name, Type type = Type::string) {
  return {.name = name, .fate = Fate::security, .type = type};
}

constexpr PropertyRule k_security_rules[] = {
    {.name = "security.protocol",
     .fate = Fate::security,
     .allowed = "PLAINTEXT|SSL|SASL_PLAINTEXT|SASL_SSL",
     .any_case = true,
     .text = "PLAINTEXT; the others are not supported yet"},
    security("sasl.client.callback.handler.class", Type::class_name),
    security("sasl.jaas.config", Type::password),
    security("sasl.kerberos.kinit.cmd"),
    security("sasl.kerberos.min.time.before.relogin", Type::long_integer),
    security("sasl.kerberos.service.name"),
    security("sasl.kerberos.ticket.renew.jitter", Type::real),
    security("sasl.kerberos.ticket.renew.window.factor", Type::real),
    security("sasl.login.callback.handler.class", Type::class_name),
    security("sasl.login.class", Type::class_name),
    security("sasl.login.connect.timeout.ms", Type::integer),
    security("sasl.login.read.timeout.ms", Type::integer),
    security("sasl.login.refresh.buffer.seconds", Type::short_integer),
    security("sasl.login.refresh.min.period.seconds", Type::short_integer),
    security("sasl.login.refresh.window.factor", Type::real),
    security("sasl.login.refresh.window.jitter", Type::real),
    security("sasl.login.retry.backoff.max.ms", Type::long_integer),
    security("sasl.login.retry.backoff.ms", Type::long_integer),
    security("sasl.mechanism"),
    security("sasl.oauthbearer.assertion.algorithm"),
    security("sasl.oauthbearer.assertion.claim.aud"),
    security("sasl.oauthbearer.assertion.claim.exp.seconds", Type::integer),
    security("sasl.oauthbearer.assertion.claim.iss"),
    security("sasl.oauthbearer.assertion.claim.jti.include", Type::boolean),
    security("sasl.oauthbearer.assertion.claim.nbf.seconds", Type::integer),
    security("sasl.oauthbearer.assertion.claim.sub"),
    security("sasl.oauthbearer.assertion.file"),
    security("sasl.oauthbearer.assertion.private.key.file"),
    security("sasl.oauthbearer.assertion.private.key.passphrase", Type::password),
    security("sasl.oauthbearer.assertion.template.file"),
    security("sasl.oauthbearer.client.credentials.client.id"),
    security("sasl.oauthbearer.client.credentials.client.secret", Type::password),
    security("sasl.oauthbearer.clock.skew.seconds", Type::integer),
    security("sasl.oauthbearer.expected.audience", Type::list),
    security("sasl.oauthbearer.expected.issuer"),
    security("sasl.oauthbearer.header.urlencode", Type::boolean),
    security("sasl.oauthbearer.jwks.endpoint.refresh.ms", Type::long_integer),
    security("sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", Type::long_integer),
    security("sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", Type::long_integer),
    security("sasl.oauthbearer.jwks.endpoint.url"),
    security("sasl.oauthbearer.jwt.retriever.class", Type::class_name),
    security("sasl.oauthbearer.jwt.validator.class", Type::class_name),
    security("sasl.oauthbearer.scope"),
    security("sasl.oauthbearer.scope.claim.name"),
    security("sasl.oauthbearer.sub.claim.name"),
    security("sasl.oauthbearer.token.endpoint.url"),
    security("security.providers"),
    security("ssl.cipher.suites", Type::list),
    security("ssl.enabled.protocols", Type::list),
    security("ssl.endpoint.identification.algorithm"),
    security("ssl.engine.factory.class", Type::class_name),
    security("ssl.key.password", Type::password),
    security("ssl.keymanager.algorithm"),
    security("ssl.keystore.certificate.chain", Type::password),
    security("ssl.keystore.key", Type::password),
    security("ssl.keystore.location"),
    security("ssl.keystore.password", Type::password),
    security("ssl.keystore.type"),
    security("ssl.protocol"),
    security("ssl.provider"),
    security("ssl.secure.random.implementation"),
    security("ssl.trustmanager.algorithm"),
    security("ssl.truststore.certificates", Type::password),
    security("ssl.truststore.location"),
    security("ssl.truststore.password", Type::password),
    security("ssl.truststore.type"),
};

}  // namespace

std::span<const PropertyRule> security_rules() noexcept { return k_security_rules; }

}  // namespace kferry::config
