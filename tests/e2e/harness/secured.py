"""Mirrors between secured listeners."""

import base64
import json
import urllib.parse

from . import check, security

# What a mirror can come through: (listener, mechanism); None is the plain one.
PLAINTEXT = (None, None)
TLS = ("TLS", None)
COMBINATIONS = [PLAINTEXT, TLS]
COMBINATIONS += [("OPEN_SASL", mechanism) for mechanism in security.MECHANISMS]
COMBINATIONS += [("TLS_SASL", mechanism) for mechanism in security.MECHANISMS]


def name_of(combination):
    listener, mechanism = combination
    protocols = {None: "PLAINTEXT", "TLS": "SSL", "OPEN_SASL": "SASL_PLAINTEXT"}
    return " ".join([protocols.get(listener, "SASL_SSL"), mechanism or ""]).strip()


def side(world, broker, combination, more=None, mark='"'):
    """Of one properties file, escaped: where the cluster is and how to get in."""
    listener, mechanism = combination
    if listener is None:
        return {"bootstrap.servers": broker.bootstrap, **security.escaped(more or {})}
    found = world.doors().client_properties(listener, mechanism, mark)
    found.update(more or {})
    return {"bootstrap.servers": broker.address(listener), **security.escaped(found)}


def mirrors(world, name, source, target, ends, records=500):
    """A mirror of its own between the ends ((combination, more), ...), until all is there."""
    (source_way, source_more), (target_way, target_more) = ends
    with world.stage(name, source, target) as stage:
        topic = stage.create("orders", 2)
        stage.call(source, "produce_sequence", topic=topic, partitions=[0, 1], count=records)
        ferry = stage.mirror(
            consumer=side(world, source, source_way, source_more),
            producer=side(world, target, target_way, target_more, mark="'"),
        ).wait_ready()
        stage.wait_drained(topic)
        stage.expect_same(topic)
        stage.expect_sequence(topic)
        check.expect_equal(ferry.terminate(), 0, f"exit code\n{ferry.tail()}")


def plan(stage, consumer, producer, *more, include=None, env=None, timeout_s=60):
    """kferry plan with these properties, already escaped: exit code and all output."""
    files = stage.files(consumer, producer, ".plan")
    args = ["plan", "--consumer.config", files[0], "--producer.config", files[1]]
    args += ["--whitelist", include or f"{stage.name}-.*", *more]
    code, out, err = stage.once(*args, env=env, timeout_s=timeout_s)
    return code, out + err


def forms(secret):
    """A secret as it could turn up in an output: as bytes, by the name of the form."""
    raw = secret.encode()

    def inner(text):
        """In the middle of a property's value, where a first blank needs no escape."""
        return security.escape("." + text)[1:].encode()

    found = {
        "itself": raw,
        "base64": base64.b64encode(raw).rstrip(b"="),
        "URL": urllib.parse.quote(secret, safe="").encode(),
        "JSON": json.dumps(secret)[1:-1].encode(),
        "JSON in UTF-8": json.dumps(secret, ensure_ascii=False)[1:-1].encode(),
        "properties": inner(secret),
        "UTF-16": secret.encode("utf-16-le"),
        "hex": raw.hex().encode(),
    }
    for mark in '"', "'":
        text = security.quote(secret, mark)[1:-1]
        found[f"JAAS in {mark}"] = text.encode()
        found[f"JAAS in {mark} in properties"] = inner(text)
    if all(ord(char) < 0x100 for char in secret):
        found["Latin-1"] = secret.encode("latin-1")
    return found


def leaks(outputs, secrets):
    """[(output, secret's name, form)] of all secrets found in outputs, {name: bytes} each."""
    found = []
    for output, content in outputs.items():
        for name, secret in secrets.items():
            for form, needle in forms(secret).items():
                if needle in content:
                    found.append((output, name, form))
    return found
