"""The one reverse sweep: what the loss says of every node is the sum, over all paths, of the product of their edges."""

from __future__ import annotations

from typing import Any, Protocol

from gradcalc.steps import Steps


class Algebra(Protocol):
    """A way to combine paths. Its elements bring `+` (paths side by side) and `*` (a path made longer by an edge);
    elements are never changed in place, since many nodes share one zero."""

    @property
    def zero(self) -> Any:
        """What is said of a node that no path reaches."""

    def start(self, seed: Any) -> Any:
        """The element of the empty path, of slope `seed`."""

    def edges(self, steps: Steps, slopes: Any) -> Any:
        """Every edge as the algebra sees it, from its slope."""


def accumulate(steps: Steps, slopes: Any, seed: Any, algebra: Algebra) -> list[Any]:
    """What the loss says of every node: the sum, over all paths, of the product of their edges.

    Reverse accumulation (Griewank & Walther, Evaluating Derivatives, 2008, ch. 3) over any semiring: one multiplication
    and one addition for each edge, however many paths there are. `slopes` are in the order of the edges of `steps`.
    """
    said = [algebra.zero] * steps.size
    said[steps.loss] = algebra.start(seed)
    for tail, head, edge in zip(steps.tails, steps.heads, algebra.edges(steps, slopes)):
        said[tail] = said[tail] + said[head] * edge
    return said


class Sweep:
    """What an algebra says of every node, and on demand of every parameter.

    Parameters feed nodes and are fed by none, so the sweep proper goes over the nodes alone and a parameter's element
    is the sum over its uses, formed when asked for: lists of paths of a million weights are never held at once.
    """

    def __init__(self, steps: Steps, slopes: Any, seed: Any, algebra: Algebra, first_parameter: int) -> None:
        self._zero = algebra.zero
        self._heads = steps.heads
        self._edges = list(algebra.edges(steps, slopes))
        self._uses: dict[int, list[int]] = {}
        said = [algebra.zero] * steps.size
        said[steps.loss] = algebra.start(seed)
        for number, (tail, head, edge) in enumerate(zip(steps.tails, steps.heads, self._edges)):
            if tail >= first_parameter:
                self._uses.setdefault(tail, []).append(number)
            else:
                said[tail] = said[tail] + said[head] * edge
        self._said = said

    def of(self, node: int) -> Any:
        """The element of a node or a parameter."""
        total = self._said[node]
        for said, edge in self.uses(node):
            total = total + said * edge
        return total

    def uses(self, parameter: int) -> list[tuple[Any, Any]]:
        """For every use of a parameter what is said of the head, and the edge there."""
        return [(self._said[self._heads[use]], self._edges[use]) for use in self._uses.get(parameter, ())]
