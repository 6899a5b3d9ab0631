"""Measuring in turns."""

import json
import statistics


def interleaved(names, count, run, what):
    """Every round runs all, each time in another order, so that drift hits all alike."""
    rounds = {name: [] for name in names}
    for number in range(count):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            result = run(name)
            rounds[name].append(result)
            print(f"{what} {number + 1}/{count} {name:18} {json.dumps(result)}", flush=True)
    return rounds


def medians(rounds, fields):
    """Median and median absolute deviation of each field that was measured."""
    out = {}
    for name in rounds:
        out[name] = {}
        for field in fields:
            values = [one[field] for one in rounds[name] if one.get(field) is not None]
            if values:
                median = statistics.median(values)
                deviation = statistics.median(abs(value - median) for value in values)
                out[name][field] = round(median, 3)
                out[name][f"{field}_mad"] = round(deviation, 3)
    return out
