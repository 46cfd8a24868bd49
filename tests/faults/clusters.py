"""A PostgreSQL of a test's own, to be stopped, killed and started again.

PostgreSQL refuses to run as root: then it runs as `postgres`, the user of Debian's package.
"""

import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import tempfile

from servers import free_port


class Cluster:
    def __init__(self):
        self.bin = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda at: int(at.parent.name))[-1]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="trimtab-faults-", dir="/tmp"))
        self.port, password = free_port(), secrets.token_hex(8)
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
        words = self.folder / "password"
        words.write_text(password)
        words.chmod(0o644)
        self.data = self.folder / "cluster"
        self.call(
            "initdb", f"--pgdata={self.data}", "--username=trimtab", f"--pwfile={words}",
            "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8",
        )  # fmt: skip
        self.url = f"postgres://trimtab:{password}@127.0.0.1:{self.port}/postgres"
        self.secret = password

    def call(self, tool, *arguments):
        owner = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        command = [*owner, str(self.bin / tool), *arguments]
        with (self.folder / "tools.log").open("ab") as log:
            subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True)

    def start(self):
        options = f"-c listen_addresses=127.0.0.1 -p {self.port} -c unix_socket_directories={self.folder}"
        self.call(
            "pg_ctl", f"--pgdata={self.data}", f"--log={self.folder / 'server.log'}", "--wait", "--silent",
            f"--options={options}", "start",
        )  # fmt: skip
        return self

    @property
    def pid(self):
        """Of the postmaster, while it runs: one that was killed leaves its file behind."""
        file = self.data / "postmaster.pid"
        pid = int(file.read_text().split()[0]) if file.exists() else None
        return pid if pid and pathlib.Path(f"/proc/{pid}").exists() else None

    def stop(self, mode="immediate"):
        self.call("pg_ctl", f"--pgdata={self.data}", "--wait", "--silent", f"--mode={mode}", "stop")

    def kill(self):
        """As the kernel does when memory runs out: the postmaster is gone, its children follow."""
        os.kill(self.pid, signal.SIGKILL)

    def remove(self):
        if self.pid:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
