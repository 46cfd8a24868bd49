"""A command and a fresh folder -> a server that answers, its processor time and its memory.

A server is a tree of processes: what is counted is the process that was started and all that came
of it. Knows /proc, and not what is asked of the server.
"""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
START_LIMIT = 180.0


class Failed(Exception):
    """A server gave no answer, or not the one that was asked for."""


class Server:
    """One server after the other may run in the folder `home`."""

    def __init__(self, name, command, home, environment=None):
        self.name = name
        self.command = command
        self.home = Path(home)
        self.environment = os.environ | (environment or {})
        self.process = None
        self.port = None

    def start(self, fresh=True):
        """Seconds from the start of the process to the first 200 of /health."""
        if fresh:
            shutil.rmtree(self.home, ignore_errors=True)
            self.home.mkdir(parents=True)
        self.port = free_port()
        words = [word.format(port=self.port, home=self.home) for word in self.command]
        with open(self.home.with_suffix(".log"), "ab") as log:
            begun = time.perf_counter()
            self.process = subprocess.Popen(
                words, stdout=log, stderr=log, env=self.environment, start_new_session=True
            )
        while not healthy(self.port):
            if self.process.poll() is not None:
                raise SystemExit(f"error: {self.name} ended before it was ready: {self.tail()}")
            if time.perf_counter() - begun > START_LIMIT:
                self.stop()
                raise SystemExit(f"error: {self.name} is not ready: {self.tail()}")
            time.sleep(0.001)
        return time.perf_counter() - begun

    def settle(self):
        """Waits until it has nothing to do: some workers are still starting when one is ready."""
        deadline = time.monotonic() + 60
        before = self.cpu()
        while time.monotonic() < deadline:
            time.sleep(1)
            now = self.cpu()
            if now - before < 0.1:
                return
            before = now

    def tail(self):
        """The end of what it printed."""
        return self.home.with_suffix(".log").read_text(errors="replace")[-2000:]

    def stop(self):
        """Asks it to end, and ends what is left of its tree."""
        if self.process is None:
            return
        left = set(self.tree())
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            pass
        deadline = time.monotonic() + 5
        while (left := {pid for pid in left if pid in processes()}) and time.monotonic() < deadline:
            if self.process.poll() is not None:
                for pid in left:
                    end(pid, signal.SIGTERM)
            time.sleep(0.1)
        for pid in left:
            end(pid, signal.SIGKILL)
        self.process.wait(15)
        self.process = None

    def tree(self):
        """The ids of its processes: descendants, and those of its session."""
        known, root = processes(), self.process.pid
        found = {pid for pid, stat in known.items() if pid == root or stat["session"] == root}
        while more := {p for p, stat in known.items() if stat["parent"] in found} - found:
            found |= more
        return found

    def cpu(self):
        """Seconds of processor time until now, with those of children that ended."""
        known = processes()
        return sum(known[pid]["ticks"] for pid in self.tree() if pid in known) / TICKS

    def memory(self):
        """(PSS, RSS) of the tree in MiB: pages that processes share count once in PSS."""
        both = [rollup(pid) for pid in self.tree()]
        return sum(pss for pss, _ in both) / 1024, sum(rss for _, rss in both) / 1024

    def forget_peak(self):
        """Lets the peak of the resident memory begin anew."""
        for pid in self.tree():
            try:
                Path(f"/proc/{pid}/clear_refs").write_text("5")
            except OSError:
                pass

    def peak(self):
        """The sum of the peaks of the resident memory of its processes, in MiB."""
        return sum(status(pid, "VmHWM") for pid in self.tree()) / 1024

    def ask(self, path, body=None):
        """One call, for what is not measured."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        method = "GET" if body is None else "POST"
        head = {"Content-Type": "application/json"}
        line.request(method, path, None if body is None else json.dumps(body), head)
        answer = line.getresponse()
        text = answer.read()
        line.close()
        if answer.status != 200:
            raise Failed(f"{path} answered {answer.status}: {text[:500]}")
        return json.loads(text)


def free_port():
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def healthy(port):
    """Whether /health answers 200."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
            line.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return line.recv(64).split(b" ")[1:2] == [b"200"]
    except OSError:
        return False


def processes():
    """Parent, session and ticks of every process."""
    found = {}
    for folder in os.listdir("/proc"):
        if not folder.isdigit():
            continue
        try:
            text = Path(f"/proc/{folder}/stat").read_text()
        except OSError:
            continue
        rest = text.rpartition(")")[2].split()
        if rest[0] != "Z":
            ticks = sum(int(word) for word in rest[11:15])
            found[int(folder)] = {"parent": int(rest[1]), "session": int(rest[3]), "ticks": ticks}
    return found


def rollup(pid):
    """(PSS, RSS) in KiB."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return status(pid, "VmRSS"), status(pid, "VmRSS")
    sizes = {line.split(":")[0]: line.split()[1] for line in lines[1:]}
    return int(sizes.get("Pss", 0)), int(sizes.get("Rss", 0))


def status(pid, name):
    """A size of /proc/PID/status in KiB, 0 if the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name + ":")), 0)


def end(pid, how):
    """Sends a signal to a process that may be gone."""
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        pass
