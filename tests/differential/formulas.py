"""Formulas of a spec, read once more: an unwritten product is written out, precedence is as in Python."""

import ast
import re
from functools import cache
from types import CodeType
from typing import Any

TOKEN = re.compile(r"\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+|[A-Za-z_]+|\*\*|\S")
EXACT = ("N", "abs", "min", "max", "sign", "relu")
"""What computes without rounding."""


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


class Roundings(ast.NodeTransformer):
    """Hands the result of every operation to `rounded`, but where there is nothing to round."""

    def visit(self, node: ast.AST) -> ast.AST:
        found = self.generic_visit(node)
        if isinstance(found, ast.BinOp) or (isinstance(found, ast.Call) and ast.unparse(found.func) not in EXACT):
            return ast.Call(ast.Name("rounded", ast.Load()), [found], [])
        return found


@cache
def compiled(formula: str, rounds: bool) -> CodeType:
    tree: Any = ast.parse(python_text(formula), mode="eval")
    return compile(ast.fix_missing_locations(Roundings().visit(tree)) if rounds else tree, formula, "eval")


def evaluate(formula: str, names: dict[str, Any]) -> Any:
    """The formula's value; `names` are variables, functions, and N, which makes a number of text.

    Where `rounded` is among the names it is called with the result of every operation, and returns what stands for it.
    """
    return eval(compiled(formula, "rounded" in names), {"__builtins__": {}}, names)
