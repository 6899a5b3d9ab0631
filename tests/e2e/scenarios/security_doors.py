"""The secured brokers themselves, with Kafka's own Java client."""

import os

from harness import check, mirror, security, witness
from harness.registry import scenario

BROKERS = (("source", "2.2.0"), ("target", "3.9.1"))


def java_connects(world, broker, properties):
    """Whether Java reaches this very broker with these properties; else its reasons."""
    path = os.path.join(world.folder, "java.properties")
    mirror.write_properties(path, security.escaped(properties))
    try:
        world.witness.call("connect", file=path)
    except witness.WitnessError as reason:
        return str(reason)
    return None


def cases(doors):
    """(listener, properties, words of Java's refusal or None) of a broker that knows SCRAM."""
    for listener in doors.listeners:
        for mechanism in listener.mechanisms or (None,):
            given = doors.client_properties(listener.name, mechanism)
            refusal = {
                "MUTUAL": "SslAuthenticationException",
                "NAMELESS": "No subject alternative",
                "EXPIRED": "NotAfter",
                "ALIEN": "unable to find valid certification path",
            }.get(listener.name)
            yield listener.name, given, refusal
    for single in "'", '"':
        yield "TLS_SASL", doors.client_properties("TLS_SASL", security.PLAIN, single), None
    unchecked = {"ssl.endpoint.identification.algorithm": ""}
    nameless = doors.client_properties("NAMELESS", security.PLAIN)
    yield "NAMELESS", {**nameless, **unchecked}, None
    absent = doors.client_properties("ONLY_512", security.PLAIN)
    yield "ONLY_512", absent, "not enabled in the server"
    mutual = doors.client_properties("MUTUAL")
    for identity in doors.identities().values():
        yield "MUTUAL", {**mutual, **identity}, None
    wrong = doors.client_properties("TLS_SASL", security.PLAIN)
    wrong["sasl.jaas.config"] = security.jaas(security.PLAIN, "plain-user", "wrong")
    yield "TLS_SASL", wrong, "Invalid username or password"


@scenario("doors")
def doors_open_and_shut(world):
    """Java's own client gets in where it should, and is refused where it should"""
    brokers = world.secured(*BROKERS)
    failures = []
    count = 0
    for broker in brokers:
        for listener, given, refusal in cases(world.doors()):
            given["bootstrap.servers"] = broker.address(listener)
            mechanism = given.get("sasl.mechanism")
            if broker.version.startswith("2.") and mechanism not in (None, security.PLAIN):
                continue
            count += 1
            reason = java_connects(world, broker, given)
            if refusal is None and reason is not None:
                failures.append(f"{broker.version} {listener} {mechanism}: {reason}")
            if refusal is not None and refusal not in (reason or ""):
                failures.append(f"{broker.version} {listener} {mechanism}: {refusal}: {reason}")
    check.expect(not failures, lambda: "\n  ".join(["", *failures]))
    return f"{count} connections of Kafka's Java client, as they should be"
