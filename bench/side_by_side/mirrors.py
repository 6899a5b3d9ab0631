"""How each mirror is started, with the settings that its own start script gives it."""

import dataclasses
import os
import subprocess

from cluster import JARS, RUN_CLASS_FLAGS
from harness import check, process

KAFKA_VERSION = "3.9.1"


@dataclasses.dataclass(frozen=True)
class Road:
    """Between which brokers a mirror runs, with what in its files."""

    source: str
    target: str
    topics: str
    codec: str = "lz4"
    security: dict = dataclasses.field(default_factory=dict)


def _write(path, properties):
    with open(path, "w", encoding="ascii") as out:
        for key, value in properties.items():
            out.write(f"{key}={value}\n")
    return path


class Mirror:
    """One mirror between two brokers; make a new one for each run."""

    name = ""
    title = ""
    settings = {}

    def __init__(self, folder, road):
        os.makedirs(folder)
        self.folder = folder
        self.road = road
        self.process = None

    def start(self):
        log = os.path.join(self.folder, "mirror.log")
        self.process = process.Process(self.name, self.command(), log, cwd=self.folder)

    def stop(self):
        self.process.terminate(60)

    def check_alive(self):
        check.expect(
            self.process.alive(), lambda: f"{self.title} ended: {self.process.log()[-3000:]}"
        )

    def command(self):
        raise NotImplementedError

    def two_files(self):
        """MirrorMaker's two files: the guide's, with the data's codec and a start at the
        beginning."""
        consumer = _write(
            os.path.join(self.folder, "consumer.properties"),
            {
                "bootstrap.servers": self.road.source,
                **self.road.security,
                "group.id": f"side-by-side-{os.path.basename(self.folder)}",
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
            },
        )
        producer = _write(
            os.path.join(self.folder, "producer.properties"),
            {
                "bootstrap.servers": self.road.target,
                **self.road.security,
                "compression.type": self.road.codec,
            },
        )
        return ["--consumer.config", consumer, "--producer.config", producer]


class Kferry(Mirror):
    name = "kferry"
    title = "kferry"
    binary = ""
    engine = ()
    settings = {"options": "defaults, --http.listen off"}
    listen = "off"

    def command(self):
        more = ["--whitelist", self.road.topics, "--http.listen", self.listen]
        return [self.binary, *self.two_files(), *more, *self.engine]

    @classmethod
    def version(cls):
        done = subprocess.run(
            [cls.binary, "--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        return done.stdout.decode().strip()


class KferryRecords(Kferry):
    name = "kferry-records"
    title = "kferry, records"
    engine = ("--engine", "records")
    settings = {"options": "--engine records --http.listen off"}


class KferryPassthrough(Kferry):
    name = "kferry-passthrough"
    title = "kferry, passthrough"
    engine = ("--engine", "passthrough")
    settings = {"options": "--engine passthrough --http.listen off"}


class MirrorMaker1(Mirror):
    name = "mirrormaker1"
    title = "MirrorMaker 1"
    settings = {"heap": "-Xmx256M (the script's default)", "num.streams": 1}

    def command(self):
        java = ["java", "-Xmx256M", *RUN_CLASS_FLAGS, "-cp", f"{JARS}/*"]
        return [*java, "kafka.tools.MirrorMaker", *self.two_files(), "--include", self.road.topics]

    @classmethod
    def version(cls):
        return KAFKA_VERSION


class MirrorMaker2(Mirror):
    name = "mirrormaker2"
    title = "MirrorMaker 2"
    settings = {
        "heap": "-Xms256M -Xmx2G (the script's default)",
        "mode": "dedicated",
        "tasks.max": 1,
        "replication.policy": "IdentityReplicationPolicy",
    }

    def command(self):
        # Its positions hang on the source's alias: with the same one again it would go on where the
        # round before ended, and copy nothing.
        source = "source" + os.path.basename(self.folder).partition("-")[0]
        config = _write(
            os.path.join(self.folder, "mm2.properties"),
            {
                "clusters": f"{source},target",
                f"{source}.bootstrap.servers": self.road.source,
                "target.bootstrap.servers": self.road.target,
                **self._security(source),
                **self._security("target"),
                f"{source}->target.enabled": "true",
                f"{source}->target.topics": self.road.topics,
                f"{source}.consumer.isolation.level": "read_committed",
                "target.producer.compression.type": self.road.codec,
                "replication.policy.class": "org.apache.kafka.connect.mirror."
                "IdentityReplicationPolicy",
                "replication.factor": 1,
                "checkpoints.topic.replication.factor": 1,
                "heartbeats.topic.replication.factor": 1,
                "offset-syncs.topic.replication.factor": 1,
                "offset.storage.replication.factor": 1,
                "status.storage.replication.factor": 1,
                "config.storage.replication.factor": 1,
            },
        )
        java = ["java", "-Xms256M", "-Xmx2G", *RUN_CLASS_FLAGS, "-cp", f"{JARS}/*"]
        return [*java, "org.apache.kafka.connect.mirror.MirrorMaker", config]

    def _security(self, alias):
        return {f"{alias}.{key}": value for key, value in self.road.security.items()}

    @classmethod
    def version(cls):
        return KAFKA_VERSION


ALL = {
    mirror.name: mirror
    for mirror in (Kferry, KferryPassthrough, KferryRecords, MirrorMaker1, MirrorMaker2)
}
DEFAULT = ("kferry-passthrough", "kferry-records", "mirrormaker1", "mirrormaker2")


def describe(names):
    return {name: {"version": ALL[name].version(), **ALL[name].settings} for name in names}
