"""What a topic's record batches are, read from the headers in its log files."""

import collections
import dataclasses
import os
import struct

_HEADER_BYTES = 61
_LENGTH_AT = 8
_ATTRIBUTES_AT = 21
_COUNT_AT = 57
_BEFORE_LENGTH_ENDS = 12
_CODECS = {0: "none", 1: "gzip", 2: "snappy", 3: "lz4", 4: "zstd"}


@dataclasses.dataclass
class Log:
    """Sums over all partitions."""

    log_bytes: int = 0
    batches: int = 0
    records: int = 0
    codecs: collections.Counter = dataclasses.field(default_factory=collections.Counter)

    def described(self):
        return {
            "log_bytes": self.log_bytes,
            "batches": self.batches,
            "batch_bytes": round(self.log_bytes / max(self.batches, 1)),
            "records_per_batch": round(self.records / max(self.batches, 1), 2),
            "codecs": dict(self.codecs),
        }


def segments(data, topic):
    """The files of a topic's partitions below a broker's data folder, in order."""
    found = []
    for folder in sorted(os.listdir(data)):
        if folder.rpartition("-")[0] == topic:
            files = os.path.join(data, folder)
            found += [
                os.path.join(files, name)
                for name in sorted(os.listdir(files))
                if name.endswith(".log")
            ]
    return found


def read(paths):
    """What is in the segments."""
    log = Log()
    for path in paths:
        _read_segment(path, log)
    return log


def _read_segment(path, log):
    size = os.path.getsize(path)
    with open(path, "rb") as segment:
        at = 0
        while at + _HEADER_BYTES <= size:
            header = os.pread(segment.fileno(), _HEADER_BYTES, at)
            (length,) = struct.unpack_from(">i", header, _LENGTH_AT)
            (attributes,) = struct.unpack_from(">h", header, _ATTRIBUTES_AT)
            (count,) = struct.unpack_from(">i", header, _COUNT_AT)
            at += _BEFORE_LENGTH_ENDS + length
            log.log_bytes += _BEFORE_LENGTH_ENDS + length
            log.batches += 1
            log.records += count
            log.codecs[_CODECS.get(attributes & 7, "unknown")] += 1
