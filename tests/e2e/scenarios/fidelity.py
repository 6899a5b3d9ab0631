"""What applications write is what arrives: content, order, time, and positions at odd log ends."""

import base64

from harness import check
from harness.registry import scenario

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
# Brokers from 4.0 on refuse record times more than an hour ahead unless told otherwise.
ANY_TIME = {"message.timestamp.after.max.ms": str((1 << 63) - 1)}
COMPACTED = {
    "cleanup_policy": "compact",
    "min_cleanable_dirty_ratio": 0.01,
    "segment_ms": 200,
    "delete_retention_ms": 3_600_000,
}


def b64(text):
    return None if text is None else base64.b64encode(text).decode()


def fill_with_holes(stage, topic, partitions):
    """Rewrites keys until the broker's log cleaner has left holes in the topic."""
    produced = stage.call(
        stage.source,
        "produce_compactable",
        topic=topic,
        partitions=partitions,
        keys=60,
        rounds=10,
        seed=11,
    )

    def holes():
        # Every round closes the segment before it, which is what the cleaner may touch.
        more = [{"partition": p, "key": b64(b"tick"), "value": None} for p in range(partitions)]
        stage.call(stage.source, "produce_records", topic=topic, records=more)
        return sum(stage.call(stage.source, "count", topic=topic).values()) < produced / 2

    check.wait_until(holes, 60, f"the log cleaner makes holes in {topic}", 0.5)
    # Rare values after the holes, and no more cleaning from here on.
    settled = {"min.cleanable.dirty.ratio": "1.0", "segment.ms": "604800000"}
    stage.call(stage.source, "alter_topic", topic=topic, configs=settled)


def cut_inside_a_batch(stage, topic):
    """A log that begins in the middle of a batch, as DeleteRecords leaves it."""
    stage.call(
        stage.source,
        "produce_sequence",
        topic=topic,
        partitions=[0, 1],
        count=500,
        linger_ms=200,
        batch_size=1_000_000,
        compression="lz4",
    )
    stage.call(stage.source, "delete_records", topic=topic, before={"0": 137, "1": 499})
    start = [p["start"] for p in stage.call(stage.source, "offsets", topic=topic)]
    check.expect_equal(start, [137, 499], f"log starts of {topic}")


@scenario("fidelity")
def fidelity(world):
    """keys, values, headers, times, sizes, codecs, transactions, holes and odd log ends arrive"""
    source, target = world.pair()
    with world.stage("fidelity", source, target) as stage:
        corpora = [stage.create(codec, 3, target_configs=ANY_TIME) for codec in CODECS]
        for codec, topic in zip(CODECS, corpora):
            stage.call(
                source,
                "produce_corpus",
                topic=topic,
                partitions=3,
                seed=len(codec),
                compression=codec,
            )

        timeless = stage.create("timeless", 1)
        for codec in CODECS:
            stage.call(
                source,
                "produce_raw",
                topic=timeless,
                partition=0,
                timestamps=[-1, -1, 1_600_000_000_000, -1],
                compression=codec,
            )

        transactions = stage.create("transactions", 3)
        stage.call(
            source,
            "produce_transactions",
            topic=transactions,
            partitions=[0, 1],
            transactional_id=f"{stage.name}-1",
            pattern=[[50, "commit"], [30, "abort"], [1, "commit"], [200, "commit"], [20, "abort"]],
        )
        stage.call(
            source,
            "produce_transactions",
            topic=transactions,
            partitions=[2],
            transactional_id=f"{stage.name}-2",
            pattern=[[10, "abort"]],
        )

        holes = stage.create("compacted", 2, **COMPACTED)
        fill_with_holes(stage, holes, 2)
        cut = stage.create("cut", 2)
        cut_inside_a_batch(stage, cut)
        empty = stage.create("empty", 2)

        ferry = stage.mirror()
        ferry.wait_ready()
        everything = [*corpora, timeless, transactions, holes, cut, empty]
        stage.wait_drained(*everything, timeout_s=90)
        replaced = 0
        for topic in corpora:
            result = stage.expect_same(topic, free_timestamps=[0])
            replaced += result.get("timestamps_replaced", 0)
        for topic in everything[len(corpora) :]:
            stage.expect_same(topic, may_be_empty=topic == empty)
        verdict = stage.expect_sequence(transactions)
        check.expect_equal(verdict["records"], 2 * (50 + 1 + 200), "committed records")
        counted = sum(flow["timestamps_replaced"] for flow in ferry.status()["flows"])
        check.expect_equal(counted, replaced, "replaced timestamps that kferry counts")
        lost = ferry.metrics().sum("kferry_records_lost_total")
        check.expect_equal(lost, 0, "records that kferry calls lost")
        check.expect_equal(ferry.terminate(), 0, "exit code after SIGTERM")
        check.expect_equal(stage.lag(everything), 0, "lag after the end")
        return f"all equal; {replaced} record times of 0 could not be carried and were counted"


