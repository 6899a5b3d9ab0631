"""Clients that show a certificate, from every kind of keystore."""

from harness import check, secured, security
from harness.registry import scenario

MUTUAL = ("MUTUAL", None)


@scenario("mutual_tls", stand_in=True)
def mutual_tls(world):
    """a client's key and chain of JKS, PKCS12, PEM files and inline PEM, with an issuer between"""
    source, target = world.secured(("source", "3.9.1"), ("target", "4.3.1"))
    doors = world.doors()
    identities = doors.identities()
    if not world.stand_in:  # Java 17 can not decrypt these
        identities["pem file of AES"] = {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": doors.client.pem(
                security.KEY_PASSWORD, ("-v2", "aes-256-cbc")
            ),
            "ssl.key.password": security.KEY_PASSWORD,
        }
    names = list(identities)
    for number, name in enumerate(names):
        other = names[(number + 1) % len(names)]
        ends = [(MUTUAL, identities[name]), (MUTUAL, identities[other])]
        try:
            secured.mirrors(world, f"mutual-{number}", source, target, ends)
        except check.Failed as reason:
            raise check.Failed(f"{name} to {other}: {reason}") from reason
