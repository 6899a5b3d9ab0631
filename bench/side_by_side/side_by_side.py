"""Measures mirrors in turn on the same data; see run.sh."""

import argparse
import datetime
import json
import os
import shutil
import statistics
import sys
import tempfile
import time

import chart
import cluster
import measure
import mirrors
from harness import check, process

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SEED = 20240607
PARTITIONS = 8
TOPIC = "events"
DELAY_TOPIC = "ticks"
RATE = 2000
WARM_UP_S = 20
THROUGHPUT_FIELDS = ("cpu_s", "wall_s", "start_to_last_s", "rss_peak_mib", "records_per_s",
                     "brokers_cpu_s")  # fmt: skip
DELAY_FIELDS = ("p50_ms", "p90_ms", "p99_ms", "max_ms")


def arguments():
    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__)
    parser.add_argument("--name", default="side_by_side", help="name of the result files")
    parser.add_argument("--mirrors", default=",".join(mirrors.ALL), help="default: %(default)s")
    parser.add_argument("--kferry", default=os.path.join(ROOT, "build/release/kferry"))
    parser.add_argument("--records", type=int, default=2_000_000, help="default: %(default)s")
    parser.add_argument("--value-bytes", type=int, default=1000, help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="0: no throughput")
    parser.add_argument("--delay-rounds", type=int, default=5, help="0: no delays")
    parser.add_argument("--delay-seconds", type=int, default=15, help="default: %(default)s")
    parser.add_argument("--timeout", type=int, default=600, help="seconds for one run")
    parser.add_argument("--results", default=os.path.join(ROOT, "bench/results"))
    options = parser.parse_args()
    options.mirrors = options.mirrors.split(",")
    unknown = set(options.mirrors) - set(mirrors.ALL)
    if unknown:
        parser.error(f"no such mirror: {', '.join(sorted(unknown))}")
    if "kferry" in options.mirrors and not os.access(options.kferry, os.X_OK):
        parser.error(f"{options.kferry} is missing: cmake --preset release && "
                     "cmake --build --preset release")  # fmt: skip
    mirrors.Kferry.binary = os.path.abspath(options.kferry)
    return options


class Bench:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.runs = 0
        self.source = cluster.BenchBroker("source", folder)
        self.target = cluster.BenchBroker("target", folder)
        self.source.start()
        self.target.start()

    def mirror(self, name, topic):
        self.runs += 1
        folder = os.path.join(self.folder, f"{self.runs:02}-{name}")
        return mirrors.ALL[name](folder, self.source.bootstrap, self.target.bootstrap, topic)

    def brokers_cpu_s(self):
        return sum(measure.cpu_s(broker.process.pid) for broker in (self.source, self.target))

    def fill(self):
        records, value_bytes = self.options.records, self.options.value_bytes
        cluster.tool("fresh", self.source.bootstrap, TOPIC, PARTITIONS)
        cluster.tool("fill", self.source.bootstrap, TOPIC, records, value_bytes, SEED)
        on_disk = self.source.log_bytes(TOPIC)
        return {
            "records": records,
            "value_bytes": value_bytes,
            "partitions": PARTITIONS,
            "seed": SEED,
            "compression": "lz4",
            "log_bytes": on_disk,
            "compressed_to": round(on_disk / (records * value_bytes), 3),
        }

    def throughput(self, name):
        """One mirror copies the whole source topic to an empty target topic."""
        cluster.tool("fresh", self.target.bootstrap, TOPIC, PARTITIONS)
        mirror = self.mirror(name, TOPIC)
        watch = cluster.WaitingTool(
            mirror.folder, "watch", self.target.bootstrap, TOPIC, self.options.records,
            self.options.timeout,
        )  # fmt: skip
        brokers_before = self.brokers_cpu_s()
        busy = measure.Busy()
        started = time.monotonic_ns()
        mirror.start()
        try:
            seen = watch.result()
            mirror.check_alive()
            check.expect(seen["complete"], lambda: f"{mirror.title} did not end: {seen}")
            check.expect(
                seen["records"] == self.options.records,
                lambda: f"{mirror.title} wrote {seen['records']} records",
            )
            pid = mirror.process.pid
            wall_s = (seen["last_ns"] - seen["first_ns"]) / 1e9
            return {
                "cpu_s": round(measure.cpu_s(pid), 2),
                "wall_s": round(wall_s, 2),
                "start_to_last_s": round((seen["last_ns"] - started) / 1e9, 2),
                "rss_peak_mib": measure.rss_peak_mib(pid),
                "records_per_s": round(self.options.records / wall_s) if wall_s > 0 else None,
                "brokers_cpu_s": round(self.brokers_cpu_s() - brokers_before, 2),
                "cores_busy": busy.cores_busy(),
                "target_log_bytes": self.target.log_bytes(TOPIC),
            }
        finally:
            watch.kill()
            mirror.stop()

    def delay(self, name):
        """Delays at a fixed rate; without a mirror those of the tool and one broker."""
        cluster.tool("fresh", self.source.bootstrap, DELAY_TOPIC, PARTITIONS)
        reads_from = self.source.bootstrap
        mirror = None
        folder = self.folder
        if name != "none":
            cluster.tool("fresh", self.target.bootstrap, DELAY_TOPIC, PARTITIONS)
            reads_from = self.target.bootstrap
            mirror = self.mirror(name, DELAY_TOPIC)
            folder = mirror.folder
        tool = cluster.WaitingTool(
            folder, "delay", self.source.bootstrap, reads_from, DELAY_TOPIC, RATE, WARM_UP_S,
            self.options.delay_seconds,
        )  # fmt: skip
        busy = measure.Busy()
        if mirror:
            mirror.start()
        try:
            result = tool.result()
            check.expect(result["complete"], lambda: f"{name}: records are missing: {result}")
            if mirror:
                mirror.check_alive()
            return {**result, "cores_busy": busy.cores_busy()}
        finally:
            tool.kill()
            if mirror:
                mirror.stop()


