"""How a whole topic is copied, from the first record to the last."""

import dataclasses
import json
import subprocess
import time

import cluster
import measure
import rounds
from harness import check
from pair import BrokersWatch, Pair

SEED = 20240607
TOPIC = "events"
RELAY = "relay"
FIELDS = ("cpu_s", "user_s", "system_s", "wall_s", "start_to_last_s", "rss_peak_mib",
          "records_per_s", "voluntary_switches", "source_broker_cpu_s", "target_broker_cpu_s",
          "cpu_s_per_gb", "source_broker_cpu_s_per_gb", "target_broker_cpu_s_per_gb",
          "target_batch_bytes")  # fmt: skip
WATCHED_ALONE_S = 5
BYTES_PER_GB = 1e9
# A producer learns from so many batches of a partition how well its data compresses; before, they
# are smaller than what was asked for.
LEARNED_BATCHES = 40


@dataclasses.dataclass(frozen=True)
class Data:
    """Records of a source topic. batch_bytes: about what a batch takes on the wire; 0 what a busy
    producer's default makes of them, 1 a batch for each record."""

    records: int
    value_bytes: int
    codec: str = "lz4"
    batch_bytes: int = 0
    partitions: int = 8

    def scaled(self, factor):
        return dataclasses.replace(self, records=max(int(self.records * factor), 1000))