@scenario("isolation")
def isolation(world):
    """read_committed waits for open transactions, read_uncommitted copies everything"""
    source, target = world.pair()
    with world.stage("isolation", source, target) as stage:
        topics = [stage.create("committed", 1), stage.create("uncommitted", 1)]
        for topic in topics:
            stage.call(
                source,
                "produce_transactions",
                topic=topic,
                partitions=[0],
                transactional_id=topic,
                pattern=[[100, "commit"], [50, "abort"], [70, "open"]],
            )
        committed, uncommitted = topics
        careful = stage.mirror(include=committed)
        eager = stage.mirror(
            include=uncommitted,
            consumer={"group.id": "isolation-eager", "isolation.level": "read_uncommitted"},
            tag="-eager",
        )

        def held(topic):
            return sum(stage.call(target, "count", topic=topic).values())

        check.wait_until(lambda: held(uncommitted) == 220, 40, "open and aborted records arrive")
        check.wait_until(lambda: held(committed) == 100, 40, "committed records arrive")
        careful.wait_ready()
        check.wait_until(
            lambda: careful.shards()[committed, 0]["lag_records"] == 0,
            20,
            "lag against the last stable offset is 0 while a transaction is open",
        )
        # 100 + marker + 50 + marker: the open transaction begins at 152.
        check.expect_equal(
            careful.shards()[committed, 0]["source_end_offset"], 152, "the last stable offset"
        )
        check.expect_equal(held(committed), 100, "records while the transaction is open")
        for topic in topics:
            stage.call(source, "end_transaction", transactional_id=topic, end="commit")
        stage.wait_drained(committed)
        stage.wait_drained(uncommitted, group="isolation-eager")
        stage.expect_same(committed)
        stage.expect_sequence(committed)
        stage.expect_same(uncommitted, isolation="read_uncommitted")
        check.expect_equal(careful.terminate(), 0, "exit code")
        check.expect_equal(eager.terminate(), 0, "exit code")


@scenario("old_formats")
def old_formats(world):
    """message formats 0 and 1 of a 2.2.0 source arrive"""
    source, target = world.brokers(("source", "2.2.0"), ("target", "4.3.1"))
    with world.stage("oldformats", source, target) as stage:
        topics = []
        for release in ("0.9.0", "0.10.2"):
            name = release.replace(".", "-")
            topic = stage.create(
                name, 2, target_configs=ANY_TIME, message_format_version=release
            )
            topics.append(topic)
            for seed, codec in enumerate(("none", "gzip", "lz4")):
                stage.call(
                    source,
                    "produce_corpus",
                    topic=topic,
                    partitions=2,
                    seed=seed,
                    compression=codec,
                    headers=False,
                    idempotence=False,
                )
        ferry = stage.mirror()
        ferry.wait_ready()
        stage.wait_drained(*topics)
        for topic in topics:
            stage.expect_same(topic, free_timestamps=[0])
        check.expect_equal(ferry.terminate(), 0, "exit code")


def produce_formats(stage, topic, first_seed):
    """All codecs in the format that the topic has now."""
    for seed, codec in enumerate(("none", "gzip", "lz4"), first_seed):
        stage.call(
            stage.source,
            "produce_corpus",
            topic=topic,
            partitions=2,
            seed=seed,
            compression=codec,
            headers=False,
            idempotence=False,
        )


