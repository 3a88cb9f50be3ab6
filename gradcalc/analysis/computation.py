"""The whole picture of a network at its point: forward values, the loss, every gradient and the paths it is made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from math import inf, isnan
from typing import TYPE_CHECKING, Any

from gradcalc.activations import Activation
from gradcalc.analysis.kinks import Kink, kinks_at
from gradcalc.analysis.path_list import GradientPaths
from gradcalc.analysis.point import Point, Subject, in_extended_range, in_place_of_loss, point, subjects
from gradcalc.analysis.results import Adjoints, Computation, LossValue, NodeValues
from gradcalc.engine.scalar_point import ScalarPoint, shaped
from gradcalc.errors import DomainError
from gradcalc.expressions.numerals import text
from gradcalc.network.network import Layer, Network, Value, norm, unit_name
from gradcalc.records import Record, uncollected

if TYPE_CHECKING:
    from gradcalc.arithmetic.low_precision import LowPrecision


@uncollected()
def compute(
    network: Network,
    *,
    wrt: Sequence[str] = (),
    top: int = 10,
    of: str | None = None,
    dps: int | None = None,
    low: LowPrecision | None = None,
) -> Computation:
    """Values, gradients and the `top` largest paths of each gradient (0: none are listed, all are counted).

    `wrt` filters gradients and paths by name or pattern; `of` names the node that is differentiated in place of the
    loss; `dps` computes with that many decimal digits, `low` in a low precision.
    Raises UsageError for a `wrt` that matches nothing, DomainError, LimitError.
    """
    network = in_place_of_loss(network, of)
    chosen = subjects(network, wrt)
    found = computation_at(point(network, dps, low=low), chosen, top)
    if found.arithmetic != "float64" or not isinstance(found.paths, GradientPaths) or found.paths.in_range():
        return found
    return computation_at(in_extended_range(found.paths.point), chosen, top)


def computation_at(at: Point, chosen: Sequence[Subject], most: int) -> Computation:
    """All of a network at its point, with the `most` largest paths of each of the chosen gradients."""
    network = at.graph.network
    columns = node_columns(at)
    forward = dict(zip(own_names(network), node_values(at, columns)))
    found = {number: told for number in suspects(at, columns) if (told := saturated(at, number))}
    unknown = without_digits(at, found) if found else ()
    warnings = tuple(told for number, told in found.items() if number not in unknown)
    if at.loss is None:
        return Computation(network, at.arithmetic.name, None, forward, None, None, None, None, warnings)
    with at.arithmetic.context():
        gradients = gradients_at(at, chosen)
        sizes = {name: at.arithmetic.log10(norm(value)) for name, value in gradients.items()}
    backward = dict(zip(own_names(network), map(Adjoints._make, zip(columns.adjoints, columns.deltas))))
    paths = GradientPaths(at, chosen, gradients, most)
    return Computation(
        network, at.arithmetic.name, loss_value(at), forward, backward, gradients, sizes, paths, warnings
    )


def own_names(network: Network) -> list[str]:
    """The names of the nodes, in order."""
    return [node.name for node in network.nodes]


class NodeColumns(Record):
    """What a point has at every node, as results print it; an input has an output and its adjoint alone."""

    outputs: list[Value]
    preactivations: list[Value]
    derivatives: list[Value]
    adjoints: list[Value]  # none without a target, like the next
    deltas: list[Value]


def node_columns(at: Point) -> NodeColumns:
    """All of them; where every node is one number, each picked from its list."""
    graph, network = at.graph, at.graph.network
    nodes, inputs, is_loss = range(len(network.nodes)), len(network.inputs), at.loss is not None
    layers, none = nodes[inputs:], [None] * inputs
    if isinstance(at, ScalarPoint) and graph.scalar() and not network.batch:
        (example,), starts, zs = at.examples, [span.start for span in at.layout.spans], graph.preactivations[inputs:]
        out, before = [starts[node] for node in graph.outputs], [starts[z] for z in zs]
        values, adjoints, derivatives, slots = example.values, example.adjoints, example.derivatives, at.layout.slots
        return NodeColumns(
            [values[place] for place in out],
            none + [values[place] for place in before],
            none + [derivatives[slots[z + 1]] for z in zs],
            [adjoints[place] for place in out] if is_loss else [],
            none + [adjoints[place] for place in before] if is_loss else [],
        )
    return NodeColumns(
        [printed(network, at.output(node)) for node in nodes],
        none + [printed(network, at.preactivation(node)) for node in layers],
        none + [_derivative(at, node) for node in layers],
        [printed(network, at.adjoint(node)) for node in nodes] if is_loss else [],
        none + [printed(network, at.delta(node)) for node in layers] if is_loss else [],
    )


def node_values(at: Point, columns: NodeColumns) -> Iterator[NodeValues]:
    """The forward pass at every node."""
    network = at.graph.network
    kinks: dict[str, list[Kink]] = {}
    for kink in kinks_at(at) if network.has_kinks else ():
        kinks.setdefault(kink.node, []).append(kink)
    yield from map(NodeValues, columns.outputs[: len(network.inputs)])
    for layer, *values in zip(network.layers, *(column[len(network.inputs) :] for column in columns[:3])):
        output, preactivation, derivative = values
        here = kinks.get(layer.name, ()) if kinks else ()
        yield NodeValues._make((output, layer.activation.text, preactivation, derivative, here))


def gradients_at(at: Point, chosen: Sequence[Subject]) -> dict[str, Value]:
    """∂L/∂ every subject."""
    if not isinstance(at, ScalarPoint) or not all(one.is_parameter and one.entry is None for one in chosen):
        return {subject.name: gradient(at, subject) for subject in chosen}
    sums, entries, parameters = at.weight_gradients(), at.layout.entries, at.graph.network.parameters
    return {
        name: shaped([sums[place] for place in entries(number)], parameters[number].shape)
        for name, _, number, _ in chosen
    }


def loss_value(at: Point) -> LossValue | None:
    """The loss with its value and formula; None without a target."""
    network = at.graph.network
    name = network.loss.text if network.of is None else network.loss.name
    return None if at.loss is None else LossValue(name, at.loss, _formula(at))


def _formula(at: Point) -> str:
    """The loss as text, for as many units and examples as there are."""
    network = at.graph.network
    ends = [at.graph.nodes[end].of for end, _ in at.graph.ends()]
    widths, losses = [network.nodes[end].width for end in ends], [network.loss_at(end) for end in ends]
    forms = {(loss.term, width if loss.averaged else 0) for loss, width in zip(losses, widths)}
    if len(ends) == max(widths) == network.examples == 1 and network.of is None:
        return losses[0].formula
    if len(forms) > 1:
        names = [network.nodes[end].name for end in ends]
        return " + ".join(
            loss.formula_of(width, network.examples, name) for loss, width, name in zip(losses, widths, names)
        )
    output = "y" if network.of is None else network.nodes[network.of].name
    if max(widths) == 1 < len(ends):  # a sum over outputs of one unit, divided by none
        return losses[0]._replace(averaged=False).formula_of(len(ends), network.examples, output)
    return losses[0].formula_of(max(widths), network.examples, output)


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


def _derivative(at: Point, number: int) -> Value:
    """σ′(z) of a layer as results have it."""
    network, derivatives = at.graph.network, at.derivative(number)
    is_coupled = at.graph.network.nodes[number].activation.couples  # type: ignore[union-attr]  # a layer
    return _jacobians(network, derivatives) if is_coupled else printed(network, derivatives)


def _jacobians(network: Network, derivatives: list[Any]) -> Value:
    """[out][in], a number where there is one of each; under [examples] in a batch."""
    if network.batch:
        return derivatives
    rows = derivatives[0]
    return rows[0][0] if len(rows) == 1 and len(rows[0]) == 1 else rows


ROUNDING = 2.0**-53
DIGITS, MOST_DIGITS = 3, 17


def _levels_off(activation: Activation, z: float, y: float, derivative: Any) -> bool:
    """Whether |σ′| is smaller at 2z than at z, unlike at a maximum of sin; and σ the same, or |σ′(z)·z| rounding."""
    try:
        farther = activation.derivative(2 * z)
        smaller = not isnan(farther) and bool(abs(farther) < abs(derivative))  # a formula may be NaN at infinity
        return smaller and (abs(float(derivative) * z) < ROUNDING * abs(y) or float(activation.value(2 * z)) == y)
    except DomainError:
        return False


def without_digits(at: Point, layers: Collection[int]) -> Collection[int]:
    """Of which layers rounding has left no right digit of z: it is not known whether they are saturated."""
    from gradcalc.analysis.rounded_gradients import derivatives_of, rounded_gradients

    names = {at.graph.network.nodes[number].name: number for number in layers}
    asked = {key: read for key, read in derivatives_of(at.graph.network).items() if key[0] in names}
    return {names[one.name] for one in rounded_gradients(at, asked) if one.left in ("no digit", "0", "rounding")}


def suspects(at: Point, columns: NodeColumns) -> Iterable[int]:
    """The nodes that may be saturated: all that are several numbers, and one number where |σ′(z)| is small."""
    derivatives, outputs = columns.derivatives, columns.outputs
    for number, (derivative, output) in enumerate(zip(derivatives, outputs)):
        if derivative and (isinstance(derivative, list) or abs(float(derivative)) < ROUNDING * abs(float(output))):
            yield number


def saturated(at: Point, number: int) -> str | None:
    """That a layer's output is rounded to the bound it tends to: |σ′(z)| is below the rounding of σ(z), and farther out
    σ′ is smaller still and σ the same. None of other layers, and in decimal digits, which are as many as wanted."""
    layer = at.graph.network.nodes[number]
    if not isinstance(layer, Layer) or at.arithmetic.name not in ("float64", "extended"):
        return None
    activation = layer.activation
    if activation.flat or activation.couples or activation.parametric or layer.into_output:
        return None
    for zs, derivatives, ys in zip(at.preactivation(number), at.derivative(number), at.output(number)):
        for unit, (z, derivative, y) in enumerate(zip(zs, derivatives, ys)):
            small = derivative != 0 and abs(float(derivative)) < ROUNDING * abs(float(y)) < inf
            if small and _levels_off(activation, float(z), float(y), derivative):
                name = unit_name(layer.name, unit, len(zs))
                where = f"z = {text(z, DIGITS)}, σ′ = {text(derivative, DIGITS)}"
                return f"{name} is saturated: σ(z) rounds to {text(float(y), MOST_DIGITS)} in float64 ({where})"
    return None
