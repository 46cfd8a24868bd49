"""Runs the binary under test, as somebody at a terminal would.

Comes in: the words of a command line. Goes out: how it ended and what it printed. Knows nothing of what it
is asked to do.
"""

import json
import os
import subprocess

from servers import trimtab_binary


def trimtab(*args, ok=True, **env):
    """How a command ended; it must end well, unless `ok` says that it need not."""
    done = subprocess.run(
        [trimtab_binary(), *map(str, args)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, **env},
    )
    assert not ok or done.returncode == 0, done.stdout + done.stderr
    return done


def summary(*args, **env):
    """What a command says for programs."""
    return json.loads(trimtab(*args, "--format", "json", **env).stdout)
