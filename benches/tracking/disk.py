"""What the disk itself takes, without a server."""

import os
import subprocess
import time


def fdatasyncs(place, times):
    """Seconds to have 4 KiB on the disk, many times: appended, and in place, as a log writes that
    is used again. The first changes the file's length as well, which is dear on many disks."""
    path, block, took = place / "sync.bin", bytes(4096), ([], [])
    with open(path, "wb", buffering=0) as file:
        for kind in took:
            file.seek(0)
            for _ in range(times):
                begun = time.perf_counter()
                file.write(block)
                os.fdatasync(file.fileno())
                kind.append(time.perf_counter() - begun)
    path.unlink()
    return took


def copied(source, target):
    """Seconds to copy a file with `cp` and have it on the disk."""
    os.sync()
    begun = time.perf_counter()
    subprocess.run(["cp", source, target], check=True)
    with open(target, "rb") as file:
        os.fsync(file.fileno())
    seconds = time.perf_counter() - begun
    target.unlink()
    return seconds
