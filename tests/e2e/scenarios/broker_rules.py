"""What brokers do with a batch that they do not like, and what kferry makes of it before."""

import collections
import os

from harness import check, segments
from harness.registry import scenario
from scenarios.fidelity import COMPACTED, b64, cut_inside_a_batch

TARGETS = ("2.2.0", "3.9.1", "4.3.1")
SMALL = {"max.message.bytes": "20000"}
ONE_MIB = 1 << 20
# What brokers before 2.4 answer where later ones have a name of its own for it.
BAD_RECORD = ("CORRUPT_MESSAGE", "INVALID_RECORD", "INVALID_RECORD")
FINE = ("NONE",) * 3

Rule = collections.namedtuple("Rule", "oddity answers configs", defaults=({},))
RULES = (
    Rule("base offset", BAD_RECORD),
    Rule("two batches", BAD_RECORD),
    Rule("partition twice", FINE),
    Rule("two partitions", FINE),
    Rule("large", ("MESSAGE_TOO_LARGE",) * 3, SMALL),
    Rule(
        "larger than a segment",
        ("RECORD_LIST_TOO_LARGE",) * 3,
        {"segment.bytes": str(ONE_MIB), "max.message.bytes": str(10 * ONE_MIB)},
    ),
    Rule("checksum", ("CORRUPT_MESSAGE",) * 3),
    Rule("gap", BAD_RECORD),
    Rule("closed gap", FINE),
    Rule("closed gap, lz4", ("NONE", "UNKNOWN_SERVER_ERROR", "UNKNOWN_SERVER_ERROR")),
    Rule("empty", BAD_RECORD),
    Rule("control", BAD_RECORD),
    Rule("deleteHorizon", FINE),
    Rule("transactional", ("TRANSACTIONAL_ID_AUTHORIZATION_FAILED",) * 3),
    Rule("no sequence", BAD_RECORD),
    Rule("foreign producer", ("UNKNOWN_PRODUCER_ID", "NONE", "NONE")),
    Rule("append time", ("INVALID_TIMESTAMP", "NONE", "NONE")),
    Rule(
        "append time, target appends",
        ("INVALID_TIMESTAMP",) * 3,
        {"message.timestamp.type": "LogAppendTime"},
    ),
    Rule("future", ("NONE", "NONE", "INVALID_TIMESTAMP")),
    Rule("maxTimestamp", FINE),
    Rule("null key", BAD_RECORD, {"cleanup.policy": "compact"}),
    Rule("lz4", FINE, {"compression.type": "gzip"}),
    Rule("leader epoch", FINE),
    Rule("format 1", BAD_RECORD),
    Rule("zstd", FINE),
    Rule("zstd before 7", ("UNSUPPORTED_COMPRESSION_TYPE",) * 3),
)


def topic_of(stage, rule):
    return stage.topic("raw." + "".join(c if c.isalnum() else "." for c in rule.oddity))


def expect_log(rule, version, batches):
    """What the broker's own log shows of a batch that it took."""
    last = batches[-1]
    if rule.oddity == "partition twice":
        # Both are acknowledged, one is gone.
        return check.expect_equal([b.codec for b in batches], ["lz4"], "batches that were kept")
    if rule.oddity == "closed gap":
        return check.expect_equal((last.records, last.last_offset_delta), (3, 2), "gap batch")
    if rule.oddity == "deleteHorizon":
        return check.expect(last.has(segments.DELETE_HORIZON), "the broker believes the horizon")
    if rule.oddity == "append time":
        return check.expect(not last.has(segments.APPEND_TIME), "the broker clears the time type")
    if rule.oddity == "lz4":
        return check.expect_equal(last.codec, "gzip", "codec of the target topic")
    if rule.oddity == "leader epoch":
        return check.expect(last.leader_epoch != 7, f"{version} kept a foreign leader epoch")
    return None


