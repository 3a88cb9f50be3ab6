"""The whole picture of a network at its point: forward values, the loss, every gradient and the paths it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradcalc.engine.scalar_point import UnitPoint
from gradcalc.network.names import expression
from gradcalc.network.network import Layer, Network, Value, norm
from gradcalc.questions.lists.choosing import layer_lister, unit_lister
from gradcalc.questions.lists.listers import Lister
from gradcalc.questions.lists.listing import Found, largest_of, share
from gradcalc.questions.lists.spelled import Spelled, path_of
from gradcalc.questions.path_underflow import list_in_range, point_holds_paths
from gradcalc.questions.point import Point, point, wider
from gradcalc.questions.standing import is_kink, is_saturated, saturation
from gradcalc.questions.subjects import Subject, in_place_of_loss, subjects
from gradcalc.results import Adjoints, Computation, LossValue, NodeValues, Path, Paths


def compute(
    network: Network, *, wrt: Sequence[str] = (), top: int = 10, of: str | None = None, dps: int | None = None
) -> Computation:
    """Values, gradients and the `top` largest paths of each gradient (0: none are listed, all are counted).

    `wrt` filters gradients and paths by name or pattern; `of` names the node that is differentiated in place of the
    loss; `dps` computes with that many decimal digits.
    Raises UsageError for a `wrt` that matches nothing, DomainError, LimitError.
    """
    network = in_place_of_loss(network, of)
    chosen = subjects(network, wrt)
    found = _computation(point(network, dps), chosen, top)
    if found.arithmetic != "float64" or not isinstance(found.paths, PathsOnDemand) or found.paths.in_range():
        return found
    return _computation(wider(found.paths.point), chosen, top)


class PathsOnDemand(Mapping[str, Paths]):
    """The paths of each gradient, ranked at once and spelled out when asked for: deep networks have long paths."""

    def __init__(self, at: Point, chosen: Sequence[Subject], gradients: Mapping[str, Value], most: int) -> None:
        self.point = at
        self._subjects = {subject.name: subject for subject in chosen}
        self._gradients = gradients
        self._most = most
        self._listers = _Listers(at, most)
        self._found: dict[str, tuple[list[Found], bool]] = {}

    def __getitem__(self, name: str) -> Paths:
        subject, whole = self._subjects[name], self._gradients[name]
        with self.point.arithmetic.context():
            found, exact = self._ranked(name)
            count = self._listers.of(subject).count(subject)
        return Paths(count, Spelled(self.point, found, lambda one: _path(self.point, subject, one, whole)), exact)

    def __iter__(self) -> Iterator[str]:
        return iter(self._subjects)

    def __len__(self) -> int:
        return len(self._subjects)

    def in_range(self) -> bool:
        """Whether doubles held the listed paths; of a narrow network, every path there is."""
        if not self._most:
            return True
        if isinstance(self.point, UnitPoint):
            return point_holds_paths(self.point)
        return all(
            list_in_range(self.point, subject, self.contributions(name)) for name, subject in self._subjects.items()
        )

    def contributions(self, name: str) -> list[Value]:
        """What the listed paths of a gradient contribute, largest first, without spelling them out."""
        return [value for value, _ in self._ranked(name)[0]]

    def _ranked(self, name: str) -> tuple[list[Found], bool]:
        if not self._most:
            return [], True
        if name not in self._found:
            subject, whole = self._subjects[name], self._gradients[name]
            found, exact = self._listers.of(subject).found(subject, whole)
            self._found[name] = largest_of(found, self._most), exact
        return self._found[name]


class _Listers:
    """The lister for whole parameters and nodes, and that for single entries and units."""

    def __init__(self, at: Point, most: int) -> None:
        self._at = at
        self._most = most
        self._made: dict[bool, Lister] = {}

    def of(self, subject: Subject) -> Lister:
        single = subject.entry is not None
        if single not in self._made:
            self._made[single] = (unit_lister if single else layer_lister)(self._at, self._most)
        return self._made[single]


def _computation(at: Point, chosen: Sequence[Subject], most: int) -> Computation:
    network = at.graph.network
    forward = {node.name: _node(at, number) for number, node in enumerate(network.nodes)}
    warnings = tuple(saturation(at, number) for number in range(len(network.nodes)) if is_saturated(at, number))
    if at.loss is None:
        return Computation(network, at.arithmetic.name, None, forward, None, None, None, None, warnings)
    with at.arithmetic.context():
        gradients = {subject.name: gradient(at, subject) for subject in chosen}
        sizes = {name: at.arithmetic.log10(norm(value)) for name, value in gradients.items()}
    backward = {node.name: _adjoints(at, number) for number, node in enumerate(network.nodes)}
    paths = PathsOnDemand(at, chosen, gradients, most)
    return Computation(
        network, at.arithmetic.name, loss_value(at), forward, backward, gradients, sizes, paths, warnings
    )


def loss_value(at: Point) -> LossValue | None:
    """The loss with its value and formula; None without a target."""
    network = at.graph.network
    name = network.loss.text if network.of is None else network.loss.name
    return None if at.loss is None else LossValue(name, at.loss, _formula(at))


def _formula(at: Point) -> str:
    """The loss as text, for as many units and examples as there are."""
    network = at.graph.network
    widths = [at.graph.nodes[end].width for end, _ in at.graph.ends()]
    if max(widths) == 1 and network.examples == 1 and network.of is None:
        return network.loss.formula
    from gradcalc.losses.expression import written

    output = "y" if network.of is None else network.nodes[network.of].name
    return written(network.loss, max(widths), network.examples, output)


def gradient(at: Point, subject: Subject) -> Value:
    """∂L/∂ a subject: of a parameter in its shape, of a node [units] or, in a batch, [examples][units]."""
    if not subject.is_parameter:
        rows = at.adjoint(subject.number)
        if subject.entry is not None:
            rows = [[row[subject.entry[0]]] for row in rows]
        return printed(at.graph.network, rows)
    whole = at.gradient(subject.number)
    for place in subject.entry or ():
        whole = whole[place] if isinstance(whole, list) else whole
    return whole


def printed(network: Network, rows: list[list[Any]]) -> Value:
    """[examples][units] as results have it: a number of one unit and example, [units] of one example."""
    if network.batch:
        return rows
    return rows[0][0] if len(rows[0]) == 1 else rows[0]


def _node(at: Point, number: int) -> NodeValues:
    network = at.graph.network
    node, output = network.nodes[number], printed(network, at.output(number))
    if not isinstance(node, Layer):
        return NodeValues(output)
    derivative = at.derivative(number)
    return NodeValues(
        output,
        node.activation.text,
        printed(network, at.preactivation(number)),
        _jacobians(network, derivative) if node.activation.couples else printed(network, derivative),
        is_kink(at, number),
        expression(network, node),
    )


def _jacobians(network: Network, derivatives: list[Any]) -> Value:
    """[out][in], a number where there is one of each; under [examples] in a batch."""
    if network.batch:
        return derivatives
    rows = derivatives[0]
    return rows[0][0] if len(rows) == 1 and len(rows[0]) == 1 else rows


def _adjoints(at: Point, number: int) -> Adjoints:
    network = at.graph.network
    output = printed(network, at.adjoint(number))
    if not isinstance(network.nodes[number], Layer):
        return Adjoints(output)
    return Adjoints(output, printed(network, at.delta(number)))


def _path(at: Point, subject: Subject, found: Found, whole: Value) -> Path:
    contribution, spell = found
    return path_of(subject, _own_name(at.graph.network, subject), spell(), contribution, share(contribution, whole))


def _own_name(network: Network, subject: Subject) -> str:
    """What a node's own paths start from: the node, or the one of its units that is asked about."""
    alone = not subject.is_parameter and network.nodes[subject.number].width == 1
    return network.nodes[subject.number].name if alone else subject.name
