"""The paths of a gradient: how many there are, and the largest by |contribution|, with their shares.

Two listers. Where a path is a product of numbers (over single units, or over layers of one unit; of one example), the k
largest are ranked without listing all. Where its contribution is an array (over layers of many units, or over many
examples) no order ranks paths without forming them: all are listed, or, beyond `LISTED`, the largest that a search
finds that holds the best at every node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from math import isinf, log2, log10, prod
from typing import Any, Protocol, overload

from gradcalc.analysis.point import Point, Subject
from gradcalc.analysis.results import Found, Largest, Path, Paths, Signs, Term
from gradcalc.analysis.scalar_path_sums import ScalarListing, ScalarPathSums, linear_nodes, unit_linear, unit_point
from gradcalc.engine.scalar_point import ScalarPoint, point_holds_paths
from gradcalc.errors import LimitError
from gradcalc.network.linear_graph import EdgeLabel, LayerLinearGraph, layer_linear_graph
from gradcalc.network.network import Index, Network, Value, entry_name, numbers, unit_name
from gradcalc.semirings.accumulate import FEWER, MANY_EDGES, MOST_BITS, FewCounts, ReverseSweep, path_counts
from gradcalc.semirings.entropy import Moments
from gradcalc.semirings.k_best import refuse_many

LISTED = 10_000  # paths of one gradient up to which all are listed
SEARCHED = 200  # how many paths a search holds at every node, at least
FEW = 20_000  # numbers in all the paths of layers up to which plain lists are formed faster than NumPy is imported
HELD = 20_000_000  # numbers in all the paths of layers, from all nodes, up to which they are held at once
MOST_NODES = 20_000_000  # of all paths of a document
MOST_DIGITS = 50_000_000  # of all numbers of paths of a document
FORMED = 200_000  # numbers in all the paths of a gradient up to which its largest is looked for unasked


class PathSource(Protocol):
    """Sums over paths at one point."""

    @property
    def point(self) -> Point: ...
    def in_range(self) -> bool:
        """Whether float64 held the sums and the paths that were listed; of units, every path there is."""

    def count(self, subject: Subject) -> int: ...
    def count_of_entry(self, subject: Subject) -> int | None: ...
    def total(self, subject: Subject) -> Value: ...
    def moments(self, subject: Subject) -> Moments: ...
    def signs(self, subject: Subject) -> Signs: ...
    def spectrum(self, subject: Subject) -> list[Term]: ...
    def largest(self, subject: Subject, k: int) -> list[Largest]: ...


class PathListing(Protocol):
    """All paths of some gradients, each with its contribution in the shape of the gradient."""

    @property
    def is_cut(self) -> bool:
        """Whether a search may have dropped paths."""

    def largest(self, subject: Subject, k: int) -> list[Found]:
        """The k largest by norm, largest first; only k contributions are held at once."""


class PathLists:
    """The k largest paths of some gradients at a point, and the number of all."""

    def __init__(self, at: Point, chosen: Sequence[Subject], k: int) -> None:
        self._at = at
        self._chosen = chosen
        self._k = k
        self.is_scalar = at.graph.scalar()
        self._listings: dict[tuple[bool, bool], PathListing] = {}

    def count(self, subject: Subject) -> int:
        """How many there are: over single units for an entry or a unit, else over layers."""
        if self.is_scalar or subject.entry is not None:
            return self._sums.count(subject)
        return int(self._layer_counts.of(subject.start(self._layers)))

    def largest(self, subject: Subject) -> tuple[list[Found], bool]:
        """Largest first, and whether they are known to be the largest."""
        network, of_units = self._at.graph.network, subject.entry is not None
        if self.is_scalar or (of_units and network.examples == 1):
            ranked = [found for _, _, found in self._sums.largest(subject, self._k)]
            rows = network.batch and not subject.is_parameter
            return [([[value]] if rows else value, labels) for value, labels in ranked], True
        key = of_units, self.count(subject) <= LISTED
        if key not in self._listings:
            self._listings[key] = self._listing(*key)
        return self._listings[key].largest(subject, self._k), not self._listings[key].is_cut

    def _listing(self, of_units: bool, is_complete: bool) -> PathListing:
        """The paths of the chosen gradients that are listed together: those of others may be more than memory holds."""
        at, graph = self._at, self._at.graph
        of_grain = [subject for subject in self._chosen if (subject.entry is not None) == of_units]
        chosen = [subject for subject in of_grain if (self.count(subject) <= LISTED) == is_complete]
        if of_units and is_complete:
            scalars = unit_point(at)
            return ScalarListing(scalars, unit_linear(scalars), chosen, False)
        sizes = (self.count(subject) * path_size(graph.network, subject) for subject in chosen)
        if isinstance(at, ScalarPoint) and is_complete and sum(sizes) <= FEW:
            assert at.linear is not None
            return ScalarListing(at, at.linear, chosen, True)
        from gradcalc.analysis.array_path_sums import ArrayListing, UnitSearch
        from gradcalc.engine.array_point import ArrayPoint, array_point

        arrays = at if isinstance(at, ArrayPoint) else array_point(graph, at.arithmetic)
        if of_units:
            return UnitSearch(arrays, self._k, max(map(self.count, chosen)))
        if not is_complete:
            return ArrayListing(arrays, chosen, max(SEARCHED, 4 * self._k))
        counts = ((node.width, self._layer_counts.of(number)) for number, node in enumerate(graph.nodes))
        held = graph.network.examples * sum(width * count for width, count in counts if count <= LISTED)
        return ArrayListing(arrays, chosen, held=held <= HELD)

    @cached_property
    def _sums(self) -> PathSource:
        """Sums over single units, which are layers where each has one."""
        if isinstance(self._at, ScalarPoint):
            return ScalarPathSums(self._at, unit_linear(self._at), chosen=self._chosen)
        from gradcalc.analysis.array_path_sums import ArrayPathSums
        from gradcalc.engine.array_point import ArrayPoint

        assert isinstance(self._at, ArrayPoint)
        return ArrayPathSums(self._at)

    @cached_property
    def _layer_counts(self) -> ReverseSweep | FewCounts:
        return path_counts(self._layers.dag)

    @cached_property
    def _layers(self) -> LayerLinearGraph:
        return layer_linear_graph(self._at.graph)


def refuse_many_nodes(gradients: int, nodes: int) -> None:
    """Raises LimitError where the paths of so many gradients have too many nodes, each told one by one."""
    if nodes > MOST_NODES:
        most = f"{MOST_NODES:,} are the most; --top lists fewer paths, or none (0), and --wrt fewer gradients"
        raise LimitError(f"the listed paths of {gradients:,} gradients have up to {nodes:,} nodes, and {most}")


def refuse_long_chain(
    layers: int, weights: int, is_scalar: bool, skips: Sequence[tuple[range, bool]], most: int, in_full: bool
) -> None:
    """Raises LimitError for a chain that is too long for the paths of all its gradients, as listing them would, but
    before anything is computed; `in_full` each is told node by node. For `skips` see `held_by_chain`."""
    if most and in_full:
        refuse_many_nodes(weights, layers * weights)
    if in_full and skips and weights * layers > MOST_BITS:  # each number of paths has at most a bit a layer
        lengths = lengths_along_chain(layers, skips)
        if min(sum(lengths), weights * max(lengths)) > MOST_BITS:
            digits = max(lengths) * log10(2)
            told = f"the exact numbers of paths of {weights:,} gradients have up to {digits:,.0f} digits"
            raise LimitError(f"{told}; --wrt names fewer gradients")
    if most and is_scalar:
        refuse_many(most, held_by_chain(layers, (), most))
    if most and is_scalar and not in_full:  # or else the many nodes of these paths are told before
        refuse_many(most, held_by_chain(layers, skips, most))


def held_by_chain(layers: int, skips: Sequence[tuple[range, bool]], most: int) -> int:
    """Of how many paths to the loss the nodes of a chain are told, each of `most` at most: its preactivations, its
    outputs (twice where a skip is added), its input (layer 0) and its loss. Skips end at the layers of a range, and
    each starts a step of the range before."""
    if not skips:
        return 2 * layers + 2
    leading = ends_by_start(skips)
    added = {end for ends, late in skips if late for end in ends}
    counts, held = [1] * (layers + 2), 1
    for layer in range(layers, -1, -1):
        onward = counts[layer + 1] + sum(counts[end] for end in leading.get(layer, ()))
        counts[layer] = count = min(most, onward)
        held += count * (2 + (layer in added) if layer else 1)
    return held


def lengths_along_chain(layers: int, skips: Sequence[tuple[range, bool]]) -> list[float]:
    """The binary digits of the numbers of paths from the layers of a chain, from their logarithms. For `skips` see
    `held_by_chain`."""
    leading = ends_by_start(skips)
    lengths = [0.0] * (layers + 2)
    for layer in range(layers, -1, -1):
        onward = [lengths[layer + 1], *(lengths[end] for end in leading.get(layer, ()))]
        longest = max(onward)
        lengths[layer] = longest + log2(sum(2.0 ** (one - longest) for one in onward))
    return lengths


def first_layers(patterns: Sequence[str], layers: int) -> list[int]:
    """The layers of a chain that the paths of w3, h2, w* first lead through, where nothing has a name of its own."""
    import re

    found = list[int]()
    for pattern in patterns:
        names = re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."))
        found += [1] if names.fullmatch("x") else []
        for layer in range(1, layers + 1):
            found += [layer + late for late, letter in enumerate("wh") if names.fullmatch(f"{letter}{layer}")]
    return found


def refuse_long_numbers(layers: int, skips: Sequence[tuple[range, bool]], first: int) -> None:
    """Raises LimitError for a chain whose numbers of paths, exactly, from a layer and those after it would fill the
    memory, as counting them would, but before anything is computed. For `skips` see `held_by_chain`."""
    bits = sum(lengths_along_chain(layers, skips)[first:]) if layers - first > MANY_EDGES else 0
    if bits > MOST_BITS:
        told = f"the exact numbers of paths from {layers - first + 1:,} layers would take {bits / 8e9:,.1f} GB or more"
        raise LimitError(told + FEWER)


def ends_by_start(skips: Sequence[tuple[range, bool]]) -> dict[int, list[int]]:
    """Where the skips of a chain end, by the layers that they start at."""
    leading: dict[int, list[int]] = {}
    for ends, _ in skips:
        for end in ends:
            leading.setdefault(end - ends.step, []).append(end)
    return leading


def path_size(network: Network, subject: Subject) -> int:
    """The numbers that one path of a gradient is made of: its entries, in every example."""
    if subject.entry is not None:
        return network.examples
    if subject.is_parameter:
        return prod(network.parameters[subject.number].shape) * network.examples
    return network.nodes[subject.number].width * network.examples


class GradientPaths(Mapping[str, Paths]):
    """The paths of each gradient, found when asked for, each described when looked at, for they can be long."""

    def __init__(self, at: Point, chosen: Sequence[Subject], gradients: Mapping[str, Value], most: int) -> None:
        self.point = at
        self._subjects = {subject.name: subject for subject in chosen}
        self._gradients = gradients
        self._most = most
        self._lists = PathLists(at, chosen, most)
        self._found: dict[str, tuple[list[Found], bool]] = {}
        self._counts: dict[str, int] = {}
        self._shares: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Paths:
        if not self._most:
            return Paths._make((self.count(name), (), True))
        subject, whole = self._subjects[name], self._gradients[name]
        found, exact = self._largest(name)
        described = PathSequence(self.point, found, lambda one: path_of(self.point, subject, one, share(one[0], whole)))
        return Paths(self.count(name), described, exact)

    def __reduce__(self) -> tuple[Any, ...]:
        return GradientPaths, (self.point, self.subjects, self._gradients, self._most)

    def __iter__(self) -> Iterator[str]:
        return iter(self._subjects)

    def __len__(self) -> int:
        return len(self._subjects)

    @property
    def subjects(self) -> Sequence[Subject]:
        """Whose gradients they are of."""
        return tuple(self._subjects.values())

    def count(self, name: str) -> int:
        """How many paths there are, exactly."""
        if name not in self._counts:
            self._counts[name] = self._lists.count(self._subjects[name])
        return self._counts[name]

    def refuse_long(self) -> None:
        """Raises LimitError where the paths of all gradients, each told node by node, would fill volumes."""
        layers, counts = len(self.point.graph.network.layers), list(map(self.count, self))
        nodes, digits = layers * sum(min(self._most, count) for count in counts), sum(map(int.bit_length, counts)) // 3
        refuse_many_nodes(len(counts), nodes)
        if digits > MOST_DIGITS:
            most = f"{MOST_DIGITS:,} are the most; --wrt names fewer gradients"
            raise LimitError(f"the numbers of paths of {len(counts):,} gradients have {digits:,} digits, and {most}")

    def share(self, name: str) -> Any:
        """The share of the largest; None where the gradient is 0, or where too many matrices had to be looked at."""
        if name not in self._shares:
            found = self._largest(name)[0] if self._is_found(name) else []
            with self.point.arithmetic.context():
                part = share(found[0][0], self._gradients[name]) if found else None
            self._shares[name] = part if part is None or isinf(float(part)) else float(part)
        return self._shares[name]

    def path(self, name: str) -> Path | None:
        """The largest itself; None likewise."""
        return next(iter(self[name].top), None) if self._is_found(name) else None

    def labels(self, name: str) -> list[Sequence[EdgeLabel]]:
        """What the edges of each listed path add to it, in the order of the paths."""
        return [labels() for _, labels in self._largest(name)[0]]

    def in_range(self) -> bool:
        """Whether float64 held the listed paths; of a narrow network, every path there is."""
        if not self._most:
            return True
        if isinstance(self.point, ScalarPoint):
            return point_holds_paths(self.point)
        from gradcalc.analysis.array_path_sums import list_in_range
        from gradcalc.engine.array_point import ArrayPoint

        assert isinstance(self.point, ArrayPoint)
        return all(
            list_in_range(self.point, subject, [value for value, _ in self._largest(name)[0]])
            for name, subject in self._subjects.items()
        )

    def _largest(self, name: str) -> tuple[list[Found], bool]:
        if name not in self._found:
            with self.point.arithmetic.context():
                self._found[name] = self._lists.largest(self._subjects[name]) if self._most else ([], True)
        return self._found[name]

    def _is_found(self, name: str) -> bool:
        numbers_formed = self.count(name) * path_size(self.point.graph.network, self._subjects[name])
        return self._lists.is_scalar or (numbers_formed <= FORMED and self._largest(name)[1])


def path_of(
    at: Point, subject: Subject, found: Found, share: Any, index: Index | None = None, example: int | None = None
) -> Path:
    """A path that is described; `index` and `example` say of which entry or unit it is, if not of the whole subject."""
    contribution, make_labels = found
    labels, network, entry = make_labels(), at.graph.network, None
    nodes, index = nodes_of(labels), subject.entry or index
    if not subject.is_parameter:
        node = network.nodes[subject.number]
        nodes = (unit_name(node.name, index[0], node.width) if index else node.name, *nodes)
    elif index and subject.entry is None:
        name = entry_name(network.parameters[subject.number], index)
        entry = None if name == subject.name else name
    length = sum(label.enters for label in labels)
    use = labels[0].at if subject.is_parameter and labels else None
    return Path(nodes, edges_of(labels), length, contribution, share, use, example if network.batch else None, entry)


def nodes_of(labels: Sequence[EdgeLabel]) -> tuple[str, ...]:
    """The nodes that a path visits."""
    return tuple(label.node for label in labels if label.node is not None)


def edges_of(labels: Sequence[EdgeLabel]) -> tuple[str, ...]:
    """The names of the edges that a path takes."""
    return tuple(label.name for label in labels if label.name is not None)


def share(contribution: Value, gradient: Value, there: Sequence[Any] | None = None) -> Any:
    """⟨contribution, gradient⟩ / ⟨gradient, gradient⟩, scaled so that no square leaves the range; None for 0,
    and where low precision left infinities.

    A contribution to some entries alone has the entries of the gradient `there`.
    """
    if there is None and not isinstance(gradient, (list, tuple)) and not isinstance(contribution, (list, tuple)):
        if not gradient:
            return None
        found = contribution / gradient * (gradient / gradient)  # of infinities no number
        return None if found != found else found
    whole = numbers(gradient)
    scale = max(map(abs, whole))
    if scale == 0:
        return None
    pairs = zip(numbers(contribution), whole if there is None else there)
    found = sum(one / scale * (other / scale) for one, other in pairs) / sum((entry / scale) ** 2 for entry in whole)
    return None if found != found else found


class PathSequence(Sequence[Path]):
    """As many paths as are `found`, each described when it is looked at, once, in the numbers of the point."""

    def __init__(self, at: Point, found: Sequence[Any], describe: Callable[[Any], Path]) -> None:
        self._at = at
        self.found = found
        self._describe = describe
        self._known: dict[int, Path] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, (tuple(self),)

    def __len__(self) -> int:
        return len(self.found)

    def labels(self, place: int) -> Sequence[EdgeLabel]:
        """Those of the edges of a path."""
        found = self.found[place]  # its contribution with its labels, or these after the example and the entry
        taken: Sequence[EdgeLabel] = (found if len(found) == 2 else found[2])[1]()
        return taken

    @overload
    def __getitem__(self, place: int) -> Path: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Path, ...]: ...
    def __getitem__(self, place: int | slice) -> Path | tuple[Path, ...]:
        if isinstance(place, slice):
            return tuple(self[number] for number in range(*place.indices(len(self))))
        number = range(len(self))[place]
        if number not in self._known:
            with self._at.arithmetic.context():
                self._known[number] = self._describe(self.found[number])
        return self._known[number]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]


def share_along(at: Point, subject: Subject, nodes: Sequence[str], gradient: Value) -> float | None:
    """The share of the paths that visit these nodes and no others; None where the gradient is 0."""
    point = unit_point(at)
    with point.arithmetic.context():
        found = share(contributions(point, subject, nodes), gradient)
    return None if found is None else float(found)


def contributions(point: ScalarPoint, subject: Subject, nodes: Sequence[str]) -> list[Any]:
    """The sum along the nodes for every entry or unit; of a parameter over all examples, of a node for each of them.

    Nodes are layers, or where any is a unit, `h[0]`, units.
    """
    from gradcalc.semirings.all_paths import OnePath

    of_units = any("[" in node for node in nodes)
    linear = unit_linear(point) if of_units else point.linear
    assert linear is not None
    visited = nodes if subject.is_parameter else nodes[1:]
    seed = point.arithmetic.seed(point.graph.reduction)
    sweeps = [ReverseSweep(linear.dag, example.edges, seed, OnePath(visited)) for example in point.examples]
    places = linear_nodes(linear, subject)
    rows = [[sweep.of(place).of.get(len(visited), seed - seed) for place in places] for sweep in sweeps]
    return [sum(column) for column in zip(*rows)] if subject.is_parameter else [entry for row in rows for entry in row]
