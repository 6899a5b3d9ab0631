#!/usr/bin/env python3
"""Writes corpus/<judge>/random*.cases: texts of pieces that parsers stumble over.

The same seed writes the same files; they are committed, so that a case that was once found to
differ stays a case. Usage: make_random.py [properties | jaas | jaas_file] [seed] [how many]
"""

import random
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

PROPERTIES = (
    ["\\", "\\\\", "\n", "\r", "\r\n", " ", "\t", "\f", "=", ":", "#", "!", "a", "b", "key", "0"]
    + ["\\u", "\\u0041", "\\u00e9", "\\uD83D", "\\uDE00", "\\n", "\\t", "\xe9", "\x00", "\x85"]
    + ["\\\n", "\\\r\n", "\\\n  ", "a=b\n", "\n#", "\n!"]
)
JAAS = (
    ["\\", "\n", "\r\n", " ", " ", " ", "\t", "=", "=", ";", ";", '"', '"', "'", "/", "//", "/*"]
    + ["*/", "*", "-", ".", "1", "12.5", "_", "$", "#", "!", "{", "}", ",", "a", "b", "required "]
    + ["Optional ", "username", "password", "com.acme.Module ", "\\n", "\\\\", '\\"', "\\101"]
    + [' a="b"', " c='d'", " e=f", "\u00e9", "\u00a0", "\u0085", "\u20ac", "\U0001f600", "a.b-c"]
)
FILE = JAAS + ["A { ", "}; ", "};\n", "B { x required; };", "${", "${/}", "${judge.name}"]
FILE += ["${judge.none}", '"${judge.name}"', "${{a}}", "${judge.empty}", '="']
INSIDE = ["a", "B", "1", " ", "\t", "\\\\", "\\n", "\\101", "\\7", "\\477", "\\q", "#", "=", ";"]
INSIDE += ["'", "/", "//"]
INSIDE += ["/*", "{", "}", "$", "-", ".", "\u00e4", "\u0085", "\u20ac", "\U0001f600"]
PIECES = {"properties": PROPERTIES, "jaas": JAAS, "jaas_file": FILE}


def escaped(data):
    named = {0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t", 0x0C: "\\f", 0x5C: "\\\\"}
    return "".join(
        named.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}") for byte in data
    )


def some(source, pieces, most):
    return [source.choice(pieces) for _ in range(source.randrange(0, most + 1))]


def value(source):
    if source.random() < 0.2:
        return source.choice(["word", "a.b-c_1", "$d", "true", "\u00e4\u20ac", "1", "a/b", "-x"])
    quote = '"' if source.random() < 0.8 else "'"
    return quote + "".join(some(source, INSIDE, 8)) + quote


def module(source):
    """The tokens of a login module that Java might accept."""
    blank = source.choice([" ", "\n", "\r\n  ", " /* c */ ", " // c\n", "\t"])
    tokens = [source.choice(["com.acme.Module", '"X"', "M$1"]), blank]
    tokens.append(source.choice(["required", "OPTIONAL", "Requisite", '"sufficient"']))
    for name in some(source, ["username", "password", "a-b", '"q r"', "_x", "d1"], 3):
        tokens += [blank, name, "=", value(source)]
    return [*tokens, source.choice(["", " "]), ";"]


def text(judge, source):
    if judge == "properties" or source.random() < 0.1:
        return "".join(some(source, PIECES[judge], 15))
    tokens = module(source)
    if judge == "jaas_file":
        for _ in range(source.randrange(0, 2)):
            tokens += ["\n", *module(source)]
        tokens = [source.choice(["KafkaClient", '"A"', "b.c"]), " {", *tokens, "}", ";", "\n"]
    # Most of them are wrong in one place.
    for piece in some(source, PIECES[judge], 2):
        tokens.insert(source.randrange(0, len(tokens) + 1), piece)
    if source.random() < 0.1:
        del tokens[source.randrange(0, len(tokens))]
    return "".join(tokens)


def main():
    judge = sys.argv[1]
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 200
    source = random.Random(f"{judge} {seed}")
    charset = "latin-1" if judge == "properties" else "utf-8"
    path = HERE / "corpus" / judge / f"random{seed}.cases"
    with open(path, "w", encoding="ascii") as out:
        for number in range(count):
            out.write(f"{number:05}\t{escaped(text(judge, source).encode(charset))}\n")


if __name__ == "__main__":
    main()
