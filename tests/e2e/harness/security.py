"""Certificates, stores, credentials and listeners of secured brokers."""

import dataclasses
import os
import subprocess
import typing

PLAIN, SCRAM_256, SCRAM_512 = "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"
MECHANISMS = (PLAIN, SCRAM_256, SCRAM_512)

# One user per mechanism; every password has all that properties and JAAS texts treat specially.
USERS = {
    PLAIN: ("plain-user", "pl ain\"'#1=\\;\u00fc\u6f22 /*x"),
    SCRAM_256: ("scram-256-user", " lead'ing\\n \"2\" #=;: gr\u00f6\u00dfe"),
    SCRAM_512: ("scram-512-user", "t=r;a\\\\i#l!\"'\u044f\u20ac ing"),
}
# PKCS12 stores of Java know ASCII passwords only.
STORE_PASSWORD = "st ore'\"#1=\\;word"
KEY_PASSWORD = "k ey\"'#2=\\;word"
JKS_PASSWORD = "j ks'\"#3=\\;w\u00f6rd"


def escape(value):
    """A value as java.util.Properties reads it back from a file."""
    out = []
    for unit in _utf16(value):
        char = chr(unit)
        if char in "\\=:#!":
            out.append("\\" + char)
        elif 0x20 <= unit < 0x7F:
            out.append(char)
        else:
            out.append(f"\\u{unit:04x}")
    text = "".join(out)
    return "\\" + text if text.startswith(" ") else text


def _utf16(value):
    raw = value.encode("utf-16-be")
    return [raw[at] << 8 | raw[at + 1] for at in range(0, len(raw), 2)]


def quote(value, mark='"'):
    """A value as JAAS texts read it back."""
    return mark + value.replace("\\", "\\\\").replace(mark, "\\" + mark) + mark


def module(mechanism):
    kind = "plain.Plain" if mechanism == PLAIN else "scram.Scram"
    return f"org.apache.kafka.common.security.{kind}LoginModule"


def jaas(mechanism, user, password, mark='"'):
    return (
        f"{module(mechanism)} required username={quote(user, mark)} "
        f"password={quote(password, mark)};"
    )


def run(*command):
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        timeout=60,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} {command[1]}: {done.stdout.decode(errors='replace')}")


def keytool(*args):
    run("keytool", "-J-XX:TieredStopAtLevel=1", "-J-Xshare:auto", *args)


class Certificate:
    """A private key (PKCS#8) and its chain, as files, and the stores made of them."""

    def __init__(self, folder, name):
        self.name = name
        self.base = os.path.join(folder, name)
        self.key = f"{self.base}.key"
        self.chain = f"{self.base}.chain.pem"

    def text(self):
        with open(self.key, encoding="ascii") as key, open(self.chain, encoding="ascii") as chain:
            return key.read(), chain.read()

    def pkcs12(self, password=STORE_PASSWORD):
        """As openssl makes it; Java reads it as a keystore."""
        return self._pkcs12(f"{self.base}.p12", password)

    def _pkcs12(self, path, password):
        if not os.path.exists(path):
            run(
                *["openssl", "pkcs12", "-export", "-inkey", self.key, "-in", self.chain],
                *["-name", self.name, "-out", path, "-passout", f"pass:{password}"],
            )
        return path

    def keystore(self, kind, password, key_password=None, legacy=False):
        """As keytool makes it: kind is JKS or PKCS12."""
        path = f"{self.base}.{'legacy.' if legacy else ''}{kind.lower()}"
        keytool(
            *(["-J-Dkeystore.pkcs12.legacy=true"] if legacy else []),
            *["-importkeystore", "-noprompt", "-srcstoretype", "PKCS12", "-alias", self.name],
            *["-srckeystore", self._pkcs12(f"{self.base}.plain.p12", "changeit")],
            *["-srcstorepass", "changeit", "-destkeystore", path, "-deststoretype", kind],
            *["-deststorepass", password, "-destkeypass", key_password or password],
        )
        return path

    def pem(self, key_password=None, cipher=("-v1", "PBE-SHA1-3DES")):
        """Key and chain in one file, the key encrypted when there is a password for it; the
        default is what a Java 17 can decrypt."""
        path = f"{self.base}.{cipher[1] if key_password else 'open'}.pem"
        key, chain = self.text()
        if key_password:
            run(
                *["openssl", "pkcs8", "-topk8", *cipher, "-in", self.key],
                *["-out", f"{path}.key", "-passout", f"pass:{key_password}"],
            )
            with open(f"{path}.key", encoding="ascii") as encrypted:
                key = encrypted.read()
        with open(path, "w", encoding="ascii") as out:
            out.write(key + chain)
        return path


