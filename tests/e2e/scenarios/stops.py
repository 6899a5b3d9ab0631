"""Stops, crashes, rebalances and a target that stands still, all under load."""

import os
import random
import time

from harness import check
from harness.registry import scenario

LONG = bool(os.environ.get("KFERRY_E2E_LONG"))
SEED = int(os.environ.get("KFERRY_E2E_SEED", "20190730"))
PARTITIONS = 4
MIB = 1 << 20

# What a kferry takes that holds no records: program, libraries, buffers of the clients.
BASE_RSS_BYTES = 96 * MIB


def target_end(stage, topic):
    return sum(p["end"] for p in stage.call(stage.target, "offsets", topic=topic))


def wait_progress(stage, topic, records, timeout_s=60):
    """Until so many more records lie on the target."""
    begin = target_end(stage, topic)
    check.wait_until(
        lambda: target_end(stage, topic) >= begin + records,
        timeout_s,
        lambda: f"{records} more records reach {topic}; "
        f"{target_end(stage, topic) - begin} did; {stage.mirrors[-1].tail()}",
    )


def expect_safe_positions(stage, topic):
    """No committed position is beyond what the target holds: offsets of these topics count
    records."""
    positions = {
        str(p["partition"]): p["committed"]
        for p in stage.described()["positions"]
        if p["topic"] == topic
    }
    same = not stage.world.stand_in
    verdict = stage.call(
        stage.target, "check_sequence", topic=topic, below=positions, same_partition=same
    )
    check.expect_equal(
        verdict["missing"], 0, f"records below the committed positions {positions}: {verdict}"
    )


def finish(stage, topic, **options):
    done = stage.call(stage.source, "stop_load", topic=topic)
    stage.wait_drained(topic, timeout_s=120)
    verdict = stage.expect_sequence(topic, **options)
    return (
        f"{done['acked']} records, {verdict['repeats']} repeats in {verdict['rewinds']} rewinds, "
        f"the longest {verdict['longest_rewind']}"
    )


@scenario("sigterm", stand_in=True)
def sigterm(world):
    """SIGTERM three times under load: nothing lost, nothing twice"""
    source, target = world.pair()
    with world.stage("sigterm", source, target) as stage:
        topic = stage.create("orders", PARTITIONS)
        stage.call(source, "start_load", topic=topic, partitions=PARTITIONS, rate=4000)
        for _ in range(3):
            ferry = stage.mirror()
            wait_progress(stage, topic, 5000)
            check.expect_equal(ferry.terminate(), 0, f"exit code after SIGTERM\n{ferry.tail()}")
        stage.mirror()
        return finish(stage, topic)


@scenario("sigkill", stand_in=True)
def sigkill(world):
    """SIGKILL ten times: nothing lost, order kept, repeats only as contiguous rewinds"""
    source, target = world.pair()
    moments = random.Random(SEED)
    with world.stage("sigkill", source, target) as stage:
        topic = stage.create("orders", PARTITIONS)
        stage.call(source, "start_load", topic=topic, partitions=PARTITIONS, rate=4000)
        # A dead member keeps its partitions for the rest of its session: a short one.
        settings = {"session.timeout.ms": "2500", "heartbeat.interval.ms": "500"}
        for _ in range(10):
            ferry = stage.mirror(consumer=settings)
            wait_progress(stage, topic, 1000)
            time.sleep(moments.uniform(0, 1.5))
            ferry.kill()
            expect_safe_positions(stage, topic)
        stage.mirror(consumer=settings)
        return finish(stage, topic, repeats_allowed=True)


@scenario("storm", stand_in=True)
def storm(world):
    """two instances join and leave under load: nothing lost, order kept"""
    source, target = world.pair()
    interval_s, duration_s = (10, 180) if LONG else (6, 60)
    with world.stage("storm", source, target) as stage:
        topic = stage.create("orders", PARTITIONS)
        stage.call(source, "start_load", topic=topic, partitions=PARTITIONS, rate=3000)
        running = [stage.mirror(tag="-0")]
        wait_progress(stage, topic, 1000)
        end = time.monotonic() + duration_s
        turn = 0
        while time.monotonic() < end:
            turn += 1
            if len(running) == 1:
                running.append(stage.mirror(tag=f"-{turn}"))
            else:
                gone = running.pop(0)
                check.expect_equal(gone.terminate(), 0, f"exit code\n{gone.tail()}")
            time.sleep(interval_s)
        return f"{turn} changes; " + finish(stage, topic, repeats_allowed=True)


@scenario("still_target")
def still_target(world):
    """a target that stands still: memory bounded, the member stays, everything arrives after"""
    source, target = world.pair()
    still_s = 120 if LONG else 40
    budget = 64 * MIB
    with world.stage("still", source, target) as stage:
        topic = stage.create("orders", PARTITIONS)
        ferry = stage.mirror(
            "--memory.budget",
            str(budget),
            consumer={
                "max.poll.interval.ms": "15000",
                "session.timeout.ms": "6000",
                "heartbeat.interval.ms": "1000",
            },
        )
        ferry.wait_ready()
        stage.call(
            source, "start_load", topic=topic, partitions=PARTITIONS, rate=6000, bytes=1000
        )
        wait_progress(stage, topic, 5000)
        member = [m["member_id"] for m in stage.described()["members"]]
        rebalances = ferry.metrics().sum("kferry_rebalances_total")
        target.pause()
        worst = 0
        try:
            end = time.monotonic() + still_s
            while time.monotonic() < end:
                worst = max(worst, ferry.process.rss_bytes())
                check.expect(ferry.alive(), lambda: f"kferry ended: {ferry.tail()}")
                time.sleep(0.2)
            described = stage.described()
            check.expect(not ferry.ready(), "ready while nothing arrives")
        finally:
            target.resume()
        check.expect_equal(
            [m["member_id"] for m in described["members"]], member, "members of the group"
        )
        limit = budget + BASE_RSS_BYTES
        check.expect(
            worst <= limit, f"RSS grew to {worst // MIB} MiB, more than {limit // MIB} MiB"
        )
        note = finish(stage, topic, repeats_allowed=True)
        check.expect_equal(
            ferry.metrics().sum("kferry_rebalances_total"), rebalances, "rebalances"
        )
        check.expect_equal(ferry.terminate(), 0, "exit code")
        return f"RSS at most {worst // MIB} MiB; {note}"


@scenario("broker_crash", stand_in=True)
def broker_crash(world):
    """target and source are killed and come back under load: nothing lost, order kept, no exit"""
    source, target = world.pair()
    with world.stage("crash", source, target) as stage:
        topic = stage.create("orders", PARTITIONS)
        ferry = stage.mirror()
        stage.call(source, "start_load", topic=topic, partitions=PARTITIONS, rate=3000)
        for broker in (target, source):
            wait_progress(stage, topic, 3000)
            broker.crash()
            broker.start().wait_ready(world.witness)
            wait_progress(stage, topic, 3000, timeout_s=90)
            check.expect(ferry.alive(), lambda: f"kferry ended: {ferry.tail()}")
        note = finish(stage, topic, repeats_allowed=True)
        check.expect_equal(ferry.terminate(), 0, f"exit code\n{ferry.tail()}")
        return note
