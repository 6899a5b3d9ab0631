"""Topics and partitions that come while the mirror runs."""

from harness import check
from harness.registry import scenario


def produce(stage, topic, partitions, count=500):
    stage.call(
        stage.source,
        "produce_sequence",
        topic=topic,
        partitions=list(range(partitions)),
        count=count,
    )


@scenario("growth")
def growth(world):
    """new topics and partitions are picked up from their beginning; a missing target topic waits"""
    source, target = world.pair()
    with world.stage("growth", source, target) as stage:
        first = stage.create("first", 2)
        produce(stage, first, 2)
        ferry = stage.mirror(consumer={"auto.offset.reset": "latest"})
        ferry.wait_ready()
        stage.wait_drained(first)
        produce(stage, first, 2)

        second = stage.create("second", 3)
        produce(stage, second, 3)
        stage.wait_drained(first, second)
        stage.expect_sequence(second)
        check.wait_until(ferry.ready, 20, "ready with the second topic")

        # Target first, as an operator would: the partitions are new at the source afterwards.
        stage.call(target, "add_partitions", topic=second, total=5)
        stage.call(source, "add_partitions", topic=second, total=5)
        produce(stage, second, 5)
        stage.wait_drained(second)
        stage.expect_same(second)
        stage.expect_sequence(second)

        # More partitions at the source than at the target: the new ones wait, by name.
        stage.call(source, "add_partitions", topic=second, total=6)
        produce(stage, second, 6)
        check.wait_until(
            lambda: ferry.get("/readyz")[0] == 503 and f"{second}-5" in ferry.get("/readyz")[1],
            30,
            lambda: f"/readyz names {second}-5: {ferry.get('/readyz')}",
        )
        stage.call(target, "add_partitions", topic=second, total=6)
        stage.wait_drained(second, timeout_s=90)
        stage.expect_same(second)

        third = stage.create("third", 2, source_only=True)
        produce(stage, third, 2)
        check.wait_until(
            lambda: ferry.get("/readyz")[0] == 503 and third in ferry.get("/readyz")[1],
            30,
            lambda: f"/readyz names {third}: {ferry.get('/readyz')}",
        )
        produce(stage, first, 2)
        stage.wait_drained(first)
        stage.call(target, "create_topics", topics=[{"name": third, "partitions": 2}])
        stage.wait_drained(third, timeout_s=90)
        stage.expect_same(third)
        stage.expect_sequence(third)
        check.wait_until(ferry.ready, 30, lambda: f"ready again: {ferry.get('/readyz')}")
        check.expect_equal(ferry.terminate(), 0, "exit code")


@scenario("latest")
def latest(world):
    """auto.offset.reset=latest starts a fresh group at the end, and says what it leaves out"""
    source, target = world.pair()
    with world.stage("latest", source, target) as stage:
        topic = stage.create("orders", 2)
        produce(stage, topic, 2)
        ferry = stage.mirror(consumer={"auto.offset.reset": "latest"}).wait_ready()
        stage.wait_drained(topic)
        stage.call(source, "produce_sequence", topic=topic, partitions=[0, 1], count=300)
        stage.wait_drained(topic)
        counts = stage.call(target, "count", topic=topic)
        check.expect_equal(counts, {"0": 300, "1": 300}, "records on the target")
        check.expect_equal(ferry.terminate(), 0, "exit code")


@scenario("create_topics")
def create_topics(world):
    """--create.topics creates and grows target topics, with the configs that carry over"""
    source, target = world.pair()
    with world.stage("create", source, target) as stage:
        topic = stage.create(
            "compacted", 3, source_only=True, cleanup_policy="compact", retention_ms=86_400_000
        )
        records = [{"partition": p, "key": "a2V5", "value": "eA=="} for p in range(3)]
        stage.call(source, "produce_records", topic=topic, records=records)
        ferry = stage.mirror("--create.topics").wait_ready()
        stage.wait_drained(topic)
        check.expect_equal(stage.call(target, "partitions", topic=topic), 3, "partitions created")
        configs = stage.call(target, "topic_configs", topic=topic)
        check.expect_equal(configs.get("cleanup.policy"), "compact", "cleanup.policy")
        check.expect_equal(configs.get("retention.ms"), "86400000", "retention.ms")
        stage.expect_same(topic)

        stage.call(source, "add_partitions", topic=topic, total=5)
        records = [{"partition": p, "key": "a2V5", "value": "eQ=="} for p in range(5)]
        stage.call(source, "produce_records", topic=topic, records=records)
        stage.wait_drained(topic, timeout_s=90)
        check.expect_equal(stage.call(target, "partitions", topic=topic), 5, "partitions grown")
        stage.expect_same(topic)
        check.expect_equal(ferry.terminate(), 0, "exit code")
