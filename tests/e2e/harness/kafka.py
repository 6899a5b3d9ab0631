"""Real brokers, one node each, and Kafka's own command line tools."""

import base64
import os
import signal
import socket
import subprocess
import uuid

from . import check, ports, process

TOOLS = "3.9.1"
JAVA_FLAGS = ["-XX:+UseSerialGC", "-Xshare:auto", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
QUICK_JAVA = ["java", "-XX:TieredStopAtLevel=1", *JAVA_FLAGS]

ADMIN_PROPS = {
    "security.protocol": "SASL_PLAINTEXT",
    "sasl.mechanism": "PLAIN",
    "sasl.jaas.config": "org.apache.kafka.common.security.plain.PlainLoginModule required "
    'username="admin" password="admin-secret";',
}


def home():
    return os.environ.get("KFERRY_KAFKA_HOME", os.path.expanduser("~/.cache/kferry/kafka"))


def fetch():
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    subprocess.run([os.path.join(here, "fetch_kafka.sh")], check=True)


def class_path(version):
    return os.path.join(home(), version, "*")


def tool(main_class, *args, timeout_s=120):
    """Runs one of Kafka's tools; its exit code and all of its output."""
    command = [*QUICK_JAVA, "-cp", class_path(TOOLS), main_class, *args]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout_s, check=False
    )
    return done.returncode, done.stdout.decode()


def new_cluster_id():
    while True:
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not cluster_id.startswith("-"):
            return cluster_id


