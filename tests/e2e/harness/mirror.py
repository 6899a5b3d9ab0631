"""The mirror under test: kferry, or MirrorMaker 1 to try the tests themselves."""

import json
import os
import re
import signal
import urllib.error
import urllib.request

from . import check, kafka, ports, process

_SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def binary():
    root = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
    return os.environ.get("KFERRY", os.path.join(root, "build", "release", "kferry"))


def write_properties(path, properties):
    with open(path, "w", encoding="latin-1") as out:
        for key, value in properties.items():
            out.write(f"{key}={value}\n")
    return path


class Metrics:
    """One scrape."""

    def __init__(self, text):
        self.text = text
        self.samples = []
        for line in text.splitlines():
            found = _SAMPLE.match(line)
            if found and not line.startswith("#"):
                labels = dict(_LABEL.findall(found.group(2) or ""))
                self.samples.append((found.group(1), labels, float(found.group(3))))

    def all(self, name, **labels):
        return [
            (own, value)
            for sample, own, value in self.samples
            if sample == name and all(own.get(key) == wanted for key, wanted in labels.items())
        ]

    def sum(self, name, **labels):
        return sum(value for _, value in self.all(name, **labels))

    def by_partition(self, name, topic):
        return {int(own["partition"]): value for own, value in self.all(name, topic=topic)}


class Kferry:
    """A running kferry, started the way its users start it."""

    ended = False  # the test itself ended it

    def __init__(self, name, folder, args, env=None):
        self.http_port = ports.free_port()
        self.base = f"http://127.0.0.1:{self.http_port}"
        listen = ["--http.listen", f"127.0.0.1:{self.http_port}"]
        self.process = process.Process(
            name,
            [binary(), *args, *listen],
            os.path.join(folder, f"{name}.log"),
            env=env,
            cwd=folder,
        )

    def get(self, path):
        """Status code and body; (0, reason) when nobody answers."""
        try:
            with urllib.request.urlopen(self.base + path, timeout=5) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()
        except OSError as failure:
            return 0, str(failure)

    def metrics(self):
        code, body = self.get("/metrics")
        check.expect(code == 200, f"/metrics answers {code}: {body[:200]}")
        return Metrics(body)

    def status(self):
        code, body = self.get("/status")
        check.expect(code == 200, f"/status answers {code}: {body[:200]}")
        return json.loads(body)

    def shards(self):
        """All shards of all flows, by (topic, partition)."""
        shards = {}
        for flow in self.status()["flows"]:
            for shard in flow["shards"]:
                shards[shard["topic"], shard["partition"]] = shard
        return shards

    def ready(self):
        return self.get("/readyz")[0] == 200

    def wait_ready(self, timeout_s=40):
        def ready():
            check.expect(self.process.alive(), lambda: "kferry ended: " + self.tail())
            return self.ready()

        check.wait_until(ready, timeout_s, lambda: f"/readyz says yes: {self.get('/readyz')}")
        return self

    def alive(self):
        return self.process.alive()

    def tail(self, characters=2500):
        return self.process.log()[-characters:]

    def terminate(self, timeout_s=60):
        """SIGTERM; the exit code, None when it had to be killed."""
        self.ended = True
        return self.process.terminate(timeout_s)

    def kill(self):
        self.ended = True
        self.process.kill()

    def wait_exit(self, timeout_s):
        return self.process.wait(timeout_s)

    def pause(self):
        self.process.signal(signal.SIGSTOP)


class MirrorMaker1(Kferry):
    """MirrorMaker 1 of Kafka 3.9.1 in kferry's place; it has no HTTP side."""

    # pylint: disable=super-init-not-called
    def __init__(self, name, folder, args, env=None):
        command = [*kafka.QUICK_JAVA, "-Xmx256m", "-cp", kafka.class_path(kafka.TOOLS)]
        log = os.path.join(folder, f"{name}.log")
        self.process = process.Process(
            name, [*command, "kafka.tools.MirrorMaker", *args], log, env=env, cwd=folder
        )

    def wait_ready(self, timeout_s=40):
        return self

    def terminate(self, timeout_s=60):
        code = super().terminate(timeout_s)
        return 0 if code == 143 else code
