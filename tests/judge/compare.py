#!/usr/bin/env python3
"""Lets a Java program and one of ours read the same cases and demands that they agree.

The form of a case, of the programs' output and of the list of differences: README.md beside this
file. Ends with 0 when both sides agree, with 1 when they do not, with 2 when a side could not run.
"""

import argparse
import fnmatch
import json
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUN_TIMEOUT_S = 120
SHOWN_MAX = 20
JAVA_FLAGS = [
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Xshare:auto",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
]
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "\\": "\\"}
ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.)", re.DOTALL)
CASE_NAME = re.compile(r"[A-Za-z0-9._/-]+")


class Failure(Exception):
    """A side, or the corpus, is not as it has to be."""


def unescape(text, where):
    def one(match):
        code = match.group(1)
        if code[0] == "x" and len(code) == 3:
            return chr(int(code[1:], 16))
        if code not in ESCAPES:
            raise Failure(f"{where}: unknown escape \\{code}")
        return ESCAPES[code]

    try:
        return ESCAPE.sub(one, text).encode("latin-1")
    except UnicodeEncodeError as error:
        raise Failure(f"{where}: only ASCII and \\xHH: {error}") from error


def cases_of(path):
    """The cases of one file of a corpus: pairs of name and bytes."""
    if path.suffix != ".cases":
        yield path.name, path.read_bytes()
        return
    for number, line in enumerate(path.read_text(encoding="ascii").split("\n"), 1):
        if not line or line.startswith("#"):
            continue
        name, tab, text = line.partition("\t")
        where = f"{path}:{number}"
        if not tab or not CASE_NAME.fullmatch(name) or "/" in name:
            raise Failure(f"{where}: a case is a name, a tab, its bytes")
        yield f"{path.stem}.{name}", unescape(text, where)


def lay_out(corpus, folder):
    """Writes every case of the corpus as a file of its own."""
    for path in sorted(corpus.iterdir()):
        for name, data in cases_of(path):
            target = folder / name
            if target.exists():
                raise Failure(f"{path}: there are two cases {name}")
            target.write_bytes(data)


def differences_of(path):
    """Patterns of cases, each with its reason."""
    wanted = {}
    if not path.exists():
        return wanted
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if not line or line.startswith("#"):
            continue
        name, _, reason = line.partition(": ")
        if not reason.strip() or name in wanted:
            raise Failure(f"{path}:{number}: a case once, a colon, the reason")
        wanted[name] = reason.strip()
    return wanted


