"""Record batches as they lie in a broker's own files: what no client shows."""

import dataclasses
import glob
import os
import struct

_LEADER_EPOCH, _CHECKSUM, _ATTRIBUTES, _MAX_TIMESTAMP = 12, 17, 21, 35
_HEADER = struct.Struct(">qiibIhiqqqhii")
HEADER_BYTES = _HEADER.size
APPEND_TIME, TRANSACTIONAL, CONTROL, DELETE_HORIZON = 0x08, 0x10, 0x20, 0x40
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
# In a transaction marker: length, attributes, two deltas and the length of the key take one byte
# each, the version two.
_MARKER_TYPE = 5 + 2


@dataclasses.dataclass
class Batch:
    base_offset: int
    size_bytes: int
    leader_epoch: int
    magic: int
    attributes: int
    last_offset_delta: int
    max_timestamp: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    records: int
    aborts: bool  # a marker that ends a transaction badly

    @property
    def codec(self):
        return CODECS[self.attributes & 7]

    @property
    def head(self):
        """The bytes that it begins with, up to the format."""
        return struct.pack(
            ">qiib", self.base_offset, self.size_bytes - 12, self.leader_epoch, self.magic
        )

    @property
    def next_offset(self):
        return self.base_offset + self.last_offset_delta + 1

    def has(self, bit):
        return bool(self.attributes & bit)


def _parse(data, at):
    base, length, epoch, magic, _, attributes, delta, _, latest, producer, fence, first, count = (
        _HEADER.unpack_from(data, at)
    )
    body = at + _HEADER.size
    control = bool(attributes & CONTROL)
    kind = data[body + _MARKER_TYPE : body + _MARKER_TYPE + 2] if control else None
    size = length + 12
    return Batch(
        *(base, size, epoch, magic, attributes, delta, latest, producer, fence, first, count),
        kind == b"\0\0",
    )


def batches(broker, topic, partition=0):
    """All of a partition, in order. The broker has to be at rest."""
    found = []
    folder = os.path.join(broker.folder, "data", f"{topic}-{partition}")
    for path in sorted(glob.glob(os.path.join(folder, "*.log"))):
        with open(path, "rb") as log:
            data = log.read()
        at = 0
        while at + _HEADER.size <= len(data) and data[at + 16] == 2:
            found.append(_parse(data, at))
            at += found[-1].size_bytes
    return found


def _crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def age(broker, topic, more_ms):
    """Changes what only a broker writes, in the first batch of the topic's only segment: no leader
    epoch, and a maxTimestamp that is none of its records. The broker has to be down."""
    (path,) = glob.glob(os.path.join(broker.folder, "data", f"{topic}-0", "*.log"))
    with open(path, "r+b") as log:
        data = bytearray(log.read())
        first = _parse(data, 0)
        struct.pack_into(">i", data, _LEADER_EPOCH, -1)
        struct.pack_into(">q", data, _MAX_TIMESTAMP, first.max_timestamp + more_ms)
        checksum = _crc32c(data[_ATTRIBUTES : first.size_bytes])
        struct.pack_into(">I", data, _CHECKSUM, checksum)
        log.seek(0)
        log.write(data)
