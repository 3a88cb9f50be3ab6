"""What can be wrong with a formula, and where in its text."""

from __future__ import annotations


class FormulaError(ValueError):
    """A formula that cannot be read, or a constant without a value; `start` and `end` are offsets into its text."""

    def __init__(self, message: str, start: int = 0, end: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end
