"""The one reverse sweep: a node's adjoint is the sum, over its paths to the loss, of the product of their edges."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

from gradcalc.network.linear_graph import Steps


class Algebra(Protocol):
    """A way to combine paths. Its elements bring `+` (paths side by side) and `*` (a path made longer by an edge);
    elements are never changed in place, since many nodes share one zero."""

    @property
    def zero(self) -> Any:
        """What is said of a node that no path reaches."""

    def start(self, seed: Any) -> Any:
        """The element of the empty path, of derivative `seed`."""

    def edges(self, steps: Steps, derivatives: Any) -> Any:
        """Every edge as the algebra sees it, from its derivative."""


def accumulate(steps: Steps, edges: Sequence[Any], seed: Any, algebra: Algebra) -> list[Any]:
    """What the loss says of every node: the sum, over all paths, of the product of their edges.

    Reverse accumulation (Griewank & Walther, Evaluating Derivatives, 2008, ch. 3) over any semiring: one multiplication
    and one addition for each edge, however many paths there are. `edges` are the algebra's, in the order of `steps`;
    nothing is said yet of parameters, see `Sweep`.
    """
    said = [algebra.zero] * steps.size
    said[steps.loss] = algebra.start(seed)
    for edge, tail, head in zip(edges[: steps.inner], steps.tails, steps.heads):
        said[tail] = said[tail] + said[head] * edge
    return said


def parameters(
    steps: Steps,
    edges: Sequence[Any],
    seed: Any,
    algebra: Algebra,
    kept: Collection[int] = (),
    seen: Callable[[Any], None] | None = None,
) -> dict[int, Any]:
    """What the loss says of every parameter and of the nodes in `kept`, by the same sweep, each node let go after its
    last use; what is said of a node is shown to `seen` before.

    For arrays and long polynomials memory is the cost, not dispatch: what is said of a node feeds its parameters while
    it is at hand.
    """
    said: dict[int, Any] = {steps.loss: algebra.start(seed)}
    zero, tails = algebra.zero, steps.tails
    for head, out in steps.by_head:
        above = said.get(head, zero) if head in kept else said.pop(head, zero)
        if seen is not None:
            seen(above)
        for edge in out:
            tail, longer = tails[edge], above * edges[edge]
            said[tail] = said[tail] + longer if tail in said else longer
    return said


class Sweep:
    """What an algebra says of every node, and on demand of every parameter.

    A parameter's element is the sum over its uses, formed when asked for: lists of paths of a million weights are
    never held at once.
    """

    def __init__(self, steps: Steps, derivatives: Any, seed: Any, algebra: Algebra) -> None:
        self._steps = steps
        self._edges = algebra.edges(steps, derivatives)
        self._said = accumulate(steps, self._edges, seed, algebra)

    def of(self, node: int) -> Any:
        """The element of a node or a parameter."""
        total = self._said[node]
        for said, edge in self.uses(node):
            total = total + said * edge
        return total

    def uses(self, parameter: int) -> list[tuple[Any, Any]]:
        """For every use of a parameter what is said of the head, and the edge there."""
        heads, said, edges = self._steps.heads, self._said, self._edges
        return [(said[heads[use]], edges[use]) for use in self._steps.uses.get(parameter, ())]


# The gradient: the sum over all paths of the product of their derivatives.


class Total:
    """Numbers (or arrays) as they are."""

    zero = 0.0

    def __init__(self, zero: Any = 0.0) -> None:
        self.zero = zero

    def start(self, seed: Any) -> Any:
        """The seed itself."""
        return seed

    def edges(self, steps: Steps, derivatives: Any) -> Any:
        """The derivatives themselves."""
        return derivatives


# The gradient that would be if no path cancelled another: the sum of |product| over all paths.


class Magnitude:
    """Derivatives in absolute value; arrays bring their own `abs`."""

    zero: Any = 0.0

    def __init__(self, zero: Any = 0.0) -> None:
        self.zero = zero

    def start(self, seed: Any) -> Any:
        """|seed|."""
        return abs(seed)

    def edges(self, steps: Steps, derivatives: Sequence[Any]) -> list[Any]:
        """|derivative|, entry by entry."""
        return list(map(abs, derivatives))