@scenario("raised_format")
def raised_format(world):
    """old message formats in a topic whose configuration is new: the engine changes on the way"""
    source, target = world.brokers(("source", "2.2.0"), ("target", "4.3.1"))
    with world.stage("raised", source, target) as stage:
        mixed = stage.create("mixed", 2, target_configs=ANY_TIME)
        fresh = stage.create("fresh", 2, target_configs=ANY_TIME)
        # New, old, new again: the old one begins and ends inside of the log.
        for number, release in enumerate(("2.2", "0.10.2", "2.2")):
            settings = {"message.format.version": release}
            stage.call(source, "alter_topic", topic=mixed, configs=settings)
            produce_formats(stage, mixed, 10 * number)
        produce_formats(stage, fresh, 100)
        code, text, _ = stage.once("plan", *plan_args(stage))
        check.expect_equal(code, 0, "exit code of plan")
        check.expect_equal(text.count("passthrough: batches may go"), 2, f"planned so:\n{text}")

        ferry = stage.mirror()
        ferry.wait_ready()
        stage.wait_drained(mixed, fresh)
        produce_formats(stage, mixed, 200)
        stage.wait_drained(mixed, fresh)
        for topic in (mixed, fresh):
            stage.expect_same(topic, free_timestamps=[0])
        for (topic, number), shard in ferry.shards().items():
            engine = "records" if topic == mixed else "passthrough"
            check.expect_equal(shard["engine"], engine, f"engine of {topic}-{number}")
            reason = shard["engine_reason"]
            said = "message format 0 or 1" in reason and "at offset 0" not in reason
            check.expect_equal(said, topic == mixed, f"{topic}-{number}: {reason!r}")
        check.expect("the engine records goes on" in ferry.process.log(), "the log says it")
        passed = ferry.metrics().sum("kferry_batches_total", engine="passthrough", path="pass")
        check.expect(passed > 0, "batches passed before the old ones")
        check.expect_equal(ferry.terminate(), 0, "exit code")

        strict = stage.mirror("--engine", "passthrough", consumer={"group.id": "raised-strict"})
        check.wait_until(
            lambda: "OLD_MESSAGE_FORMAT" in strict.get("/status")[1], 40, "its partition is parked"
        )
        strict.kill()


def plan_args(stage):
    files = stage.files()
    return ["--consumer.config", files[0], "--producer.config", files[1]] + [
        "--whitelist",
        f"{stage.name}-.*",
    ]


CREATED = 1_600_000_000_000


def one_by_one(stage, topic, count):
    """Records whose times their producer chose."""
    records = [
        {"partition": 0, "timestamp": CREATED + number, "value": "a2Zlcnk="}
        for number in range(count)
    ]
    stage.call(stage.source, "produce_records", topic=topic, records=records)


@scenario("batch_options")
def batch_options(world):
    """append times are handed over or not, codecs are kept or not, as the operator wants"""
    source, target = world.pair()
    with world.stage("batches", source, target) as stage:
        append = {"message_timestamp_type": "LogAppendTime"}
        times = [stage.create(name, 1, **append) for name in ("append", "create")]
        codec = stage.create("codec", 1)
        for topic in (*times, codec):
            one_by_one(stage, topic, 300)

        usual = stage.mirror(
            "--recompress",
            include=f"{times[0]}|{codec}",
            producer={"compression.type": "lz4"},
        )
        other = stage.mirror(
            "--timestamps",
            "create",
            include=times[1],
            consumer={"group.id": "batches-create"},
            producer={"compression.type": "lz4"},
            tag="-create",
        )
        usual.wait_ready()
        other.wait_ready()
        stage.wait_drained(times[0], codec)
        stage.wait_drained(times[1], group="batches-create")
        stage.expect_same(times[0])
        stage.expect_same(codec)
        seen = [record["timestamp"] for record in stage.call(target, "dump", topic=times[1])]
        check.expect_equal(seen, [CREATED + number for number in range(300)], "create times")
        seen = usual.metrics()
        for reason in ("log_append_time", "recompress"):
            counted = seen.sum("kferry_batches_total", path="recode", reason=reason)
            check.expect(counted > 0, f"batches are recoded: {reason}")
        check.expect_equal(seen.sum("kferry_batches_total", path="pass"), 0, "batches that pass")
        said = "compression.type=lz4 does not apply"
        check.expect(said not in usual.process.log(), "nothing is said with --recompress")
        check.expect(said in other.process.log(), "it is said that batches keep their codec")
        for ferry in (usual, other):
            check.expect_equal(ferry.terminate(), 0, "exit code")
