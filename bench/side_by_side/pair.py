"""The source's and the target's broker, and what runs between them."""

import os

import cluster
import measure
import mirrors
from harness import security

JKS_PASSWORD = "changeit"


class Pair:
    """Two brokers of their own for one kind of work."""

    def __init__(self, folder, with_tls=False):
        self.folder = folder
        self.runs = 0
        listeners, self.security = _tls(folder) if with_tls else ((), {})
        self.source = cluster.BenchBroker("source", folder, listeners)
        self.target = cluster.BenchBroker("target", folder, listeners)
        self.source.start()
        self.target.start()

    def stop(self):
        self.source.stop()
        self.target.stop()

    def mirror(self, name, topics, codec="lz4"):
        """A new mirror, not yet started."""
        self.runs += 1
        folder = os.path.join(self.folder, f"{self.runs:03}-{name}")
        road = mirrors.Road(
            self.source.for_mirrors, self.target.for_mirrors, topics, codec, self.security
        )
        return mirrors.ALL[name](folder, road)

    def cpu_since(self, before=(0, 0)):
        """CPU seconds of source and target, since the two values that it gave before."""
        now = self.source.cpu_s(), self.target.cpu_s()
        return tuple(round(one - earlier, 2) for one, earlier in zip(now, before))

    def described(self):
        return {
            "version": self.source.version,
            "heap": " ".join(cluster.BROKER_HEAP),
            "settings": cluster.BROKER_SETTINGS,
            "security": "TLS for mirrors" if self.security else "PLAINTEXT",
            "note": "one node each, on the same machine as the mirror",
        }


def _tls(folder):
    """A listener for both brokers, and what clients have in their files for it: a truststore as
    Java has it; host names are checked, as is the default."""
    authority = security.Authority(os.path.join(folder, "certificates"), "root")
    certificate = authority.issue("broker", ("DNS:localhost", "IP:127.0.0.1"))
    listener = security.Listener(cluster.TLS, "SSL", certificate, host="localhost")
    client = {
        "security.protocol": "SSL",
        "ssl.truststore.location": authority.truststore("JKS", JKS_PASSWORD),
        "ssl.truststore.password": JKS_PASSWORD,
    }
    return [listener], client


class BrokersWatch:
    """What both brokers take over a while."""

    def __init__(self, pair):
        self._pair = pair
        self._before = pair.cpu_since()
        self._busy = measure.Busy()

    def fields(self):
        source, target = self._pair.cpu_since(self._before)
        return {
            "source_broker_cpu_s": source,
            "target_broker_cpu_s": target,
            "cores_busy": self._busy.cores_busy(),
        }
