"""The same random logs through both engines and MirrorMaker: three target logs, one content."""

import json
import os

from harness import check, mirror
from harness.registry import scenario

LONG = bool(os.environ.get("KFERRY_E2E_LONG"))
SEED = int(os.environ.get("KFERRY_E2E_SEED", "20190730"))
LOGS = 240 if LONG else 60
ENGINES = ("passthrough", "records")
# Record times that a mirror can not carry: librdkafka replaces 0, Java's producer knows none below.
EXCLUDED = {"passthrough": [], "records": [0], "mirrormaker1": [-1]}
ANY_TIME = {"message.timestamp.after.max.ms": str((1 << 63) - 1)}
# Record times far apart would begin a segment with every batch.
ONE_SEGMENT = {"segment.ms": "1000000000000000"}
DAMAGES = (
    *("loss", "end lost", "repeat", "repeat at the end", "swap", "null key", "null value"),
    *("bit", "time", "header order", "header null"),
)


def make_logs(stage, count):
    """Random logs at the source, one in each topic; their names, and what is in them."""
    names = [stage.topic(f"{log:03d}") for log in range(count)]
    configs = stage.call(stage.source, "random_log_configs", seed=SEED, logs=count)
    topics = [
        {"name": name, "partitions": 1, "configs": config} for name, config in zip(names, configs)
    ]
    stage.call(stage.source, "create_topics", topics=topics)
    stage.topics_made += names
    tally = stage.call(
        stage.source, "make_random_logs", seed=SEED, topics=names, timeout_s=600
    )
    return names, tally


def create_targets(stage, names):
    configs = {**ANY_TIME, **ONE_SEGMENT}
    topics = [{"name": name, "partitions": 1, "configs": configs} for name in names]
    stage.call(stage.target, "create_topics", topics=topics)


def prefix_of(stage, name):
    return "" if name == "mirrormaker1" else f"{stage.name}.{name}."


def start_kferry(stage):
    """Both engines as two flows of one process."""
    consumer, producer = stage.files(tag="-kferry")
    flows = [
        {
            "name": engine,
            "source": {
                "properties.file": os.path.basename(consumer),
                "properties": {"group.id": f"{stage.name}-{engine}"},
            },
            "target": {"properties.file": os.path.basename(producer)},
            "topics": {"include": f"{stage.name}-.*", "prefix": prefix_of(stage, engine)},
            "engine": engine,
            "offset.commit.interval.ms": 1000,
        }
        for engine in ENGINES
    ]
    path = os.path.join(stage.folder, "kferry.json")
    with open(path, "w", encoding="utf-8") as out:
        json.dump({"flows": flows}, out, indent=2)
    return stage.start(["run", "--config", path], kind=mirror.Kferry)


def start_mirrormaker(stage):
    files = stage.files(
        consumer={
            "group.id": f"{stage.name}-mirrormaker1",
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
        },
        producer={"max.request.size": str(2 << 20)},
        tag="-mirrormaker1",
    )
    args = ["--consumer.config", files[0], "--producer.config", files[1]]
    args += ["--whitelist", f"{stage.name}-.*", "--offset.commit.interval.ms", "1000"]
    return stage.start(args, kind=mirror.MirrorMaker1)


def wait_for_kferry(stage, names, ferry):
    def lag(engine):
        seen = stage.described(f"{stage.name}-{engine}")["positions"]
        return None if len(seen) < len(names) else sum(p["lag"] for p in seen)

    def drained():
        check.expect(ferry.alive(), lambda: f"kferry ended: {ferry.tail()}")
        return all(lag(engine) == 0 for engine in ENGINES)

    check.wait_until(
        drained, 180, lambda: f"both engines are through, {list(map(lag, ENGINES))} are left", 0.5
    )


def wait_for_mirrormaker(stage, counts, maker):
    """It commits no position behind markers, so what has to be there is counted."""
    expected = sum(counts.values())

    def arrived():
        return sum(
            stage.call(
                stage.target, "count_logs", logs=list(counts), isolation="read_uncommitted"
            ).values()
        )

    def through():
        check.expect(maker.alive(), lambda: f"MirrorMaker ended: {maker.tail()}")
        return arrived() >= expected

    check.wait_until(
        through, 180, lambda: f"MirrorMaker has carried {arrived()} of {expected} records", 1
    )


@scenario("differential")
def differential(world):
    """random logs through both engines and MirrorMaker 1: no difference, record by record"""
    source, target = world.pair()
    with world.stage("differential", source, target) as stage:
        print(f"differential: {LOGS} logs, KFERRY_E2E_SEED={SEED}", flush=True)
        names, tally = make_logs(stage, LOGS)
        for mirrored in EXCLUDED:
            create_targets(stage, [prefix_of(stage, mirrored) + name for name in names])
        maker = start_mirrormaker(stage)
        ferry = start_kferry(stage)
        counts = stage.call(source, "count_logs", logs=names)
        wait_for_kferry(stage, names, ferry)
        wait_for_mirrormaker(stage, counts, maker)
        maker.kill()
        mirrors = {
            name: {**target.admin, "prefix": prefix_of(stage, name), "free": free}
            for name, free in EXCLUDED.items()
        }
        result = stage.world.witness.call(
            "compare_logs", source=source.admin, mirrors=mirrors, logs=names, timeout_s=600
        )
        ways = {
            f"{labels['path']}/{labels['reason']}": int(value)
            for labels, value in ferry.metrics().all("kferry_batches_total", engine="passthrough")
        }
        print(f"differential: {tally}\ndifferential: batches {ways}", flush=True)
        for name, verdict in result["mirrors"].items():
            check.expect_equal(
                verdict["differences"], 0, f"differences by {name}, seed {SEED}: {verdict}"
            )
        check.expect(counts and min(tally.values()) > 0, f"some kind of log is missing: {tally}")
        for way in ("pass/none", "recode/gap", "recode/crop", "recode/log_append_time"):
            check.expect(ways.get(way, 0) > 0, f"no batch went the way {way}: {ways}")
        check.expect_equal(ferry.terminate(), 0, f"exit code\n{ferry.tail()}")
        excluded = {name: one["excluded"] for name, one in result["mirrors"].items()}
        return (
            f"seed {SEED}: {result['logs']} logs, {result['source_records']} records, 0 differences"
            f"; record times excluded: {excluded}"
        )


@scenario("differential_oracle")
def differential_oracle(world):
    """the comparison of random logs sees every kind of damage, and none in a plain copy"""
    source, _ = world.pair()
    with world.stage("difforacle", source, source) as stage:
        names, _ = make_logs(stage, 5)
        copies = []
        for damage in ("none", *DAMAGES):
            copies.append(f"{stage.name}.{len(copies)}.")
            create_targets(stage, [copies[-1] + name for name in names])
            for name in names:
                changed = stage.call(
                    source, "copy_damaged", **{"from": name, "to": copies[-1] + name},
                    damage=damage,
                )
                if changed:
                    check_copy(stage, name, copies[-1], damage)
                if changed and damage != "none":
                    break
            else:
                check.expect(damage == "none", f"no log can be damaged by {damage}")
        return f"{len(DAMAGES)} kinds of damage"


def check_copy(stage, name, prefix, damage):
    result = stage.world.witness.call(
        "compare_logs",
        source=stage.source.admin,
        mirrors={"copy": {**stage.source.admin, "prefix": prefix}},
        logs=[name],
    )
    differences = result["mirrors"]["copy"]["differences"]
    check.expect((differences == 0) == (damage == "none"), f"{damage} of {name}: {result}")
