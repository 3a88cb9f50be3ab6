"""Expressions over whole layers: Wᵀδ, δ ⊙ σ′(z), δ xᵀ; sums and products unit by unit where both sides are vectors.

Heads: "pull" (Wᵀg), "outer" (g hᵀ), "inner" (gᵀh), "entries" (1ᵀg), "hadamard" (unit by unit), "units" (some units
of a vector), "concat", "over examples" (Σ over the examples of a batch).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gradcalc.expressions.build import hadamard, product, rebuilt
from gradcalc.expressions.expression import Expression, fold
from gradcalc.expressions.symbols import Symbol

IsVector = Callable[[Symbol], bool]

TO_NUMBERS = frozenset({"inner", "entries"})


def unit_by_unit(tree: Expression, is_vector: IsVector) -> Expression:
    """A formula of one unit as one of whole layers: products of vectors become ⊙."""
    return fold(tree, lambda node, parts: _lifted(node, parts, is_vector))


def times(factors: Sequence[Expression], is_vector: IsVector) -> Expression:
    """The product, of vectors unit by unit, with the numbers in front."""
    flat: list[Expression] = []
    for factor in factors:
        flat += factor.parts if factor.head in ("hadamard", "*") else [factor]
    vectors = [factor for factor in flat if is_vectorial(factor, is_vector)]
    if len(vectors) < 2:
        return product(factors)
    return product((*(factor for factor in flat if factor not in vectors), hadamard(vectors)))


def scaled(adjoint: Expression, slope: Expression, is_vector: IsVector) -> Expression:
    """An adjoint times a slope, unit by unit where the slope is a vector: then the adjoint is one."""
    return hadamard((adjoint, slope)) if is_vectorial(slope, is_vector) else product((adjoint, slope))


def is_vectorial(tree: Expression, is_vector: IsVector) -> bool:
    """Whether it has an entry for each unit of a layer."""

    def visit(node: Expression, parts: list[bool]) -> bool:
        if node.head == "symbol":
            return is_vector(node.value)
        if node.head == "concat":
            return True
        return node.head not in TO_NUMBERS and any(parts[1:] if node.head == "pull" and len(parts) > 2 else parts)

    return fold(tree, visit)


def _lifted(node: Expression, parts: list[Expression], is_vector: IsVector) -> Expression:
    if not parts:
        return node
    return times(parts, is_vector) if node.head == "*" else rebuilt(node, parts)


def units(tree: Expression, start: int, stop: int) -> Expression:
    """Some units of a vector."""
    return Expression("units", (tree,), f"{start}:{stop}" if stop > start + 1 else str(start))
