"""Draws the medians of a result as one SVG: horizontal bars, a mark for every single round."""

from xml.sax.saxutils import escape

import mirrors

WIDTH = 760
LABEL_WIDTH = 150
BAR_WIDTH = 500
BAR_HEIGHT = 18
ROW_HEIGHT = 26
COLOURS = {
    "kferry": "#0b6e4f",
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
)
DELAY_PANELS = (("p50_ms", "Delay, median", "ms"), ("p99_ms", "Delay, 99th percentile", "ms"))


def _number(value):
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 1 else f"{value:.2f}"


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
            self.text(LABEL_WIDTH - 8, middle + 4.5, _title(name), 13, anchor="end")
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
            weight = "bold" if name == "kferry" else "normal"
            self.text(
                LABEL_WIDTH + beyond + 7, middle + 4.5, f"{_number(median)} {unit}", weight=weight
            )
            self.y += ROW_HEIGHT

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


def _title(name):
    return "no mirror" if name == "none" else mirrors.ALL[name].title


def _panels(page, part, panels):
    for field, title, unit in panels:
        rounds = {
            name: [one[field] for one in all_rounds if one[field] is not None]
            for name, all_rounds in part["rounds"].items()
        }
        medians = {name: part["median"][name][field] for name in rounds if rounds[name]}
        page.panel(title, unit, medians, rounds)


def _count(rounds):
    count = len(next(iter(rounds.values())))
    return "one round" if count == 1 else f"median of {count} rounds, a mark for each"


def draw(result):
    page = _Page()
    if "throughput" in result:
        part = result["throughput"]
        data = part["data"]
        page.heading(
            f"Copying {data['records']:,} records of {data['value_bytes']:,} bytes",
            f"lz4, {data['partitions']} partitions, {_count(part['rounds'])}; shorter is better",
        )
        _panels(page, part, THROUGHPUT_PANELS)
    if "delay" in result:
        part = result["delay"]
        page.heading(
            f"Delay of each record at {part['records_per_s']:,} records/s",
            f"acknowledged at the source to visible on the target, {_count(part['rounds'])}",
        )
        _panels(page, part, DELAY_PANELS)
    host = result["host"]
    page.y += 22
    brokers = f"Two one-node brokers {result['brokers']['version']} on the same machine"
    page.text(24, page.y, f"{brokers}: {host['cpu']}, {host['cores']} cores.", 11, QUIET)
    page.y += 16
    versions = ", ".join(
        f"{mirrors.ALL[name].title} {facts['version']}"
        for name, facts in result["mirrors"].items()
        if name != "kferry"
    )
    commit = f"kferry {result['kferry_commit'][:12]}" if "kferry" in result["mirrors"] else ""
    named = ", ".join(part for part in (commit, versions) if part)
    page.text(24, page.y, f"{named}; {result['date'][:10]}.", 11, QUIET)
    return page.svg()
