"""Whatever kferry puts out, its users' secrets are not in it."""

import os
import signal
import subprocess
import sys

from harness import check, mirror, secured, security
from harness.registry import scenario

PROVIDED = "pro vided\"'#4=\\;\u00e4\u5b57"
UNLIMITED_CORE = 'ulimit -c unlimited && exec "$@"'


def secrets():
    found = {f"password of {user}": password for user, password in security.USERS.values()}
    found["keystore password"] = security.STORE_PASSWORD
    found["key password"] = security.KEY_PASSWORD
    found["truststore password"] = security.JKS_PASSWORD
    found["provided password"] = PROVIDED
    return found


def with_keys(doors):
    """The secrets of a private key besides those of its passwords."""
    found = secrets()
    key = doors.client.text()[0].splitlines()
    found["private key"] = key[1]
    return found


def key_pair(doors):
    """Inline, with the key encrypted, and in a store."""
    identities = doors.identities()
    return identities["encrypted inline pem"], identities["pkcs12"]


class Outputs:
    """Everything that kferry said, by where it said it."""

    def __init__(self, stage):
        self.stage = stage
        self.said = {}

    def once(self, name, *args, code, env=None):
        seen, out, err = self.stage.once(*args, env=env)
        check.expect_equal(seen, code, f"exit code of {name}: {out}{err}")
        self.said[name] = (out + err).encode()

    def add(self, name, content):
        self.said[name] = content if isinstance(content, bytes) else content.encode()


def both(files):
    return ["--consumer.config", files[0], "--producer.config", files[1], "--whitelist", "secret.*"]


def mistakes(stage, outputs, good):
    """Files that are wrong right where a secret is."""
    user, password = security.USERS[security.PLAIN]
    text = security.jaas(security.PLAIN, user, password)
    files = {
        "no semicolon": ("sasl.jaas.config", security.escape(text[:-1])),
        "unquoted": ("sasl.jaas.config", security.escape(text.replace('"', ""))),
        "two modules": ("sasl.jaas.config", security.escape(text + text)),
        "bad escape": ("sasl.jaas.config", security.escape(text) + "\\u12"),
        "under the library's name": ("librdkafka.sasl.password", security.escape(password)),
        "not a store password": ("ssl.truststore.password", security.escape(PROVIDED)),
    }
    consumer = secured.side(stage.world, stage.source, ("TLS_SASL", security.PLAIN))
    for name, (key, value) in files.items():
        wrong = stage.files({**consumer, key: value}, good, ".wrong")
        outputs.once(f"check, {name}", "check", "--explain", *both(wrong), code=78)
    jaas = os.path.join(stage.folder, "broken.conf")
    with open(jaas, "w", encoding="utf-8") as out:
        out.write("KafkaClient {\n" + text.replace("required", "required required") + "\n")
    plain = {key: value for key, value in consumer.items() if key != "sasl.jaas.config"}
    wrong = stage.files(plain, good, ".wrong")
    outputs.once("check, JAAS file", "check", *both(wrong), "--jaas", jaas, code=78)


def refusals(stage, outputs, good):
    """A password that the broker does not know is a secret too."""
    for mechanism in security.MECHANISMS:
        user = security.USERS[mechanism][0]
        wrong = {"sasl.jaas.config": security.jaas(mechanism, user, PROVIDED)}
        way = secured.side(stage.world, stage.source, ("TLS_SASL", mechanism), wrong)
        files = stage.files(way, good, ".refused")
        args = ["plan", *both(files), "--log.level", "trace"]
        outputs.once(f"plan refused, {mechanism}", *args, code=77)


def provided(stage):
    """The target's password by way of a value provider, in another file."""
    path = mirror.write_properties(
        os.path.join(stage.folder, "credentials.properties"),
        security.escaped({"password": security.quote(PROVIDED)[1:-1]}),
    )
    os.chmod(path, 0o600)
    return "${file:" + path + ":password}"


def running(stage, outputs, number, consumer, producer, env=None):
    """A mirror at the finest log level, and all that it tells about itself."""
    topic = stage.create(f"orders-{number}", 1)
    stage.call(stage.source, "produce_sequence", topic=topic, partitions=[0], count=200)
    ferry = stage.mirror(
        *["--log.level", "trace"], include=topic, consumer=consumer, producer=producer, env=env
    ).wait_ready()
    stage.wait_drained(topic)
    for path in ("/metrics", "/status", "/readyz", "/healthz", "/"):
        outputs.add(f"mirror {number} {path}", ferry.get(path)[1])
    with open(f"/proc/{ferry.process.pid}/cmdline", "rb") as line:
        outputs.add(f"mirror {number} command line", line.read())
    ferry.process.signal(signal.SIGHUP)
    check.wait_until(
        lambda: "reload: " in ferry.process.log(), 20, "the log tells of the reload"
    )
    check.expect_equal(ferry.terminate(), 0, f"exit code\n{ferry.tail()}")
    outputs.add(f"mirror {number} log", ferry.process.log())


