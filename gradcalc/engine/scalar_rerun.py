"""A narrow network of one example computed again and again in float64: its topology is compiled once, at every point
only weights, inputs and targets are filled in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gradcalc.engine.scalar_graph import picker
from gradcalc.engine.scalar_point import Example, ScalarPoint, swept
from gradcalc.engine.scalar_underflow import far_from_ends, in_range
from gradcalc.errors import DomainError
from gradcalc.semirings.accumulate import Total, accumulate

Numbers = Sequence[float]


class Pass(NamedTuple):  # one is made at every point, and a Record costs more to make
    """One point: P, V and S, the loss, the derivative of every edge, and the adjoint of every node."""

    weights: list[float]
    values: list[float]
    derivatives: list[float]
    loss: float
    edges: Numbers
    adjoints: Numbers


class Rerun:
    """The network of a point with other numbers. Raises ValueError where it has no loss or more than one example."""

    def __init__(self, at: ScalarPoint) -> None:
        if at.linear is None or len(at.examples) != 1:
            raise ValueError("only a network of one example that has a loss is run again")
        self._at = at
        self._linear = at.linear
        self._runs = [block.run for _, block in at.program.blocks]
        self._derivatives = [block.derivatives for _, block in at.program.derivative_blocks]
        self._losses = [(end.loss, picker(end.read), end.target) for end in at.program.ends]
        self._total = Total()

    def __call__(self, weights: list[float], inputs: Numbers, targets: Sequence[Numbers], far: bool) -> Pass | None:
        """The pass with these P, inputs and targets; None where a double was lost to the range, or has no value.

        `far` says that the weights are known to be far from the ends of the range.
        """
        values = [1.0, *inputs]
        derivatives: list[float] = []
        try:
            for run in self._runs:
                run(weights, values)
            for sigma in self._derivatives:
                derivatives += sigma(weights, values)
            loss = self._loss(values, derivatives, targets)
        except (DomainError, OverflowError):
            return None
        edges = self._linear.gather(weights + values + derivatives)
        adjoint = accumulate(self._linear.dag, edges, 1.0, self._total)
        found = Pass(weights, values, derivatives, loss, edges, adjoint)
        if far:  # mostly it is enough to look at the factors
            factors = self._linear.factors(values)
            far = far_from_ends((*factors, *adjoint[1 : self._linear.layout.values], loss))
        return found if far or in_range(self.point(found)) else None

    def _loss(self, values: list[float], derivatives: list[float], targets: Sequence[Numbers]) -> float:
        """The loss; its derivatives are appended."""
        whole = 0.0
        for loss, read, target in self._losses:
            outputs = read(values)
            given = () if target is None else targets[target]
            whole += loss.value(outputs, given)
            derivatives += loss.derivatives(outputs, given)
        return whole

    def point(self, found: Pass) -> ScalarPoint:
        """The pass as a point, of which anything may be asked."""
        adjoint, products = swept(self._linear.dag, found.edges, 1.0)
        example = Example(found.values, found.derivatives, found.edges, adjoint, products)
        return self._at._replace(weights=found.weights, loss=found.loss, examples=[example])

    def uses(self, place: int) -> list[tuple[int, int]]:
        """For every use of a weight P[place] the number of its edge, and of the node that this leads to."""
        heads = self._linear.dag.heads
        return [(edge, heads[edge]) for edge in self._linear.uses(place)]


def gradient(found: Pass, uses: Sequence[tuple[int, int]]) -> float:
    """∂L/∂ one weight, the sum over its uses."""
    return sum(found.adjoints[head] * found.edges[edge] for edge, head in uses) + 0.0
