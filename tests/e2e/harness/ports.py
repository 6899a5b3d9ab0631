"""Free ports below the range from which the kernel takes ports for outgoing connections."""

import random
import socket

_taken = set()
_random = random.SystemRandom()


def free_port():
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as limits:
        first_outgoing = int(limits.read().split()[0])
    for _ in range(1000):
        port = _random.randrange(min(20000, first_outgoing // 2), first_outgoing)
        if port in _taken:
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _taken.add(port)
        return port
    raise RuntimeError("no free port")
