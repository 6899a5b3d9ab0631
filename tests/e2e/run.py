#!/usr/bin/env python3
"""End-to-end scenarios on real brokers: run.py [--list] [name ...]

Environment: KFERRY (the binary), KFERRY_E2E_DIR (where data goes, default /tmp), KFERRY_E2E_KEEP
(keep the data), KFERRY_KAFKA_HOME (Kafka's jars), KFERRY_E2E_LONG (full durations instead of the
short ones), KFERRY_E2E_SEED, KFERRY_E2E_TABLE (where the table of refusals or rules goes),
KFERRY_E2E_MIRROR=mirrormaker1 (tries the tests on MirrorMaker 1).
"""

import argparse
import os
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import check, mirror, process, registry, world  # noqa: E402
from scenarios import load_all  # noqa: E402


def run_one(one, stage_world):
    begin = time.monotonic()
    try:
        if stage_world.stand_in and not one.stand_in:
            raise check.Skipped("means nothing with MirrorMaker")
        note = one.run(stage_world)
        verdict, text = "PASS", note or one.text
    except check.Skipped as reason:
        verdict, text = "SKIP", str(reason)
    except check.Failed as reason:
        verdict, text = "FAIL", str(reason)
    except Exception as failure:  # pylint: disable=broad-except
        traceback.print_exc()
        verdict, text = "FAIL", f"{type(failure).__name__}: {failure}"
    print(f"{verdict} {one.name} ({time.monotonic() - begin:.1f} s): {text}", flush=True)
    return verdict


def main():
    load_all()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="name")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--timeout-s", type=int, default=1800)
    options = parser.parse_args()
    if options.list:
        for one in registry.SCENARIOS.values():
            print(f"{one.name:20} {one.text}")
        return 0
    unknown = [name for name in options.names if name not in registry.SCENARIOS]
    if unknown:
        parser.error(f"no such scenario: {', '.join(unknown)}")
    wanted = [registry.SCENARIOS[name] for name in options.names or registry.SCENARIOS]

    process.die_after(options.timeout_s)
    stage_world = world.World()
    if not stage_world.stand_in and not os.access(mirror.binary(), os.X_OK):
        print(f"FAIL: no kferry at {mirror.binary()}: build it, or name it in KFERRY")
        return 2
    verdicts = [run_one(one, stage_world) for one in wanted]
    failed = "FAIL" in verdicts
    stage_world.close(keep=failed)
    counts = ", ".join(f"{verdicts.count(kind)} {kind}" for kind in ("PASS", "FAIL", "SKIP"))
    print(counts + (f"; data and logs are in {stage_world.folder}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
