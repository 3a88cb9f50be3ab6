"""Sums over the paths of a narrow network, and lists of them: every semiring swept over single units."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property, partial
from heapq import nlargest
from itertools import chain
from math import prod
from typing import TYPE_CHECKING, Any

from gradcalc.analysis.point import Point, Subject, in_extended_range, nearest
from gradcalc.analysis.results import WHOLE, Found, Largest, Part, Signs, Term
from gradcalc.arithmetic.float64 import Double, is_low_precision
from gradcalc.engine.scalar_graph import ScalarLinearGraph, UnitLabels, scalar_linear_graph
from gradcalc.engine.scalar_point import ScalarPoint, holds_paths, scalar_point, shaped
from gradcalc.errors import LimitError, UsageError
from gradcalc.network.linear_graph import FilteredGraph, LinearGraph, avoiding, contracted, everything, passing
from gradcalc.network.network import Network, Value, entry_index, norm
from gradcalc.semirings.accumulate import (
    CountBySign,
    FewCounts,
    ReverseSweep,
    Semiring,
    SignCounts,
    Total,
    parameters,
    path_counts,
)
from gradcalc.semirings.all_paths import AllPaths
from gradcalc.semirings.entropy import Entropy, Moments, of_number
from gradcalc.semirings.k_best import KBest, labels_of, ranking

if TYPE_CHECKING:
    from gradcalc.analysis.kinks import Kink
    from gradcalc.semirings.by_length import PackedCounts, Polynomial


def linear_nodes(linear: ScalarLinearGraph, subject: Subject) -> list[int]:
    """Where the paths of a subject start in the linear graph: at its entries or units."""
    layout = linear.layout
    if not subject.is_parameter:
        units = layout.units(layout.graph.outputs[subject.number])
        return list(units) if subject.entry is None else [units[subject.entry[0]]]
    places: Sequence[int] = layout.entries(subject.number)
    if subject.entry is not None:
        shape, (first, *rest) = layout.graph.network.parameters[subject.number].shape, subject.entry
        places = [places[first * shape[1] + rest[0] if len(shape) == 2 else first]]
    return [linear.weight(place) for place in places]


def on_paths(at: Point, kinks: Sequence[Kink], chosen: Sequence[Subject]) -> Sequence[Kink]:
    """Those of units that paths of these gradients go through; of layers of many units all."""
    if not kinks or not isinstance(at, ScalarPoint) or at.linear is None:
        return kinks
    dag, starts = at.linear.dag, {node for subject in chosen for node in linear_nodes(at.linear, subject)}
    edges = list(zip(dag.tails, dag.heads))
    for tail, head in (*edges[dag.inner :], *reversed(edges[: dag.inner])):
        if tail in starts:
            starts.add(head)
    return [kink for kink in kinks if at.layout.units(kink.place(at.graph))[kink.unit] in starts]


MOST_PRODUCTS, MOST_OBJECTS = 50_000_000, 10_000_000  # of floats and of other numbers, that take some seconds


class ScalarPathSums:
    """Sums over the paths of single units; sweeps are made when first asked for, once for all subjects."""

    def __init__(
        self,
        point: ScalarPoint,
        linear: ScalarLinearGraph,
        part: FilteredGraph | None = None,
        chosen: Sequence[Subject] = (),
    ) -> None:
        self.point = point
        self._linear = linear
        self._part = part  # None: all paths to the loss
        self._dag = part.dag if part else linear.dag
        self._chosen = chosen
        one = point.arithmetic.number(1)
        self._seed = point.arithmetic.seed(point.graph.reduction)
        self._zero = one - one
        self._ranked: dict[int, tuple[KBest, list[ReverseSweep]]] = {}
        self._derivatives = [part.derivatives(of.edges, one) if part else of.edges for of in point.examples]

    def in_range(self) -> bool:
        """Whether float64 holds every product along a path with all its bits, and the sums of their sizes; those of the
        edges that are taken as one among them."""
        for example, derivatives in zip(self.point.examples, self._derivatives):
            for product, pick in zip(derivatives, self._part.picks if self._part else ()):
                if len(pick) > 1 and not Double.is_normal(product) and all(map(example.edges.__getitem__, pick)):
                    return False
            if not holds_paths(self._dag, derivatives, self._seed):
                return False
        return True

    def count(self, subject: Subject) -> int:
        """Paths of one example; all have the same."""
        return sum(self._counts.of(node) for node in self._nodes(subject))

    def count_of_entry(self, subject: Subject) -> int | None:
        """Paths of each entry in one example; None where entries differ, as those of a part of the paths may."""
        counts = {self._counts.of(node) for node in self._nodes(subject)}
        return counts.pop() if len(counts) == 1 else None

    def total(self, subject: Subject) -> Value:
        """The sum of the paths, in the gradient's shape."""
        return self._value(subject, [[sweep.of(node) for node in self._nodes(subject)] for sweep in self._totals])

    def moments(self, subject: Subject) -> Moments:
        """Σ|p| and Σ|p|·ln|p| over examples, entries and paths."""
        zero = 0.0 if is_low_precision(self.point.arithmetic.name) else self._zero
        found = Moments(zero, zero)
        for sweep in self._moments:
            for node in self._nodes(subject):
                found = found + sweep.of(node)
        return found

    def signs(self, subject: Subject) -> Signs:
        """Of the contributions to one entry: of a parameter those of all examples are added."""
        rows = [[sweep.of(node) for node in self._nodes(subject)] for sweep in self._sign_counts]
        entries: list[SignCounts] = [count for row in rows for count in row]
        if subject.is_parameter:
            entries = [sum(column, SignCounts(0, 0)) for column in zip(*rows)]
        if any(entry.positive and entry.negative for entry in entries):
            return "opposite"
        signed = sum(entry.positive + entry.negative for entry in entries)
        return "same" if signed == self.count(subject) * len(rows) else "same or 0"

    def spectrum(self, subject: Subject) -> list[Term]:
        """By length, shortest first."""
        from gradcalc.semirings.by_length import CountByLength, unpacked

        nodes, zero, no_path = self._nodes(subject), self._zero, CountByLength.zero
        counts = unpacked(sum((self._length_counts.get(node, no_path) for node in nodes), no_path))
        rows: list[list[list[dict[int, Any]]]] = [
            [[dict(sums[node].terms()) if node in sums else {} for sums in of_example] for node in nodes]
            for of_example in self._length_sums
        ]
        return [
            (
                length,
                count,
                self._value(subject, [[totals.get(length, zero) for totals, _ in row] for row in rows]),
                sum((abs(sizes.get(length, zero)) for row in rows for _, sizes in row), zero),
            )
            for length, count in counts.items()
        ]

    def largest(self, subject: Subject, k: int) -> list[Largest]:
        """The k largest, each with its example and entry."""
        if k not in self._ranked:
            best = ranking(k, self._counts.adjoints, len(self.point.examples))
            self._refuse_long(subject, k)
            self._ranked[k] = best, self._sweeps(best)
        best, sweeps = self._ranked[k]
        network = self.point.graph.network
        if subject.entry is not None:
            indices = [subject.entry]
        elif subject.is_parameter:
            parameter = network.parameters[subject.number]
            indices = [entry_index(parameter, entry) for entry in range(prod(parameter.shape))]
        else:
            indices = [(unit,) for unit in range(network.nodes[subject.number].width)]
        starts = list(zip(self._nodes(subject), indices))
        ranked = (
            sweep.of(node) * (None, (example, index)) for example, sweep in enumerate(sweeps) for node, index in starts
        )
        found: Any = sum(ranked, best.zero).candidates
        return [(*start, (value, partial(labels_of, path))) for value, (start, path) in found]

    def _refuse_long(self, subject: Subject, k: int) -> None:
        """Raises LimitError where the products of so many paths, at every node and use, would take long."""
        counts, dag = self._counts.adjoints, self._dag
        uses = (use for node in self._nodes(subject) for use in dag.uses.get(node, ()))
        heads = map(dag.heads.__getitem__, chain(range(dag.inner), uses))
        products = len(self.point.examples) * sum(min(k, counts[head]) for head in heads)
        most = MOST_PRODUCTS if self.point.arithmetic.name in ("float64", "extended") else MOST_OBJECTS
        if products > most:
            message = f"--top {k:,}: to find so many paths takes {products:,} products, and {most:,} are the most"
            raise LimitError(f"{message}; a smaller --top finds fewer")

    def _nodes(self, subject: Subject) -> list[int]:
        nodes = linear_nodes(self._linear, subject)
        return list(map(self._part.start, nodes)) if self._part else nodes

    def _value(self, subject: Subject, rows: list[list[Any]]) -> Value:
        return in_shape(self.point.graph.network, subject, rows)

    def _sweeps(self, semiring: Semiring) -> list[ReverseSweep]:
        """One for every example."""
        return [ReverseSweep(self._dag, derivatives, self._seed, semiring) for derivatives in self._derivatives]

    @cached_property
    def _counts(self) -> ReverseSweep | FewCounts:
        if self._part is not None:  # sums by length ask for the numbers of paths from all nodes
            return path_counts(self._dag)
        return path_counts(self._dag, lambda: {node for subject in self._chosen for node in self._nodes(subject)})

    @cached_property
    def _totals(self) -> list[ReverseSweep]:
        return self._sweeps(Total(self._zero))

    @cached_property
    def _moments(self) -> list[ReverseSweep]:
        arithmetic = self.point.arithmetic
        if is_low_precision(arithmetic.name):  # of the factors as they are stored, in float64
            floats = (list(map(float, derivatives)) for derivatives in self._derivatives)
            return [ReverseSweep(self._dag, factors, self._seed, Entropy()) for factors in floats]
        xlogx = None if arithmetic.name == "float64" else partial(of_number, log=arithmetic.functions.log)
        return self._sweeps(Entropy(xlogx, self._zero))

    @cached_property
    def _sign_counts(self) -> list[ReverseSweep]:
        return self._sweeps(CountBySign())

    @cached_property
    def _starts(self) -> set[int]:
        """Where sums by length are held: the adjoints of other nodes are let go, for polynomials can be long."""
        return {node for subject in self._chosen for node in self._nodes(subject)}

    @cached_property
    def _length_counts(self) -> Mapping[int, PackedCounts]:
        from gradcalc.semirings.by_length import CountByLength, wide_enough

        semiring = CountByLength(wide_enough(sum(map(self._counts.of, {*self._dag.tails}))))
        return parameters(self._dag, semiring.edges(self._dag, ()), 1, semiring, self._starts)

    @cached_property
    def _length_sums(self) -> list[tuple[Mapping[int, Polynomial], Mapping[int, Polynomial]]]:
        """Contributions and, up to their sign, magnitudes of every example: one sweep where no two paths cancel."""
        from gradcalc.semirings.by_length import ByLength

        semiring, dag = ByLength(), self._dag
        found: list[tuple[Mapping[int, Polynomial], Mapping[int, Polynomial]]] = []
        for derivatives in self._derivatives:
            totals = parameters(dag, semiring.edges(dag, derivatives), self._seed, semiring, self._starts)
            sizes = totals
            if not one_sign(dag, derivatives):
                magnitudes = list(map(abs, derivatives))
                sizes = parameters(dag, semiring.edges(dag, magnitudes), self._seed, semiring, self._starts)
            found.append((totals, sizes))
        return found


