"""Measures mirrors in turn on the same data; see run.sh."""

import argparse
import dataclasses
import datetime
import json
import os
import shutil
import subprocess
import sys
import tempfile

import chart
import copying
import delay
import measure
import mirrors
import sweep
import tables
import wide
from copying import Data
from harness import check, process

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COPYING = {
    "records_1k": Data(2_000_000, 1000),
    "records_100b": Data(5_000_000, 100),
    "tls_1k": Data(2_000_000, 1000),
    "one_record": Data(600_000, 100, "none", batch_bytes=1),
}
WITH_TLS = ("tls_1k",)
OTHERS = {"sweep": sweep.measure_kind, "wide": wide.measure_kind, "delay": delay.measure_kind}
KINDS = (*COPYING, *OTHERS)
ALL = "all"
# kind: the mirrors, in the order of the first round
MIRRORS = {
    **{kind: (copying.RELAY, *mirrors.DEFAULT) for kind in COPYING},
    "sweep": ("kferry-passthrough", "kferry-records", "mirrormaker1"),
    "wide": ("kferry-passthrough",),
    "delay": (delay.NO_MIRROR, *mirrors.DEFAULT),
}
NO_PROCESS = {copying.RELAY, delay.NO_MIRROR}


def _names(text):
    return tuple(name for name in text.split(",") if name)


def _parser():
    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND",
                        help=f"{', '.join(KINDS)}, or {ALL}; default: {KINDS[0]}")  # fmt: skip
    known = ", ".join((copying.RELAY, delay.NO_MIRROR, *mirrors.ALL))
    parser.add_argument("--mirrors", type=_names, help=f"by commas; else the kind's: {known}")
    parser.add_argument("--rounds", type=int, help="default: 3, of delay 5")
    parser.add_argument("--name", help="name of the result's files; default: the kind's")
    parser.add_argument("--markdown", action="store_true", help="print tables for a README")
    parser.add_argument("--show", nargs="+", metavar="JSON", default=(),
                        help="measure nothing: tables and charts of these results")  # fmt: skip
    parser.add_argument("--kferry", default=os.path.join(ROOT, "build/release/kferry"))
    parser.add_argument("--relay", default=os.path.join(ROOT, "build/bench/bench_relay"))
    parser.add_argument("--results", default=os.path.join(ROOT, "bench/results"))
    parser.add_argument("--timeout", type=int, default=600, help="seconds for one copy")
    parser.add_argument(
        "--warm-up",
        type=_names,
        default=("kferry-passthrough", "kferry-records", "mirrormaker1"),
        help="copy once before, uncounted, so that the brokers' code is compiled for small and "
        "large batches alike; default: %(default)s",
    )
    group = parser.add_argument_group("copying and sweep")
    group.add_argument("--scale", type=float, default=1, help="so many times the records")
    group.add_argument("--records", type=int, help="instead of the kind's")
    group.add_argument("--value-bytes", type=int, help="instead of the kind's")
    group.add_argument("--codec", help="instead of the kind's")
    group.add_argument("--batch-bytes", type=int, help="instead of the kind's; 1: one record each")
    group.add_argument("--security", choices=("plaintext", "tls"), help="instead of the kind's")
    group.add_argument("--sizes", type=_names, default=tuple(sweep.SIZES), help="of sweep")
    group.add_argument("--codecs", type=_names, default=sweep.CODECS, help="of sweep")
    group = parser.add_argument_group("wide")
    group.add_argument("--topics", type=int, default=1000)
    group.add_argument("--partitions", type=int, default=10, help="of each topic")
    group.add_argument("--idle-seconds", type=int, default=60)
    group = parser.add_argument_group("delay")
    group.add_argument("--warm-up-seconds", type=int, default=10)
    group.add_argument("--delay-seconds", type=int, default=10)
    return parser


def arguments():
    parser = _parser()
    options = parser.parse_args()
    kinds = options.kinds or [KINDS[0]]
    options.kinds = list(KINDS) if ALL in kinds else kinds
    if unknown := set(options.kinds) - set(KINDS):
        parser.error(f"no such kind: {', '.join(sorted(unknown))}")
    if options.name and len(options.kinds) > 1:
        parser.error("--name is for one kind")
    if unknown := set(options.sizes) - set(sweep.SIZES):
        parser.error(f"no such size: {', '.join(sorted(unknown))}")
    named = set(options.warm_up) | set(options.mirrors or ())
    if unknown := named - set(mirrors.ALL) - NO_PROCESS:
        parser.error(f"no such mirror: {', '.join(sorted(unknown))}")
    if not options.show:
        for path, preset in ((options.kferry, "release"), (options.relay, "bench")):
            if not os.access(path, os.X_OK):
                parser.error(f"{path} is missing: cmake --preset {preset} && "
                             f"cmake --build --preset {preset}")  # fmt: skip
    mirrors.Kferry.binary = os.path.abspath(options.kferry)
    return options


def for_kind(options, kind):
    """The options with what the kind itself says where they say nothing."""
    chosen = argparse.Namespace(**vars(options))
    chosen.mirrors = options.mirrors or MIRRORS[kind]
    chosen.rounds = options.rounds or (5 if kind == "delay" else 3)
    return chosen


def _data(options, kind):
    given = {
        field: getattr(options, field)
        for field in ("records", "value_bytes", "codec", "batch_bytes")
        if getattr(options, field) is not None
    }
    return dataclasses.replace(COPYING[kind].scaled(options.scale), **given)


def _measured(options, kind, folder):
    if kind in OTHERS:
        return OTHERS[kind](options, folder)
    with_tls = options.security == "tls" or (kind in WITH_TLS and options.security is None)
    return copying.measure_kind(options, folder, _data(options, kind), with_tls)


def measure_one(options, kind):
    """The whole result of one kind."""
    folder = tempfile.mkdtemp(prefix="kferry-bench-")
    facts = {
        "kind": kind,
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "host": measure.host(),
        "kferry_commit": measure.commit(ROOT),
        "mirrors": mirrors.describe([name for name in options.mirrors if name not in NO_PROCESS]),
    }
    try:
        return {**facts, **_measured(options, kind, folder)}
    finally:
        process.kill_all()
        if os.environ.get("KFERRY_BENCH_KEEP"):
            print(f"logs are in {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _draw(result, path):
    with open(path, "w", encoding="utf-8") as out:
        out.write(chart.draw(result))


def save(options, kind, result):
    os.makedirs(options.results, exist_ok=True)
    path = os.path.join(options.results, options.name or kind)
    with open(f"{path}.json", "w", encoding="ascii") as out:
        json.dump(result, out, indent=2)
        out.write("\n")
    print(tables.markdown(result) if options.markdown else tables.summary(result))
    _draw(result, f"{path}.svg")
    print(f"result: {path}.json, {path}.svg", flush=True)


def show(paths):
    for path in paths:
        with open(path, encoding="ascii") as kept:
            result = json.load(kept)
        print(tables.markdown(result))
        _draw(result, f"{os.path.splitext(path)[0]}.svg")


def main():
    options = arguments()
    if options.show:
        show(options.show)
        return 0
    failed = []
    for kind in options.kinds:
        try:
            chosen = for_kind(options, kind)
            save(options, kind, measure_one(chosen, kind))
        except (check.Failed, subprocess.SubprocessError) as failure:
            print(f"{kind} failed: {failure}", file=sys.stderr, flush=True)
            failed.append(kind)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
