"""Reports as text, one file per format, found by its file name.

A format is a module with `EXTENSIONS`, the endings of files that mean it, and
`render(report, style) -> Iterator[str]`, which yields the text in one piece or, where it streams, line by line.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

from gradcalc.errors import UsageError
from gradcalc.report.report import Report, Style

Render = Callable[[Report, Style], Iterator[str]]


def names() -> list[str]:
    """Every format, in alphabetical order."""
    files = os.listdir(os.path.dirname(__file__))
    return sorted(file[:-3] for file in files if file.endswith(".py") and not file.startswith("_"))


def load(name: str) -> Render:
    """The renderer of the format of that name."""
    render: Render = module(name).render
    return render


def module(name: str) -> Any:
    """The module of the format of that name."""
    return __import__(f"gradcalc.report.formats.{name}", fromlist=["render"])


def by_extension(path: str) -> str:
    """The format that a file's ending means; raises UsageError, naming the endings there are."""
    extension = os.path.splitext(path)[1].lower()
    endings = {ending: name for name in names() for ending in module(name).EXTENSIONS}
    if extension not in endings:
        has = f"no format ends in {extension}" if extension else "the name has no ending"
        raise UsageError(f"--output {path}: {has}; use {', '.join(endings)}, or --format")
    return endings[extension]
