"""One word for one thing: the package uses the field's terms, in names and in all that a person reads."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "gradcalc"

NAMES = {
    "said": "adjoint",
    "says": "adjoint",
    "slope": "derivative, or local derivative",
    "sloper": "derivative",
    "bend": "activation",
    "bent": "activation",
    "mark": "label",
    "mix": "couple, as activations do",
    "way": "path",
    "route": "path",
    "decade": "log10_ratio",
    "beyond": "extended",
    "wider": "extended",
    "spelled": "listed",
    "standing": "saturation",
    "lineup": "networks compared",
    "campaign": "sweep",
    "ledger": "resume",
    "ball": "interval",
    "algebra": "semiring",
    "kept": "what is kept",
}
"""Parts of names that no module, class, function, argument or variable has, and what it is called instead."""

FOREIGN = {"start_mark", "end_mark"}
"""Attributes of other libraries' objects."""

PHRASES = (
    r"\bslopes?\b",
    r"\bbends?\b",
    r"\broutes?\b",
    r"\bthe long way\b",
    r"\bdecades?\b",
    r"\bbeside itself\b",
    r"\bpulls? both ways\b",
    r"\btimes smaller\b",
    r"\btimes less\b",
    r"\bcarry it evenly\b",
    r"\btaken? apart\b",
    r"\barrives?\b",
    r"\bwhat (it|the loss) says\b",
    r"\bwhat is said of\b",
    r"\bin the making\b",
    r"\bon its way\b",
    r"\bspelled out\b",
    r"\bfor eyes\b",
    r"\balgebras?\b",
    r"\bover the skip\b",
    r"\bwider numbers\b",
    r"\bbeyond doubles\b",
)
"""What no docstring, comment, message or table contains."""


def files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Attribute) and node.attr in FOREIGN:
            continue
        if isinstance(node, ast.Name):
            yield node.id, line
        elif isinstance(node, ast.Attribute):
            yield node.attr, line
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name, line
        elif isinstance(node, (ast.arg, ast.keyword)) and node.arg:
            yield node.arg, line


@cache
def parts(name: str) -> list[str]:
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
    return [form for word in words for form in (word.lower(), word.lower().removesuffix("s"))]


@pytest.mark.parametrize("file", files(), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_names_are_the_fields(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = [f"{name} (line {line})" for name, line in names(tree) if not NAMES.keys().isdisjoint(parts(name))]
    assert not found
    assert NAMES.keys().isdisjoint(parts(file.stem))


@pytest.mark.parametrize("file", files(), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_texts_are_the_fields(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    found = [match.group() for match in re.finditer("|".join(PHRASES), text, re.IGNORECASE)]
    assert not found
