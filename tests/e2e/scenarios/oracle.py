"""The tests' own judge: every kind of damage must be seen, and nothing else."""

from harness import check
from harness.registry import scenario

DAMAGES = {
    # name: numbers as they lie on the target of 0..9, and what the judge has to say
    "right": (range(10), {}),
    "loss": ([0, 1, 2, 4, 5, 6, 7, 8, 9], {"missing": 1}),
    "end-lost": (range(8), {"missing": 2}),
    "swap": ([0, 1, 3, 2, 4, 5, 6, 7, 8, 9], {"disorder": 1}),
    "rewind": ([0, 1, 2, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9], {"repeats": 3, "rewinds": 1}),
    "one-twice": ([0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9], {"repeats": 1, "rewinds": 1}),
    "torn-rewind": ([0, 1, 2, 3, 4, 1, 3, 4, 5, 6, 7, 8, 9], {"disorder": 1, "repeats": 3}),
    "short-rewind": ([0, 1, 2, 3, 4, 1, 2, 5, 6, 7, 8, 9], {"disorder": 1, "repeats": 2}),
    "twofold-rewind": ([0, 1, 2, 1, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9], {"repeats": 5}),
}


@scenario("oracle", stand_in=True)
def oracle(world):
    """the judge of the other scenarios sees every kind of damage"""
    (broker,) = world.brokers(("target", "4.3.1"))
    with world.stage("oracle", broker, broker) as stage:
        for name, (numbers, expected) in DAMAGES.items():
            topic = stage.create(name, 1, source_only=True)
            stage.call(broker, "produce_numbers", topic=topic, acked=10, numbers=list(numbers))
            verdict = stage.call(broker, "check_sequence", topic=topic)
            for field in ("missing", "disorder", "repeats"):
                seen = verdict[field]
                check.expect_equal(seen, expected.get(field, 0), f"{field} of {name}: {verdict}")
            if "rewinds" in expected:
                check.expect_equal(verdict["rewinds"], expected["rewinds"], f"rewinds of {name}")

        pair = [stage.create(f"corpus-{side}", 2, source_only=True) for side in ("a", "b")]
        for topic in pair:
            records = [
                {"partition": 0, "key": "aw==", "value": None, "timestamp": 5},
                {"partition": 1, "value": "", "timestamp": 5, "headers": [["h", None], ["h", ""]]},
            ]
            stage.call(broker, "produce_records", topic=topic, records=records)
        stage.expect_same(*pair)
        base = {"partition": 1, "value": "", "timestamp": 5, "headers": [["h", None], ["h", ""]]}
        for change in (
            {"value": None},
            {"key": ""},
            {"timestamp": 6},
            {"headers": [["h", ""], ["h", None]]},
            {"headers": [["h", None]]},
        ):
            pair = [stage.create(f"{len(stage.topics_made)}", 2, source_only=True) for _ in "ab"]
            for topic, record in zip(pair, (base, {**base, **change})):
                stage.call(broker, "produce_records", topic=topic, records=[record])
            result = world.witness.call(
                "compare",
                source={**broker.admin, "topic": pair[0]},
                target={**broker.admin, "topic": pair[1]},
            )
            check.expect(not result["equal"], f"the comparison overlooks {change}")
