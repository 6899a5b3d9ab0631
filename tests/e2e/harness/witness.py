"""The Java witness: Kafka's own client behind a pipe."""

import concurrent.futures
import glob
import hashlib
import itertools
import json
import os
import shutil
import subprocess
import threading

from . import kafka, process


class WitnessError(Exception):
    pass


def _classes():
    """Compiles the witness once per version of its sources."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sources = sorted(glob.glob(os.path.join(here, "witness", "*.java")))
    digest = hashlib.sha256()
    for source in sources:
        with open(source, "rb") as text:
            digest.update(text.read())
    folder = os.path.join(kafka.home(), f"witness-{digest.hexdigest()[:16]}")
    if not os.path.isdir(folder):
        part = f"{folder}.part.{os.getpid()}"
        command = ["javac", "-nowarn", "-cp", kafka.class_path(kafka.TOOLS), "-d", part, *sources]
        subprocess.run(command, check=True)
        try:
            os.rename(part, folder)
        except OSError:
            shutil.rmtree(part)
    return folder


class Witness:
    def __init__(self, folder):
        self._ids = itertools.count(1)
        self._waiting = {}
        self._lock = threading.Lock()
        self._process = process.Process(
            "witness",
            [*kafka.QUICK_JAVA, "-Xmx768m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"]
            + ["-cp", f"{_classes()}:{kafka.class_path(kafka.TOOLS)}", "kferry.witness.Witness"],
            os.path.join(folder, "witness.log"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def start(self, command, **args):
        """A future of the reply."""
        future = concurrent.futures.Future()
        number = next(self._ids)
        with self._lock:
            self._waiting[number] = future
            line = json.dumps({"id": number, "command": command, **args}) + "\n"
            self._process.popen.stdin.write(line.encode())
            self._process.popen.stdin.flush()
        return future

    def call(self, command, timeout_s=180, **args):
        return self.start(command, **args).result(timeout_s)

    def _read(self):
        for line in self._process.popen.stdout:
            reply = json.loads(line)
            with self._lock:
                future = self._waiting.pop(reply["id"])
            if "error" in reply:
                future.set_exception(WitnessError(reply["error"]))
            else:
                future.set_result(reply["ok"])
        with self._lock:
            for future in self._waiting.values():
                future.set_exception(WitnessError("the witness is gone"))