def in_shape(network: Network, subject: Subject, rows: list[list[Any]]) -> Value:
    """The entries of every example in the gradient's shape: of a parameter, summed over the examples."""
    if subject.is_parameter:
        form = network.parameters[subject.number].shape if subject.entry is None else ()
        return shaped([sum(column) for column in zip(*rows)], form)
    return rows if network.batch else shaped(rows[0], (len(rows[0]),))


def unit_point(at: Point) -> ScalarPoint:
    """The point unit by unit, in the same numbers: itself, or a wide network's computed anew."""
    return at if isinstance(at, ScalarPoint) else scalar_point(at.graph, at.arithmetic)


def unit_linear(at: ScalarPoint) -> ScalarLinearGraph:
    """The linear graph with labels of units and entries; where every layer is one unit they have the same names."""
    return at.linear if at.linear and at.graph.scalar() else scalar_linear_graph(at.layout, UnitLabels)


def one_sign(dag: LinearGraph, derivatives: Sequence[Any]) -> bool:
    """Whether all paths from a node have products of one sign: then nothing cancels, and sums are magnitudes."""
    signs: dict[int, bool] = {dag.loss: False}
    for tail, head, derivative in zip(dag.tails, dag.heads, derivatives):
        sign = signs.get(head, False) ^ (derivative < 0)
        if signs.setdefault(tail, sign) != sign:
            return False
    return True


