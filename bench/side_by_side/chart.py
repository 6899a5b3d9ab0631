"""Draws the medians of a result as one SVG: horizontal bars with a mark for every single round, or
lines over the sizes of a sweep."""

import math
from xml.sax.saxutils import escape

import mirrors
import sweep
import tables

WIDTH = 760
LABEL_WIDTH = 170
BAR_WIDTH = 470
BAR_HEIGHT = 18
ROW_HEIGHT = 26
COLOURS = {
    "kferry": "#0b6e4f",
    "kferry-passthrough": "#0b6e4f",
    "kferry-records": "#6fae95",
    "relay": "#d9dee4",
    "mirrormaker1": "#b0bac4",
    "mirrormaker2": "#7b8794",
    "none": "#d9dee4",
}
INK = "#1f2933"
QUIET = "#52606d"
THROUGHPUT_PANELS = (
    ("cpu_s", "CPU seconds of the mirror's process, its start included", "s"),
    ("wall_s", "First to last record on the target", "s"),
    ("rss_peak_mib", "Peak resident memory", "MiB"),
    ("target_broker_cpu_s", "CPU seconds of the target's broker meanwhile", "s"),
    ("source_broker_cpu_s", "CPU seconds of the source's broker meanwhile", "s"),
)
WIDE_PANELS = (
    ("ready_s", "From start to ready", "s"),
    ("start_cpu_s", "CPU seconds of the start", "s"),
    ("member_start_cpu_s", "Of it in librdkafka's threads", "s"),
    ("idle_percent", "Idle: percent of one core", "%"),
    ("member_idle_percent", "Of it in librdkafka's threads", "%"),
    ("rss_idle_mib", "Resident memory when idle", "MiB"),
    ("active_visible_s", "A record into each topic: until the last is on the target", "s"),
)
DELAY_PANELS = (("p50_ms", "Delay, median", "ms"), ("p99_ms", "Delay, 99th percentile", "ms"))


# Of a sweep; by the million records where it is a cost.
SWEEP_PANELS = (
    ("cpu_s", "CPU s per million records"),
    ("records_per_s", "Records/s"),
    ("target_broker_cpu_s", "Target broker's CPU s per million"),
)
PLOT_WIDTH = 290
PLOT_HEIGHT = 130
PLOT_LEFT = 70
PLOT_STEP = 365


class _Page:
    def __init__(self):
        self.parts = []
        self.y = 0

    def text(self, x, y, text, size=13, colour=INK, anchor="start", weight="normal"):
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" '
            f'text-anchor="{anchor}" font-weight="{weight}">{escape(text)}</text>'
        )

    def heading(self, text, more):
        self.y += 40
        self.text(24, self.y, text, 16, weight="bold")
        self.y += 19
        self.text(24, self.y, more, 12, QUIET)
        self.y += 6

    def panel(self, title, unit, medians, rounds):
        """One bar per mirror; the scale begins at zero and ends at the slowest round."""
        self.y += 26
        self.text(24, self.y, title, 13, weight="bold")
        self.y += 10
        scale = BAR_WIDTH / max(max(max(values) for values in rounds.values()), 1e-9)
        for name, median in medians.items():
            length = max(median * scale, 1.5)
            middle = self.y + BAR_HEIGHT / 2
            self.text(LABEL_WIDTH - 8, middle + 4.5, tables.title(name), 13, anchor="end")
            self.parts.append(
                f'<rect x="{LABEL_WIDTH}" y="{self.y}" width="{length:.1f}" '
                f'height="{BAR_HEIGHT}" fill="{COLOURS[name]}"/>'
            )
            for value in rounds[name]:
                x = LABEL_WIDTH + value * scale
                self.parts.append(
                    f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{self.y + 3}" '
                    f'y2="{self.y + BAR_HEIGHT - 3}" stroke="{INK}" stroke-width="1"/>'
                )
            beyond = max(length, max(rounds[name]) * scale)
            weight = "bold" if name in sweep.OURS else "normal"
            self.text(
                LABEL_WIDTH + beyond + 7,
                middle + 4.5,
                f"{tables.number(median)} {unit}",
                weight=weight,
            )
            self.y += ROW_HEIGHT

    def line(self, points, colour, width=2.0):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'
        )

    def dots(self, points, colour):
        self.parts += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2" fill="{colour}"/>' for x, y in points
        ]

    def svg(self):
        height = self.y + 16
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
            f'width="{WIDTH}" height="{height:.0f}" '
            'font-family="DejaVu Sans, Verdana, Helvetica, Arial, sans-serif">\n'
            f'<rect width="{WIDTH}" height="{height:.0f}" fill="#ffffff"/>\n'
            + "\n".join(self.parts)
            + "\n</svg>\n"
        )


