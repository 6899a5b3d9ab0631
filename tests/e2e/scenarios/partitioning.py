"""Where records land when the two sides have different partition counts."""

import base64
import struct

from harness import check
from harness.registry import scenario

RECORDS = 10_000


def numbered(shard, number):
    return base64.b64encode(struct.pack(">ii", shard, number)).decode()


@scenario("partitioning", stand_in=True)
def partitioning(world):
    """10,000 random keys lie where the Java producer puts them; without key the source rules"""
    source, target = world.pair()
    with world.stage("partitioning", source, target) as stage:
        keyed = []
        for here, there in ((5, 8), (8, 3), (4, 4)):
            topic = stage.create(f"{here}-to-{there}", here, there)
            keyed.append((topic, there))
            stage.call(source, "produce_keys", topic=topic, count=RECORDS, seed=here)
            reference = f"{stage.name}.reference-{here}"
            topics = [{"name": reference, "partitions": there}]
            stage.call(target, "create_topics", topics=topics)
            stage.call(target, "produce_keys", topic=reference, count=RECORDS, seed=here)
        keyless = stage.create("keyless", 7, 3)
        records = [
            {"partition": shard, "value": numbered(shard, number)}
            for number in range(300)
            for shard in range(7)
        ]
        stage.call(source, "produce_records", topic=keyless, records=records)

        ferry = stage.mirror(include=f"{stage.name}-.*")
        ferry.wait_ready()
        stage.wait_drained(keyless, *(topic for topic, _ in keyed))
        for topic, _ in keyed:
            reference = f"{stage.name}.reference-" + topic.split("-")[1]
            result = stage.call(target, "check_placement", topic=topic, reference=reference)
            check.expect_equal(result["misplaced"], 0, f"misplaced keys of {topic}: {result}")
            check.expect_equal(result["records"], RECORDS, f"records of {topic}")
            check.expect_equal(result["distinct"], RECORDS, f"distinct records of {topic}")
        if not world.stand_in:
            result = stage.call(target, "check_null_keys", topic=keyless)
            check.expect_equal(result["problems"], [], "records without key")
            check.expect_equal(result["records"], 2100, "records without key")
        check.expect_equal(ferry.terminate(), 0, "exit code")


@scenario("by_key")
def by_key(world):
    """--partitioning key places by key where the counts are equal and the source did not"""
    source, target = world.pair()
    with world.stage("bykey", source, target) as stage:
        topic = stage.create("orders", 4)
        stage.call(source, "produce_sequence", topic=topic, partitions=[0, 1, 2, 3], count=1000)
        ferry = stage.mirror("--partitioning", "key")
        ferry.wait_ready()
        stage.wait_drained(topic)
        stage.expect_sequence(topic, same_partition=False)
        # The same keys through the Java producer, as it places them.
        reference = f"{stage.name}.reference"
        stage.call(target, "create_topics", topics=[{"name": reference, "partitions": 4}])
        keys = [struct.pack(">q", number) for number in range(1000)]
        records = [
            {"key": base64.b64encode(key).decode(), "value": numbered(0, number)}
            for number, key in enumerate(keys)
        ]
        stage.call(target, "produce_records", topic=reference, records=records)
        placed = {}
        for record in stage.call(target, "dump", topic=reference):
            placed[record["key"]] = record["partition"]
        for record in stage.call(target, "dump", topic=topic):
            where = placed[record["key"]]
            check.expect_equal(record["partition"], where, f"partition of key {record['key']}")
        check.expect_equal(ferry.terminate(), 0, "exit code")