def run(command, what, given=None):
    done = subprocess.run(
        [str(part) for part in command],
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=RUN_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        error = done.stderr.decode(errors="replace")[-4000:]
        raise Failure(f"{what} ended with {done.returncode}:\n{error}")
    return done.stdout


def said(output, side):
    """A side's lines as a dict from case to the rest of its object."""
    answers = {}
    before = ""
    for number, line in enumerate(output.decode("utf-8").splitlines(), 1):
        answer = json.loads(line)
        case = answer.pop("case")
        if number > 1 and case <= before:
            raise Failure(f"{side}: case {case} comes after {before}")
        if set(answer) - {"note"} == set():
            raise Failure(f"{side}: says nothing about {case}")
        before = case
        answers[case] = answer
    return answers


def verdict(java, ours, wanted, cases_min):
    """What is wrong, as lines; none when the two sides agree."""
    wrong = []
    if len(java) < cases_min:
        wrong.append(f"only {len(java)} cases were read, at least {cases_min} are there")
    for case in sorted(set(java) ^ set(ours)):
        wrong.append(f"{case}: only {'Java' if case in java else 'kferry'} read it")
    for pattern in wanted:
        if not fnmatch.filter(java, pattern):
            wrong.append(f"{pattern}: is a listed difference, but no case")
    for case in sorted(set(java) & set(ours)):
        sides = [
            {key: value for key, value in side[case].items() if key != "note"}
            for side in (java, ours)
        ]
        listed = any(fnmatch.fnmatchcase(case, pattern) for pattern in wanted)
        if sides[0] != sides[1] and not listed:
            wrong.append(f"{case}:\n  Java   {show(java[case])}\n  kferry {show(ours[case])}")
        elif sides[0] == sides[1] and listed:
            wrong.append(f"{case}: is a listed difference, but both say {show(java[case])}")
    return wrong


def show(answer):
    return json.dumps(answer, ensure_ascii=True, sort_keys=True)


def kafka_jars(version):
    home = os.environ.get("KFERRY_KAFKA_HOME", os.path.expanduser("~/.cache/kferry/kafka"))
    folder = Path(home) / version
    if not (folder / ".complete").exists():
        raise Failure(f"{folder} is not there; tests/e2e/fetch_kafka.sh {version} fetches it")
    return folder / "*"


class Java:
    """A judge's main class, compiled once; it may run on several versions of Kafka."""

    def __init__(self, main_class, versions, flags, folder):
        self.main_class = main_class
        self.versions = versions
        self.flags = flags
        self.classes = folder
        sources = HERE / "java"
        run(
            ["javac", "-Xlint:all,-classfile", "-Werror", "-implicit:class", "-encoding", "UTF-8"]
            + ["-proc:none", "-d", folder, "-sourcepath", sources]
            + ["-cp", kafka_jars(versions[0]), sources / f"{main_class}.java"],
            "javac",
        )

    def run(self, version, arguments):
        path = f"{self.classes}{os.pathsep}{kafka_jars(version)}"
        command = ["java", *JAVA_FLAGS, *self.flags, "-cp", path, self.main_class]
        return run([*command, *arguments], "Java's side")

    def answers(self, arguments):
        """With several versions the cases are called <version>/<case>."""
        everything = {}
        for version in self.versions:
            answers = said(self.run(version, arguments), "Java's side")
            prefix = f"{version}/" if len(self.versions) > 1 else ""
            everything.update({prefix + case: answer for case, answer in answers.items()})
        return everything


def make_by_both(java, ours, folder, count):
    """Random cases, by Java for us to read and by us for Java."""
    seed = os.environ.get("KFERRY_TEST_SEED") or str(random.randrange(1 << 31))
    print(f"KFERRY_TEST_SEED={seed}", flush=True)
    arguments = ["--make", folder, seed, str(count)]
    java.run(java.versions[0], arguments)
    run([ours, *arguments], "our side")


def judge(options):
    work = Path(options.work)
    shutil.rmtree(work, ignore_errors=True)
    (work / "classes").mkdir(parents=True)
    flags = [f"-{flag}" for flag in options.java_flag]
    java = Java(options.java, options.kafka or ["3.9.1"], flags, work / "classes")
    wanted = differences_of(HERE / "differences" / f"{options.name}.txt")
    if options.cases_from_java:
        by_java = java.answers([])
        names = "".join(f"{case}\n" for case in sorted(by_java))
        ours = said(run([options.ours], "our side", names.encode()), "our side")
        return len(by_java), verdict(by_java, ours, wanted, options.cases_min)

    cases = work / "cases"
    cases.mkdir()
    corpus = HERE / "corpus" / options.name
    if corpus.exists():
        lay_out(corpus, cases)
    if options.make:
        run([options.make, cases], options.make)
    if options.made_by_both:
        make_by_both(java, options.ours, cases, options.made_by_both)
    by_java = java.answers([cases])
    ours = said(run([options.ours, cases], "our side"), "our side")
    return len(by_java), verdict(by_java, ours, wanted, options.cases_min)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True, help="of the judge; names corpus and differences")
    parser.add_argument("--ours", required=True, help="our program")
    parser.add_argument("--java", required=True, help="main class below java/")
    parser.add_argument("--cases-min", type=int, required=True, help="fewer cases are a failure")
    parser.add_argument("--work", required=True, help="a folder of this test alone; is emptied")
    parser.add_argument("--kafka", action="append", help="version of the jars; may be repeated")
    parser.add_argument("--java-flag", action="append", default=[], help="without the first dash")
    parser.add_argument("--make", help="a program that fills the folder it is given with cases")
    parser.add_argument(
        "--made-by-both",
        type=int,
        help="how many random cases each of the two programs makes, with --make FOLDER SEED COUNT",
    )
    parser.add_argument(
        "--cases-from-java",
        action="store_true",
        help="Java needs no folder, and our side reads the names of Java's cases from stdin",
    )
    options = parser.parse_args()
    try:
        count, wrong = judge(options)
    except (Failure, subprocess.TimeoutExpired, OSError, ValueError) as error:
        print(f"judge {options.name}: {error}", file=sys.stderr)
        return 2
    for line in wrong[:SHOWN_MAX]:
        print(line)
    if len(wrong) > SHOWN_MAX:
        print(f"... and {len(wrong) - SHOWN_MAX} more")
    print(f"judge {options.name}: {count} cases, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
