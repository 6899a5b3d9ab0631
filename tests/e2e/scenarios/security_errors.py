"""Every way to be refused, provoked on real brokers: one message with the cause and the remedy."""

import dataclasses
import os
import re
import typing

from harness import check, secured, security
from harness.registry import scenario

DENIED, CONFIGURATION = 77, 78  # by a broker; before any broker is asked
TLS_PLAIN = ("TLS_SASL", security.PLAIN)


@dataclasses.dataclass
class Case:
    what: str
    side: str  # source or target
    way: tuple  # listener and mechanism
    code: int
    words: typing.Sequence[str]  # all in one line
    more: dict = dataclasses.field(default_factory=dict)  # properties instead of the right ones
    port_of: typing.Optional[str] = None  # another listener's address; "" is the plain one
    topic: typing.Optional[str] = None


def wrong_password(mechanism):
    user = security.USERS[mechanism][0]
    return {"sasl.jaas.config": security.jaas(mechanism, user, "not the password")}


def unknown_user(mechanism):
    return {"sasl.jaas.config": security.jaas(mechanism, "nobody-we-know", "whatever")}


def credentials():
    words = ("unknown user or wrong password", "sasl.jaas.config")
    for number, mechanism in enumerate(security.MECHANISMS):
        side = ("source", "target")[number % 2]
        other = ("target", "source")[number % 2]
        way, open_way = ("TLS_SASL", mechanism), ("OPEN_SASL", mechanism)
        yield Case(
            f"wrong password, {mechanism}",
            side,
            way,
            DENIED,
            words,
            wrong_password(mechanism),
        )
        yield Case(
            f"unknown user, {mechanism}",
            other,
            open_way,
            DENIED,
            words,
            unknown_user(mechanism),
        )
    yield Case(
        "mechanism not enabled",
        "target",
        ("ONLY_512", security.PLAIN),
        DENIED,
        ("PLAIN", "is not enabled on the broker", "SCRAM-SHA-512", "sasl.mechanism"),
    )


def certificates(stage):
    empty = security.empty_store(stage.folder, "changeit")
    name = "ssl.truststore"
    yield Case(
        "certificate of an unknown authority",
        "source",
        ("ALIEN", None),
        DENIED,
        ("certificate is not trusted", f"{name}.location"),
    )
    yield Case(
        "expired certificate", "target", ("EXPIRED", None), DENIED, ("certificate expired",)
    )
    yield Case(
        "host name mismatch",
        "source",
        ("NAMELESS", security.PLAIN),
        DENIED,
        ("host name", "ssl.endpoint.identification.algorithm"),
    )
    yield Case(
        "missing client certificate",
        "target",
        ("MUTUAL", None),
        DENIED,
        ("client certificate", "ssl.keystore.location"),
    )
    yield Case(
        "wrong truststore password",
        "target",
        ("TLS", None),
        CONFIGURATION,
        (f"{name}.password", "password"),
        {f"{name}.password": "not the password"},
    )
    yield Case(
        "empty truststore",
        "source",
        ("TLS", None),
        CONFIGURATION,
        (f"{name}.location", "certificate"),
        {f"{name}.location": empty, f"{name}.password": "changeit"},
    )


def protocols():
    speaks = ("speaks TLS", "security.protocol")
    silent = ("does not speak TLS", "security.protocol")
    yield Case(
        "PLAINTEXT on a TLS port", "source", (None, None), DENIED, speaks, port_of="TLS"
    )
    yield Case(
        "SASL_PLAINTEXT on a SASL_SSL port",
        "target",
        ("OPEN_SASL", security.PLAIN),
        DENIED,
        speaks,
        port_of="TLS_SASL",
    )
    yield Case(
        "SSL on a plain port", "target", ("TLS", None), DENIED, silent, port_of=""
    )
    yield Case(
        "SASL_SSL on a SASL_PLAINTEXT port",
        "source",
        TLS_PLAIN,
        DENIED,
        silent,
        port_of="OPEN_SASL",
    )


def rights(topics):
    yield Case(
        "no Describe on a source topic",
        "source",
        TLS_PLAIN,
        CONFIGURATION,
        ("no source topic matches", "may describe"),
        topic=topics[0],
    )
    yield Case(
        "no Describe on a target topic",
        "target",
        TLS_PLAIN,
        CONFIGURATION,
        ("does not exist on the target", "give the principal Describe"),
        topic=topics[1],
    )
    yield Case(
        "no Read on the group",
        "source",
        TLS_PLAIN,
        DENIED,
        ("Group authorization failed", "Read on the consumer group", "group.id"),
        {"group.id": "errors-forbidden-group"},
        topic=topics[2],
    )


class Table:
    """The messages, as the documentation shows them."""

    def __init__(self):
        self.rows = []

    def add(self, case, code, line):
        line = re.sub(r"(127\.0\.0\.1|localhost):\d+", r"broker.example.com:9093", line)
        line = re.sub(r"/\S*/([^/\s]+)", r"/etc/kferry/\1", line)
        line = " ".join(line.replace("|", "\\|").split())
        self.rows.append(f"| {case.what} | {case.side} | {code} | {line} |")

    def write(self, path):
        with open(path, "w", encoding="utf-8") as out:
            out.write("| case | cluster | exit code | message |\n|---|---|---|---|\n")
            out.write("\n".join(self.rows) + "\n")