def medians(rounds, fields):
    """Median and median absolute deviation of each field."""
    out = {}
    for name in rounds:
        out[name] = {}
        for field in fields:
            values = [one[field] for one in rounds[name] if one[field] is not None]
            if values:
                median = statistics.median(values)
                deviation = statistics.median(abs(value - median) for value in values)
                out[name][field] = round(median, 3)
                out[name][f"{field}_mad"] = round(deviation, 3)
    return out


def interleaved(names, count, run, what):
    """Every round runs all, each time in another order, so that drift hits all alike."""
    rounds = {name: [] for name in names}
    for number in range(count):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            result = run(name)
            rounds[name].append(result)
            print(f"{what} {number + 1}/{count} {name:13} {json.dumps(result)}", flush=True)
    return rounds


def measure_all(options, folder):
    bench = Bench(options, folder)
    result = {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "host": measure.host(),
        "kferry_commit": measure.commit(ROOT),
        "brokers": {
            "version": bench.source.version,
            "heap": " ".join(cluster.BROKER_HEAP),
            "settings": cluster.BROKER_SETTINGS,
            "note": "one node each, on the same machine as the mirror",
        },
        "mirrors": mirrors.describe(options.mirrors),
        "producer": {"compression.type": "lz4"},
    }
    if options.rounds:
        data = bench.fill()
        print(f"source: {json.dumps(data)}", flush=True)
        rounds = interleaved(options.mirrors, options.rounds, bench.throughput, "throughput")
        result["throughput"] = {
            "data": data,
            "rounds": rounds,
            "median": medians(rounds, THROUGHPUT_FIELDS),
        }
    if options.delay_rounds:
        names = ["none", *options.mirrors]
        rounds = interleaved(names, options.delay_rounds, bench.delay, "delay")
        result["delay"] = {
            "records_per_s": RATE,
            "warm_up_s": WARM_UP_S,
            "measured_s": options.delay_seconds,
            "from": "acknowledged at the source",
            "to": "visible on the target; none: on the source",
            "rounds": rounds,
            "median": medians(rounds, DELAY_FIELDS),
        }
    return result


def print_summary(result):
    for part in ("throughput", "delay"):
        if part in result:
            print(part)
            for name, values in result[part]["median"].items():
                shown = (f"{k} {v:g}" for k, v in values.items() if not k.endswith("_mad"))
                print(f"  {name:13} {', '.join(shown)}")


def main():
    options = arguments()
    folder = tempfile.mkdtemp(prefix="kferry-bench-")
    try:
        result = measure_all(options, folder)
    finally:
        process.kill_all()
        if os.environ.get("KFERRY_BENCH_KEEP"):
            print(f"logs are in {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(options.results, exist_ok=True)
    path = os.path.join(options.results, options.name)
    with open(f"{path}.json", "w", encoding="ascii") as out:
        json.dump(result, out, indent=2)
        out.write("\n")
    with open(f"{path}.svg", "w", encoding="utf-8") as out:
        out.write(chart.draw(result))
    print_summary(result)
    print(f"result: {path}.json, {path}.svg")


if __name__ == "__main__":
    main()
