"""One bit that is not what it was: on the way from the source, and on the way to the target."""

import base64
import itertools
import random

from harness import check, proxy, security, segments
from harness.registry import scenario
from scenarios.stops import SEED

COUNT = 300
# Where a numbered value has its SHA-256: bytes that lz4 and snappy find nothing in to shorten.
SUM = slice(16, 48)
CUT = 100
VICTIM = 150
# Values of another size for every topic: equal ones would be damaged together.
_sizes = itertools.count(200)


def proxied(world, version, name, damages_requests=False):
    """A broker whose listener PROXIED is reached through a proxy only."""
    way = proxy.Proxy(damages_requests)
    listener = security.Listener("PROXIED", "PLAINTEXT", advertised_port=way.port)
    broker = world.private_broker(version, name, listeners=[listener])
    way.backend_port = broker.listeners["PROXIED"][1]
    return broker, way


def fill(stage, suffix, partitions=2, **options):
    topic = stage.create(suffix, partitions)
    given = {"linger_ms": 100, "batch_size": 20_000, "bytes": next(_sizes), **options}
    wanted = list(range(partitions))
    stage.call(
        stage.source, "produce_sequence", topic=topic, partitions=wanted, count=COUNT, **given
    )
    return topic


def damage(stage, way, topic, times=1):
    """To one record of partition 0."""
    for record in stage.call(stage.source, "dump", topic=topic):
        if (record["partition"], record["offset"]) == (0, VICTIM):
            return way.damage(base64.b64decode(record["value"])[SUM], times)
    raise check.Failed(f"{topic} has no record {VICTIM}")


def expect_whole(stage, *topics, **options):
    for topic in topics:
        stage.wait_drained(topic, timeout_s=90, **options)
        stage.expect_same(topic)
        stage.expect_sequence(topic)


def source_side(stage, way):
    """Once: fetched again. For good: the shard is parked, the others go on."""
    codecs = ("none", "lz4", "snappy")
    once = [fill(stage, f"once-{codec}", compression=codec) for codec in codecs]
    once.append(fill(stage, "once-tiny", batch_size=0))
    cropped = fill(stage, "once-cropped")
    stage.call(stage.source, "delete_records", topic=cropped, before={"0": CUT})
    twice = fill(stage, "twice")
    always = fill(stage, "always")
    flips = [damage(stage, way, topic) for topic in (*once, cropped)]
    flips.append(damage(stage, way, twice, times=2))
    for_good = damage(stage, way, always, times=None)

    ferry = stage.mirror("--engine", "passthrough", consumer={"bootstrap.servers": way.address})
    expect_whole(stage, *once, twice)
    stage.wait_drained(cropped)
    stage.expect_same(cropped)
    check.expect_equal([flip.done for flip in flips], [1] * 5 + [2], "flipped bits")

    def parked():
        shard = ferry.shards()[always, 0]
        return shard["state"] == "parked" and "offset" in shard["reason"] and shard

    shard = check.wait_until(parked, 30, lambda: f"{always}-0 is parked: {ferry.shards()}")
    check.expect(shard["position_offset"] <= VICTIM, f"it passed the damage: {shard}")
    check.expect(for_good.done >= 2, f"{for_good.done} fetches of what stays damaged")
    held = stage.call(stage.target, "count", topic=always)
    check.expect_equal(held["1"], COUNT, "records of the neighbour")
    check.expect(held["0"] <= VICTIM, f"a damaged record arrived: {held}")
    again = ferry.process.log().count("reading it again")
    check.expect_equal(again, len(once) + 2, f"damaged batches that were read again{ferry.tail()}")
    errors = ferry.metrics().sum("kferry_send_errors_total", reason="CORRUPT_MESSAGE")
    check.expect(errors > 0, f"refused batches that are counted: {errors}")
    way.stop(for_good)
    expect_whole(stage, always)
    check.expect(ferry.alive(), lambda: f"kferry ended: {ferry.tail()}")
    check.expect_equal(ferry.terminate(), 0, f"exit code\n{ferry.tail()}")
    return f"{again} batches read again, {for_good.done} tries of what stayed damaged"


