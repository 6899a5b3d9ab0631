"""Brokers that are killed and come back, and leaders that move, under batches that pass whole."""

import random

from harness import check
from harness.registry import scenario
from scenarios.stops import LONG, PARTITIONS, SEED, finish, wait_progress

PASSTHROUGH = ("--engine", "passthrough")
RATE = 3000
REPLICAS = 3


def expect_running(ferry):
    check.expect(ferry.alive(), lambda: f"kferry ended: {ferry.tail()}")


@scenario("broker_restart")
def broker_restart(world):
    """both brokers are killed and come back under whole batches: nothing lost, order kept"""
    rounds = 4 if LONG else 1
    moments = random.Random(SEED)
    source = world.private_broker("3.9.1", "restart-source")
    target = world.private_broker("4.3.1", "restart-target")
    brokers = [source, target]
    try:
        for broker in brokers:
            broker.wait_ready(world.witness)
        with world.stage("restart", source, target) as stage:
            topic = stage.create("orders", PARTITIONS)
            # An outage that outlasts the session would repeat what was not committed before it.
            ferry = stage.mirror(*PASSTHROUGH, consumer={"session.timeout.ms": "60000"})
            stage.call(source, "start_load", topic=topic, partitions=PARTITIONS, rate=RATE)
            for _ in range(rounds):
                for killed in ([target], [source], moments.sample(brokers, 2)):
                    wait_progress(stage, topic, moments.randrange(1000, 4000))
                    for broker in killed:
                        broker.crash()
                    for broker in killed:
                        broker.start()
                    for broker in killed:
                        broker.wait_ready(world.witness)
                    wait_progress(stage, topic, 3000, timeout_s=90)
                    expect_running(ferry)
            note = finish(stage, topic, repeats_allowed=True)
            check.expect_equal(ferry.terminate(), 0, f"exit code\n{ferry.tail()}")
            return note
    finally:
        for broker in brokers:
            broker.stop()


def in_sync(stage, topic):
    return all(
        len(one["in_sync"]) == REPLICAS for one in stage.call(stage.target, "replicas", topic=topic)
    )


def leaders(stage, topic):
    return [one["leader"] for one in stage.call(stage.target, "replicas", topic=topic)]


def move_leaders(stage, topic):
    before = leaders(stage, topic)
    stage.call(stage.target, "move_leaders", topic=topic)

    def moved():
        return all(old != new for old, new in zip(before, leaders(stage, topic)))

    check.wait_until(moved, 30, lambda: f"leaders move: {before}, {leaders(stage, topic)}")


def kill_leader(stage, topic, moments):
    number = moments.choice(leaders(stage, topic))
    node = stage.target.node(number)
    node.crash()
    check.wait_until(
        lambda: not {number, -1} & set(leaders(stage, topic)), 60, f"node {number} leads nothing"
    )
    wait_progress(stage, topic, 3000, timeout_s=60)
    node.start().wait_ready(stage.world.witness)
    check.wait_until(lambda: in_sync(stage, topic), 60, "all replicas are in sync")


@scenario("leader_moves")
def leader_moves(world):
    """leaders of a three-node target move by order and by kill -9: nothing lost, order kept"""
    rounds = 4 if LONG else 1
    moments = random.Random(SEED)
    (source,) = world.brokers(("source", "3.9.1"))
    target = world.private_cluster("3.9.1", "moves-target")
    try:
        target.wait_ready(world.witness)
        with world.stage("moves", source, target) as stage:
            topic = stage.create("orders", PARTITIONS, source_only=True)
            given = {"name": topic, "partitions": PARTITIONS, "replicas": REPLICAS}
            stage.call(target, "create_topics", topics=[given])
            ferry = stage.mirror(*PASSTHROUGH)
            stage.call(source, "start_load", topic=topic, partitions=PARTITIONS, rate=RATE)
            wait_progress(stage, topic, 3000)
            for _ in range(rounds):
                for _ in range(3):
                    move_leaders(stage, topic)
                    wait_progress(stage, topic, 2000)
                kill_leader(stage, topic, moments)
                expect_running(ferry)
            note = finish(stage, topic, repeats_allowed=True)
            check.expect_equal(ferry.terminate(), 0, f"exit code\n{ferry.tail()}")
            return f"{4 * rounds} moves; {note}"
    finally:
        target.stop()
