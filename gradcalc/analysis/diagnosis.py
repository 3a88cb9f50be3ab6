"""What is wrong with the gradients of a network, layer by layer: sizes, a label with its evidence, the first finding,
the rate at which |δ| falls or grows, and what each factor costs.

A layer is measured against the outputs: it has vanished where ‖δ‖ is a thousandth of theirs or less.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from gradcalc.analysis.adjoint_terms import Costs, costs
from gradcalc.analysis.comparison import STRAY, VANISHED, Profile, log10_rate, powers_of_ten, profile, ratio
from gradcalc.analysis.computation import loss_value
from gradcalc.analysis.layer_labels import Labelled, labelled
from gradcalc.analysis.layer_views import LayerView, Measure, views_of
from gradcalc.analysis.point import Point, Subject, point, refuse_without_loss, subjects
from gradcalc.analysis.results import LossValue, RoundedGradient
from gradcalc.analysis.rounded_gradients import gradients_of, gradients_of_nodes, rounded_gradients
from gradcalc.network.network import Network, is_chain, norm, numbers, power_of_ten
from gradcalc.records import Record

HEALTHY = "healthy"
MEASURES = ("output", "derivative", "delta", "gradient")
AFTER_VANISHED = 3.5  # ranks by which a saturated layer comes later that makes less than half of what vanishes


class LayerDiagnosis(Record):
    """One layer: Frobenius norms of its output, of σ′(z), of δ and of the gradient of its weights (None: it has none),
    log10 of each by its name (None: an exact 0), and what is to say of it. `factor` is what σ′(z) makes of the adjoint,
    ‖δ‖ / ‖∂L/∂output‖: of several units the root mean square of σ′, weighted by ∂L/∂output."""

    node: str
    output: Any
    derivative: Any
    delta: Any
    gradient: Any
    log10: Mapping[str, float | None]
    label: str
    evidence: str
    factor: Any = None
    parameters: tuple[str, ...] = ()  # the weights whose gradient that is


class Rate(Record):
    """By how many powers of ten per layer |δ| changes from hidden layer to hidden layer on the way back, of which
    `factor` is one; the layers that are more than one power of ten from that line, and how far the farthest is."""

    log10: float
    factor: float
    departs: tuple[str, ...]
    largest_departure: float


class OtherGradient(Record):
    """The norm of the gradient of a parameter that no layer's weights are: a bias, alpha, or a skip's weight."""

    name: str
    size: Any
    log10: float | None  # None of 0
    several: bool  # entries


class Zero(Record):
    """An entry of a gradient, a row or the whole of it, that is 0, and why."""

    entry: str
    reason: str


class Remedy(Record):
    """A change that was computed: the command that shows it, |∂L/∂w| with it over that without it (None: it was 0), the
    loss, and |∂L/∂w| itself; `kind` is "skip", "activation", "initialisation", "bias", or "loss scale", which changes
    neither. `labels` counts the layers by what they then are; `reach` is ‖δ‖ of the layer of the finding over what the
    backward pass starts with, its log10."""

    change: str
    command: str
    gradient_ratio: Any
    loss: Any
    gradient: Any
    kind: str
    labels: Mapping[str, int] = {}
    reach: float = 0.0
    is_unusual: bool = False  # an activation that layers seldom have
    same: tuple[str, ...] = ()  # other changes of its kind with exactly this gradient and loss

    @property
    def healthy(self) -> int:
        """How many layers then are."""
        return self.labels.get(HEALTHY, 0)


class Finding(Record):
    """What is wrong first: the label, its layer (None: nothing is), and the gradient that shows it; and which gradients
    have no right digit."""

    label: str
    node: str | None
    subject: Subject | None
    evidence: str = ""
    is_state: bool = False  # of units or parameters, which no size of a gradient shows
    rounded: Sequence[RoundedGradient] = ()


class Diagnosis(Record):
    """What `diagnose` found. `remedies` are ranked, the first of those that are `helpful`; of `tried` changes, of which
    some are `passed` over, single skips that bring less back than others; and beside those that are `untried`."""

    network: Network
    arithmetic: str
    loss: LossValue
    layers: tuple[LayerDiagnosis, ...]
    finding: Finding
    rate: Rate | None
    costs: Costs | None
    profile: Profile
    start: float | None  # log10 of what the backward pass starts with; None of 0
    measure: Measure
    others: tuple[OtherGradient, ...] = ()
    zeros: tuple[Zero, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    helpful: int = 0
    tried: int = 0
    passed: int = 0
    untried: tuple[str, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether nothing was found."""
        return self.finding.label == HEALTHY

    @property
    def has_norms(self) -> bool:
        """Whether a layer has several numbers, so that its size is a norm."""
        return self.network.batch or any(layer.width > 1 for layer in self.network.layers)

    @property
    def labels(self) -> Mapping[str, int]:
        """How many layers have each label."""
        return counted(layer.label for layer in self.layers)

    @property
    def reach(self) -> float | None:
        """log10 of ‖δ‖ of the layer of the finding over what the backward pass starts with; None of 0."""
        sizes = [layer.log10["delta"] for layer in self.layers if layer.node == self.finding.node]
        return None if not sizes or sizes[0] is None or self.start is None else sizes[0] - self.start


