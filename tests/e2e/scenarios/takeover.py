"""MirrorMaker 1 and kferry in one consumer group."""

from harness import check, mirror
from harness.registry import scenario

# MirrorMaker places records by their keys and kferry by their partition: with one partition per
# topic both do the same, and the order of everything can be checked.
TOPICS = 6
ROUND_ROBIN = {
    "partition.assignment.strategy": "org.apache.kafka.clients.consumer.RoundRobinAssignor"
}


def mirror_maker(stage):
    files = stage.files(
        {**ROUND_ROBIN, "auto.offset.reset": "earliest", "isolation.level": "read_committed"},
        tag="-mirrormaker",
    )
    args = ["--consumer.config", files[0], "--producer.config", files[1]]
    args += ["--whitelist", f"{stage.name}-.*", "--offset.commit.interval.ms", "1000"]
    return stage.start(args, kind=mirror.MirrorMaker1)


def start_load(stage, topics):
    for topic in topics:
        stage.call(stage.source, "start_load", topic=topic, partitions=1, rate=300)


def stop_load(stage, topics):
    for topic in topics:
        stage.call(stage.source, "stop_load", topic=topic)


@scenario("takeover", stand_in=True)
def takeover(world):
    """kferry goes on where MirrorMaker 1 stopped: nothing lost, nothing twice"""
    source, target = world.pair()
    with world.stage("takeover", source, target) as stage:
        topics = [stage.create(str(index), 1) for index in range(TOPICS)]
        start_load(stage, topics)
        old = mirror_maker(stage)
        check.wait_until(lambda: stage.lag(topics) is not None, 60, "MirrorMaker has committed")
        check.expect_equal(old.terminate(), 0, "MirrorMaker's end")
        before = {p["topic"]: p["committed"] for p in stage.described()["positions"]}
        check.expect(sum(before.values()) > 0, f"MirrorMaker moved nothing: {before}")
        ferry = stage.mirror(consumer=ROUND_ROBIN)
        ferry.wait_ready()
        stop_load(stage, topics)
        stage.wait_drained(*topics)
        for topic in topics:
            stage.expect_sequence(topic)
            stage.expect_same(topic)
        check.expect_equal(ferry.terminate(), 0, "exit code")


@scenario("shared_group", stand_in=True)
def shared_group(world):
    """MirrorMaker 1 and kferry share one group by roundrobin; either may leave"""
    source, target = world.pair()
    with world.stage("shared", source, target) as stage:
        topics = [stage.create(str(index), 1) for index in range(TOPICS)]
        start_load(stage, topics)
        old = mirror_maker(stage)
        ferry = stage.mirror(consumer=ROUND_ROBIN)

        def shares():
            members = stage.described()["members"]
            return sorted(len(member["partitions"]) for member in members)

        check.wait_until(
            lambda: shares() == [TOPICS // 2, TOPICS // 2],
            60,
            lambda: f"both have half of the partitions: {stage.described()} {ferry.tail()}",
            0.3,
        )
        ferry.wait_ready()
        check.expect_equal(old.terminate(), 0, "MirrorMaker's end")
        check.wait_until(lambda: shares() == [TOPICS], 60, "kferry has all partitions", 0.3)
        again = mirror_maker(stage)
        check.wait_until(
            lambda: shares() == [TOPICS // 2, TOPICS // 2], 60, "MirrorMaker is back", 0.3
        )
        check.expect_equal(ferry.terminate(), 0, f"exit code\n{ferry.tail()}")
        check.wait_until(lambda: shares() == [TOPICS], 60, "MirrorMaker has all partitions", 0.3)
        stop_load(stage, topics)
        stage.wait_drained(*topics)
        for topic in topics:
            stage.expect_sequence(topic, repeats_allowed=True)
        check.expect_equal(again.terminate(), 0, "MirrorMaker's end")