def run_case(stage, case, topic, table):
    """None, or what is wrong."""
    world = stage.world
    brokers = {"source": stage.source, "target": stage.target}
    given = {
        side: secured.side(world, broker, secured.PLAINTEXT) for side, broker in brokers.items()
    }
    broker = brokers[case.side]
    given[case.side] = secured.side(world, broker, case.way, case.more)
    if case.port_of is not None:
        address = broker.address(case.port_of) if case.port_of else broker.bootstrap
        given[case.side]["bootstrap.servers"] = address
    code, text = secured.plan(
        stage, given["source"], given["target"], include=case.topic or topic
    )
    lines = [line for line in text.splitlines() if all(word in line for word in case.words)]
    if code != case.code:
        return f"exit code {code} instead of {case.code}: {text}"
    if len(lines) != 1:
        return f"{len(lines)} lines with {case.words}: {text}"
    if case.side not in lines[0] and "properties" not in lines[0]:
        return f"which cluster? {lines[0]}"
    table.add(case, code, lines[0].removeprefix("kferry: "))
    return None


def forbid(stage):
    """Topics that one side's user may not use, and a group; the names."""
    names = []
    for suffix, side in (("closed", stage.source), ("shut", stage.target), ("group", None)):
        names.append(stage.create(suffix, 1))
        if side is not None:
            rules = [{"resource": "TOPIC", "name": names[-1], "operations": ["ALL"]}]
            stage.call(side, "create_acls", principal="User:somebody-else", rules=rules)
    rules = [{"resource": "GROUP", "name": "errors-forbidden-group", "operations": ["ALL"]}]
    stage.call(stage.source, "create_acls", principal="User:somebody-else", rules=rules)
    return names


@scenario("security_errors")
def security_errors(world):
    """each refusal is one message with cluster, cause and remedy, and its exit code"""
    with world.stage("errors", *world.secured(("source", "3.9.1"), ("target", "3.9.1"))) as stage:
        topic = stage.create("orders", 1)
        cases = [*credentials(), *certificates(stage), *protocols(), *rights(forbid(stage))]
        table = Table()
        failures = []
        for case in cases:
            failure = run_case(stage, case, topic, table)
            if failure:
                failures.append(f"{case.what}: {failure}")
        path = os.environ.get("KFERRY_E2E_TABLE", os.path.join(stage.folder, "errors.md"))
        table.write(path)
        check.expect(not failures, lambda: "\n  ".join(["", *failures]))
        return f"{len(cases)} refusals, their messages in {path}"


def allow_describe_only(stage, side, topic):
    name = {"resource": "TOPIC", "name": topic}
    principal = f"User:{security.USERS[security.PLAIN][0]}"
    rules = [{**name, "operations": ["DESCRIBE"]}]
    stage.call(side, "create_acls", principal=principal, rules=rules)


@scenario("security_rights")
def security_rights(world):
    """a topic that may not be read or written is named while the others go on, and heals"""
    with world.stage("rights", *world.secured(("source", "3.9.1"), ("target", "3.9.1"))) as stage:
        topics = {side: stage.create(f"not-on-{side}", 1) for side in ("source", "target")}
        free = stage.create("free", 1)
        closed = [
            (stage.source, topics["source"], "Read"),
            (stage.target, topics["target"], "Write"),
        ]
        for broker, topic, _ in closed:
            allow_describe_only(stage, broker, topic)
        for topic in (free, *topics.values()):
            stage.call(stage.source, "produce_sequence", topic=topic, partitions=[0], count=300)
        ferry = stage.mirror(
            *["--on.send.failure", "park"],
            consumer=secured.side(world, stage.source, TLS_PLAIN),
            producer=secured.side(world, stage.target, ("OPEN_SASL", security.PLAIN)),
        )
        stage.wait_drained(free)
        stage.expect_same(free)
        for _, topic, right in closed:
            check.wait_until(
                lambda topic=topic, right=right: f"give the principal {right}"
                in str(ferry.shards().get((topic, 0))),
                30,
                lambda topic=topic: f"/status names the right on {topic}: {ferry.shards()}",
            )
        check.expect_equal(ferry.get("/readyz")[0], 503, "/readyz while topics are closed")
        for broker, topic, right in closed:
            rules = [{"resource": "TOPIC", "name": topic, "operations": [right.upper()]}]
            principal = f"User:{security.USERS[security.PLAIN][0]}"
            stage.call(broker, "create_acls", principal=principal, rules=rules)
        for topic in topics.values():
            stage.wait_drained(topic)
            stage.expect_same(topic)
            stage.expect_sequence(topic)
        ferry.wait_ready()
        check.expect_equal(ferry.terminate(), 0, f"exit code\n{ferry.tail()}")
