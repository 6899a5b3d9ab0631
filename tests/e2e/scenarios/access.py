"""Clusters that enforce access rules, odd addresses."""

import socket

from harness import check, ports
from harness.registry import scenario

ANYBODY = "User:ANONYMOUS"


def minimal_source(stage, topic):
    """The rights that README asks for on the source."""
    return [
        {"resource": "TOPIC", "name": topic, "operations": ["DESCRIBE", "READ"]},
        {"resource": "GROUP", "name": stage.group, "operations": ["READ"]},
    ]


def minimal_target(topic, idempotent):
    """The rights that README asks for on the target; the cluster's from 2.8 on is not needed."""
    rules = [{"resource": "TOPIC", "name": topic, "operations": ["DESCRIBE", "WRITE"]}]
    if idempotent:
        cluster = {"resource": "CLUSTER", "name": "kafka-cluster"}
        rules.append({**cluster, "operations": ["IDEMPOTENT_WRITE"]})
    return rules


def mirrors_with_rights(world, name, source, target, idempotent):
    with world.stage(name, source, target) as stage:
        topic = stage.create("orders", 2)
        hidden = stage.create("hidden", 1)
        stage.call(
            source, "create_acls", principal=ANYBODY, rules=minimal_source(stage, topic)
        )
        rules = minimal_target(topic, idempotent)
        stage.call(target, "create_acls", principal=ANYBODY, rules=rules)
        stage.call(source, "produce_sequence", topic=topic, partitions=[0, 1], count=1000)
        stage.call(source, "produce_sequence", topic=hidden, partitions=[0], count=10)
        files = stage.files()
        code, out, err = stage.once(
            *["plan", "--consumer.config", files[0], "--producer.config", files[1]],
            *["--whitelist", f"{name}-.*"],
        )
        check.expect_equal(code, 0, f"plan without the right to read configs: {out}{err}")
        ferry = stage.mirror().wait_ready()
        stage.wait_drained(topic)
        stage.expect_same(topic)
        stage.expect_sequence(topic)
        check.expect_equal(ferry.terminate(), 0, f"exit code\n{ferry.tail()}")
        return ferry.process.log()


@scenario("acls")
def acls(world):
    """the minimal rights suffice; an old target without IdempotentWrite is served, with a notice"""
    brokers = [
        world.private_broker("3.9.1", "acl-source", acls=True),
        world.private_broker("4.3.1", "acl-target", acls=True),
        world.private_broker("2.2.0", "acl-old-target", acls=True),
    ]
    try:
        for broker in brokers:
            broker.wait_ready(world.witness)
        source, target, old_target = brokers
        mirrors_with_rights(world, "acl", source, target, idempotent=False)
        log = mirrors_with_rights(world, "acl-old", source, old_target, idempotent=False)
        check.expect(
            any("idempoten" in line.lower() for line in log.splitlines()),
            f"no notice about idempotence: {log[-2000:]}",
        )
        mirrors_with_rights(world, "acl-idempotent", source, old_target, idempotent=True)
    finally:
        for broker in brokers:
            broker.stop()


@scenario("addresses")
def addresses(world):
    """several bootstrap hosts with a dead one, and IPv6"""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError as reason:
        raise check.Skipped(f"no IPv6 on this machine: {reason}") from reason
    (target,) = world.brokers(("target", "4.3.1"))
    source = world.private_broker("3.9.1", "ipv6-source", host="::1")
    try:
        source.wait_ready(world.witness)
        with world.stage("addresses", source, target) as stage:
            topic = stage.create("orders", 2)
            stage.call(source, "produce_sequence", topic=topic, partitions=[0, 1], count=1000)
            dead = ports.free_port()
            ferry = stage.mirror(
                consumer={"bootstrap.servers": f"127.0.0.1:{dead},{source.bootstrap}"},
                producer={"bootstrap.servers": f"[::1]:{dead},localhost:{target.port}"},
            ).wait_ready()
            stage.wait_drained(topic)
            stage.expect_same(topic)
            check.expect_equal(ferry.terminate(), 0, "exit code")
    finally:
        source.stop()
