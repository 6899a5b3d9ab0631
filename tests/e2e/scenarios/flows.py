"""Several flows of one JSON file: rename, filters, provenance headers."""

import base64
import json
import os

from harness import check
from harness.registry import scenario


def b64(text):
    return base64.b64encode(text.encode()).decode()


def text(encoded):
    return None if encoded is None else base64.b64decode(encoded).decode()


def configuration(stage):
    source = {"bootstrap.servers": stage.source.bootstrap, "auto.offset.reset": "earliest"}
    consumer, producer = stage.files(tag="-json")
    return {
        "flows": [
            {
                "name": "renamed",
                "source": {"properties": {**source, "group.id": "flows-renamed"}},
                "target": {"properties.file": os.path.basename(producer)},
                "topics": {
                    "include": "flows-.*",
                    "exclude": "flows-drop.*",
                    "prefix": "flows-to.",
                    "rename": [{"match": "flows-(\\w+)-(\\w+)", "to": "$2.$1"}],
                },
                "filters": [
                    {"action": "drop", "key": "test-.*"},
                    {"action": "drop", "header": "kind", "value": "noise"},
                ],
                "provenance.headers": True,
                "offset.commit.interval.ms": 500,
                "refresh.interval.ms": 1000,
            },
            {
                "name": "kept",
                "source": {
                    "properties.file": os.path.basename(consumer),
                    "properties": {"group.id": "flows-kept"},
                },
                "target": {"properties": {"bootstrap.servers": stage.target.bootstrap}},
                "topics": {"include": "flows-drop-.*"},
                "filters": [{"action": "keep", "header": "kind"}],
                "create.topics": True,
                "offset.commit.interval.ms": 500,
                "refresh.interval.ms": 1000,
            },
        ]
    }


RECORDS = [
    ("test-1", "gone", []),
    ("real-1", "stays", []),
    ("real-test-2", "stays", [["kind", b64("signal")]]),
    ("real-3", "gone", [["kind", b64("noise")]]),
    (None, "stays", [["other", None], ["other", b64("x")]]),
    ("test-4", "gone", [["kind", b64("noise")]]),
]


@scenario("flows")
def flows(world):
    """two flows of one JSON file with rename, filters and provenance headers"""
    source, target = world.pair()
    with world.stage("flows", source, target) as stage:
        renamed = stage.create("eu-orders", 2, source_only=True)
        kept = stage.create("drop-orders", 2, source_only=True)
        arrives = "flows-to.orders.eu"
        stage.call(target, "create_topics", topics=[{"name": arrives, "partitions": 2}])
        records = [
            {"partition": index % 2, "value": b64(value), "headers": headers, "timestamp": 1000}
            | ({"key": b64(key)} if key else {})
            for index, (key, value, headers) in enumerate(RECORDS)
        ]
        for topic in (renamed, kept):
            stage.call(source, "produce_records", topic=topic, records=records)
        path = os.path.join(stage.folder, "kferry.json")
        with open(path, "w", encoding="utf-8") as out:
            out.write("// two flows\n" + json.dumps(configuration(stage), indent=2))
        code, out, err = stage.once("check", "--config", path)
        check.expect_equal(code, 0, f"check: {out}{err}")
        ferry = stage.start(["run", "--config", path]).wait_ready()
        stage.wait_drained(renamed, group="flows-renamed")
        stage.wait_drained(kept, group="flows-kept")

        cluster = stage.call(source, "cluster_id")
        seen = stage.call(target, "dump", topic=arrives)
        check.expect_equal(sorted(text(r["value"]) for r in seen), ["stays"] * 3, "kept records")
        for record in seen:
            headers = {name: text(value) for name, value in record["headers"]}
            key = text(record["key"])
            index = [entry[0] for entry in RECORDS].index(key)
            check.expect_equal(record["timestamp"], 1000, f"timestamp of {key}")
            check.expect_equal(
                {name: value for name, value in headers.items() if name.startswith("kferry.")},
                {
                    "kferry.source.cluster": cluster,
                    "kferry.source.topic": renamed,
                    "kferry.source.partition": str(index % 2),
                    "kferry.source.offset": str(index // 2),
                },
                f"provenance of {key}",
            )
            own = [pair for pair in record["headers"] if not pair[0].startswith("kferry.")]
            check.expect_equal(own, RECORDS[index][2], f"headers of {key}")

        seen = stage.call(target, "dump", topic=kept)
        expected = sorted(key for key, _, headers in RECORDS if headers and headers[0][0] == "kind")
        check.expect_equal(sorted(text(r["key"]) for r in seen), expected, "keys of the second")
        shown = {flow["name"]: flow["records_filtered"] for flow in ferry.status()["flows"]}
        check.expect_equal(shown, {"renamed": 3, "kept": 3}, "records filtered")
        check.expect_equal(ferry.terminate(), 0, "exit code")


@scenario("merged")
def merged(world):
    """two topics become one on the target: every record of both arrives, once"""
    source, target = world.pair()
    with world.stage("merged", source, target) as stage:
        topics = [stage.create(f"orders-{region}", 2, source_only=True) for region in ("eu", "us")]
        arrives = "merged-orders"
        stage.call(target, "create_topics", topics=[{"name": arrives, "partitions": 2}])
        for topic in topics:
            stage.call(source, "produce_sequence", topic=topic, partitions=[0, 1], count=400)
        own = {"bootstrap.servers": source.bootstrap, "auto.offset.reset": "earliest"}
        flow = {
            "name": "merged",
            "source": {"properties": {**own, "group.id": "merged"}},
            "target": {"properties": {"bootstrap.servers": target.bootstrap}},
            "topics": {
                "include": "merged-orders-.*",
                "rename": [{"match": "merged-orders-.*", "to": arrives}],
            },
            "offset.commit.interval.ms": 500,
        }
        path = os.path.join(stage.folder, "merged.json")
        with open(path, "w", encoding="utf-8") as out:
            json.dump({"flows": [flow]}, out)
        ferry = stage.start(["run", "--config", path]).wait_ready()
        for topic in topics:
            stage.wait_drained(topic, group="merged")
        engines = {topic: shard["engine"] for (topic, _), shard in ferry.shards().items()}
        check.expect_equal(
            engines, dict(zip(topics, ("passthrough", "records"))), "the engine of each"
        )
        check.expect_equal(
            stage.call(target, "count", topic=arrives), {"0": 800, "1": 800}, "records of both"
        )
        check.expect_equal(ferry.terminate(), 0, "exit code")
