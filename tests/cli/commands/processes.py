"""gradcalc as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence


def process(arguments: Sequence[str], timeout: float = 60, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gradcalc", *arguments], capture_output=True, text=True, timeout=timeout, **options
    )  # type: ignore[call-overload]
