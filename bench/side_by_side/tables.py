"""Results as text: tables for a README, and lines for a terminal."""

import mirrors
import sweep

PARTS = ("throughput", "delay", "wide")
# field, heading
THROUGHPUT = (
    ("cpu_s", "CPU s"),
    ("cpu_to_kferry", "times kferry's"),
    ("cpu_to_relay", "times the relay's"),
    ("wall_s", "wall s"),
    ("wall_to_kferry", "times kferry's"),
    ("records_per_s", "records/s"),
    ("rss_peak_mib", "peak RSS MiB"),
    ("cpu_s_per_gb", "CPU s per GB"),
    ("source_broker_cpu_s", "source broker CPU s"),
    ("target_broker_cpu_s", "target broker CPU s"),
    ("target_broker_cpu_s_per_gb", "target broker CPU s per GB"),
)
DELAY = (
    ("p50_ms", "p50 ms"),
    ("p90_ms", "p90 ms"),
    ("p99_ms", "p99 ms"),
    ("max_ms", "max ms"),
)
WIDE = (
    ("ready_s", "start to ready s"),
    ("start_cpu_s", "CPU s of the start"),
    ("member_start_cpu_s", "of it librdkafka's"),
    ("idle_percent", "idle, % of a core"),
    ("member_idle_percent", "of it librdkafka's"),
    ("rss_idle_mib", "RSS idle MiB"),
    ("rss_peak_mib", "peak RSS MiB"),
    ("active_visible_s", "all records visible after s"),
    ("active_lag_0_within_s", "lag 0 within s"),
)
COLUMNS = {"throughput": THROUGHPUT, "delay": DELAY, "wide": WIDE}


def title(name):
    """How readers know a mirror, or what stands in its place."""
    if name in mirrors.ALL:
        return mirrors.ALL[name].title
    return {"none": "no mirror", "relay": "plain relay"}[name]


def number(value):
    if value is None:
        return ""
    if abs(value) >= 1000:
        return f"{float(f'{value:.4g}'):,.0f}"
    return f"{value:.3g}" if abs(value) >= 1 else f"{value:.2f}"


def _row(cells):
    return "| " + " | ".join(cells) + " |"


def _table(headings, rows):
    lines = [_row(headings), "|" + "---|" * len(headings)]
    return "\n".join(lines + [_row(row) for row in rows])


def _of_part(part, columns):
    """One row for each mirror, one column for each field that anybody has."""
    median = part["median"]
    columns = [one for one in columns if any(one[0] in values for values in median.values())]
    rows = [
        [title(name), *(number(values.get(field)) for field, _ in columns)]
        for name, values in median.items()
    ]
    return _table(["", *(heading for _, heading in columns)], rows)


def _records(count_of_batch):
    return "1 record" if count_of_batch == 1 else f"{number(count_of_batch)} records"


def _batch(cell):
    log = cell["data"]["source_log"]
    return f"{log['batch_bytes']:,} B, {_records(log['records_per_batch'])}"


def _of_sweep(part):
    headings = ["source batches", "codec", "mean batch", "mirror", "CPU s per million records",
                "records/s", "source broker CPU s per million", "target broker CPU s per million",
                "mean batch on the target"]  # fmt: skip
    rows = []
    for cell in part["cells"]:
        for name, values in cell["median"].items():
            if "records_per_s" in values:
                costs = ("cpu_s", "source_broker_cpu_s", "target_broker_cpu_s")
                cpu, source, target = (
                    number(sweep.per_million(cell, name, field)) for field in costs
                )
                rows.append([cell["size"], cell["codec"], _batch(cell), title(name), cpu,
                             number(values["records_per_s"]), source, target,
                             f"{values['target_batch_bytes']:,.0f} B"])  # fmt: skip
    return _table(headings, rows)


def about(result):
    """What was measured, in one line."""
    if "throughput" in result:
        data = result["throughput"]["data"]
        batches = data.get("source_log", {}).get("records_per_batch")
        of_size = f", {_records(batches)} in a batch" if batches else ""
        codec = data.get("codec") or data.get("compression")
        codec = "uncompressed" if codec == "none" else codec
        tls = ", TLS" if "TLS" in result["brokers"].get("security", "") else ""
        return (f"{data['records']:,} records of {data['value_bytes']:,} bytes, {codec}, "
                f"{data['partitions']} partitions{of_size}{tls}")  # fmt: skip
    if "delay" in result:
        return f"Delay of each record at {result['delay']['records_per_s']:,} records/s"
    if "wide" in result:
        part = result["wide"]
        return f"{part['topics']:,} topics of {part['partitions_per_topic']} partitions"
    return "Sizes of the source's batches"


def count(rounds):
    made = len(next(iter(rounds.values())))
    return "one round" if made == 1 else f"medians of {made} rounds"


def markdown(result):
    """What a README can hold."""
    if "sweep" in result:
        part = result["sweep"]
        table = _of_sweep(part)
        rounds = part["cells"][0]["rounds"]
    else:
        name = next(one for one in PARTS if one in result)
        part = result[name]
        table = _of_part(part, COLUMNS[name])
        rounds = part["rounds"]
    return f"{about(result)}; {count(rounds)}:\n\n{table}\n"


def summary(result):
    """One line for each mirror."""
    lines = [about(result)]
    parts = result["sweep"]["cells"] if "sweep" in result else []
    parts = parts or [result[name] for name in PARTS if name in result]
    for part in parts:
        if "size" in part:
            lines.append(f"{part['size']}, {part['codec']}, {_batch(part)}")
        for name, values in part["median"].items():
            shown = (f"{k} {v:g}" for k, v in values.items() if not k.endswith("_mad"))
            lines.append(f"  {name:18} {', '.join(shown)}")
    return "\n".join(lines)
