"""Networks side by side: the loss and every gradient of each, and how many times one is the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradcalc.errors import UsageError
from gradcalc.expressions.numerals import decimal
from gradcalc.network.network import Network, Value, norm
from gradcalc.questions.alignment import aligned, by_name
from gradcalc.questions.compute import gradient
from gradcalc.questions.path_list import GradientPaths
from gradcalc.questions.point import Point, point
from gradcalc.questions.subjects import Subject, subjects
from gradcalc.records import Record


class Contender(Record):
    """A network to compare: `name` in full, `short` as a column calls it."""

    name: str
    short: str
    network: Network


class Side(Record):
    """What was found of one network; `norms` are Frobenius norms, `log10` of them (None: an exact 0)."""

    name: str
    short: str
    at: Point
    loss: Any
    gradients: Mapping[str, Value]
    norms: Mapping[str, Any]
    log10: Mapping[str, float | None]
    paths: GradientPaths
    chosen: tuple[Subject, ...]

    @property
    def network(self) -> Network:
        """The network itself."""
        return self.at.graph.network


class Comparison(Record):
    """`names` are those of any side, in order of first appearance. `ratios[name][i]` = ‖gradient of the first side‖ /
    ‖gradient of side i‖; None where either is absent, or the latter 0."""

    sides: tuple[Side, ...]
    names: tuple[str, ...]
    ratios: Mapping[str, tuple[Any, ...]]
    rows: tuple[tuple[str | None, ...], ...]  # names that answer to each other, one a side; None where it has none
    alike: str = ""  # how the others come from the first: "skips" where they lack its skips, or the keys that vary


def compare(
    contenders: Sequence[Contender], *, wrt: Sequence[str] = (), dps: int | None = None, alike: str = ""
) -> Comparison:
    """Computes every network and sets the gradients of `wrt` (all parameters unless named) side by side.

    Raises UsageError for a network without target or a name that no network has; DomainError, LimitError.
    """
    chosen = choose([contender.network for contender in contenders], wrt)
    sides = tuple(side(one, names, dps) for one, names in zip(contenders, chosen))
    names = tuple(dict.fromkeys(name for one in sides for name in one.norms))
    ratios = {name: tuple(ratio(sides[0].norms.get(name), one.norms.get(name)) for one in sides) for name in names}
    asked = [list(one.norms) for one in sides]
    rows = by_name(asked) if wrt else aligned([one.network for one in sides], asked)
    return Comparison(sides, names, ratios, tuple(rows), alike)


def choose(networks: Sequence[Network], wrt: Sequence[str]) -> list[list[Subject]]:
    """The subjects of every network; a pattern has to match in one of them."""
    if not wrt:
        return [subjects(network) for network in networks]
    for pattern in wrt:
        if not any(matched(network, pattern) for network in networks):
            subjects(networks[0], [pattern])
    return [
        list({subject.name: subject for pattern in wrt for subject in matched(network, pattern)}.values())
        for network in networks
    ]


def matched(network: Network, pattern: str) -> list[Subject]:
    """The subjects that a pattern names, none where it names none."""
    try:
        return subjects(network, [pattern])
    except UsageError:
        return []


def side(contender: Contender, chosen: Sequence[Subject], dps: int | None = None) -> Side:
    """One network computed."""
    at = point(contender.network, dps)
    if at.loss is None:
        raise UsageError(f"{contender.name} has no target, so there are no gradients to compare; --target gives one")
    with at.arithmetic.context():
        gradients = {subject.name: gradient(at, subject) for subject in chosen}
        norms = {name: norm(value) for name, value in gradients.items()}
        sizes = {name: at.arithmetic.log10(size) for name, size in norms.items()}
    paths = GradientPaths(at, chosen, gradients, 1)
    return Side(contender.name, contender.short, at, at.loss, gradients, norms, sizes, paths, tuple(chosen))


def ratio(one: Any, other: Any) -> Any:
    """one / other, whatever their size; None where one is missing or the other 0."""
    if one is None or not other:
        return None
    if not (isinstance(one, float) and isinstance(other, float)):
        return wide_ratio(one, other)
    found = one / other
    return found if 1e-300 < found < 1e300 or not one else wide_ratio(one, other)


def wide_ratio(one: Any, other: Any) -> Any:
    """one / other where doubles are not enough: as Decimals, or in the numbers of `--dps`."""
    if hasattr(one, "context") and hasattr(other, "context"):
        return one / other
    from gradcalc.arithmetic.extended import Extended

    with Extended.context():
        return decimal(one) / decimal(other)
