"""Upper bounds of gradients, ∏|w|·max|σ′| along every path.

In a chain |∂L/∂w1| ≤ |∂L/∂y| · |x| · ∏ |wₖ| · (max |σ′|)ⁿ, which is why it vanishes where |w|·max |σ′| < 1 (Hochreiter,
Bengio, Frasconi & Schmidhuber, "Gradient flow in recurrent nets", 2001; Pascanu, Mikolov & Bengio 2013).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

from gradcalc.activations import Activation
from gradcalc.analysis.point import Subject
from gradcalc.analysis.scalar_path_sums import linear_nodes
from gradcalc.engine.scalar_point import ScalarPoint
from gradcalc.errors import DomainError
from gradcalc.expressions.numerals import decimal
from gradcalc.network.graph import ActivationNode
from gradcalc.network.network import norm
from gradcalc.semirings.accumulate import Magnitude, ReverseSweep

FAR, STEPS, ROUNDS = 50.0, 1000, 60  # the grid goes from −FAR to FAR; so many rounds find the top
FARTHER, TIMES = 1.37, 60  # beyond the grid: so many points on either side, each so many times farther out
GROWS = 1.01  # what is so many times steeper far out than near 0 has no bound
GOLDEN = 0.6180339887498949  # (√5 − 1)/2


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
        low, high = grid[place] - width, grid[place] + width
        for _ in range(ROUNDS):
            left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
            low, high = (left, high) if derivative(left) < derivative(right) else (low, right)
        near = max(derivative(grid[place]), derivative((low + high) / 2))
        far = max(derivative(sign * FAR * FARTHER**time) for time in range(TIMES) for sign in (1, -1))
    except (DomainError, OverflowError):
        return None
    return max(near, far) if far <= GROWS * near < inf else None


class Bounds:
    """What no gradient of a narrow network can exceed: ∏ |w|·max |σ′| along a path, summed over the paths, in numbers
    with their own exponent. The loss, inputs, joins and activations that couple units are taken as they are."""

    def __init__(self, at: ScalarPoint, steep: Mapping[int, float]) -> None:
        """`steep` is max |σ′| by the place of a derivative in S; what is steeper here than elsewhere is taken."""
        from gradcalc.arithmetic.extended import Extended

        assert at.linear is not None
        self._at, self._linear = at, at.linear
        self._context = Extended.context
        with self._context():
            one = Extended.number(1)
            self._sweeps = []
            for example in at.examples:
                derivatives = [max(steep.get(place, 0.0), abs(x)) for place, x in enumerate(example.derivatives)]
                edges = self._linear.gather(list(map(decimal, (*at.weights, *example.values, *derivatives))))
                sweep = ReverseSweep(self._linear.dag, edges, one / at.graph.reduction, Magnitude(one - one))
                self._sweeps.append(sweep)

    def of(self, subject: Subject) -> Any:
        """The bound of a parameter's or a node's gradient, in its norm."""
        with self._context():
            places = linear_nodes(self._linear, subject)
            return norm([sum(sweep.of(place) for sweep in self._sweeps) for place in places])

    def preactivation(self, node: int) -> Any:
        """The bound of ‖∂L/∂z‖ of a layer."""
        with self._context():
            units = self._at.layout.units(self._at.graph.preactivations[node])
            return norm([sweep.of(unit) for sweep in self._sweeps for unit in units])


def bounds(at: Any) -> Bounds | None:
    """The bounds; None for networks that are not narrow, and where a derivative has no bound."""
    if not isinstance(at, ScalarPoint) or at.linear is None:
        return None
    steep: dict[int, float] = {}
    known: dict[tuple[str, float | None], float | None] = {}
    for node, slot in zip(at.graph.nodes, at.layout.slots):
        if not isinstance(node, ActivationNode) or node.activation.couples:
            continue
        activation = node.activation
        alphas: Sequence[float | None] = [None] * node.width
        if activation.parametric:
            alphas = [float(at.weights[place]) for place in at.layout.alphas(node)]
        for place, alpha in enumerate(alphas, slot):
            key = activation.text, alpha
            if key not in known:
                known[key] = steepest(activation, alpha)
            highest = known[key]
            if highest is None:
                return None
            steep[place] = highest
    return Bounds(at, steep)
