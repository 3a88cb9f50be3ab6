"""The number of paths, exactly: integers of any size. A zero weight or a dead unit still is a path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.steps import Steps


class Count:
    """Every edge counts 1 (or what `structure` says, where edges stand for many), whatever its slope."""

    zero: Any = 0

    def __init__(self, structure: Sequence[Any] | None = None, zero: Any = 0) -> None:
        self.structure = structure
        self.zero = zero

    def start(self, seed: Any) -> Any:
        """The empty path is one path; `seed` is 1 of the right shape."""
        return seed

    def edges(self, steps: Steps, slopes: Any) -> Sequence[Any]:
        """Ones."""
        return [1] * len(steps.tails) if self.structure is None else self.structure
