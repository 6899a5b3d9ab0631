"""Child processes that never outlive the test, whatever happens to it."""

import atexit
import ctypes
import os
import signal
import subprocess
import sys
import threading

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)
_running = []


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """One child in a process group of its own, its output in a file.

    Start it from the main thread only: the kernel ties the child to the thread that made it.
    """

    def __init__(self, name, command, log_path, env=None, stdin=None, stdout=None, cwd=None):
        assert threading.current_thread() is threading.main_thread()
        self.name = name
        self.log_path = log_path
        with open(log_path, "ab") as log:
            self.popen = subprocess.Popen(
                command,
                stdin=stdin if stdin is not None else subprocess.DEVNULL,
                stdout=stdout if stdout is not None else log,
                stderr=log,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        _running.append(self)

    @property
    def pid(self):
        return self.popen.pid

    def alive(self):
        return self.popen.poll() is None

    def signal(self, number):
        """Sends a signal to the process itself, if it still runs."""
        if self.alive():
            os.kill(self.pid, number)

    def wait(self, timeout_s):
        """The exit code; a negative number is a signal."""
        return self.popen.wait(timeout_s)

    def kill(self):
        """Ends the whole group at once and waits for it; a stopped process too."""
        if self in _running:
            _running.remove(self)
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.popen.wait(30)

    def terminate(self, timeout_s=30):
        """SIGTERM, then SIGKILL after the time-out; the exit code."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            code = self.wait(timeout_s)
        except subprocess.TimeoutExpired:
            code = None
        self.kill()
        return code

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def rss_bytes(self):
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def kill_all():
    for process in list(_running):
        process.kill()


def die_after(seconds):
    """Ends the whole test run when it hangs: the children die with it."""

    def expire():
        print(f"the run did not end within {seconds} s", file=sys.stderr, flush=True)
        for process in list(_running):
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        os._exit(3)

    timer = threading.Timer(seconds, expire)
    timer.daemon = True
    timer.start()


atexit.register(kill_all)
for _signal in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(_signal, lambda number, _frame: sys.exit(128 + number))
