"""What the kernel says about a process and the machine."""

import os
import platform
import subprocess
import time

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def _stat_times(path):
    """User and system time of a stat file of /proc."""
    with open(path, encoding="ascii", errors="replace") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return int(fields[11]) / _TICKS_PER_S, int(fields[12]) / _TICKS_PER_S


def cpu_s(pid):
    """User and system time of all threads of a process since its start."""
    return sum(_stat_times(f"/proc/{pid}/stat"))


def usage(pid):
    """What a process has taken since its start."""
    user_s, system_s = _stat_times(f"/proc/{pid}/stat")
    return {
        "cpu_s": round(user_s + system_s, 2),
        "user_s": round(user_s, 2),
        "system_s": round(system_s, 2),
        "rss_peak_mib": rss_peak_mib(pid),
        "voluntary_switches": voluntary_switches(pid),
    }


def _tasks(pid):
    return os.listdir(f"/proc/{pid}/task")


def voluntary_switches(pid):
    """How often the threads that still live went to sleep by themselves."""
    return sum(_status(f"{pid}/task/{task}", "voluntary_ctxt_switches") for task in _tasks(pid))


def threads_cpu_s(pid):
    """Name and time on a core of each thread that lives, by its id, finer than in ticks."""
    found = {}
    for task in _tasks(pid):
        folder = f"/proc/{pid}/task/{task}"
        try:
            with open(f"{folder}/comm", encoding="utf-8", errors="replace") as comm:
                name = comm.read().strip()
            with open(f"{folder}/schedstat", encoding="ascii") as schedstat:
                found[task] = name, int(schedstat.read().split()[0]) / 1e9
        except OSError:
            pass  # it has ended meanwhile
    return found


def _status(process, field):
    """A number of a process's or a thread's status; 0 when it has none or is gone."""
    try:
        with open(f"/proc/{process}/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith(f"{field}:"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


def rss_mib(pid):
    return round(_status(pid, "VmRSS") / 1024, 1)


def rss_peak_mib(pid):
    return round(_status(pid, "VmHWM") / 1024, 1)


def _output(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.stdout.decode().strip()


def _cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        for line in info:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _memory_mib():
    with open("/proc/meminfo", encoding="ascii") as info:
        return int(info.readline().split()[1]) // 1024


def _distribution():
    with open("/etc/os-release", encoding="utf-8") as release:
        for line in release:
            if line.startswith("PRETTY_NAME="):
                return line.partition("=")[2].strip().strip('"')
    return "unknown"


def host():
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_mib": _memory_mib(),
        "kernel": platform.release(),
        "distribution": _distribution(),
        "java": _output("java", "-version").splitlines()[0],
        "librdkafka": _output("dpkg-query", "-W", "-f", "${Version}", "librdkafka1"),
        "compiler": _output("c++", "--version").splitlines()[0],
    }


def commit(root):
    """The commit that is measured, marked when the tree holds more than it."""
    text = _output("git", "-C", root, "rev-parse", "HEAD")
    dirty = _output("git", "-C", root, "status", "--porcelain", "--untracked-files=no")
    return text + ("-dirty" if dirty else "")


class Busy:
    """How busy the machine was over a while, with the run and whatever else there was."""

    def __init__(self):
        self._start = self._busy_s(), time.monotonic()

    @staticmethod
    def _busy_s():
        with open("/proc/stat", encoding="ascii") as stat:
            fields = [int(field) for field in stat.readline().split()[1:9]]
        return (sum(fields) - fields[3] - fields[4]) / _TICKS_PER_S

    def cores_busy(self):
        """Mean number of busy cores since this object was made."""
        busy, began = self._start
        return round((self._busy_s() - busy) / max(time.monotonic() - began, 1e-9), 2)
