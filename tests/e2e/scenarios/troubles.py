"""Records that the target refuses, and source data that is gone before it is read."""

import base64
import time

from harness import check
from harness.registry import scenario

FAR_FUTURE_MS = 253_402_300_799_999
TOO_LARGE = base64.b64encode(b"x" * 100_000).decode()
LIMIT = "20000"


def prepare(stage, suffix="orders"):
    """Partition 1 holds 300 records, one too large for the target, and 300 more; 0 and 2 hold
    300."""
    topic = stage.create(suffix, 3)
    stage.call(stage.target, "alter_topic", topic=topic, configs={"max.message.bytes": LIMIT})
    source = stage.source
    stage.call(source, "produce_sequence", topic=topic, partitions=[0, 1, 2], count=300)
    large = [{"partition": 1, "value": TOO_LARGE}]
    stage.call(source, "produce_records", topic=topic, records=large)
    stage.call(source, "produce_sequence", topic=topic, partitions=[1], count=300)
    return topic


def neighbours(stage, topic):
    """The numbered records: all there, in order, once."""
    values = stage.call(stage.target, "dump", topic=topic)
    small = [record for record in values if len(record["value"]) < 1000]
    check.expect_equal(len(small), 1200, "small records on the target")
    verdict = stage.call(stage.target, "check_sequence", topic=topic)
    check.expect_equal(verdict["missing"], 0, f"missing neighbours: {verdict}")
    check.expect_equal(verdict["repeats"], 0, f"repeated neighbours: {verdict}")
    return len(values) - len(small), verdict["disorder"]


@scenario("send_failure_exit")
def send_failure_exit(world):
    """a record that the target refuses ends the process with 74, nothing after it is passed by"""
    source, target = world.pair()
    with world.stage("exit", source, target) as stage:
        topic = prepare(stage)
        ferry = stage.mirror()
        code = ferry.wait_exit(60)
        ferry.ended = True
        log = ferry.process.log()
        check.expect_equal(code, 74, f"exit code\n{log[-2000:]}")
        lines = [line for line in log.splitlines() if topic in line and "300" in line]
        check.expect(lines, f"no line names {topic}, partition 1, offset 300: {log[-2000:]}")
        held = stage.call(target, "count", topic=topic)
        check.expect_equal(held["1"], 300, "records of partition 1 before the refused one")
        for position in stage.described()["positions"]:
            if position["partition"] == 1:
                check.expect(position["committed"] <= 300, f"committed beyond it: {position}")


@scenario("send_failure_skip")
def send_failure_skip(world):
    """--abort.on.send.failure false drops the refused record alone, and counts it"""
    source, target = world.pair()
    with world.stage("skip", source, target) as stage:
        topic = prepare(stage)
        # Another one, which the broker refuses for its time, at the end of partition 2.
        late = [{"partition": 2, "value": "bGF0ZQ==", "timestamp": FAR_FUTURE_MS}]
        stage.call(source, "produce_records", topic=topic, records=late)
        ferry = stage.mirror("--abort.on.send.failure", "false")
        stage.wait_drained(topic)
        check.expect_equal(neighbours(stage, topic), (0, 0), "large and disordered records")
        dropped = ferry.metrics().by_partition("kferry_records_dropped_total", topic)
        check.expect_equal(dropped, {0: 0.0, 1: 1.0, 2: 1.0}, "records dropped")
        check.expect_equal(ferry.terminate(), 0, "exit code")
        check.expect("dropped 2" in ferry.tail(), f"no drops in the summary: {ferry.tail()}")