def target_side(stage, way):
    """What is kept is intact, so it is sent again."""
    topics = [fill(stage, f"way-{codec}", compression=codec) for codec in ("none", "lz4")]
    stubborn = fill(stage, "way-twice")
    flips = [damage(stage, way, topic) for topic in topics]
    flips.append(damage(stage, way, stubborn, times=2))
    ferry = stage.mirror(
        *["--engine", "passthrough"],
        include=f"{stage.name}-way-.*",
        consumer={"group.id": f"{stage.name}-way"},
        producer={"bootstrap.servers": way.address},
        tag="-way",
    )
    expect_whole(stage, *topics, stubborn, group=f"{stage.name}-way")
    check.expect_equal([flip.done for flip in flips], [1, 1, 2], "flipped bits")
    again = ferry.process.log().count("the batch is sent again")
    check.expect_equal(again, 3, f"batches that were sent again: {ferry.tail()}")
    check.expect("parked" not in ferry.process.log(), f"a shard was parked: {ferry.tail()}")
    check.expect_equal(ferry.terminate(), 0, f"exit code\n{ferry.tail()}")
    return f"{again} sent again"


def records_engine(stage, way):
    """librdkafka checks what it fetches, as the Java consumer does by default."""
    topics = [fill(stage, f"taken-{codec}", compression=codec) for codec in ("none", "lz4")]
    flips = [damage(stage, way, topic) for topic in topics]
    ferry = stage.mirror(
        *["--engine", "records"],
        include=f"{stage.name}-taken-.*",
        consumer={
            "group.id": f"{stage.name}-taken",
            "bootstrap.servers": way.address,
            "check.crcs": "true",
        },
        tag="-taken",
    )
    expect_whole(stage, *topics, group=f"{stage.name}-taken")
    check.expect_equal([flip.done for flip in flips], [1, 1], "flipped bits")
    again = ferry.process.log().count("reading it again")
    check.expect_equal(again, 2, f"batches that were read again: {ferry.tail()}")
    check.expect_equal(ferry.terminate(), 0, f"exit code\n{ferry.tail()}")


def headers(stage, way):
    """One bit in every byte of a header, inside and outside of what the checksum covers."""
    chosen = random.Random(SEED)
    topics = []
    sent = []
    for byte in range(segments.HEADER_BYTES):
        # Where offsets may be missing, a wrong one is harder to see.
        policy = chosen.choice(("delete", "compact"))
        ratio = {"min_cleanable_dirty_ratio": 1.0}
        topics.append(stage.create(f"head-{byte:02d}", 1, cleanup_policy=policy, **ratio))
        # Of another size than the batch of any other topic, which tells them apart.
        given = {"bytes": 300 + byte, "compression": chosen.choice(("none", "lz4"))}
        sent.append((topics[-1], given))
    for _ in range(3):
        for future in [
            stage.world.witness.start(
                "produce_sequence",
                **stage.source.admin,
                **{"topic": topic, "partitions": [0], "count": 20, "linger_ms": 200, **given},
            )
            for topic, given in sent
        ]:
            future.result(60)
    flips = []
    for byte, topic in enumerate(topics):
        batch = chosen.choice(segments.batches(stage.source, topic))
        where = {"behind": byte, "bit": chosen.randrange(8)}
        flips.append(way.damage(batch.head, **where))
    ferry = stage.mirror(
        *["--engine", "passthrough"],
        include=f"{stage.name}-head-.*",
        consumer={"group.id": f"{stage.name}-head", "bootstrap.servers": way.address},
        tag="-head",
    )

    def drained():
        check.expect(ferry.alive(), lambda: f"kferry ended: {ferry.tail()}")
        seen = stage.described(f"{stage.name}-head")["positions"]
        return len(seen) == len(topics) and sum(one["lag"] for one in seen) == 0

    check.wait_until(drained, 90, lambda: f"all headers are read again: {ferry.tail()}", 0.3)
    check.expect_equal([flip.done for flip in flips], [1] * len(flips), "flipped bits")
    result = stage.world.witness.call(
        "compare_logs",
        source=stage.source.admin,
        mirrors={"kferry": stage.target.admin},
        logs=topics,
    )
    found = result["mirrors"]["kferry"]
    check.expect_equal(found["differences"], 0, f"differences, seed {SEED}: {found}")
    check.expect_equal(found["records"], 60 * len(topics), "records")
    check.expect_equal(ferry.terminate(), 0, f"exit code\n{ferry.tail()}")
    return f"{len(flips)} headers"


@scenario("bit_flip")
def bit_flip(world):
    """a flipped bit is found, what it hit comes again, and the target log is whole"""
    source, fetched = proxied(world, "3.9.1", "flip-source")
    target, produced = proxied(world, "4.3.1", "flip-target", damages_requests=True)
    try:
        for broker in (source, target):
            broker.wait_ready(world.witness)
        with world.stage("flip", source, target) as stage:
            notes = [source_side(stage, fetched), target_side(stage, produced)]
            records_engine(stage, fetched)
            notes.append(headers(stage, fetched))
            return "; ".join(notes)
    finally:
        for one in (source, target):
            one.stop()
        for one in (fetched, produced):
            one.close()