class Authority:
    """A certificate authority: a root, or one below a parent."""

    def __init__(self, folder, name, parent=None):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.name = name
        self.certificate = os.path.join(folder, f"{name}.pem")
        self.key = os.path.join(folder, f"{name}.key")
        self.parent = parent
        self._serial = 0x1000
        new = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        new += ["-nodes", "-keyout", self.key, "-subj", f"/O=Tests/CN={name}"]
        if parent is None:
            run(
                *[*new, "-x509", "-days", "3650", "-out", self.certificate],
                *["-addext", "keyUsage=critical,keyCertSign,cRLSign"],
            )
        else:
            request = os.path.join(folder, f"{name}.csr")
            run(*new, "-out", request)
            parent.sign(request, self.certificate, "basicConstraints=critical,CA:TRUE")

    def sign(self, request, out, extensions, expired=False):
        """Through `openssl ca`: the only one of its commands that sets both dates."""
        self._serial += 1
        base = os.path.join(self.folder, f"{self.name}.{self._serial:x}")
        with open(f"{base}.index", "w", encoding="ascii"):
            pass
        with open(f"{base}.serial", "w", encoding="ascii") as serial:
            serial.write(f"{self._serial:x}\n")
        with open(f"{base}.cnf", "w", encoding="ascii") as config:
            config.write(
                "[ca]\ndefault_ca=this\n[this]\n"
                f"database={base}.index\nserial={base}.serial\nnew_certs_dir={self.folder}\n"
                f"certificate={self.certificate}\nprivate_key={self.key}\n"
                "default_md=sha256\npolicy=any\nunique_subject=no\n"
                "[any]\ncommonName=supplied\norganizationName=optional\n"
                f"[extensions]\n{extensions}\n"
            )
        run(
            *["openssl", "ca", "-batch", "-notext", "-config", f"{base}.cnf", "-in", request],
            *["-out", out, "-extensions", "extensions", "-startdate", "20200101000000Z"],
            *["-enddate", "20210101000000Z" if expired else "20490101000000Z"],
        )

    def issue(self, name, names=(), expired=False, kind="rsa"):
        """names as in a certificate's alternative names: "DNS:localhost", "IP:127.0.0.1"."""
        made = Certificate(self.folder, name)
        sort = ["rsa:2048"] if kind == "rsa" else ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        request = f"{made.base}.csr"
        run(
            *["openssl", "req", "-new", "-nodes", "-keyout", made.key, "-out", request],
            *["-subj", f"/O=Tests/CN={name}", "-newkey", *sort],
        )
        extensions = "basicConstraints=CA:FALSE"
        if names:
            extensions += f"\nsubjectAltName={','.join(names)}"
        self.sign(request, f"{made.base}.pem", extensions, expired)
        parts = [f"{made.base}.pem"]
        authority = self
        while authority.parent is not None:
            parts.append(authority.certificate)
            authority = authority.parent
        with open(made.chain, "w", encoding="ascii") as chain:
            for part in parts:
                with open(part, encoding="ascii") as text:
                    chain.write(text.read())
        return made

    def truststore(self, kind, password, tag=""):
        """Of keytool: kind is JKS or PKCS12."""
        path = os.path.join(self.folder, f"{self.name}{tag}.trust.{kind.lower()}")
        if not os.path.exists(path):
            self.write_truststore(path, kind, password)
        return path

    def write_truststore(self, path, kind, password):
        keytool(
            *["-importcert", "-noprompt", "-alias", self.name, "-file", self.certificate],
            *["-keystore", path, "-storetype", kind, "-storepass", password],
        )


def empty_store(folder, password):
    """A JKS store whose only entry was deleted."""
    path = os.path.join(folder, "empty.jks")
    if not os.path.exists(path):
        common = ["-keystore", path, "-storetype", "JKS", "-storepass", password, "-alias", "x"]
        keytool("-genkeypair", *common, "-keyalg", "EC", "-dname", "CN=x", "-keypass", password)
        keytool("-delete", *common)
    return path


@dataclasses.dataclass
class Listener:
    """One door of a broker; its name is its own, in capitals."""

    name: str
    protocol: str
    certificate: typing.Optional[Certificate] = None
    mechanisms: typing.Sequence[str] = ()
    client_authority: typing.Optional[Authority] = None  # required of clients
    host: str = "127.0.0.1"
    users: typing.Optional[dict] = None  # for PLAIN; name to password
    advertised_port: typing.Optional[int] = None  # of a proxy before it

    def properties(self):
        """Of server.properties, by name, values escaped."""
        prefix = f"listener.name.{self.name.lower()}."
        found = {}
        if self.certificate is not None:
            found["ssl.keystore.type"] = "PKCS12"
            found["ssl.keystore.location"] = self.certificate.pkcs12()
            found["ssl.keystore.password"] = STORE_PASSWORD
            found["ssl.key.password"] = STORE_PASSWORD
            found["ssl.client.auth"] = "none"
        if self.client_authority is not None:
            found["ssl.client.auth"] = "required"
            found["ssl.truststore.type"] = "JKS"
            found["ssl.truststore.location"] = self.client_authority.truststore("JKS", "changeit")
            found["ssl.truststore.password"] = "changeit"
        if self.mechanisms:
            found["sasl.enabled.mechanisms"] = ",".join(self.mechanisms)
        for mechanism in self.mechanisms:
            users = ""
            if mechanism == PLAIN:
                for user, password in (self.users or dict([USERS[PLAIN]])).items():
                    users += f" {quote('user_' + user)}={quote(password)}"
            key = f"{mechanism.lower()}.sasl.jaas.config"
            found[key] = f"{module(mechanism)} required{users};"
        return {prefix + key: escape(value) for key, value in found.items()}