@scenario("send_failure_park")
def send_failure_park(world):
    """--on.send.failure park holds one partition back; it goes on when the target is mended"""
    source, target = world.pair()
    with world.stage("park", source, target) as stage:
        topic = prepare(stage)
        ferry = stage.mirror("--on.send.failure", "park")

        def parked():
            check.expect(ferry.alive(), lambda: f"kferry ended: {ferry.tail()}")
            if ferry.get("/status")[0] != 200:
                return False
            shard = ferry.shards().get((topic, 1))
            return shard and shard["state"] == "parked" and shard

        shard = check.wait_until(parked, 40, lambda: f"partition 1 is parked: {ferry.tail()}")
        check.expect(shard["reason"], "a parked shard says why")
        check.expect(shard["position_offset"] <= 300, f"the position passed the record: {shard}")
        code, body = ferry.get("/readyz")
        check.expect(code == 503 and f"{topic}-1" in body, f"/readyz: {code} {body}")
        stage.call(source, "produce_sequence", topic=topic, partitions=[0, 2], count=200)
        check.wait_until(
            lambda: stage.call(target, "count", topic=topic) == {"0": 500, "1": 300, "2": 500},
            30,
            lambda: f"the others go on: {stage.call(target, 'count', topic=topic)}",
        )
        stage.call(target, "alter_topic", topic=topic, configs={"max.message.bytes": "1000000"})
        stage.wait_drained(topic, timeout_s=120)
        stage.expect_same(topic)
        check.wait_until(ferry.ready, 30, lambda: f"ready again: {ferry.get('/readyz')}")
        check.expect_equal(ferry.terminate(), 0, "exit code")


@scenario("lost")
def lost(world):
    """records deleted at the source before they were read are counted exactly, never hidden"""
    source, target = world.pair()
    with world.stage("lost", source, target) as stage:
        topic = stage.create("orders", 2)
        stage.call(source, "produce_sequence", topic=topic, partitions=[0, 1], count=400)
        stage.mirror().wait_ready()
        stage.wait_drained(topic)
        check.expect_equal(stage.mirrors[-1].terminate(), 0, "exit code")
        stage.call(source, "produce_sequence", topic=topic, partitions=[0, 1], count=400)
        stage.call(source, "delete_records", topic=topic, before={"0": 533})
        ferry = stage.mirror()
        check.wait_until(
            lambda: stage.call(target, "count", topic=topic) == {"0": 667, "1": 800},
            40,
            lambda: f"the rest arrives: {stage.call(target, 'count', topic=topic)} {ferry.tail()}",
        )
        stage.wait_drained(topic)
        gone = ferry.metrics().by_partition("kferry_records_lost_total", topic)
        check.expect_equal(gone, {0: 133.0, 1: 0.0}, "kferry_records_lost_total")
        log = ferry.process.log()
        check.expect("133" in log, f"the log does not tell of 133 records: {log[-2000:]}")
        check.expect_equal(ferry.terminate(), 0, "exit code")


@scenario("foreign_log")
def foreign_log(world):
    """a position beyond the log waits for the operator, also when the log has grown past it"""
    source, target = world.pair()
    with world.stage("foreign", source, target) as stage:
        topic = stage.create("orders", 1)
        other = stage.create("pay", 1)
        stage.call(source, "produce_sequence", topic=topic, partitions=[0], count=100)
        stage.call(
            source, "set_group_offsets", group=stage.group, topic=topic, offsets={"0": 500}
        )
        ferry = stage.mirror()

        def parked():
            if ferry.get("/status")[0] != 200:
                return False
            shard = ferry.shards().get((topic, 0))
            return shard and shard["state"] == "parked" and "BEYOND_END" in shard["reason"]

        check.wait_until(parked, 40, lambda: f"{topic} is parked: {ferry.tail()}")
        stage.call(source, "produce_sequence", topic=topic, partitions=[0], count=600)
        # A parked shard is tried again after 1 and 2 s; this one must not be.
        end = time.monotonic() + 5
        while time.monotonic() < end:
            stage.call(source, "produce_sequence", topic=other, partitions=[0], count=10)
            stage.wait_drained(other)
            check.expect(parked(), lambda: f"it was tried again: {ferry.tail()}")
        check.expect_equal(stage.call(target, "count", topic=topic), {"0": 0}, "records of it")
        check.expect_equal(ferry.terminate(), 0, "exit code")
        stage.call(source, "set_group_offsets", group=stage.group, topic=topic, offsets={"0": 0})
        ferry = stage.mirror()
        stage.wait_drained(topic)
        stage.expect_same(topic)
        check.expect_equal(ferry.terminate(), 0, "exit code")
