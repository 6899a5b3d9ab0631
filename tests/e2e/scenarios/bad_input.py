"""Every mistake: one clear line, the right exit code, nothing half-started."""

import json
import os
import socket

from harness import check, ports
from harness.registry import scenario

USAGE, UNREACHABLE, CONFIGURATION = 64, 69, 78


class Cases:
    """Calls that have to fail, each in the same two ways: by their code and by one line."""

    def __init__(self, stage):
        self.stage = stage
        self.failures = []
        self.count = 0

    def refused(self, what, args, code, *words, timeout_s=40):
        """One line of standard error holds all the words."""
        self.count += 1
        seen, out, err = self.stage.once(*args, timeout_s=timeout_s)
        text = err + out
        if seen != code:
            self.failures.append(f"{what}: exit code {seen} instead of {code}: {text[-600:]}")
        lines = [line for line in text.splitlines() if all(word in line for word in words)]
        if not lines:
            self.failures.append(f"{what}: no line with {words}: {text[-600:]}")

    def done(self):
        check.expect(not self.failures, lambda: "\n  ".join(["", *self.failures]))


def write(stage, name, text):
    path = os.path.join(stage.folder, name)
    with open(path, "w", encoding="latin-1") as out:
        out.write(text)
    return path


def offline(stage, cases, consumer, producer):
    def both(more_consumer=consumer, more_producer=producer):
        return ["--consumer.config", more_consumer, "--producer.config", more_producer]

    topics = ["--whitelist", "orders", "--http.listen", "off"]
    missing = os.path.join(stage.folder, "nowhere.properties")
    cases.refused("missing file", [*both(missing), *topics], CONFIGURATION, "nowhere.properties")
    folder = os.path.join(stage.folder, "folder.properties")
    os.makedirs(folder, exist_ok=True)
    cases.refused("unreadable file", [*both(folder), *topics], CONFIGURATION, "folder.properties")
    broken = write(stage, "broken.properties", "group.id=g\nbootstrap.servers=\\u12\n")
    cases.refused(
        "malformed properties", [*both(broken), *topics], CONFIGURATION, "broken.properties:2"
    )
    wrong = write(
        stage, "wrong.properties", "bootstrap.servers=h:1\ngroup.id=g\nsession.timeout.ms=soon\n"
    )
    cases.refused(
        "value of a wrong type",
        [*both(wrong), *topics],
        CONFIGURATION,
        "wrong.properties:3",
        "session.timeout.ms",
    )
    unknown = write(stage, "unknown.properties", "bootstrap.servers=h:1\ngroup.id=g\nflux.gate=1\n")
    cases.refused(
        "unknown key, strict",
        [*both(unknown), *topics, "--strict"],
        CONFIGURATION,
        "unknown.properties:3",
        "flux.gate",
    )
    without = write(stage, "without.properties", "bootstrap.servers=h:1\n")
    cases.refused("no group", [*both(without), *topics], CONFIGURATION, "group.id")
    bad = ["--whitelist", "orders[", "--http.listen", "off"]
    cases.refused("bad regex", [*both(), *bad], CONFIGURATION, "--whitelist", "orders[")
    cases.refused("no topics", [*both(), "--http.listen", "off"], USAGE, "--include")
    cases.refused("unknown option", [*both(), *topics, "--num.steams", "2"], USAGE, "--num.steams")
    cases.refused(
        "a Java class", [*both(), *topics, "--message.handler", "com.example.X"], USAGE, "rename"
    )
    cases.refused(
        "bad number", [*both(), *topics, "--num.streams", "many"], USAGE, "--num.streams", "many"
    )
    flows = write(
        stage,
        "flows.json",
        json.dumps(
            {
                "flows": [
                    {
                        "source": {"properties.file": consumer},
                        "target": {"properties.file": producer},
                        "topics": {"include": "a"},
                        "tpoics": 1,
                    }
                ]
            },
            indent=1,
        ),
    )
    cases.refused(
        "unknown JSON key", ["run", "--config", flows], CONFIGURATION, "flows.json:", "tpoics"
    )
    torn = write(stage, "torn.json", '{\n "flows": [\n')
    cases.refused("torn JSON", ["run", "--config", torn], CONFIGURATION, "torn.json:")
    several = ["check", *both(wrong, unknown), "--whitelist", "orders["]
    for words in (("session.timeout.ms",), ("orders[",)):
        cases.refused("check names all mistakes", several, CONFIGURATION, *words)


