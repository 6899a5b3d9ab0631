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
        text = function.__doc__.splitlines()[0]
        SCENARIOS[name] = Scenario(name, function, stand_in, text)
        return function

    return register
