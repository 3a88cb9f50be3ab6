"""Commands as users run them: each a process, with its own time of the processor and its own memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

GRADCALC = str(Path(sys.executable).with_name("gradcalc"))

STARTER = """
import os, sys
started = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, ended, usage = os.wait4(started, 0)
print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(ended), file=sys.stderr)
"""
"""A small process that starts another one, whose memory would else begin at that of this one."""


class Ended(NamedTuple):
    """What a process took: seconds of the processor, MB of memory; and its exit status."""

    seconds: float
    memory: float
    status: int


def process(*arguments: str, out: Any = subprocess.DEVNULL) -> Ended:
    """Runs a command as a process."""
    command = [sys.executable, "-c", STARTER, *arguments]
    done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True, check=True)
    seconds, memory, status = done.stderr.split()[-3:]
    return Ended(float(seconds), float(memory), int(status))
