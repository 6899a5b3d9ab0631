"""Credentials and certificates that change under a running mirror."""

import dataclasses
import os
import shutil
import signal
import time

from harness import check, secured, security
from harness.registry import scenario

USER = "changing-user"
METRIC = "kferry_connection_trouble"
CAUSE = "unknown user or wrong password"
WATCHED_S = 10
LINES_MAX = 5  # that say the same within WATCHED_S
SCRAM = ("TLS_SASL", security.SCRAM_256)
MUTUAL = ("CHANGING", None)


def scram(password):
    return {"sasl.jaas.config": security.jaas(security.SCRAM_256, USER, password)}


def refused(ferry, words, timeout_s=40):
    def says_why():
        check.expect(ferry.alive(), lambda: "kferry ended: " + ferry.tail())
        status, body = ferry.get("/readyz")
        return status == 503 and words in body

    check.wait_until(says_why, timeout_s, lambda: f"/readyz says {words}: {ferry.get('/readyz')}")


def said(ferry, words):
    return sum(words in line for line in ferry.process.log().splitlines())


def restart(world, broker):
    """Ends every connection."""
    broker.crash()
    broker.start()
    broker.wait_ready(world.witness)


class Keys:
    """Two authorities of clients, and a listener that trusts one of them at a time."""

    def __init__(self, folder, doors):
        self.old = security.Authority(folder, "old-clients")
        self.new = security.Authority(folder, "new-clients")
        self.listener = dataclasses.replace(
            doors.listener("MUTUAL"), name="CHANGING", client_authority=self.old
        )
        self.trusted = self.old.truststore("JKS", "changeit")
        self.stores = [
            authority.issue(f"{authority.name}-mirror").keystore("JKS", security.JKS_PASSWORD)
            for authority in (self.old, self.new)
        ]
        self.store = os.path.join(folder, "mirror.jks")
        shutil.copy(self.stores[0], self.store)

    def properties(self, doors):
        return {
            "security.protocol": "SSL",
            **doors.trust(),
            "ssl.keystore.location": self.store,
            "ssl.keystore.password": security.JKS_PASSWORD,
        }

    def change_broker(self):
        os.remove(self.trusted)
        self.new.write_truststore(self.trusted, "JKS", "changeit")

    def change_mirror(self):
        shutil.copy(self.stores[1], f"{self.store}.part")
        os.rename(f"{self.store}.part", self.store)


def set_password(stage, password):
    stage.call(
        stage.source,
        "set_scram_password",
        mechanism=security.SCRAM_256,
        user=USER,
        password=password,
    )


def wait_for(stage, broker, topic, count):
    begun = stage.call(broker, "acked", topic=topic)
    check.wait_until(
        lambda: stage.call(broker, "acked", topic=topic) >= begun + count, 30, "load flows"
    )


def healed_by_the_broker(stage, ferry, topic):
    """Wrong from the start: said once and again, not endlessly; the cure needs no restart."""
    refused(ferry, CAUSE)
    check.expect("source" in ferry.get("/readyz")[1], "/readyz names the cluster")
    before = said(ferry, CAUSE)
    check.expect(before > 0, lambda: f"the log does not say {CAUSE}: {ferry.tail()}")
    seen = ferry.metrics().all(METRIC, cluster="source", kind="wrong_credentials")
    check.expect(seen and seen[0][1] == 1, lambda: f"{METRIC}: {ferry.metrics().all(METRIC)}")
    end = time.monotonic() + WATCHED_S
    check.wait_until(lambda: time.monotonic() > end, WATCHED_S + 5, "some time goes by")
    more = said(ferry, CAUSE) - before
    check.expect(more <= LINES_MAX, f"{more} lines about one cause within {WATCHED_S} s")
    set_password(stage, "first ' password")
    ferry.wait_ready()
    check.expect_equal(ferry.metrics().all(METRIC), [], f"{METRIC} after the cure")
    stage.wait_drained(topic)


def new_password(stage, ferry, topic):
    set_password(stage, 'second " password')
    restart(stage.world, stage.source)
    refused(ferry, CAUSE)
    way = secured.side(stage.world, stage.source, SCRAM, scram('second " password'))
    stage.files(consumer=way, producer=target_way(stage))
    ferry.process.signal(signal.SIGHUP)
    ferry.wait_ready()
    wait_for(stage, stage.source, topic, 500)


def target_way(stage):
    return secured.side(stage.world, stage.target, ("OPEN_SASL", security.PLAIN))


@scenario("reload_password")
def reload_password(world):
    """a password wrong at start heals by itself, one changed later with SIGHUP; nothing is lost"""
    (target,) = world.secured(("target", "3.9.1"))
    source = world.private_broker("3.9.1", "changing", **world.secured_options("3.9.1"))
    try:
        source.wait_ready(world.witness)
        with world.stage("reload-password", source, target) as stage:
            topic = stage.create("orders", 2)
            stage.call(source, "produce_sequence", topic=topic, partitions=[0, 1], count=500)
            ferry = stage.mirror(
                consumer=secured.side(world, source, SCRAM, scram("first ' password")),
                producer=target_way(stage),
            )
            healed_by_the_broker(stage, ferry, topic)
            stage.call(source, "start_load", topic=topic, partitions=2, rate=300)
            wait_for(stage, source, topic, 500)
            new_password(stage, ferry, topic)
            stage.call(source, "stop_load", topic=topic)
            stage.wait_drained(topic)
            # The broker died under the mirror: what it had not committed comes again.
            stage.expect_sequence(topic, repeats_allowed=True)
            check.expect_equal(ferry.terminate(), 0, f"exit code\n{ferry.tail()}")
    finally:
        source.stop()


@scenario("reload_certificate")
def reload_certificate(world):
    """a client certificate that is replaced in its keystore is used after SIGHUP"""
    (source,) = world.secured(("target", "3.9.1"))
    doors = world.doors()
    keys = Keys(os.path.join(world.folder, "keys"), doors)
    options = world.secured_options("4.3.1")
    options["listeners"] = [keys.listener]
    target = world.private_broker("4.3.1", "changing-target", **options)
    try:
        target.wait_ready(world.witness)
        with world.stage("reload-certificate", source, target) as stage:
            topic = stage.create("orders", 2)
            stage.call(source, "start_load", topic=topic, partitions=2, rate=300)
            ferry = stage.mirror(
                consumer=secured.side(world, source, secured.TLS),
                producer={
                    "bootstrap.servers": target.address("CHANGING"),
                    **security.escaped(keys.properties(doors)),
                },
            ).wait_ready()
            wait_for(stage, source, topic, 500)
            keys.change_broker()
            restart(world, target)
            refused(ferry, "client certificate")
            keys.change_mirror()
            ferry.process.signal(signal.SIGHUP)
            ferry.wait_ready()
            wait_for(stage, source, topic, 500)
            stage.call(source, "stop_load", topic=topic)
            stage.wait_drained(topic)
            # A new producer sends again what its predecessor had no answer for.
            stage.expect_sequence(topic, repeats_allowed=True)
            check.expect_equal(ferry.terminate(), 0, f"exit code\n{ferry.tail()}")
    finally:
        target.stop()