def diagnose(network: Network, dps: int | None = None) -> tuple[Diagnosis, Point]:
    """The diagnosis of a network, and the point that it is made of.

    Raises UsageError for a network without a target, DomainError, LimitError.
    """
    refuse_without_loss(network, "no backward pass")
    at = point(network, dps)
    wanted = gradients_of(subjects(network)) | gradients_of_nodes(network)
    found, rounded = diagnosis_at(at), rounded_gradients(at, wanted)
    return found._replace(finding=found.finding._replace(rounded=rounded)), at


def diagnosis_at(at: Point) -> Diagnosis:
    """The diagnosis of a network with a loss at its point."""
    network, loss = at.graph.network, loss_value(at)
    assert loss is not None
    with at.arithmetic.context():
        views, course, begin = views_of(at), profile(at), start(at)
        labels = [labelled(at, view, begin is not None) for view in views]
        layers = tuple(layer_diagnosis(at, view, label) for view, label in zip(views, labels))
        finding, place = first_finding(network, views, labels)
        spent = of_gradient(at, views, place, finding)
        others = tuple(other_gradients(at, {name for layer in layers for name in layer.parameters}))
    told = network, at.arithmetic.name, loss, layers, finding, rate(network, course), spent, course, begin
    return Diagnosis(*told, views[-1].measure, others)


def other_gradients(at: Point, known: Collection[str]) -> Iterator[OtherGradient]:
    """The sizes of the gradients that no layer has."""
    for number, parameter in enumerate(at.graph.network.parameters):
        if parameter.name not in known:
            size, several = norm(at.gradient(number)), len(numbers(parameter.value)) > 1
            yield OtherGradient(parameter.name, size, at.arithmetic.log10(size), several)


def labels_at(at: Point) -> Mapping[str, str]:
    """The label of every layer alone, where the backward pass does not start with 0."""
    with at.arithmetic.context():
        return {view.layer.name: labelled(at, view, True).label for view in views_of(at)}


def counted(labels: Iterable[str]) -> Mapping[str, int]:
    """How often each label occurs."""
    found: dict[str, int] = {}
    for label in labels:
        found[label] = found.get(label, 0) + 1
    return found


def start(at: Point) -> float | None:
    """log10 of the norm of ∂L/∂ the outputs, of δ where the loss is one with the activation; None of 0."""
    network, sizes = at.graph.network, list[float]()
    for end, _ in at.graph.ends():
        of = at.graph.nodes[end].of
        size = at.arithmetic.log10(norm(at.delta(of) if network.cancels_derivative(of) else at.adjoint(of)))
        sizes += [] if size is None else [size]
    return max(sizes, default=None)


def layer_diagnosis(at: Point, view: LayerView, label: Labelled) -> LayerDiagnosis:
    """The sizes of a layer, and its label."""
    gradients = [at.gradient(number) for number in view.parameters]
    output, derivative, delta = (norm(part) for part in (view.outputs, list(view.derivatives), view.deltas))
    whole = norm([norm(part) for part in gradients]) if gradients else None
    sizes = zip(MEASURES, (output, derivative, delta, whole))
    logs = {name: None if size is None else at.arithmetic.log10(size) for name, size in sizes}
    names = tuple(at.graph.network.parameters[number].name for number in view.parameters)
    told = label.label, label.evidence, factor_of(view, derivative, delta), names
    return LayerDiagnosis(view.layer.name, output, derivative, delta, whole, logs, *told)


