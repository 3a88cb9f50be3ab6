"""Mistakes about single paths: of a gradient that is written as a sum over paths one is left out or counted twice, or
the sum is divided by their number; and a unit of which nothing is passed back.

A path is known by its nodes, the edges it takes and, of a shared parameter, the use it starts at. What it contributes
is looked up at the point that is read, so it may be a path of a pass in which another mistake is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from gradcalc.analysis.backward_mistakes import always, avoiding, put, quoted, weighed
from gradcalc.analysis.given_values import GivenValue
from gradcalc.analysis.mistakes import Kind, Mistake, Reading, Setting, along, arrows
from gradcalc.analysis.path_list import LISTED, PathLists, path_of, path_size
from gradcalc.analysis.point import Point, Subject
from gradcalc.analysis.reported_mistakes import symbol
from gradcalc.network.network import Index, Network, Value, bracketed, numbers, unit_name

MOST_PATHS = 200  # of one gradient: the largest
MOST_STARTS = 3  # wrong values whose paths are looked at
MOST_FORMED = 50_000  # numbers in all paths of a gradient up to which they are formed
MOST_BY_UNIT = 5_000  # weights × examples of a network up to which paths run over single units too
MOST_UNITS = 64  # that pass nothing back, of all layers
FEWEST_AVERAGED = 3  # paths; two are averaged where they part


class PathKey(NamedTuple):
    """What a path is known by."""

    nodes: tuple[str, ...]
    edges: tuple[str, ...]
    at: str | None  # the use of a shared parameter

    def __str__(self) -> str:
        return f"the path {arrows(self.nodes)}{along(self.edges)}"


class Terms(NamedTuple):
    """The contributions of a gradient's paths, the largest first, and how many paths there are."""

    subject: Subject
    of: Mapping[PathKey, list[float]]
    number: int


