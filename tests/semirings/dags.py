"""Small random DAGs of linear steps, and all their paths by recursion: what every semiring is held against."""

from fractions import Fraction
from math import prod
from typing import Any, NamedTuple

from gradcalc.network.linear_graph import EdgeLabel, LinearGraph


class Dag(NamedTuple):
    """Steps with their derivatives; node `size − 1` is the loss, and the parameters stand just before it."""

    dag: LinearGraph
    derivatives: list[float]
    parameters: range

    def paths(self, node: int) -> list[list[int]]:
        """Every path from a node to the loss, as its edges from the node on."""
        if node == self.dag.loss:
            return [[]]
        starts = [edge for edge, tail in enumerate(self.dag.tails) if tail == node]
        return [[edge, *rest] for edge in starts for rest in self.paths(self.dag.heads[edge])]

    def product(self, path: list[int]) -> Fraction:
        """The exact product of a path's derivatives."""
        return prod((Fraction(self.derivatives[edge]) for edge in path), start=Fraction(1))

    def length(self, path: list[int]) -> int:
        return sum(label.enters for label in self.labels(path))

    def labels(self, path: list[int]) -> tuple[EdgeLabel, ...]:
        return tuple(label for edge in path if (label := self.dag.labels[edge]) is not None)


def random_dag(generator: Any, derivative: Any, nodes: int = 7, parameters: int = 3) -> Dag:
    """`derivative()` gives the derivatives; several edges between two nodes and nodes without any are among them."""
    count = generator.randint(1, nodes)
    loss = count + parameters
    inner, labels = [], []
    for head in [loss, *range(count - 1, 0, -1)]:
        below = range(count if head == loss else head)
        for tail in generator.choices(below, k=generator.randint(1, 3)):
            inner.append((tail, head))
            labels.append(random_mark(generator, head, len(inner)))
    uses = [(count + generator.randrange(parameters), generator.randrange(count)) for _ in range(parameters + 1)]
    labels += [EdgeLabel(f"n{head}", None, 0, f"use{place}") for place, (_, head) in enumerate(uses)]
    edges = inner + uses
    dag = LinearGraph(loss + 1, loss, len(inner), [tail for tail, _ in edges], [head for _, head in edges], labels)
    return Dag(dag, [derivative() for _ in edges], range(count, loss))


def random_mark(generator: Any, head: int, edge: int) -> EdgeLabel | None:
    """No label now and then; one of its own else, so that every path has a name."""
    if generator.random() < 0.2:
        return None
    return EdgeLabel(f"n{head}", f"e{edge}", generator.randint(0, 1))