def core_of(folder, command):
    """Whether a process that is aborted leaves a core file, with no limit on its size."""
    os.makedirs(folder)
    child = subprocess.Popen(  # pylint: disable=consider-using-with
        ["sh", "-c", UNLIMITED_CORE, "sh", *command],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        # The first words come when the program has read its files.
        child.stdout.readline()
        child.send_signal(signal.SIGABRT)
        child.communicate(timeout=30)
    finally:
        child.kill()
        child.wait()
    return bool([name for name in os.listdir(folder) if name.startswith("core")])


def no_core(stage, files):
    """An abort leaves no memory behind; elsewhere it would."""
    with open("/proc/sys/kernel/core_pattern", encoding="ascii") as pattern:
        if not pattern.read().startswith("core"):
            return "core files go elsewhere on this machine: not tried"
    code = "import time; print('up', flush=True); time.sleep(60)"
    control = core_of(os.path.join(stage.folder, "control"), [sys.executable, "-c", code])
    check.expect(control, "no program leaves a core file here: the test would show nothing")
    command = [mirror.binary(), *both(files), "--http.listen", "off"]
    seen = core_of(os.path.join(stage.folder, "aborted"), command)
    check.expect(not seen, "kferry leaves a core file with its secrets")
    return "and no core file"


def controls(outputs, wanted, files):
    """The search finds every secret where it is."""
    content = b""
    for path in files:
        with open(path, "rb") as text:
            content += text.read()
    found = {name for _, name, _ in secured.leaks({"files": content}, wanted)}
    check.expect_equal(sorted(set(wanted) - found), [], "secrets that the search does not find")
    for name, secret in wanted.items():
        for form, needle in secured.forms(secret).items():
            said = {"control": b"before " + needle + b" after"}
            check.expect(secured.leaks(said, {name: secret}), f"{name} as {form} is not found")
    check.expect(all(outputs.said.values()), "an output is empty")


@scenario("secrets")
def secrets_stay(world):
    """no output at any log level holds a password or a key, in any form"""
    source, target = world.secured(("source", "3.9.1"), ("target", "3.9.1"))
    doors = world.doors()
    inline, store = key_pair(doors)
    world.set_passwords(target, {security.SCRAM_512: ("provided-user", PROVIDED)})
    wanted = with_keys(doors)
    with world.stage("secret", source, target) as stage:
        outputs = Outputs(stage)
        jaas = f'{security.module(security.SCRAM_512)} required username="provided-user"'
        by_provider = {"sasl.jaas.config": f'{jaas} password="{provided(stage)}";'}
        sides = [
            (("TLS_SASL", security.PLAIN), {}, ("OPEN_SASL", security.SCRAM_256), {}),
            (("OPEN_SASL", security.SCRAM_512), {}, ("MUTUAL", None), inline),
            (("MUTUAL", None), store, ("TLS_SASL", security.SCRAM_512), by_provider),
        ]
        used = []
        for number, (source_way, source_more, target_way, target_more) in enumerate(sides):
            consumer = secured.side(world, source, source_way, source_more)
            producer = secured.side(world, target, target_way, target_more, mark="'")
            files = stage.files(consumer, producer, f".{number}")
            used += files
            outputs.once(f"check {number}", "check", "--explain", *both(files), code=0)
            args = ["check", "--explain", "--json", *both(files)]
            outputs.once(f"check for machines {number}", *args, code=0)
            running(stage, outputs, number, consumer, producer)
            args = ["plan", *both(files), "--log.level", "trace"]
            outputs.once(f"plan {number}", *args, code=0)
        good = secured.side(world, target, secured.PLAINTEXT)
        mistakes(stage, outputs, good)
        refusals(stage, outputs, good)
        used.append(os.path.join(stage.folder, "credentials.properties"))
        used.append(doors.client.key)
        core = no_core(stage, used[:2])
        controls(outputs, wanted, used)
        found = secured.leaks(outputs.said, wanted)
        check.expect(not found, lambda: f"secrets in the output: {found}")
        return f"{len(wanted)} secrets in none of {len(outputs.said)} outputs, {core}"