def _panels(page, part, panels):
    for field, title, unit in panels:
        rounds = {
            name: [one[field] for one in all_rounds if one.get(field) is not None]
            for name, all_rounds in part["rounds"].items()
        }
        rounds = {name: values for name, values in rounds.items() if values}
        if rounds:
            page.panel(title, unit, {name: part["median"][name][field] for name in rounds}, rounds)


def _count(rounds):
    many = len(next(iter(rounds.values()))) > 1
    return tables.count(rounds) + (", a mark for each" if many else "")


def _values(cells, name, field):
    if field == "records_per_s":
        return [cell["median"][name][field] for cell in cells]
    return [sweep.per_million(cell, name, field) for cell in cells]


class _Scale:
    """Where sizes and values lie in a plot; values on a logarithmic scale."""

    def __init__(self, left, bottom, steps, values):
        self.low = math.floor(math.log10(min(values)))
        self.high = max(math.ceil(math.log10(max(values))), self.low + 1)
        self.left = left
        self.bottom = bottom
        self.step = PLOT_WIDTH / max(steps - 1, 1)

    def powers(self):
        return [10.0**power for power in range(self.low, self.high + 1)]

    def at(self, number, value):
        part = (math.log10(value) - self.low) / (self.high - self.low)
        return self.left + number * self.step, self.bottom - part * PLOT_HEIGHT


def _plot(page, left, title, cells, field):
    """One field over the sizes, a line for each mirror."""
    names = [name for name in cells[0]["median"] if name in mirrors.ALL]
    lines = {name: [max(v, 1e-3) for v in _values(cells, name, field)] for name in names}
    bottom = page.y + 22 + PLOT_HEIGHT
    scale = _Scale(left, bottom, len(cells), [one for values in lines.values() for one in values])
    page.text(left - 46, page.y + 8, title, 12, weight="bold")
    for value in scale.powers():
        y = scale.at(0, value)[1]
        page.line([(left, y), (left + PLOT_WIDTH, y)], "#e4e7eb", 1)
        page.text(left - 8, y + 4, tables.number(value), 10, QUIET, "end")
    for number, cell in enumerate(cells):
        page.text(scale.at(number, 1)[0], bottom + 15, cell["size"], 10, QUIET, "middle")
    for name, values in lines.items():
        points = [scale.at(number, value) for number, value in enumerate(values)]
        page.line(points, COLOURS[name])
        page.dots(points, COLOURS[name])


def _sweep(page, part):
    cells = part["cells"]
    page.heading(
        "Copying batches of different sizes", f"8 partitions, {_count(cells[0]['rounds'])}"
    )
    codecs = list(dict.fromkeys(cell["codec"] for cell in cells))
    x = 24
    page.y += 20
    for name in cells[0]["median"]:
        if name in mirrors.ALL:
            page.dots([(x + 5, page.y - 4)], COLOURS[name])
            page.text(x + 14, page.y, tables.title(name), 12)
            x += 170
    page.y += 22
    for field, title in SWEEP_PANELS:
        for column, codec in enumerate(codecs):
            of_codec = [cell for cell in cells if cell["codec"] == codec]
            named = "uncompressed" if codec == "none" else codec
            left = PLOT_LEFT + column * PLOT_STEP
            _plot(page, left, f"{title}, {named}", of_codec, field)
        page.y += PLOT_HEIGHT + 60


def _footer(page, result):
    host = result["host"]
    page.y += 22
    brokers = f"Two one-node brokers {result['brokers']['version']} on the same machine"
    page.text(24, page.y, f"{brokers}: {host['cpu']}, {host['cores']} cores.", 11, QUIET)
    page.y += 16
    versions = {
        f"MirrorMaker {facts['version']}"
        for name, facts in result["mirrors"].items()
        if not name.startswith("kferry")
    }
    named = ", ".join([f"kferry {result['kferry_commit'][:12]}", *sorted(versions)])
    page.text(24, page.y, f"{named}; {result['date'][:10]}.", 11, QUIET)


def draw(result):
    page = _Page()
    if "throughput" in result:
        part = result["throughput"]
        page.heading(tables.about(result), f"{_count(part['rounds'])}; shorter is better")
        _panels(page, part, THROUGHPUT_PANELS)
    if "delay" in result:
        part = result["delay"]
        page.heading(
            f"Delay of each record at {part['records_per_s']:,} records/s",
            f"acknowledged at the source to visible on the target, {_count(part['rounds'])}",
        )
        _panels(page, part, DELAY_PANELS)
    if "wide" in result:
        part = result["wide"]
        page.heading(tables.about(result), f"{_count(part['rounds'])}; shorter is better")
        _panels(page, part, WIDE_PANELS)
    if "sweep" in result:
        _sweep(page, result["sweep"])
    _footer(page, result)
    return page.svg()
