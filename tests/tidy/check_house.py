#!/usr/bin/env python3
"""Checks that the house is built as its drawing says.

Usage: check_house.py [ROOT]     ROOT: the repository, by default the one this file lies in

Prints one line for each offence as file:line: text and ends with 1 when there is one. The drawing
is the table of rooms in src/README.md.
"""

import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

LINE_CHARS_MAX = 100
CODE_FOLDERS = ("include", "src", "tests", "bench", "cmake", "deploy")
SKIPPED_FOLDERS = {"build", "__pycache__", "corpus"}
CPP = {".cpp", ".hpp", ".c", ".h"}
TEXT = CPP | {".cmake", ".py", ".sh", ".java", ".inc", ".txt"}

# What is included, and the rooms that may.
LIBRARIES = {
    r"librdkafka/|rdkafka": {"kafka", "engines/records"},
    r"boost/(asio|beast)": {"net", "client", "observe", "app"},
    r"boost/program_options": {"config"},
    r"nlohmann/": {"config", "observe", "app"},
    r"prometheus/": {"observe"},
    r"pcre2": {"topics"},
}
# Names that are used without an include of their own.
NAMES = {r"\brd_kafka_\w+\s*\(": {"kafka", "engines/records"}}

UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


@dataclass
class House:
    root: Path
    offences: list = field(default_factory=list)
    rooms: dict = field(default_factory=dict)  # name -> names of the rooms it may use

    def offence(self, path, line, text):
        self.offences.append(f"{path.relative_to(self.root)}:{line}: {text}")


def lines_of(path):
    return path.read_text(encoding="utf-8").split("\n")


def files_below(root, folders, endings):
    for folder in folders:
        for where, below, names in os.walk(root / folder):
            below[:] = sorted(set(below) - SKIPPED_FOLDERS)
            for name in sorted(names):
                path = Path(where) / name
                if path.suffix in endings:
                    yield path


