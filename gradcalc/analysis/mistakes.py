"""What can be done wrong in a calculation of gradients, as data: another network, other local derivatives, other
numbers reported. Each mistake is computed by a pass of the engine; none is recognised by its looks.

Every kind of mistake has a share: how much of all that goes wrong it is taken to be before any number is seen. The
places where a kind can happen divide its share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from gradcalc.analysis.altered_pass import AlteredPass, EdgeName, altered_pass, edge_groups, edge_names
from gradcalc.analysis.given_values import GivenValue, ours
from gradcalc.analysis.point import Point
from gradcalc.network.graph import Graph
from gradcalc.network.linear_graph import LayerLinearGraph, LossLink, NodeLink, layer_linear_graph
from gradcalc.network.network import Network, numbers
from gradcalc.records import Record

FEW = 1_500  # weight entries × examples up to which plain numbers are faster than NumPy is imported
Edges = Mapping[EdgeName, int]
OtherEdges = Callable[[AlteredPass, Edges], bool]
"""Alters local derivatives; False where the network has not the edges for it."""


class Reading(Record):
    """Numbers as they are reported: of every given value those of a point, one list each."""

    setting: Setting
    at: Point
    values: list[list[float]]


def read(at: Point, givens: Sequence[GivenValue]) -> list[list[float]]:
    """What a point has for each of the given values."""
    return [[float(x) for x in numbers(ours(given, at))] for given in givens]


class Mistake(Record):
    """One thing that is done otherwise. `clause` follows "when"."""

    kind: str
    what: str  # its short name
    clause: str
    network: Callable[[Network], Network | None] | None = None
    edges: OtherEdges | None = None
    reported: Callable[[Reading], list[list[float]] | None] | None = None
    command: str | None = None  # that prints what comes out; SPEC stands for the spec
    formula: str | None = None
    share: float = 0.0
    arithmetic: Any = None  # other numbers than float64
    beside: str = ""  # the clause where another mistake is made, too; "": `clause`
    alike: tuple[str, ...] = ()  # clauses of other mistakes that give the same numbers

    def in_entries(self, names: Sequence[str], likelihood: float) -> Mistake:
        """The mistake made in some entries of values alone."""
        clause = f"{self.beside or self.clause}, in {' and '.join(names)} alone"
        return self._replace(clause=clause, share=self.share * likelihood, formula=None, command=None)


class Pass:
    """A network at its point, with its edges by name; these are found where some are to be altered."""

    def __init__(self, at: Point) -> None:
        self.at = at

    @cached_property
    def linear(self) -> LayerLinearGraph:
        """Its edges between layers."""
        return layer_linear_graph(self.at.graph)

    @cached_property
    def names(self) -> Edges:
        """Every edge by the name that it has in networks alike."""
        return edge_names(self.linear)

    @cached_property
    def _groups(self) -> list[list[int]]:
        return edge_groups(self.at, self.linear)

    def altered(self) -> AlteredPass:
        """A copy of which local derivatives can be altered."""
        return altered_pass(self.at, self.linear, self._groups)


class Setting:
    """The network whose numbers were given, and its own pass."""

    def __init__(self, own: Pass, givens: Sequence[GivenValue], wrong: Sequence[int]) -> None:
        self.own = own
        self.givens = givens
        self.wrong = wrong  # numbers of the given values that are

    @property
    def network(self) -> Network:
        """The network."""
        return self.graph.network

    @property
    def graph(self) -> Graph:
        """Its graph."""
        return self.own.at.graph

    @cached_property
    def edge_name(self) -> Mapping[int, EdgeName]:
        """The name of every edge."""
        return {edge: name for name, edge in self.own.names.items()}

    def node(self, number: int) -> str:
        """The name of the node of the network that a node of the graph is part of."""
        return self.network.nodes[self.graph.nodes[number].of].name

    @cached_property
    def branches(self) -> list[tuple[int, list[int]]]:
        """Nodes that several edges lead on from, with these edges."""
        found: dict[int, list[int]] = {}
        for edge, link in enumerate(self.own.linear.links):
            if isinstance(link, NodeLink):
                found.setdefault(link.arc.tail, []).append(edge)
            elif isinstance(link, LossLink):
                found.setdefault(link.node, []).append(edge)
        inputs = range(len(self.network.inputs))
        asked = {given.of for given in self.givens}
        chosen = {node: edges for node, edges in found.items() if len(edges) > 1}
        return [(n, edges) for n, edges in chosen.items() if n not in inputs or self.node(n) in asked]

    def onward(self, edge: int) -> str:
        """The path that an edge begins, as far as there is one: `h1 → h2 → y (w2, w3)`."""
        links, dag = self.own.linear.links, self.own.linear.dag
        after: dict[int, list[int]] = {}
        for other in range(dag.inner):
            after.setdefault(dag.tails[other], []).append(other)
        names, through = [self.node(dag.tails[edge])], list[str]()
        following = [edge]
        while len(following) == 1:
            link = links[following[0]]
            if not isinstance(link, NodeLink):
                return f"the path {arrows([*names, 'L'] if len(names) == 1 else names)}{along(through)}"
            if link.arc.label:
                through.append(link.arc.label)
            if self.node(link.node) != names[-1]:
                names.append(self.node(link.node))
            following = after.get(link.node, [])
        return f"what comes through {arrows(names)}{along(through[:1])}"

    @property
    def wrt(self) -> str | None:
        """What `--wrt` takes for the first wrong value."""
        given = self.givens[self.wrong[0]]
        return given.of if given.quantity in ("gradient", "adjoint") else None


def arrows(names: Sequence[str]) -> str:
    """`h1 → y`"""
    return " → ".join(names)


def along(through: Sequence[str]) -> str:
    """` (through w2, w3)`; nothing of no edges."""
    return f" (through {', '.join(through)})" if through else ""


def scaled(names: Sequence[EdgeName], factor: float) -> OtherEdges:
    """These edges times a factor."""

    def alter(altered: AlteredPass, edges: Edges) -> bool:
        for name in names:
            if name in edges:
                altered.scale(edges[name], factor)
        return any(name in edges for name in names)

    return alter


Kind = tuple[str, float, Callable[[Setting], Iterator[Mistake]]]
"""A kind of mistake with its share and where in a network it can be made."""


def with_shares(kinds: Sequence[Kind], setting: Setting) -> list[Mistake]:
    """Every mistake of these kinds, with its own share."""
    found = []
    for kind, share, places in kinds:
        made = list(places(setting))
        found += [one._replace(kind=kind, share=share / len(made)) for one in made]
    return found
