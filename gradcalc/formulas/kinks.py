"""Where a formula has no slope of its own: its value stands on the kink of an abs, sign, relu, max or min."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gradcalc.errors import DomainError
from gradcalc.formulas import doubles
from gradcalc.formulas.evaluation import evaluate
from gradcalc.formulas.exact import with_ratios
from gradcalc.formulas.expression import Expression, in_postorder
from gradcalc.formulas.functions import KINKED, Namespace, Number


def is_kink(
    expression: Expression, arguments: Sequence[str], functions: Namespace = doubles
) -> Callable[..., bool] | None:
    """Whether the formula stands on a kink at these values, as a function; None where it has none anywhere.

    Outside the domain there is no kink.
    """
    edges = [node for node in in_postorder(with_ratios(expression)) if node.head in KINKED]
    if not edges:
        return None

    def at(*values: Number) -> bool:
        names = dict(zip(arguments, values))
        try:
            return any(
                _stands(edge.head, [evaluate(part, functions, **names) for part in edge.parts]) for edge in edges
            )
        except (DomainError, ZeroDivisionError):
            return False

    return at


def _stands(head: str, arguments: list[Number]) -> bool:
    if head in ("max", "min"):
        return arguments.count((max if head == "max" else min)(arguments)) > 1
    return bool(arguments[0] == 0)
