"""Scenarios by name."""

import dataclasses
import typing


@dataclasses.dataclass
class Scenario:
    name: str
    run: typing.Callable
    stand_in: bool  # makes sense with MirrorMaker 1 in kferry's place
    text: str


SCENARIOS = {}


def scenario(name, stand_in=False):
    def register(function):
        SCENARIOS[name] = Scenario(name, function, stand_in, (function.__doc__ or "").split("\n")[0])
        return function

    return register