def raw_answers(stage, target, failures):
    """Every oddity, unchanged, to one target: its answer by oddity."""
    version = target.version
    topics = []
    for rule in RULES:
        partitions = 2 if rule.oddity == "two partitions" else 1
        given = {"name": topic_of(stage, rule), "partitions": partitions, "configs": rule.configs}
        topics.append(given)
    stage.call(target, "create_topics", topics=topics)
    seen = {}
    for rule in RULES:
        oddity = rule.oddity.removesuffix(", target appends")
        answers = stage.call(
            target, "produce_hand_made", topic=topic_of(stage, rule), oddity=oddity
        )
        seen[rule.oddity] = answers[0]
        expected = rule.answers[TARGETS.index(version)]
        batches = segments.batches(target, topic_of(stage, rule))
        try:
            check.expect_equal(set(answers), {expected}, f"{version} on {rule.oddity}")
            check.expect_equal(len(batches), int(expected == "NONE"), f"batches of {rule.oddity}")
            if batches:
                expect_log(rule, version, batches)
        except check.Failed as failure:
            failures.append(str(failure))
    return seen


ANY_TIME = {"message.timestamp.after.max.ms": str((1 << 63) - 1)}
LARGE = b64(b"x" * 100_000)
NOISE_BYTES = 1000
AGE_MS = 3_600_000


@scenario("broker_rules")
def broker_rules(world):
    """what brokers refuse and change, oddity by oddity, and what kferry makes of each"""
    targets = world.brokers(*(("target", version) for version in TARGETS))
    source = world.private_broker("3.9.1", "rules-source")
    table = Table()
    failures = []
    try:
        source.wait_ready(world.witness)
        with world.stage("rules", source, targets[-1]) as stage:
            make_sources(stage)
            for target in targets:
                stage.target = target
                table.raw[target.version] = raw_answers(stage, target, failures)
                mirror_all(stage, table, failures)
            if os.environ.get("KFERRY_E2E_TABLE"):
                table.write(os.environ["KFERRY_E2E_TABLE"])
            for target in targets:
                stage.target = target
                names = stage.call(target, "topics")
                mine = [name for name in names if name.startswith("rules-")]
                stage.call(target, "delete_topics", topics=mine)
            stage.topics_made = []
    finally:
        source.stop()
    check.expect(not failures, lambda: "\n  ".join(["", *failures]))
    return f"{len(RULES)} oddities, {len(CASES)} source logs, {len(TARGETS)} targets"


class Table:
    """Everything that was seen, as the documentation shows it."""

    def __init__(self):
        self.raw = {}
        self.mirrored = {}

    def write(self, path):
        with open(path, "w", encoding="utf-8") as out:
            versions = " | ".join(TARGETS)
            out.write(f"| a batch as it is | {versions} |\n|---|---|---|---|\n")
            for rule in RULES:
                seen = " | ".join(self.raw[version][rule.oddity] for version in TARGETS)
                out.write(f"| {rule.oddity} | {seen} |\n")
            out.write(f"\n| by kferry | ways of its batches | {versions} |\n")
            out.write("|---|---|---|---|---|\n")
            for case in CASES:
                ways, results = self.mirrored[case.name]
                shown = ", ".join(f"{way} {count}" for way, count in sorted(ways.items()))
                seen = " | ".join(results[version] for version in TARGETS)
                out.write(f"| {case.what} | {shown} | {seen} |\n")


# What a source log holds, how the target topic differs, and what happens there: "equal" or the
# target's name for the one record that is dropped.
Case = collections.namedtuple("Case", "name what make results target partitions source")
EQUAL = ("equal",) * 3


def case(name, what, results=EQUAL, target=None, partitions=1, source=None):
    def register(make):
        given = Case(name, what, make, results, target or {}, partitions, source or {})
        CASES.append(given)
        return make

    return register


CASES = []


def records(stage, topic, *given):
    return stage.call(stage.source, "produce_records", topic=topic, records=list(given))


def sequence(stage, topic, partitions=1, count=200, **options):
    stage.call(
        stage.source,
        "produce_sequence",
        topic=topic,
        partitions=list(range(partitions)),
        count=count,
        **options,
    )


