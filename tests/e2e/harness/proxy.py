"""A TCP proxy before a broker that damages what goes through it, one bit at a time."""

import dataclasses
import socket
import struct
import threading

from . import ports

_LENGTH = struct.Struct(">i")


@dataclasses.dataclass
class Damage:
    """Flips one bit so many bytes behind the begin of these, so many times at most; None: until it
    is stopped."""

    marker: bytes
    times: int = 1
    behind: int = 0
    bit: int = 4
    done: int = 0

    def apply(self, frame):
        at = frame.find(self.marker)
        if at < 0 or (self.times is not None and self.done >= self.times):
            return
        frame[at + self.behind] ^= 1 << self.bit
        self.done += 1


class Proxy:
    """Damages answers (what is fetched), or requests (what is produced)."""

    def __init__(self, damages_requests=False):
        self.port = ports.free_port()
        self.backend_port = None
        self._damages_requests = damages_requests
        self._damages = []
        self._lock = threading.Lock()
        self._server = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def damage(self, marker, times=1, **where):
        one = Damage(marker, times, **where)
        with self._lock:
            self._damages.append(one)
        return one

    def stop(self, damage):
        with self._lock:
            self._damages.remove(damage)

    def close(self):
        self._server.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            try:
                broker = socket.create_connection(("127.0.0.1", self.backend_port), timeout=5)
            except OSError:
                client.close()
                continue
            broker.settimeout(None)
            for one in (client, broker):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for source, sink, damaging in (
                (client, broker, self._damages_requests),
                (broker, client, not self._damages_requests),
            ):
                work = self._move_frames if damaging else self._move
                args = (work, source, sink)
                threading.Thread(target=_until_closed, args=args, daemon=True).start()

    @staticmethod
    def _move(source, sink):
        while piece := source.recv(1 << 16):
            sink.sendall(piece)

    def _move_frames(self, source, sink):
        """Whole requests or answers, so that no marker is cut in two."""
        with source.makefile("rb", buffering=1 << 16) as frames:
            while len(head := frames.read(_LENGTH.size)) == _LENGTH.size:
                frame = bytearray(frames.read(_LENGTH.unpack(head)[0]))
                with self._lock:
                    for damage in self._damages:
                        damage.apply(frame)
                sink.sendall(head + frame)


def _until_closed(work, source, sink):
    try:
        work(source, sink)
    except OSError:
        pass
    for one in (source, sink):
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
