"""The same copying over sizes of the source's batches and codecs."""

import json

import copying
from copying import Copying, Data
from pair import Pair

# So many records that MirrorMaker 1 takes some seconds for each. Small records up to 5 KB, as no
# record of 1 KB fits a small batch in number.
SIZES = {
    "1 record": Data(600_000, 100, batch_bytes=1),
    "1 KB": Data(1_000_000, 100, batch_bytes=1_024),
    "5 KB": Data(1_500_000, 100, batch_bytes=5_120),
    "16 KB": Data(600_000, 1000, batch_bytes=16_384),
    "100 KB": Data(700_000, 1000, batch_bytes=102_400),
    "1 MB": Data(700_000, 1000, batch_bytes=1_000_000),
}
CODECS = ("none", "lz4")
OURS = ("kferry", "kferry-passthrough")


def measure_kind(options, folder):
    """Each size and codec in turn; in each the mirrors in interleaved rounds."""
    pair = Pair(folder)
    cells = []
    try:
        for size in options.sizes:
            for codec in options.codecs:
                cells.append(_cell(pair, options, size, codec, warm_up=not cells))
        return {"brokers": pair.described(), "sweep": {"cells": cells, "worse": worse(cells)}}
    finally:
        pair.stop()


def _cell(pair, options, size, codec, warm_up):
    base = SIZES[size].scaled(options.scale)
    data = Data(base.records, base.value_bytes, codec, base.batch_bytes)
    work = Copying(pair, data, options)
    work.fill()
    if warm_up:
        work.warm_up()
    part = work.all_rounds(options.mirrors, options.rounds, f"sweep {size} {codec}")
    return {"size": size, "codec": codec, **part, "watched_alone": work.watched_alone()}


def per_million(cell, name, field):
    """A median of CPU seconds by the million records."""
    return cell["median"][name][field] / (cell["data"]["records"] / 1e6)


def worse(cells):
    """Where one of ours takes more CPU or moves fewer records than another mirror does."""
    found = []
    for cell in cells:
        for ours in set(OURS) & set(cell["median"]):
            for other in set(cell["median"]) - set(OURS) - {copying.RELAY}:
                mine, theirs = cell["median"][ours], cell["median"][other]
                for field, sign in (("cpu_s", 1), ("records_per_s", -1)):
                    if sign * (mine[field] - theirs[field]) > 0:
                        found.append(
                            f"{cell['size']}, {cell['codec']}: {field} of {ours} is {mine[field]}, "
                            f"of {other} {theirs[field]}"
                        )
    print(f"worse: {json.dumps(sorted(found), indent=2)}")
    return sorted(found)