class Broker:
    """A one-node cluster; 2.2.0 with a ZooKeeper of its own, the others in KRaft mode.

    start() does not wait: start several, then call wait_ready() on each.
    """

    def __init__(
        self, version, name, folder, host="127.0.0.1", acls=False, settings=None, listeners=()
    ):
        self.version = version
        self.name = name
        self.folder = os.path.join(folder, name)
        self.host = host
        self.acls = acls
        self.port = ports.free_port()
        self.controller_port = ports.free_port()
        self.admin_port = ports.free_port()
        self.zookeeper_port = ports.free_port()
        self.settings = settings or {}
        self.listeners = {one.name: (one, ports.free_port()) for one in listeners}
        self.process = None
        self.zookeeper = None
        os.makedirs(self.folder)
        self.config = os.path.join(self.folder, "server.properties")
        with open(self.config, "w", encoding="ascii") as config:
            for key, value in self._properties().items():
                config.write(f"{key}={value}\n")
        if not self._old():
            self._format()

    @property
    def bootstrap(self):
        return f"{self._bracketed(self.host)}:{self.port}"

    @property
    def admin(self):
        """How the witness reaches the broker with every right."""
        if not self.acls:
            return {"bootstrap": self.bootstrap}
        return {"bootstrap": f"{self.host}:{self.admin_port}", "props": ADMIN_PROPS}

    def address(self, listener):
        """How a client reaches the secured listener of this name."""
        one, port = self.listeners[listener]
        return f"{one.host}:{port}"

    @staticmethod
    def _bracketed(host):
        return f"[{host}]" if ":" in host else host

    def _old(self):
        return self.version.startswith("2.")

    def _properties(self):
        here = f"{self._bracketed(self.host)}:{self.port}"
        admin = f"{self._bracketed(self.host)}:{self.admin_port}"
        listeners = [f"PLAINTEXT://{here}"]
        properties = {
            "log.dirs": os.path.join(self.folder, "data"),
            "num.partitions": 1,
            "auto.create.topics.enable": "false",
            "offsets.topic.num.partitions": 4,
            "offsets.topic.replication.factor": 1,
            "transaction.state.log.num.partitions": 2,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            "group.min.session.timeout.ms": 1000,
            # Record times of long ago are part of the tests.
            "log.retention.ms": -1,
            "log.retention.check.interval.ms": 1000,
            "log.cleaner.backoff.ms": 200,
            "log.cleaner.dedupe.buffer.size": 8 << 20,
            "log.segment.delete.delay.ms": 500,
            "num.network.threads": 2,
            "num.io.threads": 4,
            "background.threads": 2,
            "controlled.shutdown.enable": "false",
        }
        if self.acls:
            listeners.append(f"SASL_PLAINTEXT://{admin}")
            properties.update(
                {
                    "sasl.enabled.mechanisms": "PLAIN",
                    "listener.name.sasl_plaintext.plain.sasl.jaas.config": (
                        "org.apache.kafka.common.security.plain.PlainLoginModule required "
                        'user_admin="admin-secret";'
                    ),
                    "super.users": "User:admin",
                    "allow.everyone.if.no.acl.found": "false",
                }
            )
        advertised = list(listeners)
        for one, port in self.listeners.values():
            listeners.append(f"{one.name}://{one.host}:{port}")
            advertised.append(f"{one.name}://{one.host}:{one.advertised_port or port}")
            properties.update(one.properties())
        properties["advertised.listeners"] = ",".join(advertised)
        secured = "".join(f",{one.name}:{one.protocol}" for one, _ in self.listeners.values())
        if self._old():
            properties.update(
                {
                    "broker.id": 1,
                    "zookeeper.connect": f"127.0.0.1:{self.zookeeper_port}",
                    "zookeeper.session.timeout.ms": 60000,
                    "zookeeper.connection.timeout.ms": 60000,
                    "listener.security.protocol.map": (
                        "PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT" + secured
                    ),
                }
            )
            if self.acls:
                # The broker speaks to itself on its plain listener: give it a listener of its own.
                properties["authorizer.class.name"] = "kafka.security.auth.SimpleAclAuthorizer"
                properties["security.inter.broker.protocol"] = "SASL_PLAINTEXT"
                properties["sasl.mechanism.inter.broker.protocol"] = "PLAIN"
                properties["listener.name.sasl_plaintext.plain.sasl.jaas.config"] = (
                    "org.apache.kafka.common.security.plain.PlainLoginModule required "
                    'username="admin" password="admin-secret" user_admin="admin-secret";'
                )
        else:
            protocols = "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT"
            protocols += secured
            listeners.append(f"CONTROLLER://127.0.0.1:{self.controller_port}")
            properties.update(
                {
                    "process.roles": "broker,controller",
                    "node.id": 1,
                    "controller.quorum.voters": f"1@127.0.0.1:{self.controller_port}",
                    "controller.listener.names": "CONTROLLER",
                    "listener.security.protocol.map": protocols,
                    "inter.broker.listener.name": "PLAINTEXT",
                }
            )
            if self.acls:
                name = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
                properties["authorizer.class.name"] = name
                properties["inter.broker.listener.name"] = "SASL_PLAINTEXT"
                properties["sasl.mechanism.inter.broker.protocol"] = "PLAIN"
                jaas = (
                    "org.apache.kafka.common.security.plain.PlainLoginModule required "
                    'username="admin" password="admin-secret" user_admin="admin-secret";'
                )
                properties["listener.name.sasl_plaintext.plain.sasl.jaas.config"] = jaas
                properties["listener.name.controller.plain.sasl.jaas.config"] = jaas
                properties["sasl.mechanism.controller.protocol"] = "PLAIN"
                properties["listener.security.protocol.map"] = protocols.replace(
                    "CONTROLLER:PLAINTEXT", "CONTROLLER:SASL_PLAINTEXT"
                )
        properties["listeners"] = ",".join(listeners)
        properties.update(self.settings)
        return properties

    def _cluster_id(self):
        return new_cluster_id()

    def _format(self):
        self._formatting = process.Process(
            f"{self.name}-format",
            [*QUICK_JAVA, "-cp", class_path(self.version), "kafka.tools.StorageTool"]
            + ["format", "-t", self._cluster_id(), "-c", self.config],
            os.path.join(self.folder, "format.log"),
        )

    def start(self):
        if self._old() and self.zookeeper is None:
            self._start_zookeeper()
        elif not self._old() and self._formatting is not None:
            code = self._formatting.wait(60)
            check.expect(code == 0, lambda: f"format of {self.name}: {self._formatting.log()}")
            self._formatting.kill()
            self._formatting = None
        self.process = process.Process(
            self.name,
            ["java", "-Xmx768m", "-Xms256m", *JAVA_FLAGS, "-cp", class_path(self.version)]
            + ["kafka.Kafka", self.config],
            os.path.join(self.folder, "broker.log"),
        )
        return self

    def _start_zookeeper(self):
        config = os.path.join(self.folder, "zookeeper.properties")
        with open(config, "w", encoding="ascii") as out:
            out.write(
                f"dataDir={self.folder}/zookeeper\nclientPort={self.zookeeper_port}\n"
                "clientPortAddress=127.0.0.1\nadmin.enableServer=false\nmaxClientCnxns=0\n"
            )
        self.zookeeper = process.Process(
            f"{self.name}-zookeeper",
            [*QUICK_JAVA, "-Xmx128m", "-Dzookeeper.admin.enableServer=false"]
            + ["-cp", class_path(self.version)]
            + ["org.apache.zookeeper.server.quorum.QuorumPeerMain", config],
            os.path.join(self.folder, "zookeeper.log"),
        )
        check.wait_until(
            lambda: _accepts("127.0.0.1", self.zookeeper_port), 30, "ZooKeeper listens"
        )

    def wait_ready(self, witness, timeout_s=90):
        """Until the broker answers the Admin API and can hold a group's positions."""

        def answers():
            check.expect(
                self.process.alive(),
                lambda: f"broker {self.name} ended: {self.process.log()[-3000:]}",
            )
            if not _accepts(self.host, self.port):
                return False
            return witness.call("cluster_id", **self.admin)

        check.wait_until(answers, timeout_s, f"broker {self.name} {self.version} is ready", 0.2)
        return self

    def pause(self):
        self.process.signal(signal.SIGSTOP)

    def resume(self):
        self.process.signal(signal.SIGCONT)

    def crash(self):
        """kill -9; start() brings it back with its data."""
        self.process.kill()

    def stop(self):
        for part in (self.process, self.zookeeper):
            if part is not None:
                part.kill()


