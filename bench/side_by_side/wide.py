"""Thousands of partitions: what they take while nothing happens, and how they wake up."""

import json
import time
import urllib.error
import urllib.request

import cluster
import measure
import rounds
from harness import check, ports
from harness.mirror import Metrics
from pair import BrokersWatch, Pair

PREFIX = "wide"
SETTLE_S = 10
READY_LIMIT_S = 300
LAG_LIMIT_S = 120
# librdkafka names its threads so; all others are kferry's.
MEMBER = "rdk:"
FIELDS = ("ready_s", "start_cpu_s", "member_start_cpu_s", "idle_percent", "member_idle_percent",
          "rss_idle_mib", "rss_peak_mib", "idle_switches_per_s", "source_broker_idle_percent",
          "target_broker_idle_percent", "active_sent_s", "active_visible_s",
          "active_lag_0_within_s", "active_cpu_s")  # fmt: skip


class Wide:
    def __init__(self, pair, options):
        self.pair = pair
        self.options = options

    def fresh(self, broker):
        made = cluster.tool("wide", broker.bootstrap, PREFIX, *self._size(), timeout_s=1200)
        print(f"{broker.name}: {json.dumps(made)}", flush=True)

    def _size(self):
        return self.options.topics, self.options.partitions

    def run(self, name):
        """One kferry: its start, a while without a record, then a record into each topic."""
        self.fresh(self.pair.source)
        mirror = self.pair.mirror(name, f"{PREFIX}-.*")
        mirror.listen = f"127.0.0.1:{ports.free_port()}"
        base = f"http://{mirror.listen}"
        started = time.monotonic()
        mirror.start()
        try:
            ready_s = self._ready(mirror, base, started)
            found = {"ready_s": round(ready_s, 2), **self._started(mirror.process.pid)}
            time.sleep(SETTLE_S)
            found.update(self._idle(mirror.process.pid))
            found.update(self._active(mirror.process.pid, base))
            mirror.check_alive()
            found["rss_peak_mib"] = measure.rss_peak_mib(mirror.process.pid)
            return found
        finally:
            mirror.stop()

    @staticmethod
    def _ready(mirror, base, started):
        def ready():
            mirror.check_alive()
            return _get(f"{base}/readyz")[0] == 200

        check.wait_until(ready, READY_LIMIT_S, lambda: f"ready: {_get(f'{base}/readyz')}", 0.05)
        return time.monotonic() - started

    @staticmethod
    def _started(pid):
        threads = _by_name(measure.threads_cpu_s(pid))
        return {
            "start_cpu_s": round(measure.cpu_s(pid), 2),
            "member_start_cpu_s": round(_of_member(threads), 3),
            "start_threads_cpu_s": {name: round(took, 3) for name, took in threads.items()},
        }

    def _idle(self, pid):
        """Percent of one core over a while in which no record comes."""
        seconds = self.options.idle_seconds
        before, switches = measure.threads_cpu_s(pid), measure.voluntary_switches(pid)
        cpu_before, began = measure.cpu_s(pid), time.monotonic()
        brokers = BrokersWatch(self.pair)
        time.sleep(seconds)
        took_s = time.monotonic() - began
        threads = _by_name(measure.threads_cpu_s(pid), before)
        used = brokers.fields()
        return {
            "idle_percent": round(100 * (measure.cpu_s(pid) - cpu_before) / took_s, 2),
            "member_idle_percent": round(100 * _of_member(threads) / took_s, 3),
            "idle_threads_percent": {
                name: round(100 * took / took_s, 3) for name, took in threads.items()
            },
            "idle_switches_per_s": round((measure.voluntary_switches(pid) - switches) / took_s),
            "source_broker_idle_percent": round(100 * used["source_broker_cpu_s"] / took_s, 2),
            "target_broker_idle_percent": round(100 * used["target_broker_cpu_s"] / took_s, 2),
            "rss_idle_mib": measure.rss_mib(pid),
        }

    def _active(self, pid, base):
        """A record into one partition of each topic: when the target has all, and a lag of 0."""
        cpu_before = measure.cpu_s(pid)
        seen = cluster.tool(
            "touch", self.pair.source.bootstrap, self.pair.target.bootstrap, PREFIX, *self._size(),
            LAG_LIMIT_S,
        )  # fmt: skip
        check.expect(seen["complete"], lambda: f"records are missing: {seen}")
        lag = []

        def lag_is_0():
            metrics = Metrics(_get(f"{base}/metrics")[1])
            lag[:] = [metrics.sum("kferry_lag_records")]
            mirrored = metrics.sum("kferry_records_mirrored_total")
            return metrics.all("kferry_lag_records") and lag == [0] and mirrored >= seen["records"]

        check.wait_until(lag_is_0, LAG_LIMIT_S, lambda: f"the lag is 0, last seen {lag}", 0.05)
        return {
            "active_sent_s": seen["sent_s"],
            "active_visible_s": seen["visible_s"],
            # Looked at only after the tool has ended.
            "active_lag_0_within_s": round((time.monotonic_ns() - seen["first_ns"]) / 1e9, 2),
            "active_cpu_s": round(measure.cpu_s(pid) - cpu_before, 2),
        }


def _get(url):
    """Status code and body; (0, reason) when nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=30) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()[:300]
    except OSError as failure:
        return 0, str(failure)


def _by_name(threads, before=None):
    """Seconds of all threads of one name, the biggest first."""
    sums = {}
    for task, (name, took) in threads.items():
        earlier = (before or {}).get(task, (name, 0))[1]
        sums[name] = sums.get(name, 0) + took - earlier
    return dict(sorted(sums.items(), key=lambda item: -item[1]))


def _of_member(threads):
    return sum(took for name, took in threads.items() if name.startswith(MEMBER))


def measure_kind(options, folder):
    pair = Pair(folder)
    try:
        work = Wide(pair, options)
        work.fresh(pair.target)
        found = rounds.interleaved(list(options.mirrors), options.rounds, work.run, "wide")
        part = {
            "topics": options.topics,
            "partitions_per_topic": options.partitions,
            "idle_s": options.idle_seconds,
            "member_threads": f"{MEMBER}*",
            "rounds": found,
            "median": rounds.medians(found, FIELDS),
        }
        return {"brokers": pair.described(), "wide": part}
    finally:
        pair.stop()
