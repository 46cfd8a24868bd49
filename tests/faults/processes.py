"""The server under test as a process: started with a bent clock or few files, measured, ended.

Comes in: a home, perhaps a database, more arguments, an environment. Goes out: a `Trimtab` that can be
started again on what it kept. Starting and killing are those of tests/e2e.
"""

import pathlib
import signal
import subprocess
import time

from servers import Server


class Trimtab(Server):
    def __init__(self, home, database=None, *, arguments=(), environment=None, log=None):
        super().__init__("trimtab", "postgres" if database else "sqlite", home, database)
        self.arguments, self.environment = list(arguments), dict(environment or {})
        if log:
            self.log = pathlib.Path(log)

    def command(self):
        settings = [f"{name}={value}" for name, value in self.environment.items()]
        # `env` becomes what it starts: the process that is known here is the server itself.
        return ["env", *settings, *super().command(), *self.arguments]

    def refuses_to_start(self, seconds=30):
        """What it says when it ends by itself, and how it ends."""
        done = subprocess.run(
            self.command(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds
        )
        return done.returncode, done.stdout + done.stderr

    def signal(self, which=signal.SIGTERM):
        self.process.send_signal(which)

    def ends_within(self, seconds):
        """How it ended; `None` if it runs on."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def runs(self):
        return self.process.poll() is None

    def memory(self, line="VmRSS"):
        """MiB that it has now, or had at most (`VmHWM`)."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        found = next(text for text in status.splitlines() if text.startswith(line))
        return int(found.split()[1]) / 1024

    def files(self):
        return len(list(pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir()))


def within(seconds, happens, what):
    """Waits until it happens, and says how long that took."""
    began = time.monotonic()
    while not happens():
        assert time.monotonic() - began < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.05)
    return time.monotonic() - began