class ExampleRow:
    """Numbers of several examples side by side, added and multiplied one by one."""

    __slots__ = ("of",)

    def __init__(self, of: list[Any]) -> None:
        self.of = of

    def __add__(self, other: ExampleRow) -> ExampleRow:
        return ExampleRow([one + more for one, more in zip(self.of, other.of)])

    def __mul__(self, other: ExampleRow) -> ExampleRow:
        return ExampleRow([one * times for one, times in zip(self.of, other.of)])


class ScalarListing:
    """Every path of the chosen gradients."""

    is_cut = False

    def __init__(
        self, point: ScalarPoint, linear: ScalarLinearGraph, chosen: Sequence[Subject], by_label: bool
    ) -> None:
        self._network = point.graph.network
        self._linear = linear
        self._semiring = AllPaths(by_label)
        needed = linear.dag.between([node for subject in chosen for node in linear_nodes(linear, subject)])
        columns = [list(map(example.edges.__getitem__, needed)) for example in point.examples]
        seeds = [point.arithmetic.seed(point.graph.reduction)] * len(columns)
        self._zeros = [seed - seed for seed in seeds]
        edges = list(map(ExampleRow, map(list, zip(*columns))))
        self._sweep = ReverseSweep(linear.dag.only(needed), edges, ExampleRow(seeds), self._semiring)

    def largest(self, subject: Subject, k: int) -> list[Found]:
        listings = [self._sweep.of(node).of for node in linear_nodes(self._linear, subject)]

        def found(path: int) -> Found:
            columns = [listing[path].of if path in listing else self._zeros for listing in listings]
            contribution = in_shape(self._network, subject, list(map(list, zip(*columns))))
            return contribution, partial(self._semiring.labels, path)

        return nlargest(k, map(found, dict.fromkeys(chain(*listings))), key=lambda one: norm(one[0]))


