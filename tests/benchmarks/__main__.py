"""Every benchmark, one after the other: `python -m tests.benchmarks`, or `--short` with as few rounds as say anything.

No test: machines are noisy, and bounds are held against ratios and times of the processor that somebody reads.
"""

from __future__ import annotations

import sys
from importlib import import_module

ROUNDS = {
    "startup": (30, 5),
    "scalar_chains": (15, 3),
    "blocks": (40, 8),
    "dense": (9, 2),
    "sweep": (7, 2),
    "end_to_end": (5, 1),
}
"""Of the benchmarks that take a number of rounds: how many in full, and in short."""


def main(short: bool) -> None:
    """Print every benchmark under its name."""
    for name, rounds in ROUNDS.items():
        print(f"\n{name}", flush=True)
        import_module(f"{__package__}.{name}").main(rounds[short])
    for name in ("explain", "files_run_through"):
        print(f"\n{name}", flush=True)
        import_module(f"{__package__}.{name}").main()


if __name__ == "__main__":
    main("--short" in sys.argv[1:])