class PathSums:
    """Given values as sums over paths, at the network's own point and, for two mistakes together, at another."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self._at = setting.own.at
        self._own: dict[int, list[Terms]] = {}
        self._other: dict[int, list[Terms]] = {}

    def of(self, at: Point, number: int) -> list[Terms]:
        """A given value over layers and, of an entry, over single units; those that are many and not ranked are
        none."""
        if at is not self.setting.own.at and at is not self._at:
            self._at, self._other = at, {}
        found = self._own if at is self.setting.own.at else self._other
        if number not in found:
            given = self.setting.givens[number]
            sums = [one for subject in subjects_of(at, given) if (one := terms(at, subject, given.entry))]
            found[number] = [of_delta(at, one) for one in sums] if given.quantity == "delta" else sums
        return found[number]

    def with_path(self, key: PathKey, factor: float) -> Callable[[Reading], list[list[float]]]:
        """Given values with this factor before the contribution of a path."""

        def reported(reading: Reading) -> list[list[float]]:
            found = []
            for number, values in enumerate(reading.values):
                sums = self.of(reading.at, number)
                own = next((one.of[key] for one in sums if key in one.of), [])
                found.append([x + (factor - 1) * c for x, c in zip(values, own)] if own else values)
            return found

        return reported

    def averaged(self, reading: Reading) -> list[list[float]]:
        """Given values divided by the number of their paths."""
        sums = [self.of(reading.at, number) for number in range(len(reading.values))]
        return [[x / (one[-1].number if one else 1) for x in values] for one, values in zip(sums, reading.values)]


def subjects_of(at: Point, given: GivenValue) -> list[Subject]:
    """What a given value is of, as paths start there: whole, and an entry over single units."""
    network = at.graph.network
    name = (given.of or "") + bracketed(given.entry or ())
    if given.quantity == "gradient":
        number = [one.name for one in network.parameters].index(given.of or "")
    elif given.quantity in ("adjoint", "delta") and not network.batch:
        number = [one.name for one in network.nodes].index(given.of or "")
        node: Any = network.nodes[number]
        if given.quantity == "delta" and (node.activation.couples or node.into_output):
            return []
    else:
        return []
    is_parameter = given.quantity == "gradient"
    found = [Subject(given.of or "", is_parameter, number)]
    if given.entry is not None and weight_entries(network) * network.examples <= MOST_BY_UNIT:
        found.append(Subject(name, is_parameter, number, given.entry))
    return found


def weight_entries(network: Network) -> int:
    """How many numbers all parameters have."""
    return sum(len(numbers(one.value)) for one in network.parameters)


def terms(at: Point, subject: Subject, entry: Index | None) -> Terms | None:
    """A gradient as a sum over paths; None where they are too many to be formed."""
    lists, network = PathLists(at, [subject], MOST_PATHS), at.graph.network
    count = lists.count(subject)
    is_ranked = lists.is_scalar or (subject.entry is not None and network.examples == 1)
    if not is_ranked and (count > LISTED or count * path_size(network, subject) > MOST_FORMED):
        return None
    found = (path_of(at, subject, one, None) for one in lists.largest(subject)[0])
    place = None if subject.entry is not None else entry
    return Terms(
        subject, {PathKey(one.nodes, one.through, one.at): part(one.contribution, place) for one in found}, count
    )


def of_delta(at: Any, terms: Terms) -> Terms:
    """The sum of ∂L/∂ an output as that of δ, times σ′."""
    (derivatives,) = at.derivative(terms.subject.number)
    if terms.subject.entry is not None:
        (unit,) = terms.subject.entry
        derivatives = [derivatives[unit]]
    scaled = {key: [c * float(d) for c, d in zip(own, derivatives)] for key, own in terms.of.items()}
    return terms._replace(of=scaled)


def part(value: Value, entry: Index | None) -> list[float]:
    """The numbers of a value, or of its entry."""
    for place in entry or ():
        value = value[place]
    return list(map(float, numbers(value)))


def sums_of(setting: Setting) -> Iterator[tuple[PathSums, int, Terms]]:
    """The first wrong values that are sums over several paths."""
    sums = PathSums(setting)
    for number in setting.wrong[:MOST_STARTS]:
        for one in sums.of(setting.own.at, number):
            if one.number > 1:
                yield sums, number, one


def path(factor: float, what: str, verb: str) -> Callable[[Setting], Iterator[Mistake]]:
    """One path of a sum with another factor."""

    def places(setting: Setting) -> Iterator[Mistake]:
        seen = set[PathKey]()
        for sums, number, one in sums_of(setting):
            name, of = symbol(setting.givens[number]), one.subject.name
            for key, contribution in one.of.items():
                if key in seen or not any(contribution):
                    continue
                seen.add(key)
                is_use = key.nodes == (key.at,)
                clause = f"the use of {one.subject.name} at {key.at} {verb}" if is_use else f"{key} {verb}"
                term = contribution_of(of, key, one)
                yield Mistake(
                    "",
                    what,
                    clause,
                    reported=sums.with_path(key, factor),
                    command=without(setting, of, key, one) if not factor else None,
                    formula=term and f"{name} {'−' if factor < 1 else '+'} {term}",
                )

    return places


def without(setting: Setting, of: str, key: PathKey, terms: Terms) -> str | None:
    """The command that leaves out this path alone, where one edge or node singles it out."""
    others = [other for other in terms.of if other != key]
    for name in (*key.edges, *key.nodes[1:-1]):
        if terms.number == len(terms.of) and not any(name in (*one.edges, *one.nodes) for one in others):
            return avoiding(setting, name)
    return None


def contribution_of(of: str, key: PathKey, terms: Terms) -> str | None:
    """What a path contributes, as the command that prints it, where its edges are not all in another path too."""
    if terms.number > len(terms.of) or any(key != other and set(key.edges) <= set(other.edges) for other in terms.of):
        return None
    taken = "".join(f" --through {quoted(edge)}" for edge in key.edges)
    return f"the value of `gradcalc paths SPEC --wrt {quoted(of)}{taken}`"


def averaged(setting: Setting) -> Iterator[Mistake]:
    """Paths averaged where they are summed, of every gradient by its own number of paths."""
    for sums, number, one in sums_of(setting):
        if one.number >= FEWEST_AVERAGED:
            name = symbol(setting.givens[number])
            clause = f"the {one.number} paths of {name} are averaged in place of summed"
            formula = f"{name}/{one.number}"
            yield Mistake("", "averaged", clause, reported=sums.averaged, formula=formula)
            return


def unit_left_out(setting: Setting) -> Iterator[Mistake]:
    """A unit that passes nothing back to the units before it."""
    left = MOST_UNITS
    for edge, link, parameter in weighed(setting):
        one = setting.network.parameters[parameter]
        if len(one.shape) < 2 or not 1 < one.shape[0] <= left:
            continue
        left -= one.shape[0]
        head = setting.node(link.node)
        for unit in range(one.shape[0]):
            rows = [x * (row != unit) for row, numbers in enumerate(one.value) for x in numbers]
            unit_of = unit_name(head, unit, one.shape[0])
            clause = f"nothing is passed back from {unit_of} to {setting.node(link.arc.tail)}"
            yield Mistake("", "unit left out", clause, edges=put(setting, edge, always([rows])))


PATHS: tuple[Kind, ...] = (
    ("path", 0.05, path(0.0, "path left out", "is left out")),
    ("path", 0.02, path(2.0, "path counted twice", "is counted twice")),
    ("path", 0.02, averaged),
    ("unit left out", 0.03, unit_left_out),
)
"""What can go wrong with single paths, and how often it does."""
