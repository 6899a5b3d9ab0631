"""What an operator sees agrees with what Kafka's own tools say."""

import subprocess

from harness import check
from harness.registry import scenario

PARTITIONS = 3
NAMES = (
    "kferry_lag_records",
    "kferry_lag_seconds",
    "kferry_source_end_offset",
    "kferry_committed_offset",
    "kferry_records_mirrored_total",
    "kferry_bytes_mirrored_total",
    "kferry_mirror_delay_seconds_bucket",
    "kferry_shard_state",
    "kferry_batches_total",
    "kferry_records_lost_total",
    "kferry_rebalances_total",
    "kferry_build_info",
)


def tool_positions(stage, topic):
    return {
        p["partition"]: (p["committed"], p["end"], p["lag"])
        for p in stage.described()["positions"]
        if p["topic"] == topic
    }


def samples_around(stage, ferry, topic):
    """Kafka's lag lies between what two of our samples allow: the end only grows, and so does the
    committed position."""
    before = ferry.metrics()
    tool = tool_positions(stage, topic)
    asked = stage.call(stage.source, "offsets", topic=topic)

    def caught_up():
        # The metrics know the ends that fetches brought: wait until they know those of the tool.
        now = ferry.metrics()
        ends = now.by_partition("kferry_source_end_offset", topic)
        known = now.by_partition("kferry_committed_offset", topic)
        return (
            all(ends[p["partition"]] >= p["end"] for p in asked)
            and all(known[number] >= at[0] for number, at in tool.items())
            and now
        )

    after = check.wait_until(caught_up, 20, "the metrics reach what Kafka's tool saw")
    for number, (_, _, lag) in tool.items():

        def at(sample, name, number=number):
            return sample.by_partition(name, topic)[number]

        least = at(before, "kferry_source_end_offset") - at(after, "kferry_committed_offset")
        most = at(after, "kferry_source_end_offset") - at(before, "kferry_committed_offset")
        check.expect(
            least <= lag <= most, f"partition {number}: Kafka's lag {lag} not in {least}..{most}"
        )
        for sample in (before, after):
            ours = at(sample, "kferry_lag_records")
            behind = at(sample, "kferry_source_end_offset") - at(sample, "kferry_committed_offset")
            check.expect(0 <= ours <= behind, f"partition {number}: lag {ours} not in 0..{behind}")


@scenario("metrics")
def metrics(world):
    """/metrics passes promtool; lag equals Kafka's at rest and lies between samples under load"""
    source, target = world.pair()
    with world.stage("metrics", source, target) as stage:
        topic = stage.create("orders", PARTITIONS)
        stage.call(source, "produce_sequence", topic=topic, partitions=[0, 2], count=700)
        ferry = stage.mirror().wait_ready()
        stage.wait_drained(topic)
        check.wait_until(
            lambda: ferry.metrics().by_partition("kferry_lag_records", topic)
            == {0: 0.0, 1: 0.0, 2: 0.0},
            15,
            "kferry_lag_records is 0 everywhere at rest",
        )
        seen = ferry.metrics()
        for name in NAMES:
            check.expect(seen.all(name), f"/metrics has no {name}")
        check.expect_equal(
            seen.sum("kferry_records_mirrored_total", topic=topic), 1400, "records mirrored"
        )
        counted = seen.sum("kferry_mirror_delay_seconds_count")
        check.expect_equal(counted, 1400, "records in the delay histogram")
        lint = subprocess.run(
            ["promtool", "check", "metrics"],
            input=seen.text.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=30,
            check=False,
        )
        check.expect_equal((lint.returncode, lint.stdout), (0, b""), "promtool check metrics")

        # At rest with something left to do: the target stands still.
        target.pause()
        try:
            stage.call(source, "produce_sequence", topic=topic, partitions=[0, 1], count=500)
            expected = {0: 500, 1: 500, 2: 0}
            check.wait_until(
                lambda: ferry.metrics().by_partition("kferry_lag_records", topic) == expected,
                15,
                lambda: "kferry_lag_records is "
                f"{expected}: {ferry.metrics().by_partition('kferry_lag_records', topic)}",
            )
            tool = {number: at[2] for number, at in tool_positions(stage, topic).items()}
            check.expect_equal(tool, expected, "lag of Kafka's tool")
        finally:
            target.resume()
        stage.wait_drained(topic)

        stage.call(source, "start_load", topic=topic, partitions=PARTITIONS, rate=3000)
        for _ in range(10):
            samples_around(stage, ferry, topic)
        stage.call(source, "stop_load", topic=topic)
        stage.wait_drained(topic)
        stage.expect_sequence(topic, repeats_allowed=True)
        check.expect_equal(ferry.get("/healthz")[0], 200, "/healthz")
        check.expect_equal(ferry.get("/")[0], 200, "the page")
        check.expect_equal(ferry.terminate(), 0, "exit code")