class Node(Broker):
    """One of several nodes, each broker and controller at once."""

    def __init__(self, cluster, number):
        self._cluster = cluster
        self.number = number
        name = f"{cluster.name}-{number}"
        super().__init__(cluster.version, name, cluster.folder, settings=cluster.settings)

    def _cluster_id(self):
        return self._cluster.cluster_id

    def _properties(self):
        ports_of = self._cluster.controller_ports
        self.controller_port = ports_of[self.number - 1]
        voters = (f"{node}@127.0.0.1:{port}" for node, port in enumerate(ports_of, 1))
        own = {"node.id": self.number, "controller.quorum.voters": ",".join(voters)}
        return {**super()._properties(), **own}


class Cluster:
    """Several nodes where every topic can have as many replicas; start() does not wait."""

    SETTINGS = {
        "offsets.topic.replication.factor": 3,
        "transaction.state.log.replication.factor": 3,
        "min.insync.replicas": 2,
        # A dead node's partitions get another leader soon.
        "broker.session.timeout.ms": 6000,
        "broker.heartbeat.interval.ms": 500,
    }

    def __init__(self, version, name, folder, nodes=3):
        self.version = version
        self.name = name
        self.folder = folder
        self.settings = self.SETTINGS
        self.cluster_id = new_cluster_id()
        self.controller_ports = [ports.free_port() for _ in range(nodes)]
        self.nodes = [Node(self, number) for number in range(1, nodes + 1)]

    @property
    def bootstrap(self):
        return ",".join(node.bootstrap for node in self.nodes)

    @property
    def admin(self):
        return {"bootstrap": self.bootstrap}

    def node(self, number):
        return self.nodes[number - 1]

    def start(self):
        for node in self.nodes:
            node.start()
        return self

    def wait_ready(self, witness):
        for node in self.nodes:
            node.wait_ready(witness)
        return self

    def stop(self):
        for node in self.nodes:
            node.stop()


def _accepts(host, port):
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