def scalar_source(at: ScalarPoint, chosen: Sequence[Subject], part: Part) -> ScalarPathSums:
    """The sums over the paths of a narrow network, or over the part of them that is asked for; in extended range where
    one of these paths leaves that of float64.

    Raises UsageError for a node or an edge that is not there.
    """
    linear = unit_linear(at)
    paths, dag = everything(linear.dag), linear.dag
    if part.of is not None:
        ends = _units(at, part.of)
        edges = enumerate(zip(dag.tails, dag.heads))
        paths = avoiding(paths, {edge for edge, (tail, head) in edges if head == dag.loss and tail not in ends})
    for name in part.avoid:
        units = _units(at, name)
        starting = {edge for edge, tail in enumerate(dag.tails) if tail in units}
        paths = avoiding(paths, starting | _edges(at, dag, name, units, "--avoid"))
    for name in part.through:
        units = _units(at, name)
        paths = passing(paths, _edges(at, dag, name, units, "--through"), units)
    starts = [paths.start(node) for subject in chosen for node in linear_nodes(linear, subject)]
    paths = paths.only(paths.dag.between(starts))
    if not is_low_precision(at.arithmetic.name):  # in which a product is rounded edge by edge
        paths = contracted(paths, starts)
    found = ScalarPathSums(at, linear, paths, chosen)
    if at.arithmetic.name != "float64" or found.in_range():
        return found
    exact = in_extended_range(at)
    assert isinstance(exact, ScalarPoint)
    with exact.arithmetic.context():
        return ScalarPathSums(exact, linear, paths, chosen)


