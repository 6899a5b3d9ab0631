"""The migration guide's two files, with only the addresses changed."""

from harness import check, kafka, mirror
from harness.registry import scenario

SOURCES = ("2.2.0", "3.9.1", "4.3.1")
TARGETS = ("3.9.1", "4.3.1")
PARTITIONS = 4

CONSUMER = """\
bootstrap.servers={source}
partition.assignment.strategy=org.apache.kafka.clients.consumer.RoundRobinAssignor
group.id=test-consumer-group
{more}"""
PRODUCER = """\
bootstrap.servers={target}
compression.type=none
"""


def one_pair(world, source, target):
    name = f"guide-{source.version}-to-{target.version}"
    with world.stage(name, source, target) as stage:
        stage.group = "test-consumer-group" if target.version == "3.9.1" else f"{name}-group"
        topic = stage.create("orders", PARTITIONS)
        stage.call(
            source, "produce_sequence", topic=topic, partitions=list(range(PARTITIONS)), count=2000
        )
        more = "auto.offset.reset=earliest\n" if world.stand_in else ""
        consumer = f"{stage.folder}/consumer.properties"
        with open(consumer, "w", encoding="ascii") as out:
            text = CONSUMER.format(source=source.bootstrap, more=more)
            out.write(text.replace("test-consumer-group", stage.group))
        producer = f"{stage.folder}/producer.properties"
        with open(producer, "w", encoding="ascii") as out:
            out.write(PRODUCER.format(target=target.bootstrap))
        args = ["--consumer.config", consumer, "--producer.config", producer, "--whitelist", topic]
        if world.stand_in:
            args += ["--offset.commit.interval.ms", "1000"]
        ferry = stage.start(args).wait_ready()
        check.wait_until(
            lambda: len(stage.described()["members"]) == 1, 30, "one member is in the group"
        )
        stage.call(source, "start_load", topic=topic, partitions=PARTITIONS, rate=1000)
        begun = stage.call(source, "acked", topic=topic)
        check.wait_until(
            lambda: stage.call(source, "acked", topic=topic) >= begun + 2000, 30, "load flows"
        )
        stage.call(source, "stop_load", topic=topic)
        stage.wait_drained(topic)
        stage.expect_sequence(topic)
        stage.expect_same(topic)

        command = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
        code, text = kafka.tool(
            command, "--bootstrap-server", source.bootstrap, "--describe", "--group", stage.group
        )
        rows = [row.split() for row in text.splitlines() if f" {topic} " in row]
        check.expect(
            code == 0 and len(rows) == PARTITIONS and all(row[5] == "0" for row in rows),
            f"kafka-consumer-groups does not show lag 0 on {PARTITIONS} partitions:\n{text}",
        )
        check.expect_equal(ferry.terminate(), 0, "exit code after SIGTERM")
        if isinstance(ferry, mirror.MirrorMaker1):
            return
        check.expect("read_committed" in ferry.process.log(), "the isolation level is said")


@scenario("drop_in", stand_in=True)
def drop_in(world):
    """the migration guide's files work: sources 2.2.0, 3.9.1, 4.3.1 to targets 3.9.1, 4.3.1"""
    brokers = world.brokers(
        *(("source", version) for version in SOURCES), *(("target", version) for version in TARGETS)
    )
    for source in brokers[: len(SOURCES)]:
        for target in brokers[len(SOURCES) :]:
            one_pair(world, source, target)
