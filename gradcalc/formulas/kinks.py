"""Where a formula has no slope of its own: its value stands on the kink of an abs, sign, relu, max or min."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gradcalc.formulas import doubles
from gradcalc.formulas.evaluation import applied, leaf
from gradcalc.formulas.exact import with_ratios
from gradcalc.formulas.expression import Expression, heads_of, in_postorder
from gradcalc.formulas.functions import KINKED, Namespace, Number
from gradcalc.problems import DomainError


def is_kink(
    expression: Expression, arguments: Sequence[str], functions: Namespace = doubles
) -> Callable[..., bool] | None:
    """Whether the formula stands on a kink at these values, as a function; None where it has none anywhere."""
    if not heads_of(expression) & KINKED:
        return None
    folded = with_ratios(expression)

    def at(*values: Number) -> bool:
        try:
            return _meets_kink(folded, functions, dict(zip(arguments, values, strict=True)))
        except (DomainError, ZeroDivisionError):
            return False

    return at


def _meets_kink(expression: Expression, functions: Namespace, names: dict[str, Number]) -> bool:
    results: list[Number] = []
    for node in in_postorder(expression):
        first = len(results) - len(node.parts)
        parts = results[first:]
        del results[first:]
        if node.head in KINKED and _stands(node.head, parts):
            return True
        results.append(applied(node, parts, functions) if parts else leaf(node, functions, names))
    return False


def _stands(head: str, arguments: list[Number]) -> bool:
    if head in ("max", "min"):
        return arguments.count((max if head == "max" else min)(arguments)) > 1
    return bool(arguments[0] == 0)