def read_rooms(house):
    readme = house.root / "src" / "README.md"
    inside = False
    for number, line in enumerate(lines_of(readme), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells[0] == "room" and len(cells) == 3:
            inside = True
        elif inside and not line.startswith("|"):
            break
        elif inside and not cells[0].startswith("---"):
            if len(cells) != 3 or not cells[1]:
                house.offence(readme, number, "a row is: room | what it is for | may use")
                continue
            house.rooms[cells[0]] = set(cells[2].split()) - {"-"}
    if not house.rooms:
        house.offence(readme, 1, "has no table of rooms")
    for name, uses in house.rooms.items():
        if uses == {"all"}:
            uses.clear()
            uses.update(set(house.rooms) - {name})
        for unknown in sorted(uses - set(house.rooms)):
            house.offence(readme, 1, f"room {name} uses {unknown}, which has no row")
    check_acyclic(house, readme)


def check_acyclic(house, readme):
    done = set()
    while len(done) < len(house.rooms):
        ready = {room for room, uses in house.rooms.items() if uses <= done and room not in done}
        if not ready:
            circle = ", ".join(sorted(set(house.rooms) - done))
            house.offence(readme, 1, f"rooms use each other in a circle: {circle}")
            return
        done |= ready


def check_cmake(house):
    path = house.root / "src" / "CMakeLists.txt"
    text = path.read_text(encoding="utf-8")
    built = {}
    for call in re.finditer(r"^kferry_room\(([^)]*)\)", text, re.MULTILINE):
        line = text.count("\n", 0, call.start()) + 1
        words = call.group(1).split()
        parts = {"NAME": [], "DIR": [], "USES": [], "LIBS": []}
        current = "NAME"
        for word in words:
            if word in parts:
                current = word
            else:
                parts[current].append(word)
        room = parts["DIR"][0] if parts["DIR"] else parts["NAME"][0]
        built[parts["NAME"][0]] = (room, parts["USES"], line)
    for room, uses, line in built.values():
        if room not in house.rooms:
            house.offence(path, line, f"room {room} has no row in src/README.md")
            continue
        linked = {built[use][0] if use in built else use for use in uses}
        for use in sorted(linked - house.rooms[room]):
            house.offence(path, line, f"room {room} uses {use}, its row does not")
        for use in sorted(house.rooms[room] - linked):
            house.offence(path, line, f"room {room} does not use {use}, its row does")
    for room in sorted(set(house.rooms) - {room for room, _, _ in built.values()}):
        house.offence(path, 1, f"room {room} of src/README.md is not built")


def room_of(house, path_in_tree):
    """The room that a path below src or include/kferry lies in."""
    for depth in (2, 1):
        room = "/".join(path_in_tree.split("/")[:depth])
        if room in house.rooms:
            return room
    return None


def check_includes(house):
    for tree in ("src", "include/kferry"):
        for path in files_below(house.root, [tree], CPP):
            inner = path.relative_to(house.root / tree).as_posix()
            room = room_of(house, inner)
            if room is None:
                house.offence(path, 1, "lies in no room of src/README.md")
                continue
            for number, line in enumerate(lines_of(path), 1):
                check_names(house, path, number, line, room)
                include = INCLUDE.match(line)
                if include:
                    check_include(house, path, number, include, room)


def is_source(path):
    """A file, or one that the build makes from a template beside it."""
    return path.is_file() or path.with_name(path.name + ".in").is_file()


def check_include(house, path, number, include, room):
    quoted, name = include.group(1) == '"', include.group(2)
    for library, rooms in LIBRARIES.items():
        if re.match(library, name) and room not in rooms:
            house.offence(path, number, f"<{name}> belongs to {', '.join(sorted(rooms))} only")
    if name.startswith("kferry/"):
        other = room_of(house, name.removeprefix("kferry/"))
        if not quoted:
            house.offence(path, number, "our own headers are included in quotes")
        if not (house.root / "include" / name).is_file():
            house.offence(path, number, f"{name} is not there")
        elif other != room and other not in house.rooms[room]:
            house.offence(path, number, f"room {room} may not use room {other} (src/README.md)")
    elif quoted:
        beside = path.parent / name
        target = beside if is_source(beside) else house.root / "src" / name
        if not is_source(target):
            house.offence(path, number, f"{name} is not there; libraries are included in <>")
        elif room_of(house, target.resolve().relative_to(house.root / "src").as_posix()) != room:
            house.offence(path, number, f"{name} is the inside of another room; use its doors")
        elif "include" == path.relative_to(house.root).parts[0]:
            house.offence(path, number, f"a door shows the inside of its room: {name}")


def check_names(house, path, number, line, room):
    for name, rooms in NAMES.items():
        if re.search(name, line.split("//")[0]) and room not in rooms:
            house.offence(path, number, f"librdkafka belongs to {', '.join(sorted(rooms))} only")


def check_tests_are_built(house):
    tests = house.root / "tests"
    text = (tests / "CMakeLists.txt").read_text(encoding="utf-8")
    folders = {call.group(1) for call in re.finditer(r"kferry_tests\(\s*\w+\s+(\S+)", text)}
    for path in files_below(house.root, ["tests"], {".cpp"}):
        folder = path.parent.relative_to(tests).as_posix()
        if path.name.endswith("_test.cpp") and folder not in folders:
            house.offence(path, 1, f"tests/CMakeLists.txt does not name the folder {folder}")
        if folder in folders and not path.name.endswith("_test.cpp"):
            house.offence(path, 1, "is not built: only files named *_test.cpp are tests")


def check_text(house):
    for path in files_below(house.root, CODE_FOLDERS, TEXT):
        lines = lines_of(path)
        if lines[-1] != "" or lines[-2:-1] == [""]:
            house.offence(path, len(lines), "the file does not end with one newline")
        if path.suffix in (".hpp", ".h") and "#pragma once" not in lines:
            house.offence(path, 1, "the header has no #pragma once")
        for number, line in enumerate(lines, 1):
            if len(line) > LINE_CHARS_MAX:
                house.offence(path, number, f"{len(line)} characters, {LINE_CHARS_MAX} at most")
            if "\t" in line:
                house.offence(path, number, "a tab")
            if line != line.rstrip():
                house.offence(path, number, "blanks at the end of the line")
            if UNFINISHED.search(line):
                house.offence(path, number, "something is left to do")


def main(arguments):
    root = Path(arguments[1]) if len(arguments) > 1 else Path(__file__).parents[2]
    house = House(root.resolve())
    read_rooms(house)
    check_cmake(house)
    check_includes(house)
    check_tests_are_built(house)
    check_text(house)
    for offence in house.offences:
        print(offence)
    print(f"{len(house.rooms)} rooms, {len(house.offences)} offences")
    return 1 if house.offences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
