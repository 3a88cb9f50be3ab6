"""The one reverse sweep: a node's adjoint is the sum, over its paths to the loss, of the product of their edges.

In the numbers themselves (`Total`) that is the gradient, in absolute values (`Magnitude`) what the gradient would be if
no path cancelled another, in ones (`Count`) the number of paths, of either sign (`CountBySign`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from math import inf, log2
from typing import Any, Protocol

from gradcalc.errors import LimitError
from gradcalc.network.linear_graph import LinearGraph

Function = Callable[[Any], Any]


class Semiring(Protocol):
    """How paths combine. Its elements bring `+` (paths side by side) and `*` (a path made longer by an edge); elements
    are never changed in place, since many nodes share one zero."""

    @property
    def zero(self) -> Any:
        """The adjoint of a node that no path reaches."""

    def start(self, seed: Any) -> Any:
        """The element of the empty path, whose contribution is `seed`."""

    def edges(self, graph: LinearGraph, local: Any) -> Any:
        """What every edge is in the semiring, from the local derivatives."""


def accumulate(graph: LinearGraph, edges: Sequence[Any], seed: Any, semiring: Semiring) -> list[Any]:
    """The adjoint of every node: the sum, over all its paths to the loss, of the product of their edges.

    Reverse accumulation (Griewank & Walther, Evaluating Derivatives, 2008, ch. 3) over any semiring: one multiplication
    and one addition for each edge, however many paths there are. `edges` are the semiring's; the adjoints of parameters
    are formed by `ReverseSweep`.
    """
    adjoint = [semiring.zero] * graph.size
    adjoint[graph.loss] = semiring.start(seed)
    for edge, tail, head in zip(edges[: graph.inner], graph.tails, graph.heads):
        adjoint[tail] = adjoint[tail] + adjoint[head] * edge
    return adjoint


def parameters(
    graph: LinearGraph, edges: Sequence[Any], seed: Any, semiring: Semiring, retained: Collection[int] = ()
) -> dict[int, Any]:
    """The adjoint of every parameter and of the nodes in `retained`, by the same sweep, each node let go after its
    last use.

    For long polynomials memory is the cost: the adjoint of a node feeds its parameters while at hand.
    """
    adjoint: dict[int, Any] = {graph.loss: semiring.start(seed)}
    zero, tails = semiring.zero, graph.tails
    for head, out in graph.by_head:
        at_head = adjoint.get(head, zero) if head in retained else adjoint.pop(head, zero)
        for edge in out:
            tail, longer = tails[edge], at_head * edges[edge]
            adjoint[tail] = adjoint[tail] + longer if tail in adjoint else longer
    return adjoint


class ReverseSweep:
    """The adjoint, in a semiring, of every node, and on demand of every parameter: the sum over its uses, formed when
    asked for, so that lists of paths of a million weights are never held at once.
    """

    def __init__(self, graph: LinearGraph, local: Any, seed: Any, semiring: Semiring) -> None:
        self._graph = graph
        self._edges = semiring.edges(graph, local)
        self._adjoints = accumulate(graph, self._edges, seed, semiring)

    @property
    def adjoints(self) -> Sequence[Any]:
        """Those of all nodes."""
        return self._adjoints

    def of(self, node: int) -> Any:
        """The adjoint of a node or a parameter."""
        total = self._adjoints[node]
        for adjoint, edge in self.uses(node):
            total = total + adjoint * edge
        return total

    def uses(self, parameter: int) -> list[tuple[Any, Any]]:
        """For every use of a parameter the adjoint of the head, and the edge there."""
        heads, adjoint, edges = self._graph.heads, self._adjoints, self._edges
        return [(adjoint[heads[use]], edges[use]) for use in self._graph.uses.get(parameter, ())]


class Total:
    """Local derivatives as they are, numbers or arrays."""

    def __init__(self, zero: Any = 0.0) -> None:
        self.zero = zero

    def start(self, seed: Any) -> Any:
        """The seed itself."""
        return seed

    def edges(self, graph: LinearGraph, local: Any) -> Any:
        """The local derivatives themselves."""
        return local


class Magnitude(Total):
    """Local derivatives in absolute value; arrays bring their own `abs`."""

    def start(self, seed: Any) -> Any:
        """|seed|."""
        return abs(seed)

    def edges(self, graph: LinearGraph, local: Sequence[Any]) -> list[Any]:
        """Absolute local derivatives, entry by entry."""
        return list(map(abs, local))


class Count:
    """Every edge counts 1 (or as `structure` has it, where edges stand for many), whatever its derivative."""

    def __init__(self, structure: Sequence[Any] | None = None, zero: Any = 0) -> None:
        self.structure = structure
        self.zero = zero

    def start(self, seed: Any) -> Any:
        """The empty path is one path; `seed` is 1 of the right shape."""
        return seed

    def edges(self, graph: LinearGraph, local: Any) -> Sequence[Any]:
        """Ones."""
        return [1] * len(graph.tails) if self.structure is None else self.structure


MANY_EDGES = 50_000  # so many make no numbers of paths that are too long
MOST_BITS = 2_000_000_000


class FewCounts:
    """The numbers of paths from some nodes and parameters, where those from all would fill the memory: each is let go
    after its last use."""

    def __init__(self, graph: LinearGraph, wanted: Collection[int], message: str) -> None:
        part, semiring = graph.only(graph.between(wanted)), Count()
        self._of = parameters(part, semiring.edges(part, ()), 1, semiring, wanted)
        self._wanted = wanted
        self._message = message

    def of(self, node: int) -> int:
        """That from a node or a parameter that is wanted. Raises LimitError for another."""
        if node not in self._wanted:
            raise LimitError(self._message + FEWER)
        return int(self._of.get(node, 0))

    @property
    def adjoints(self) -> Sequence[Any]:
        """Those from all nodes, which are asked for to rank paths. Raises LimitError."""
        raise LimitError(f"{self._message}; --top 0 lists no paths, and counts them one gradient at a time")


FEWER = "; there are fewer with --wrt nearer the output, with --of nearer the input, or of fewer layers or skips"


def path_counts(graph: LinearGraph, asked: Callable[[], Collection[int]] = tuple) -> ReverseSweep | FewCounts:
    """The number of paths from every node, exactly, or where these numbers would fill the memory from those that are
    `asked` for. Raises LimitError where also these would."""
    if graph.inner <= MANY_EDGES or (bits := sum(lengths := lengths_of_counts(graph))) <= MOST_BITS:
        return ReverseSweep(graph, (), 1, Count())
    message = f"the exact numbers of paths from {graph.size:,} nodes would take {bits / 8e9:,.1f} GB"
    wanted = asked()
    if not wanted:
        raise LimitError(message + FEWER)
    if len(wanted) * max(lengths) > MOST_BITS:
        raise LimitError(f"{message}; --wrt names fewer gradients, and --top 0 lists no paths")
    return FewCounts(graph, wanted, message)


def lengths_of_counts(graph: LinearGraph) -> list[float]:
    """The binary digits of the numbers of paths from every node, by the same sweep over their logarithms."""
    logarithm = [-inf] * graph.size
    logarithm[graph.loss] = 0.0
    for _, tail, head in zip(range(graph.inner), graph.tails, graph.heads):
        small, large = sorted((logarithm[tail], logarithm[head]))
        logarithm[tail] = large + log2(1 + 2 ** (small - large)) if small > -inf else large
    return [max(length, 0.0) for length in logarithm]


SignEdge = tuple[Any, Any, Function]
"""An edge: 1 at its positive and 1 at its negative derivatives, else 0; and what keeps counts in their range."""


class SignCounts:
    """Numbers of positive and of negative products."""

    __slots__ = ("negative", "positive")

    def __init__(self, positive: Any, negative: Any) -> None:
        self.positive = positive
        self.negative = negative

    def __add__(self, other: SignCounts) -> SignCounts:
        return SignCounts(self.positive + other.positive, self.negative + other.negative)

    def __mul__(self, edge: SignEdge) -> SignCounts:
        positive, negative, limit = edge
        return SignCounts(
            limit(self.positive * positive + self.negative * negative),
            limit(self.positive * negative + self.negative * positive),
        )


class CountBySign:
    """A path with a factor of 0 has neither sign; along an edge the two counts change places where it is negative.

    `mapped` applies a function of numbers to an edge; `limit` may cut counts that only have to stay above 0.
    """

    def __init__(
        self,
        zero: Any = 0,
        mapped: Callable[[Function, Any], Any] = lambda function, derivative: function(derivative),
        limit: Function = lambda count: count,
    ) -> None:
        self._mapped = mapped
        self._limit = limit
        self.zero = SignCounts(zero, zero)

    def start(self, seed: Any) -> SignCounts:
        """One path."""
        return SignCounts((seed > 0) * 1, (seed < 0) * 1)

    def edges(self, graph: LinearGraph, local: Sequence[Any]) -> list[SignEdge]:
        """Which local derivatives are positive and which are negative."""
        mapped, limit = self._mapped, self._limit
        return [(mapped(lambda x: (x > 0) * 1, e), mapped(lambda x: (x < 0) * 1, e), limit) for e in local]
