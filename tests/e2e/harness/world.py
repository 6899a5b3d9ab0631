"""What a scenario works with: brokers that scenarios share, the witness, mirrors, a folder."""

import os
import shutil
import subprocess
import tempfile

from . import check, kafka, mirror, process, security, witness

SOURCE = "3.9.1"
TARGET = "4.3.1"
# Which engine drop-in mirrors run with; unset: kferry's own choice.
ENGINE = os.environ.get("KFERRY_E2E_ENGINE")


class World:
    def __init__(self):
        base = os.environ.get("KFERRY_E2E_DIR", "/tmp")
        self.folder = tempfile.mkdtemp(prefix="kferry-e2e-", dir=base)
        kafka.fetch()
        self.witness = witness.Witness(self.folder)
        self._brokers = {}
        self._doors = None
        self.stand_in = os.environ.get("KFERRY_E2E_MIRROR") == "mirrormaker1"

    def close(self, keep):
        process.kill_all()
        if not keep and not os.environ.get("KFERRY_E2E_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def brokers(self, *wanted):
        """Brokers by (role, version), started side by side and kept for the scenarios to come."""
        return self._started(wanted, lambda _version: {})

    def secured(self, *wanted):
        """As brokers(), with all listeners of doors() and the users of harness.security.

        Who comes through the plain listener has every right; the users have those of resources
        that have no rules of their own.
        """
        named = [(f"secured-{role}", version) for role, version in wanted]
        return self._started(named, self.secured_options)

    def doors(self):
        """The certificates and listeners of all secured brokers of this run."""
        if self._doors is None:
            self._doors = security.Doors(os.path.join(self.folder, "doors"))
        return self._doors

    def secured_options(self, version):
        """What makes a private_broker() one of those."""
        settings = {"num.network.threads": 1, "super.users": "User:ANONYMOUS"}
        settings["allow.everyone.if.no.acl.found"] = "true"
        listeners = self.doors().listeners
        if version.startswith("2."):
            settings["authorizer.class.name"] = "kafka.security.auth.SimpleAclAuthorizer"
        else:
            name = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
            settings["authorizer.class.name"] = name
        return {"settings": settings, "listeners": listeners}

    def set_passwords(self, broker, users=None):
        """SCRAM users live in the cluster; PLAIN's come with the listeners."""
        for mechanism, (user, password) in (users or security.USERS).items():
            if mechanism != security.PLAIN:
                self.witness.call(
                    "set_scram_password",
                    **broker.admin,
                    **{"mechanism": mechanism, "user": user, "password": password},
                )

    def _started(self, wanted, options):
        missing = [key for key in wanted if key not in self._brokers]
        for role, version in missing:
            name = f"{role}-{version}"
            broker = kafka.Broker(version, name, self.folder, **options(version))
            self._brokers[role, version] = broker
        for key in missing:
            self._brokers[key].start()
        for key in missing:
            broker = self._brokers[key].wait_ready(self.witness)
            if broker.listeners and not broker.version.startswith("2."):
                self.set_passwords(broker)
        return [self._brokers[key] for key in wanted]

    def pair(self):
        return self.brokers(("source", SOURCE), ("target", TARGET))

    def private_broker(self, version, name, **options):
        """A broker that its scenario may disturb; stop() it at the end."""
        return kafka.Broker(version, name, self.folder, **options).start()

    def private_cluster(self, version, name):
        """Three nodes that their scenario may disturb; stop() them at the end."""
        return kafka.Cluster(version, name, self.folder).start()

    def stage(self, name, source, target):
        return Stage(self, name, source, target)


class Stage:
    """One mirror set-up between two brokers: names, files, topics, and the mirrors started here."""

    def __init__(self, world, name, source, target):
        self.world = world
        self.name = name
        self.source = source
        self.target = target
        self.group = f"{name}-group"
        self.folder = os.path.join(world.folder, name)
        os.makedirs(self.folder, exist_ok=True)
        self.mirrors = []
        self.topics_made = []

    def __enter__(self):
        return self

    def __exit__(self, failure, _value, _trace):
        for one in self.mirrors:
            one.kill()
        if failure is None:
            self._drop_topics()

    def _drop_topics(self):
        """Shared brokers stay small and their refreshes quick."""
        for broker, topics in ((self.source, set(self.topics_made)), (self.target, None)):
            try:
                present = set(self.call(broker, "topics"))
                mine = {t for t in present if t.startswith(self.name)} if topics is None else topics
                if mine & present:
                    self.call(broker, "delete_topics", topics=sorted(mine & present))
            except witness.WitnessError:
                pass

    def call(self, broker, command, **args):
        """A command of the witness on one of the clusters, with every right."""
        return self.world.witness.call(command, **broker.admin, **args)

    def topic(self, suffix):
        return f"{self.name}-{suffix}"

    def create(
        self,
        suffix,
        partitions,
        target_partitions=None,
        source_only=False,
        target_configs=None,
        **configs,
    ):
        """The topic on both sides; keyword arguments are its configs at the source."""
        name = self.topic(suffix)
        configs = {key.replace("_", "."): str(value) for key, value in configs.items()}
        given = {"name": name, "partitions": partitions, "configs": configs}
        self.call(self.source, "create_topics", topics=[given])
        self.topics_made.append(name)
        if not source_only:
            given = {"name": name, "partitions": target_partitions or partitions}
            given["configs"] = target_configs or {}
            self.call(self.target, "create_topics", topics=[given])
        return name

    def files(self, consumer=None, producer=None, tag=""):
        """The two files of a MirrorMaker user; None as a value removes a property."""
        reset = {"auto.offset.reset": "earliest"} if self.world.stand_in else {}
        consumer = {
            "bootstrap.servers": self.source.bootstrap,
            "group.id": self.group,
            **reset,
            **(consumer or {}),
        }
        if self.world.stand_in:
            consumer.setdefault("isolation.level", "read_committed")
        producer = {"bootstrap.servers": self.target.bootstrap, **(producer or {})}
        return (
            mirror.write_properties(
                os.path.join(self.folder, f"consumer{tag}.properties"),
                {key: value for key, value in consumer.items() if value is not None},
            ),
            mirror.write_properties(
                os.path.join(self.folder, f"producer{tag}.properties"),
                {key: value for key, value in producer.items() if value is not None},
            ),
        )

    def mirror(self, *more, include=None, consumer=None, producer=None, tag="", env=None):
        """Starts kferry as a drop-in on the topics of this stage; commits and looks for new topics
        every second."""
        files = self.files(consumer, producer, tag)
        args = ["--consumer.config", files[0], "--producer.config", files[1]]
        args += ["--whitelist", include or f"{self.name}-.*"]
        if "--offset.commit.interval.ms" not in more:
            args += ["--offset.commit.interval.ms", "1000"]
        if "--refresh.interval.ms" not in more and not self.world.stand_in:
            args += ["--refresh.interval.ms", "1000"]
        if ENGINE and "--engine" not in more and not self.world.stand_in:
            args += ["--engine", ENGINE]
        return self.start([*args, *more], env=env)

    def start(self, args, env=None, kind=None):
        name = f"mirror-{len(self.mirrors) + 1}"
        kind = kind or (mirror.MirrorMaker1 if self.world.stand_in else mirror.Kferry)
        one = kind(name, self.folder, list(args), env)
        self.mirrors.append(one)
        return one

    def once(self, *args, timeout_s=60, env=None):
        """A call of kferry that ends by itself: exit code, standard output, standard error."""
        done = subprocess.run(
            [mirror.binary(), *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=timeout_s,
            cwd=self.folder,
            env={**os.environ, **(env or {})},
            check=False,
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def described(self, group=None):
        return self.call(self.source, "group", group=group or self.group)

    def lag(self, topics, group=None):
        """Kafka's lag over all partitions of the topics; None while a partition has no position."""
        seen = {(p["topic"], p["partition"]): p["lag"] for p in self.described(group)["positions"]}
        total = 0
        for topic in topics:
            for partition in range(self.call(self.source, "partitions", topic=topic)):
                if (topic, partition) not in seen:
                    return None
                total += seen[topic, partition]
        return total

    def wait_drained(self, *topics, timeout_s=60, group=None):
        """Until Kafka's own tools say that the group's lag is 0 on these topics."""
        last = []

        def drained():
            for one in self.mirrors:
                check.expect(
                    one.alive() or one.ended,
                    lambda one=one: f"{one.process.name} ended: {one.tail()}",
                )
            last[:] = [self.lag(topics, group)]
            return last[0] == 0

        check.wait_until(
            drained, timeout_s, lambda: f"lag of {', '.join(topics)} is 0, last seen {last}", 0.2
        )

    def expect_same(self, topic, target_topic=None, may_be_empty=False, **options):
        """Both topics hold the same records, partition by partition."""
        if self.world.stand_in and self.call(self.source, "partitions", topic=topic) > 1:
            return {}  # MirrorMaker places records by their keys
        result = self.world.witness.call(
            "compare",
            source={**self.source.admin, "topic": topic},
            target={**self.target.admin, "topic": target_topic or topic},
            **options,
        )
        check.expect(result["equal"], lambda: f"{topic}: {result}")
        check.expect(may_be_empty or result["source_records"] > 0, f"{topic} holds nothing")
        return result

    def expect_sequence(self, topic, repeats_allowed=False, **options):
        """Nothing of the book is lost, order is kept; repeats, if allowed, are rewinds."""
        options.setdefault("same_partition", not self.world.stand_in)
        verdict = self.call(self.target, "check_sequence", topic=topic, **options)
        check.expect(verdict["expected"] > 0, f"{topic}: nothing was produced")
        check.expect(verdict["missing"] == 0, lambda: f"{topic} lost records: {verdict}")
        check.expect(verdict["disorder"] == 0, lambda: f"{topic} is out of order: {verdict}")
        check.expect(verdict["aborted_seen"] == 0, lambda: f"{topic}: aborted records: {verdict}")
        if not repeats_allowed:
            check.expect(verdict["repeats"] == 0, lambda: f"{topic} has repeats: {verdict}")
        return verdict