class Copying:
    """The same data copied by one mirror after another."""

    def __init__(self, pair, data, options):
        self.pair = pair
        self.data = data
        self.options = options
        self.log = None
        self.described = None

    def fill(self):
        """The source's topic, made anew."""
        data, source = self.data, self.pair.source
        cluster.tool("fresh", source.bootstrap, TOPIC, data.partitions)
        began = time.monotonic()
        cluster.tool(
            "fill", source.bootstrap, TOPIC, data.records, data.value_bytes, SEED, data.codec,
            data.batch_bytes,
        )  # fmt: skip
        self.log = source.log(TOPIC)
        self.described = {
            **dataclasses.asdict(data),
            "seed": SEED,
            "fill_s": round(time.monotonic() - began, 1),
            "compressed_to": round(self.log.log_bytes / (data.records * data.value_bytes), 3),
            "source_log": self.log.described(),
        }
        print(f"source: {json.dumps(self.described)}", flush=True)
        self._check_batches()

    def _check_batches(self):
        """The batches are those that were asked for."""
        data, log = self.data, self.log
        seen = log.described()
        check.expect(log.records == data.records, lambda: f"the source holds {seen}")
        check.expect(set(log.codecs) == {data.codec}, lambda: f"the source's codecs: {seen}")
        if data.batch_bytes == 1:
            check.expect(log.batches == data.records, lambda: f"not one record each: {seen}")
        elif data.batch_bytes:
            # The last batch of a partition is as it is.
            full = log.batches - data.partitions
            mean = log.log_bytes / max(full, 1)
            good = 0.75 * data.batch_bytes <= mean <= 1.25 * data.batch_bytes
            check.expect(
                good or full < LEARNED_BATCHES * data.partitions,
                lambda: f"batches of {data.batch_bytes} bytes were wanted: {seen}",
            )

    def run(self, name):
        return self._relay() if name == RELAY else self._mirror(name)

    def _relay(self):
        """The floor: the source's segments through one thread that only receives and sends."""
        segments = self.pair.source.segments(TOPIC)
        done = subprocess.run([self.options.relay, *segments], stdout=subprocess.PIPE, check=True)
        moved = json.loads(done.stdout)
        moved["elapsed_s"] = moved.pop("wall_s")
        moved["cpu_s_per_gb"] = self._per_gb(moved["cpu_s"])
        return moved

    def _mirror(self, name):
        """One mirror copies the whole source topic to an empty target topic."""
        records, target = self.data.records, self.pair.target
        cluster.tool("fresh", target.bootstrap, TOPIC, self.data.partitions)
        mirror = self.pair.mirror(name, TOPIC, self.data.codec)
        watch = cluster.WaitingTool(
            mirror.folder, "watch", target.bootstrap, TOPIC, records, self.options.timeout
        )
        brokers = BrokersWatch(self.pair)
        started = time.monotonic_ns()
        mirror.start()
        try:
            seen = watch.result()
            mirror.check_alive()
            used = {**measure.usage(mirror.process.pid), **brokers.fields()}
            check.expect(seen["complete"], lambda: f"{mirror.title} did not end: {seen}")
            check.expect(
                seen["records"] == records,
                lambda: f"{mirror.title} wrote {seen['records']} records",
            )
        finally:
            watch.kill()
            mirror.stop()
        return {**self._times(seen, started), **used, **self._ratios(used), **self._arrived()}

    def _times(self, seen, started):
        wall_s = (seen["last_ns"] - seen["first_ns"]) / 1e9
        return {
            "wall_s": round(wall_s, 2),
            "start_to_last_s": round((seen["last_ns"] - started) / 1e9, 2),
            "records_per_s": round(self.data.records / wall_s) if wall_s > 0 else None,
        }

    def _per_gb(self, cpu_s):
        """Of the source's log."""
        return round(cpu_s / (self.log.log_bytes / BYTES_PER_GB), 3)

    def _ratios(self, used):
        fields = ("cpu_s", "source_broker_cpu_s", "target_broker_cpu_s")
        return {f"{field}_per_gb": self._per_gb(used[field]) for field in fields}

    def _arrived(self):
        arrived = self.pair.target.log(TOPIC).described()
        return {f"target_{field}": arrived[field] for field in ("log_bytes", "batch_bytes")}

    def watched_alone(self):
        """What both brokers take by the second while only the end is watched for: part of the
        brokers' CPU of every mirror."""
        target = self.pair.target
        cluster.tool("fresh", target.bootstrap, TOPIC, self.data.partitions)
        brokers = BrokersWatch(self.pair)
        cluster.tool("watch", target.bootstrap, TOPIC, self.data.records, WATCHED_ALONE_S)
        used = brokers.fields()
        fields = ("source_broker_cpu_s", "target_broker_cpu_s")
        return {f"{field}_per_s": round(used[field] / WATCHED_ALONE_S, 3) for field in fields}

    def all_rounds(self, names, count, what):
        """The data and the rounds of all, as they stand in a result."""
        found = rounds.interleaved(list(names), count, self.run, what)
        medians = with_ratios(rounds.medians(found, FIELDS))
        return {"data": self.described, "rounds": found, "median": medians}

    def warm_up(self):
        """The brokers' code is compiled while they work: not at the cost of who comes first."""
        found = {name: self.run(name) for name in self.options.warm_up}
        print(f"warm-up: {json.dumps(found)}", flush=True)
        return found


def with_ratios(medians):
    """The mirrors' CPU beside the floor's, and CPU and wall time beside those of kferry."""
    floor = medians.get(RELAY, {}).get("cpu_s")
    ours = next((name for name in medians if name.startswith("kferry")), None)
    for name, values in medians.items():
        if name == RELAY:
            continue
        if floor:
            values["cpu_to_relay"] = round(values["cpu_s"] / floor, 2)
        for field in ("cpu_s", "wall_s") if ours else ():
            of_ours = medians[ours].get(field)
            if of_ours:
                values[f"{field[:-2]}_to_kferry"] = round(values[field] / of_ours, 2)
    return medians


def measure_kind(options, folder, data, with_tls=False):
    """Rounds over one kind of data between a pair of brokers of their own."""
    pair = Pair(folder, with_tls)
    try:
        work = Copying(pair, data, options)
        work.fill()
        warm_up = work.warm_up()
        part = work.all_rounds(options.mirrors, options.rounds, "throughput")
        part.update(warm_up=warm_up, watched_alone=work.watched_alone())
        return {"brokers": pair.described(), "throughput": part}
    finally:
        pair.stop()