def factor_of(view: LayerView, derivative: Any, delta: Any) -> Any:
    """‖δ‖ / ‖∂L/∂output‖; where that is 0 the root mean square of σ′(z)."""
    several = len(view.zs) * view.layer.width
    if several == 1:
        return view.derivatives[0][0] if not view.layer.activation.couples else derivative
    found = ratio(delta, norm(view.adjoints))
    return ratio(derivative, several**0.5) if found is None else found


def first_finding(network: Network, views: Sequence[LayerView], labels: Sequence[Labelled]) -> tuple[Finding, int]:
    """The gravest of the labels that are no consequence of another; of alike ones that of the layer where it is worst:
    farthest from the output's ‖δ‖ where that falls or grows, else nearest to the output. With the layer's place."""
    places = range(len(views) - 1, -1, -1)
    causes = [place for place in places if labels[place].is_cause and labels[place].label != HEALTHY]
    if not causes:
        causes = [place for place in places if labels[place].label != HEALTHY]
    if not causes:
        return Finding(HEALTHY, None, None), 0
    place = min(causes, key=lambda place: gravity(views, labels, place))
    label, view = labels[place], views[place]
    subject = subject_of(network, view)
    return Finding(label.label, view.layer.name, subject, label.evidence, label.is_state), place


def gravity(views: Sequence[LayerView], labels: Sequence[Labelled], place: int) -> tuple[float, float]:
    """What is first: a saturated layer that makes less than half of the powers of ten by which |δ| vanishes comes after
    the layers that have vanished."""
    label, rise = labels[place], views[place].rise or 0.0
    if label.label == "saturated" and any(view.log10 is not None for view in views):
        fall = max((-(view.rise or 0.0) for view in views), default=0.0)
        own = powers_of_ten(norm(views[place].adjoints), norm(views[place].deltas))  # what σ′ costs
        if fall >= VANISHED and own is not None and own < fall / 2:
            return label.rank + AFTER_VANISHED, -own
        return label.rank, 0.0 if own is None else -own
    return label.rank, -abs(rise)


def subject_of(network: Network, view: LayerView) -> Subject:
    """The gradient that shows what is wrong with a layer: of its first weight, else of its output."""
    if view.parameters:
        return Subject(network.parameters[view.parameters[0]].name, True, view.parameters[0])
    return Subject(view.layer.name, False, view.number)


def of_gradient(at: Point, views: Sequence[LayerView], place: int, finding: Finding) -> Costs | None:
    """What every factor costs the gradient of the finding; where that is 0, or nothing is wrong, the least that is not
    0; None where all are."""
    network, terms = at.graph.network, views[0].terms
    if finding.subject is not None and (found := costs(at, terms, finding.subject, views[place].number)) is not None:
        return found
    several = (costs(at, terms, subject_of(network, view), view.number) for view in views)
    return min((found for found in several if found is not None), key=lambda found: found.total, default=None)


def grows(after: Any, before: Any) -> bool:
    """Whether a loss more than doubles with a change."""
    if isinstance(after, float) and isinstance(before, float):
        return after > before + abs(before)
    from gradcalc.arithmetic.extended import Extended

    with Extended.context():
        return bool(after > before + abs(before))


def rate(network: Network, course: Profile) -> Rate | None:
    """The rate of a chain of layers, and where |δ| departs from it; None where layers branch, or |δ| is 0 somewhere."""
    found = log10_rate(course.relative) if is_chain(network) else None
    if found is None:
        return None
    hidden = [size for size in course.relative[1:] if size is not None]
    off = [abs(size - found * back) for back, size in enumerate(hidden)]
    departs = tuple(name for name, far in zip(course.nodes[1:], off) if far > STRAY * (1 + 1e-9))  # a tenth is not
    return Rate(found, power_of_ten(found), departs, max(off))