def _units(at: ScalarPoint, name: str) -> set[int]:
    """The output units of a node, or the one unit that is named; none where there is no such node."""
    for number, node in enumerate(at.graph.network.nodes):
        units = at.layout.units(at.graph.outputs[number])
        if name == node.name:
            return set(units)
        if name.startswith(node.name + "["):
            return {place for unit, place in enumerate(units) if name == f"{node.name}[{unit}]"}
    return set()


def _edges(at: ScalarPoint, dag: LinearGraph, name: str, units: Collection[int], option: str) -> set[int]:
    """The edges that a name stands for: into the units of a node; those that paths call by it, or, where it is a
    weight's, by an entry of it; those of a source that is weighed together with others, which paths do not call."""
    if units:
        return {edge for edge, head in enumerate(dag.heads) if head in units}
    graph, layout, unnamed = at.graph, at.layout, set[tuple[int, int, int]]()
    for number, layer in enumerate(graph.network.layers, len(graph.network.inputs)):
        for place, edge in enumerate(layer.edges if layer.weight is not None else ()):
            if edge.label == name:
                joined = graph.nodes[graph.preactivations[number]].arcs[0].tail
                arc = graph.nodes[joined].arcs[place]
                heads = layout.units(joined)[arc.offset :]
                unnamed |= {(tail, head, arc.parallel) for tail, head in zip(layout.units(arc.tail), heads)}
    found = set[int]()
    for number, (tail, head, label) in enumerate(zip(dag.tails, dag.heads, dag.labels)):
        called = label.name if label and label.name else ""
        if called == name or called.startswith(name + "[") or (tail, head, label.parallel if label else 0) in unnamed:
            found.add(number)
    if not found:
        raise UsageError(_unknown(at.graph.network, name, option))
    return found


def refuse_unknown(network: Network, part: Part) -> None:
    """Raises UsageError for a name of the part that no node has, nor an edge, nor an entry of its weight; whether the
    entry is there, `scalar_source` tells. To be called before the network's graph is made."""
    if part == WHOLE:
        return
    widths, edges = {node.name: node.width for node in network.nodes}, set[str]()
    for layer in network.layers:
        edges.update(edge.label for edge in layer.incoming)
        weights = (layer.weight, *(edge.parameter for edge in layer.incoming))
        edges.update(network.parameters[number].name for number in weights if number is not None)
    ends = () if part.of is None else (part.of,)
    for option, names in (("--of", ends), ("--avoid", part.avoid), ("--through", part.through)):
        for name in names:
            base = name.partition("[")[0]
            is_unit = name == base or name in (f"{base}[{unit}]" for unit in range(widths.get(base, 0)))
            if not (base in widths and is_unit) and (option == "--of" or base not in edges):
                raise UsageError(_unknown(network, name, option))


def _unknown(network: Network, name: str, option: str) -> str:
    names = [node.name for node in network.nodes]
    if option != "--of":
        for layer in network.layers:
            names += [edge.label for edge in layer.incoming]
    return f"{option} {name}: no {'node' if option == '--of' else 'node or edge'} has that name; {nearest(name, names)}"
