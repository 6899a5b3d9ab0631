"""Every protocol with every mechanism, on either side."""

import re

from harness import check, secured, security
from harness.registry import scenario

SOUND_SCRAM = (2, 6, 1)  # the first librdkafka that Kafka 4's SCRAM accepts


def library_version(stage):
    code, out, err = stage.once("--version")
    found = re.search(r"librdkafka (\d+)\.(\d+)\.(\d+)", out + err)
    check.expect(code == 0 and found, f"--version names librdkafka: {out}{err}")
    return tuple(int(part) for part in found.groups())


def scram_on_four(world, source, target, mechanism):
    """An older librdkafka's SCRAM is refused by Kafka 4: the fault and the cure are named."""
    way = ("TLS_SASL", mechanism)
    name = f"matrix-{mechanism.lower()}-on-4"
    with world.stage(name, source, target) as stage:
        if library_version(stage) >= SOUND_SCRAM:
            secured.mirrors(world, f"{name}-works", source, target, [(way, {}), (way, {})])
            return
        stage.create("orders", 1)
        consumer = secured.side(world, source, secured.PLAINTEXT)
        producer = secured.side(world, target, way)
        files = stage.files(consumer, producer)
        args = ["--consumer.config", files[0], "--producer.config", files[1], "--whitelist", "a.*"]
        code, out, err = stage.once("check", *args)
        check.expect_equal(code, 0, f"exit code of check: {out}{err}")
        seen = {"check": out + err}
        code, seen["plan"] = secured.plan(stage, consumer, producer)
        check.expect_equal(code, 77, f"exit code of plan: {seen['plan']}")
        for command, text in seen.items():
            for words in (mechanism, "librdkafka", "2.6.1"):
                check.expect(words in text, f"{command} does not say {words}: {text}")


def pairs(combinations, shift):
    """Each on the source once and on the target once."""
    turned = combinations[shift:] + combinations[:shift]
    return list(zip(combinations, turned))


def run_pairs(world, source, target, ways):
    for number, (source_way, target_way) in enumerate(ways):
        name = f"matrix-{source.version}-{target.version}-{number}"
        try:
            secured.mirrors(world, name, source, target, [(source_way, {}), (target_way, {})])
        except check.Failed as reason:
            told = f"{secured.name_of(source_way)} to {secured.name_of(target_way)}"
            raise check.Failed(f"{source.version} {told} {target.version}: {reason}") from reason


@scenario("security_matrix", stand_in=True)
def security_matrix(world):
    """PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL with every mechanism, on source and target 3.9.1"""
    source, target = world.secured(("source", "3.9.1"), ("target", "3.9.1"))
    run_pairs(world, source, target, pairs(secured.COMBINATIONS, 3))


@scenario("security_matrix_4", stand_in=True)
def security_matrix_4(world):
    """the same on 4.3.1, where SCRAM needs a newer librdkafka, and is named where it fails"""
    source, target = world.secured(("source", "3.9.1"), ("target", "4.3.1"))
    ways = [way for way in secured.COMBINATIONS if way[1] in (None, security.PLAIN)]
    run_pairs(world, source, target, pairs(ways, 1))
    run_pairs(world, target, source, pairs(ways, 2))
    for mechanism in () if world.stand_in else security.MECHANISMS[1:]:
        scram_on_four(world, source, target, mechanism)
