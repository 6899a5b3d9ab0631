"""How late each record is on the target, at a fixed rate."""

import cluster
import measure
import rounds
from harness import check
from pair import Pair

TOPIC = "ticks"
PARTITIONS = 8
RATE = 2000
NO_MIRROR = "none"
FIELDS = ("p50_ms", "p90_ms", "p99_ms", "max_ms", "cpu_s", "rss_peak_mib")


class Delay:
    def __init__(self, pair, options):
        self.pair = pair
        self.options = options

    def run(self, name):
        """Delays of one mirror; without a mirror those of the tool and one broker."""
        source, target = self.pair.source, self.pair.target
        cluster.tool("fresh", source.bootstrap, TOPIC, PARTITIONS)
        if name == NO_MIRROR:
            return self._measured(self.pair.folder, source, name, None)
        cluster.tool("fresh", target.bootstrap, TOPIC, PARTITIONS)
        mirror = self.pair.mirror(name, TOPIC)
        return self._measured(mirror.folder, target, name, mirror)

    def _measured(self, folder, reads_from, name, mirror):
        tool = cluster.WaitingTool(
            folder, "delay", self.pair.source.bootstrap, reads_from.bootstrap, TOPIC, RATE,
            self.options.warm_up_seconds, self.options.delay_seconds,
        )  # fmt: skip
        busy = measure.Busy()
        if mirror:
            mirror.start()
        try:
            result = tool.result()
            check.expect(result["complete"], lambda: f"{name}: records are missing: {result}")
            if mirror:
                mirror.check_alive()
                result.update(measure.usage(mirror.process.pid))
            return {**result, "cores_busy": busy.cores_busy()}
        finally:
            tool.kill()
            if mirror:
                mirror.stop()


def measure_kind(options, folder):
    pair = Pair(folder)
    try:
        found = rounds.interleaved(
            list(options.mirrors), options.rounds, Delay(pair, options).run, "delay"
        )
        part = {
            "records_per_s": RATE,
            "warm_up_s": options.warm_up_seconds,
            "measured_s": options.delay_seconds,
            "from": "acknowledged at the source",
            "to": "visible on the target; none: on the source",
            "rounds": found,
            "median": rounds.medians(found, FIELDS),
        }
        return {"brokers": pair.described(), "delay": part}
    finally:
        pair.stop()