@case("gaps", "holes after compaction, empty batches, deleteHorizon", source=COMPACTED)
def gaps(stage, topic):
    """The cleaner empties the last batch of one producer and marks another one's tombstone."""
    for value in (b64(b"old"), b64(b"new")):
        records(stage, topic, *({"key": b64(f"k{n}".encode()), "value": value} for n in range(5)))
    records(stage, topic, {"key": b64(b"gone"), "value": None})

    def cleaned():
        records(stage, topic, {"key": b64(b"tick"), "value": b64(b"x")})
        found = segments.batches(stage.source, topic)
        return (
            any(b.records == 0 for b in found)
            and any(0 < b.records <= b.last_offset_delta for b in found)
            and any(b.has(segments.DELETE_HORIZON) for b in found)
        )

    # A producer that writes some keys again makes holes in its own batch.
    twice = [{"key": b64(b"twice"), "value": b64(str(n).encode())} for n in range(10)]
    stage.call(
        stage.source, "produce_records", topic=topic, records=twice, linger_ms=200
    )
    check.wait_until(cleaned, 60, f"the log cleaner works on {topic}", 0.3)
    settled = {"min.cleanable.dirty.ratio": "1.0", "segment.ms": "604800000"}
    stage.call(stage.source, "alter_topic", topic=topic, configs=settled)


@case("transactions", "transactions: markers, aborted records, foreign producers", partitions=2)
def transactions(stage, topic):
    pattern = [[50, "commit"], [30, "abort"], [1, "commit"], [200, "commit"], [20, "abort"]]
    for partition in (0, 1):
        stage.call(
            stage.source,
            "produce_transactions",
            topic=topic,
            partitions=[partition],
            transactional_id=f"{topic}-{partition}",
            pattern=pattern,
        )


@case("appended", "LogAppendTime at the source", source={"message_timestamp_type": "LogAppendTime"})
def appended(stage, topic):
    for codec in ("none", "lz4", "zstd"):
        sequence(stage, topic, compression=codec)


@case(
    "appending",
    "LogAppendTime at the target",
    results=("equal but for the time",) * 3,
    target={"message.timestamp.type": "LogAppendTime"},
)
def appending(stage, topic):
    sequence(stage, topic, compression="lz4")


@case(
    "twofold",
    "LogAppendTime on both sides",
    results=("equal but for the time",) * 3,
    target={"message.timestamp.type": "LogAppendTime"},
    source={"message_timestamp_type": "LogAppendTime"},
)
def twofold(stage, topic):
    sequence(stage, topic)


@case("toolarge", "batches larger than the target takes", target=SMALL, partitions=2)
def toolarge(stage, topic):
    for codec in ("none", "lz4"):
        options = {"linger_ms": 300, "batch_size": 200_000, "compression": codec}
        sequence(stage, topic, 2, bytes=NOISE_BYTES, **options)


@case("oversize", "one record that is larger", results=("MESSAGE_TOO_LARGE",) * 3, target=SMALL)
def oversize(stage, topic):
    sequence(stage, topic)
    records(stage, topic, {"value": LARGE})
    sequence(stage, topic)


@case("future", "a record of two hours ahead", results=("equal", "equal", "INVALID_TIMESTAMP"))
def future(stage, topic):
    sequence(stage, topic)
    ahead = stage.call(stage.source, "dump", topic=topic)[-1]["timestamp"] + 7_200_000
    records(stage, topic, {"value": b64(b"late"), "timestamp": ahead})
    sequence(stage, topic)