def clusters(stage, cases, consumer, producer):
    source, target = stage.source, stage.target
    dead = f"127.0.0.1:{ports.free_port()}"
    quick = {"request.timeout.ms": "3000"}
    nobody = {"bootstrap.servers": dead, **quick}

    def plan(topic, *more, consumer_file=consumer, producer_file=producer):
        files = ["--consumer.config", consumer_file, "--producer.config", producer_file]
        return ["plan", *files, "--whitelist", topic, *more]

    there = stage.create("there", 4)
    fewer = stage.create("fewer", 4, 2)
    missing = stage.create("missing", 2, source_only=True)
    dead_consumer = stage.files(consumer=nobody, tag="-dead-source")[0]
    dead_producer = stage.files(producer=nobody, tag="-dead-target")[1]
    cases.refused(
        "plan, source unreachable", plan(there, consumer_file=dead_consumer), UNREACHABLE, "source"
    )
    cases.refused(
        "plan, target unreachable", plan(there, producer_file=dead_producer), UNREACHABLE, "target"
    )
    cases.refused("plan, target topic missing", plan(missing), CONFIGURATION, missing)
    cases.refused(
        "plan, fewer partitions",
        plan(fewer, "--partitioning", "source"),
        CONFIGURATION,
        fewer,
    )
    same = stage.files(producer={"bootstrap.servers": source.bootstrap}, tag="-same")[1]
    cases.refused("plan, same cluster", plan(there, producer_file=same), CONFIGURATION, there)
    cases.refused(
        "daemon, same cluster",
        ["--consumer.config", consumer, "--producer.config", same, "--whitelist", there]
        + ["--http.listen", "off"],
        CONFIGURATION,
        there,
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        cases.refused(
            "HTTP port taken",
            ["--consumer.config", consumer, "--producer.config", producer, "--whitelist", there]
            + ["--http.listen", listen],
            CONFIGURATION,
            listen,
        )
    code, out, err = stage.once(*plan(there))
    check.expect_equal(code, 0, f"plan of a topic without problems: {out}{err}")
    check.expect(there in out, f"plan names the topic: {out}")
    code, out, err = stage.once(*plan(there, "--json"))
    check.expect_equal(code, 0, f"plan --json: {err}")
    json.loads(out)
    groups = stage.described()
    check.expect_equal(
        (groups["members"], groups["positions"]), ([], []), "what refusals left in the group"
    )
    return target, there, fewer, dead_consumer, dead_producer


def daemons_wait(stage, there, fewer, dead_consumer, dead_producer, consumer, producer):
    """What may heal is retried, and said."""
    common = ["--whitelist", there]
    for what, files in (
        ("source", (dead_consumer, producer)),
        ("target", (consumer, dead_producer)),
    ):
        ferry = stage.start(
            ["--consumer.config", files[0], "--producer.config", files[1], *common]
        )

        def says(ferry=ferry, what=what):
            check.expect(ferry.alive(), lambda: f"kferry ended: {ferry.tail()}")
            code, body = ferry.get("/readyz")
            return code == 503 and what in body

        check.wait_until(
            says, 30, lambda ferry=ferry, what=what: f"/readyz names the {what}: "
            f"{ferry.get('/readyz')}"
        )
        check.expect_equal(ferry.get("/healthz")[0], 200, "/healthz while a cluster is away")
        check.expect_equal(ferry.terminate(), 0, f"exit code\n{ferry.tail()}")
    ferry = stage.mirror("--partitioning", "source", include=fewer)
    check.wait_until(
        lambda: ferry.get("/readyz")[0] == 503 and fewer in ferry.get("/readyz")[1],
        30,
        lambda: f"/readyz names {fewer}: {ferry.get('/readyz')}",
    )
    check.expect_equal(ferry.terminate(), 0, "exit code")


@scenario("bad_input")
def bad_input(world):
    """each mistake gives one clear line and the right exit code, nothing is half-started"""
    source, target = world.pair()
    with world.stage("bad", source, target) as stage:
        consumer, producer = stage.files()
        cases = Cases(stage)
        offline(stage, cases, consumer, producer)
        rest = clusters(stage, cases, consumer, producer)
        cases.done()
        daemons_wait(stage, *rest[1:], consumer, producer)
        return f"{cases.count} refusals"


@scenario("notices")
def notices(world):
    """an unknown property and Java's environment variables are named; the mirror runs"""
    source, target = world.pair()
    with world.stage("notices", source, target) as stage:
        topic = stage.create("orders", 1)
        stage.call(source, "produce_sequence", topic=topic, partitions=[0], count=100)
        ferry = stage.mirror(
            consumer={"flux.gate": "1"},
            env={
                "KAFKA_HEAP_OPTS": "-Xmx1G",
                "JMX_PORT": "9999",
                "KAFKA_LOG4J_OPTS": "-Dlog4j.configuration=file:x",
            },
        ).wait_ready()
        stage.wait_drained(topic)
        log = ferry.process.log()
        for word in ("flux.gate", "KAFKA_HEAP_OPTS", "JMX_PORT", "KAFKA_LOG4J_OPTS"):
            check.expect(word in log, f"the log does not name {word}: {log[-2000:]}")
        check.expect_equal(ferry.terminate(), 0, "exit code")
        check.expect("100 records" in ferry.tail(), f"no exit summary: {ferry.tail()}")
        check.expect("dropped 0" in ferry.tail(), f"no drops in the summary: {ferry.tail()}")
        code, out, err = stage.once("--help")
        check.expect_equal(code, 0, f"--help: {err}")
        check.expect("--consumer.config" in out, "--help names the options")
