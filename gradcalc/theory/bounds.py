"""Upper bounds of gradients, ∏|w|·max|σ′| along every path (Hochreiter et al. 2001; Pascanu, Mikolov & Bengio 2013).

In a chain |∂L/∂w1| ≤ |∂L/∂y| · |x| · ∏ |wₖ| · (max |σ′|)ⁿ, which is why it vanishes where |w|·max |σ′| < 1 (Hochreiter,
Bengio, Frasconi & Schmidhuber, "Gradient flow in recurrent nets", 2001; Pascanu, Mikolov & Bengio 2013).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import Any

from gradcalc.activations import Activation
from gradcalc.analysis.point import Subject
from gradcalc.analysis.scalar_path_sums import linear_nodes
from gradcalc.engine.scalar_point import Example, ScalarPoint
from gradcalc.errors import DomainError
from gradcalc.expressions.numerals import decimal
from gradcalc.network.network import norm
from gradcalc.semirings.accumulate import Magnitude, ReverseSweep

FAR, STEPS, ROUNDS = 50.0, 1000, 60
FARTHER, TIMES = 1.37, 60
GROWS = 1.01
"""What is so many times steeper far out than near 0 has no bound."""

GOLDEN = 0.6180339887498949


def steepest(activation: Activation, alpha: float | None = None) -> float | None:
    """max |σ′| over the line; None where |σ′| still grows far from 0 (exp, square) or is not defined everywhere.

    A grid finds the hill, golden-section search its top. `alpha` is prelu's.
    """

    def derivative(x: float) -> float:
        return float(abs(activation.derivative(x) if alpha is None else activation.derivative(x, alpha)))

    try:
        grid = [FAR * (2 * step / STEPS - 1) for step in range(STEPS + 1)]
        place = max(range(len(grid)), key=lambda step: derivative(grid[step]))
        width = grid[1] - grid[0]
        near = max(derivative(grid[place]), top(derivative, grid[place] - width, grid[place] + width))
        far = max(derivative(sign * FAR * FARTHER**time) for time in range(TIMES) for sign in (1, -1))
    except (DomainError, OverflowError):
        return None
    return max(near, far) if far <= GROWS * near < inf else None


def top(of: Callable[[float], float], low: float, high: float) -> float:
    """The largest value between two ends of a hill."""
    for _ in range(ROUNDS):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        low, high = (left, high) if of(left) < of(right) else (low, right)
    return of((low + high) / 2)


# What no gradient can exceed: ∏ |w|·max |σ′| along a path, summed over the paths, the loss and inputs as they are (and
# joins, and activations that couple units).


class Bounds:
    """The bounds of one narrow network, in numbers with their own exponent."""

    def __init__(self, at: ScalarPoint) -> None:
        from gradcalc.arithmetic.extended import Extended

        assert at.linear is not None
        self._at = at
        self._context = Extended.context
        with self._context():
            one = Extended.number(1)
            steep = steep_slots(at)
            self._sweeps = [
                ReverseSweep(at.linear.dag, edges(at, example, steep), one / at.graph.reduction, Magnitude(one - one))
                for example in at.examples
            ]

    def of(self, subject: Subject) -> Any:
        """The bound of a parameter's or a node's gradient, in its norm."""
        assert self._at.linear is not None
        with self._context():
            places = linear_nodes(self._at.linear, subject)
            return norm([sum(sweep.of(place) for sweep in self._sweeps) for place in places])

    def preactivation(self, node: int) -> Any:
        """The bound of ‖∂L/∂z‖ of a layer."""
        with self._context():
            units = self._at.layout.units(self._at.graph.preactivations[node])
            return norm([sweep.of(unit) for sweep in self._sweeps for unit in units])


def bounds(at: Any) -> Bounds | None:
    """The bounds; None for networks that are not narrow, and where a derivative has no bound."""
    if not isinstance(at, ScalarPoint) or at.linear is None or None in steep_slots(at).values():
        return None
    return Bounds(at)


def steep_slots(at: ScalarPoint) -> dict[int, float | None]:
    """max |σ′| by the place of a derivative in S; activations that couple units are taken as they are."""
    found: dict[int, float | None] = {}
    known: dict[tuple[str, Any], float | None] = {}
    for number, node in enumerate(at.graph.nodes):
        if node.kind != "activation" or at.graph.layer(node).activation.couples:
            continue
        bent = at.graph.layer(node).activation
        places: Sequence[Any] = at.layout.alphas(node) if bent.parametric else [None] * node.width
        for unit, place in enumerate(places):
            alpha = None if place is None else float(at.weights[place])
            key = (bent.text, alpha)
            if key not in known:
                known[key] = steepest(bent, alpha)
            found[at.layout.slots[number] + unit] = known[key]
    return found


def edges(at: ScalarPoint, example: Example, steep: dict[int, float | None]) -> Sequence[Any]:
    """The edges with every derivative at its steepest; what is steeper here than elsewhere is taken."""
    assert at.linear is not None
    derivatives = [
        max(steep.get(place) or 0.0, abs(derivative)) for place, derivative in enumerate(example.derivatives)
    ]
    return at.linear.gather([decimal(number) for number in [*at.weights, *example.values, *derivatives]])