class Doors:
    """All listeners of a secured broker, and what a client needs for each."""

    def __init__(self, folder):
        names = ("DNS:localhost", "IP:127.0.0.1")
        self.folder = folder
        self.authority = Authority(folder, "root")
        self.stranger = Authority(folder, "stranger")
        self.middle = Authority(folder, "middle", parent=self.authority)
        good = self.authority.issue("broker", names)
        nameless = self.authority.issue("nameless", ("DNS:broker.example.com",))
        expired = self.authority.issue("expired", names, expired=True)
        alien = self.stranger.issue("alien", names)
        self.client = self.middle.issue("client", kind="ec")
        self.listeners = [
            Listener("TLS", "SSL", good, host="localhost"),
            Listener("MUTUAL", "SSL", good, client_authority=self.authority),
            Listener("OPEN_SASL", "SASL_PLAINTEXT", mechanisms=MECHANISMS),
            Listener("TLS_SASL", "SASL_SSL", good, mechanisms=MECHANISMS),
            Listener("NAMELESS", "SASL_SSL", nameless, mechanisms=(PLAIN,), host="localhost"),
            Listener("EXPIRED", "SSL", expired),
            Listener("ALIEN", "SSL", alien),
            Listener("ONLY_512", "SASL_SSL", good, mechanisms=(SCRAM_512,)),
        ]

    def trust(self):
        """A client's properties for the brokers' certificates, with a real JKS truststore."""
        return {
            "ssl.truststore.location": self.authority.truststore("JKS", JKS_PASSWORD, ".client"),
            "ssl.truststore.password": JKS_PASSWORD,
        }

    def identities(self):
        """Every form in which a client's key and chain can be given, by name."""

        def store(kind, path, password, key_password=None):
            found = {"ssl.keystore.type": kind, "ssl.keystore.location": path}
            if password is not None:
                found["ssl.keystore.password"] = password
            if key_password is not None:
                found["ssl.key.password"] = key_password
            return found

        one = self.client
        key, chain = one.text()
        jks = one.keystore("JKS", JKS_PASSWORD, KEY_PASSWORD)
        modern = one.keystore("PKCS12", STORE_PASSWORD)
        legacy = one.keystore("PKCS12", STORE_PASSWORD, legacy=True)
        pem, encrypted = one.pem(), one.pem(KEY_PASSWORD)
        with open(encrypted, encoding="ascii") as text:
            locked = text.read().partition("-----BEGIN CERTIFICATE")[0]
        inline = {"ssl.keystore.type": "PEM", "ssl.keystore.certificate.chain": chain}
        return {
            "jks": store("JKS", jks, JKS_PASSWORD, KEY_PASSWORD),
            "pkcs12": store("PKCS12", modern, STORE_PASSWORD, STORE_PASSWORD),
            "pkcs12 legacy": store("PKCS12", legacy, STORE_PASSWORD),
            "pkcs12 openssl": store("PKCS12", one.pkcs12(), STORE_PASSWORD),
            "pem file": store("PEM", pem, None),
            "encrypted pem file": store("PEM", encrypted, None, KEY_PASSWORD),
            "inline pem": {**inline, "ssl.keystore.key": key},
            "encrypted inline pem": {
                **inline,
                "ssl.keystore.key": locked,
                "ssl.key.password": KEY_PASSWORD,
            },
        }

    def listener(self, name):
        return next(one for one in self.listeners if one.name == name)

    def client_properties(self, name, mechanism=None, mark='"'):
        """What a Java client has in its properties file for a listener, unescaped."""
        listener = self.listener(name)
        found = {"security.protocol": listener.protocol}
        if listener.certificate is not None:
            found.update(self.trust())
        if mechanism is not None:
            found["sasl.mechanism"] = mechanism
            found["sasl.jaas.config"] = jaas(mechanism, *USERS[mechanism], mark)
        return found


def escaped(properties):
    """Properties for harness.mirror.write_properties."""
    return {key: None if value is None else escape(value) for key, value in properties.items()}
