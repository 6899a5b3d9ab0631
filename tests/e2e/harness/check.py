"""What a scenario says when it is not satisfied, and how it waits."""

import time


class Failed(Exception):
    """A promise was not kept: the message says which, and what was seen."""


class Skipped(Exception):
    """The scenario can not run here: the message says why."""


def expect(condition, message):
    if not condition:
        raise Failed(message() if callable(message) else message)


def expect_equal(seen, expected, what):
    if seen != expected:
        raise Failed(f"{what}: expected {expected!r}, saw {seen!r}")


def wait_until(condition, timeout_s, what, pause_s=0.1):
    """Polls until the condition gives something true, and returns that."""
    deadline = time.monotonic() + timeout_s
    while True:
        seen = condition()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise Failed(f"not within {timeout_s} s: {what() if callable(what) else what}")
        time.sleep(pause_s)