@case(
    "keyless",
    "a record without key onto a compacted target",
    results=BAD_RECORD,
    target={"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "1.0"},
)
def keyless(stage, topic):
    sequence(stage, topic)
    records(stage, topic, {"value": b64(b"no key")})
    sequence(stage, topic)


@case("recompressed", "compression.type of the target", target={"compression.type": "gzip"})
def recompressed(stage, topic):
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        sequence(stage, topic, compression=codec, bytes=NOISE_BYTES)


@case("codecs", "every codec, zstd too")
def codecs(stage, topic):
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        sequence(stage, topic, compression=codec, bytes=NOISE_BYTES)


@case("cut", "a log that begins inside a batch", partitions=2)
def cut(stage, topic):
    cut_inside_a_batch(stage, topic)


@case("tiny", "batches of one record")
def tiny(stage, topic):
    sequence(stage, topic, count=500, batch_size=0, linger_ms=0)


@case("many", "eight partitions in one request", partitions=8)
def many(stage, topic):
    sequence(stage, topic, 8, compression="lz4")


@case("timeless", "records without time", target=ANY_TIME)
def timeless(stage, topic):
    for codec in ("none", "lz4"):
        times = [-1, 0, -1, 1_600_000_000_000]
        stage.call(
            stage.source,
            "produce_raw",
            topic=topic,
            partition=0,
            timestamps=times,
            compression=codec,
        )


@case("aged", "a wrong maxTimestamp, no leader epoch")
def aged(stage, topic):
    """No client can write this: it is changed in the source's own file."""
    sequence(stage, topic, linger_ms=300)
    stage.source.crash()
    segments.age(stage.source, topic, AGE_MS)
    stage.source.start().wait_ready(stage.world.witness)
    first = segments.batches(stage.source, topic)[0]
    times = [record["timestamp"] for record in stage.call(stage.source, "dump", topic=topic)]
    check.expect_equal(first.leader_epoch, -1, "leader epoch at the source")
    check.expect(first.max_timestamp > max(times), f"maxTimestamp at the source: {first}")


def make_sources(stage):
    for one in CASES:
        one.make(stage, stage.create(one.name, one.partitions, source_only=True, **one.source))


def expected_ways(stage, one):
    """What kferry has to do with each batch of the source log, by the log itself."""
    ways = collections.Counter()
    limit = int(one.target.get("max.message.bytes", ONE_MIB))
    starts = stage.call(stage.source, "offsets", topic=stage.topic(one.name))
    for partition in range(one.partitions):
        start = starts[partition]["start"]
        found = segments.batches(stage.source, stage.topic(one.name), partition)
        aborted = aborted_batches(found)
        for batch in found:
            if batch.next_offset <= start:
                continue
            if batch.has(segments.CONTROL):
                way = "skip/control"
            elif batch.base_offset in aborted:
                way = "skip/aborted"
            elif batch.records == 0:
                way = "skip/empty"
            elif batch.base_offset < start:
                way = "recode/crop"
            elif batch.records <= batch.last_offset_delta:
                way = "recode/gap"
            elif batch.size_bytes > limit:
                way = "recode/too_large"
            elif batch.has(segments.APPEND_TIME):
                way = "recode/log_append_time"
            else:
                way = "pass"
            ways[way] += 1
    return ways


def aborted_batches(batches):
    aborted = set()
    open_batches = collections.defaultdict(list)
    for batch in batches:
        if batch.has(segments.CONTROL):
            of_producer = open_batches.pop(batch.producer_id, [])
            aborted.update(of_producer if batch.aborts else [])
        elif batch.has(segments.TRANSACTIONAL):
            open_batches[batch.producer_id].append(batch.base_offset)
    return aborted


def seen_ways(ferry):
    """Small batches pass alone or together, as they happen to wait: both are one way here."""
    ways = collections.Counter()
    for labels, value in ferry.metrics().all("kferry_batches_total", engine="passthrough"):
        way = f"{labels['path']}/{labels['reason']}"
        if labels["path"] != "refetch":
            ways["pass" if way in ("pass/none", "recode/small") else way] += int(value)
    return ways


def mirror_all(stage, table, failures):
    """All source logs to one target in one run."""
    version = stage.target.version
    at = TARGETS.index(version)
    topics = [
        {"name": stage.topic(one.name), "partitions": one.partitions, "configs": one.target}
        for one in CASES
    ]
    if version.startswith("2."):
        for given in topics:
            given["configs"] = {k: v for k, v in given["configs"].items() if "after.max" not in k}
    stage.call(stage.target, "create_topics", topics=topics)
    ferry = stage.mirror(
        *["--engine", "passthrough", "--abort.on.send.failure", "false"],
        include="rules-[a-z]+",
        consumer={"group.id": f"rules-{version}"},
        tag=f"-{version}",
    )
    names = [stage.topic(one.name) for one in CASES]
    stage.wait_drained(*names, group=f"rules-{version}", timeout_s=90)
    expected = collections.Counter()
    for one in CASES:
        ways = expected_ways(stage, one)
        expected += ways
        _, results = table.mirrored.setdefault(one.name, (ways, {}))
        try:
            results[version] = judge(stage, one, one.results[at], ferry)
        except check.Failed as failure:
            results[version] = "not as expected"
            failures.append(f"{version}, {one.what}: {failure}")
    seen = seen_ways(ferry)
    if seen != expected:
        failures.append(f"{version}: ways of batches: expected {expected}, saw {seen}")
    refused = collections.Counter(
        one.results[at] for one in CASES if one.results[at].isupper()
    )
    errors = {
        labels["reason"]: value for labels, value in ferry.metrics().all("kferry_send_errors_total")
    }
    if errors != refused:
        failures.append(f"{version}: refusals: expected {refused}, saw {errors}")
    check.expect_equal(ferry.terminate(), 0, f"exit code\n{ferry.tail()}")


def judge(stage, one, expected, ferry):
    """Holds the target log against what is expected, and gives that back."""
    topic = stage.topic(one.name)
    dropped = ferry.metrics().sum("kferry_records_dropped_total", topic=topic)
    check.expect_equal(dropped, float(expected.isupper()), "dropped records")
    if expected == "equal":
        stage.expect_same(topic)
    elif expected.isupper():
        # All but one, the record that the sequence does not know.
        held = sum(stage.call(stage.target, "count", topic=topic).values())
        check.expect_equal(held, 400, "records on the target")
        stage.expect_sequence(topic)
    else:
        times = {record["timestamp"] for record in stage.call(stage.source, "dump", topic=topic)}
        stage.expect_same(topic, free_timestamps=sorted(times))
    expect_clean_batches(stage, one)
    if one.name == "aged":
        times = [record["timestamp"] for record in stage.call(stage.target, "dump", topic=topic)]
        latest = max(batch.max_timestamp for batch in segments.batches(stage.target, topic))
        check.expect_equal(latest, max(times), "maxTimestamp at the target")
    return expected


def expect_clean_batches(stage, one):
    """Nothing of the source's producers and epochs is left in the target's own files."""
    for partition in range(one.partitions):
        found = segments.batches(stage.target, stage.topic(one.name), partition)
        foreign = segments.TRANSACTIONAL | segments.CONTROL | segments.DELETE_HORIZON
        check.expect(found, "the target log is empty")
        check.expect(not any(b.attributes & foreign for b in found), f"foreign bits: {found}")
        check.expect_equal({b.leader_epoch for b in found}, {0}, "leader epochs at the target")
        appends = "message.timestamp.type" in one.target
        check.expect_equal({b.has(segments.APPEND_TIME) for b in found}, {appends}, "time types")
        limit = int(one.target.get("max.message.bytes", ONE_MIB))
        check.expect(max(b.size_bytes for b in found) <= limit, f"too large: {found}")
        if "compression.type" in one.target:
            check.expect_equal({b.codec for b in found}, {"gzip"}, "codecs at the target")
        # A reset after a refusal begins a new identity, from number 0 on.
        last = {}
        for batch in found:
            # Each epoch of a producer id begins at 0.
            producer = (batch.producer_id, batch.producer_epoch)
            following = last.get(producer, 0)
            check.expect(
                batch.producer_id >= 0 and batch.base_sequence == following,
                f"sequence numbers: {found}",
            )
            last[producer] = following + batch.records
