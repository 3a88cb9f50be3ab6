"""Formulas of a spec, read once more: an unwritten product is written out, precedence is as in Python."""

import re
from typing import Any

TOKEN = re.compile(r"\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+|[A-Za-z_]+|\*\*|\S")


def python_text(formula: str) -> str:
    """`2x^2` → `N("2")*x**N("2")`."""
    found: list[str] = []
    after_number = False
    for token in TOKEN.findall(formula):
        is_number = token[0].isdigit() or (token[0] == "." and len(token) > 1)
        if after_number and (token[0].isalpha() or token == "("):
            found.append("*")
        found.append(f'N("{token}")' if is_number else "**" if token == "^" else token)
        after_number = is_number
    return "".join(found)


def evaluate(formula: str, names: dict[str, Any]) -> Any:
    """The formula's value; `names` are variables, functions, and N, which makes a number of text."""
    return eval(python_text(formula), {"__builtins__": {}}, names)
