"""The migration guide's files for the public network, with only addresses and users changed."""

import os
import shutil

from harness import check, security
from harness.registry import scenario

CONSUMER = """\
bootstrap.servers={source}
partition.assignment.strategy=org.apache.kafka.clients.consumer.RoundRobinAssignor
group.id=test-consumer-group
"""
PRODUCER = """\
bootstrap.servers={target}
compression.type=none
ssl.truststore.location=kafka.client.truststore.jks
ssl.truststore.password=KafkaOnsClient
security.protocol=SASL_SSL
sasl.mechanism=PLAIN
"""
UNCHECKED_NAME = "ssl.endpoint.identification.algorithm=\n"
JAAS_FILE = """\
KafkaClient {{
  org.apache.kafka.common.security.plain.PlainLoginModule required
  username={user}
  password={password};
}};
"""


def lay_out(world, stage, producer):
    """The guide's files in the mirror's working directory."""
    trusted = world.doors().authority.truststore("JKS", "KafkaOnsClient", ".guide")
    shutil.copy(trusted, os.path.join(stage.folder, "kafka.client.truststore.jks"))
    user, password = security.USERS[security.PLAIN]
    texts = {
        "consumer.properties": CONSUMER.format(source=stage.source.bootstrap),
        "producer.properties": producer.format(target=stage.target.address("NAMELESS")),
        "kafka_client_jaas.conf": JAAS_FILE.format(
            user=security.quote(user), password=security.quote(password)
        ),
    }
    for name, text in texts.items():
        with open(os.path.join(stage.folder, name), "w", encoding="utf-8") as out:
            out.write(text)


FILES = ["--consumer.config", "consumer.properties", "--producer.config", "producer.properties"]
KAFKA_OPTS = {"KAFKA_OPTS": "-Djava.security.auth.login.config=kafka_client_jaas.conf"}


def mirrors(world, brokers, name, producer, args=(), env=None):
    with world.stage(name, *brokers) as stage:
        stage.group = "test-consumer-group"
        topic = stage.create("orders", 2)
        stage.call(
            stage.source, "produce_sequence", topic=topic, partitions=[0, 1], count=1000
        )
        lay_out(world, stage, producer)
        ferry = stage.start([*FILES, "--whitelist", topic, *args], env=env).wait_ready()
        # The guide's own files leave the interval of the commits at a minute.
        check.wait_until(
            lambda: ferry.metrics().sum("kferry_records_mirrored_total") >= 2000, 30, "all is there"
        )
        check.expect_equal(ferry.terminate(), 0, f"exit code\n{ferry.tail()}")
        check.expect_equal(stage.lag([topic]), 0, "lag after the end")
        stage.expect_same(topic)
        stage.expect_sequence(topic)
        check.expect(
            "ssl.endpoint.identification.algorithm" in ferry.process.log(),
            "nothing is said about the host name that nobody checks",
        )


def refused(world, brokers):
    with world.stage("guide-tls-refused", *brokers) as stage:
        topic = stage.create("orders", 1)
        lay_out(world, stage, PRODUCER)
        code, out, err = stage.once("plan", *FILES, "--whitelist", topic, env=KAFKA_OPTS)
        check.expect_equal(code, 77, f"exit code of plan: {out}{err}")
        for words in ("target", "host name", "ssl.endpoint.identification.algorithm"):
            check.expect(words in out + err, f"{words} in: {out}{err}")
        ferry = stage.start([*FILES, "--whitelist", topic], env=KAFKA_OPTS)

        def says_why():
            check.expect(ferry.alive(), lambda: "kferry ended: " + ferry.tail())
            status, body = ferry.get("/readyz")
            return status == 503 and "host name" in body

        check.wait_until(says_why, 30, lambda: f"/readyz says why: {ferry.get('/readyz')}")
        check.expect_equal(ferry.terminate(), 0, f"exit code\n{ferry.tail()}")


@scenario("guide_tls")
def guide_tls(world):
    """the guide's public-network files work, in each place where a JAAS text may be"""
    brokers = world.secured(("source", "2.2.0"), ("target", "3.9.1"))
    unchecked = PRODUCER + UNCHECKED_NAME
    mirrors(world, brokers, "guide-tls-opts", unchecked, env=KAFKA_OPTS)
    mirrors(world, brokers, "guide-tls-jaas", unchecked, ["--jaas", "kafka_client_jaas.conf"])
    user, password = security.USERS[security.PLAIN]
    text = security.escape(security.jaas(security.PLAIN, user, password))
    # The property wins over a file, which is not even looked for.
    missing = {"KAFKA_OPTS": "-Djava.security.auth.login.config=nowhere.conf"}
    inline = unchecked + "sasl.jaas.config=" + text.replace("{", "{{").replace("}", "}}") + "\n"
    mirrors(world, brokers, "guide-tls-property", inline, env=missing)
    refused(world, brokers)
