"""One broker for the source, one for the target, and the Java tool that fills and watches them."""

import json
import os
import subprocess

import log_files
import measure
from harness import check, kafka, process

JARS = os.environ["KFERRY_BENCH_JARS"]
TOOL_CLASS_PATH = f"{JARS}/tool:{JARS}/*"
# The heap and the collector of kafka-server-start.sh and kafka-run-class.sh.
RUN_CLASS_FLAGS = [
    "-server",
    "-XX:+UseG1GC",
    "-XX:MaxGCPauseMillis=20",
    "-XX:InitiatingHeapOccupancyPercent=35",
    "-XX:+ExplicitGCInvokesConcurrent",
    "-XX:MaxInlineLevel=15",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
]
BROKER_HEAP = ["-Xmx1G", "-Xms1G"]
BROKER_SETTINGS = {
    "num.network.threads": 3,
    "num.io.threads": 8,
    "background.threads": 10,
    "log.retention.ms": -1,
    # A mirror of one big topic is the work; deleted topics of earlier rounds shall not fill a disk.
    "log.segment.delete.delay.ms": 1000,
    # Kafka's defaults: looking for old segments every second costs thousands of partitions dear.
    "log.retention.check.interval.ms": 300000,
    "log.cleaner.backoff.ms": 15000,
    # No member waits for others: the time to the first record is the mirror's own.
    "group.initial.rebalance.delay.ms": 0,
}
TLS = "TLS"


class BenchBroker(kafka.Broker):
    """The end-to-end tests' broker with the heap and threads that Kafka has by default."""

    def __init__(self, name, folder, listeners=()):
        super().__init__("3.9.1", name, folder, settings=BROKER_SETTINGS, listeners=listeners)

    @property
    def for_mirrors(self):
        """The listener that mirrors use; the tool has the plain one."""
        return self.address(TLS) if TLS in self.listeners else self.bootstrap

    def start(self):
        code = self._formatting.wait(60)
        check.expect(code == 0, lambda: f"format of {self.name}: {self._formatting.log()}")
        self.process = process.Process(
            self.name,
            ["java", *BROKER_HEAP, *RUN_CLASS_FLAGS, "-cp", kafka.class_path(self.version)]
            + ["kafka.Kafka", self.config],
            os.path.join(self.folder, "broker.log"),
        )
        return self

    def cpu_s(self):
        return measure.cpu_s(self.process.pid)

    def segments(self, topic):
        """The topic's files."""
        return log_files.segments(os.path.join(self.folder, "data"), topic)

    def log(self, topic):
        """What the topic's record batches are on disk."""
        return log_files.read(self.segments(topic))


def _command(*arguments):
    flags = ["-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"]
    return ["java", *flags, "-cp", TOOL_CLASS_PATH, "Tool", *map(str, arguments)]


def tool(*arguments, timeout_s=900):
    """Runs one command to its end; its result."""
    done = subprocess.run(
        _command(*arguments), stdout=subprocess.PIPE, timeout=timeout_s, check=False
    )
    check.expect(done.returncode == 0, lambda: f"the tool's {arguments[0]} failed")
    return json.loads(done.stdout.splitlines()[-1])


class WaitingTool:
    """A command that is ready before the mirror starts and gives its result when it has ended."""

    def __init__(self, folder, *arguments):
        self._process = process.Process(
            f"tool-{arguments[0]}",
            _command(*arguments),
            os.path.join(folder, "tool.log"),
            stdout=subprocess.PIPE,
        )
        line = self._process.popen.stdout.readline().decode().strip()
        check.expect(line == "ready", lambda: f"the tool says '{line}': {self._process.log()}")

    def result(self):
        lines = self._process.popen.stdout.read().decode().splitlines()
        code = self._process.wait(30)
        self._process.kill()
        check.expect(code == 0 and lines, lambda: f"the tool ended: {self._process.log()}")
        return json.loads(lines[-1])

    def kill(self):
        self._process.kill()
