"""What is to say of one layer's part in the backward pass: a label, with the numbers that are its evidence.

Each rule is a function that takes a layer and gives its evidence, or None where it does not hold; the first that holds
gives the label. Where δ is 0 only because it is 0 behind the layer, the cause is in another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gradcalc.analysis.adjoint_terms import LOSS, AdjointTerm, adjoint, cancellation
from gradcalc.analysis.comparison import SATURATED, VANISHED, ratio
from gradcalc.analysis.layer_views import LayerView, weights_of
from gradcalc.analysis.point import Point
from gradcalc.arithmetic.float_formats import FORMATS
from gradcalc.expressions.numerals import RoundedNumber, text
from gradcalc.network.network import Network, norm, numbers
from gradcalc.records import Record
from gradcalc.report.scales import figure, power_text
from gradcalc.report.text import gradient, listed, no_path, plural

DIGITS = 3
CANCELLED, CANCELLED_WITHIN = 100, 1000  # Σ‖terms‖/‖∂L/∂h‖ of what reads a layer, and of all single products
FEW_DEAD = 10  # of so many units one may be dead in a healthy layer
FLOAT16 = "float16"


class Labelled(Record):
    """A label; `rank` orders what is found, the gravest first; `is_cause` tells it from what only follows."""

    label: str
    evidence: str
    rank: int
    is_cause: bool = True
    is_state: bool = False  # of units or parameters, which no size of a gradient shows


Evidence = tuple[str, bool]  # and whether it is the cause
Rule = Callable[[Point, LayerView], Evidence | None]


def labelled(at: Point, view: LayerView, starts: bool) -> Labelled:
    """The first rule that holds; none does where the backward pass starts with 0, for then nothing is to be learnt."""
    if not starts:
        return Labelled("healthy", "the backward pass starts with 0", len(RULES))
    for rank, (label, rule) in enumerate(RULES):
        if (evidence := rule(at, view)) is not None:
            return Labelled(label, evidence[0], rank, evidence[1], rule in STATES)
    return Labelled("healthy", partly_inactive(view), len(RULES))


def any_of(rows: Sequence[Any]) -> bool:
    """Whether any number is not 0."""
    return any(numbers(rows))


def terms_of(at: Point, view: LayerView) -> Sequence[AdjointTerm]:
    """The terms of ∂L/∂ its output, one for each value that reads it."""
    return view.terms.get(at.graph.outputs[view.number], ())


def no_edge(at: Point, view: LayerView) -> Evidence | None:
    """No path leads from the layer to the loss."""
    return None if terms_of(at, view) else (no_path(view.layer.name), True)


def inactive(at: Point, view: LayerView) -> Evidence | None:
    """Every unit is below its kink, or on it, in every example; where z is 0 as all that the layer reads is, the cause
    is there."""
    zs = [z for row in view.zs for z in row]
    if any_of(view.deltas) or not view.layer.activation.rectifies or max(zs) > 0 or any_of(view.derivatives):
        return None
    name, dead = view.layer.name, at.graph.network.examples > 1
    if not any(zs):
        zero = zero_sources(at, view)
        why = f", as {told_zero(zero)}" if zero else ""
        return f"z = 0{why}, and σ′(0) = 0 by convention", not any(zero_layers(at, view))
    if view.layer.width == 1 and not dead:
        return f"z = {text(zs[0], DIGITS)} is below 0, where σ′ = 0", True
    whom = f"all {view.layer.width} units of {name} are" if view.layer.width > 1 else f"{name} is"
    state = f"dead, with z ≤ 0 in each of {at.graph.network.examples} examples" if dead else "inactive"
    return f"{whom} {state} (largest z = {text(max(zs), DIGITS)})", True


def zero_sources(at: Point, view: LayerView) -> list[str]:
    """The names of what a layer reads, where all of that is 0."""
    sources = [edge.source for edge in (*view.layer.edges, *view.layer.into_preactivation)]
    if any(any_of(at.output(source)) for source in sources):
        return []
    return list(dict.fromkeys(at.graph.network.nodes[source].name for source in sources))


def told_zero(names: Sequence[str]) -> str:
    """`its inputs a and b are 0`"""
    return f"its input {names[0]} is 0" if len(names) == 1 else f"its inputs {listed(names)} are 0"


def zero_layers(at: Point, view: LayerView) -> Iterator[str]:
    """Those of them that are layers."""
    names = {layer.name for layer in at.graph.network.layers}
    return (name for name in zero_sources(at, view) if name in names)


def flat(at: Point, view: LayerView) -> Evidence | None:
    """∂L/∂ its output is not 0, and σ′ is."""
    if any_of(view.deltas) or not any_of(view.adjoints) or view.layer.activation.couples:
        return None
    if any_of(view.derivatives):
        return None
    z = max((z for row in view.zs for z in row), key=abs)
    return f"σ′(z) of {view.layer.activation.text} is 0 (z = {text(z, DIGITS)})", True


def saturated_flat(at: Point, view: LayerView) -> Evidence | None:
    """σ′ is 0 where the activation has reached its bound, as hardtanh does."""
    has_bounds = view.layer.activation.name in ("hardtanh", "relu6", "hard_sigmoid")
    return flat(at, view) if has_bounds else None


def cancelled_exactly(at: Point, view: LayerView) -> Evidence | None:
    """δ, or what it is made of, is a sum of terms other than 0 that is 0."""
    if any_of(view.deltas):
        return None
    for node in inner_nodes(at, view):
        terms = view.terms.get(node, ())
        if terms and not any_of(adjoint(at, node)) and any(term.magnitude for term in terms):
            of = gradient(view.layer.name) if node == at.graph.outputs[view.number] else f"δ_{view.layer.name}"
            return f"the terms of {of} cancel to 0{' in float64' * (at.arithmetic.name == 'float64')}", True
    return None


def inner_nodes(at: Point, view: LayerView) -> range:
    """The nodes of the graph from a layer's preactivation to its output."""
    return range(at.graph.outputs[view.number], at.graph.preactivations[view.number] - 1, -1)


def cut_off(at: Point, view: LayerView) -> Evidence | None:
    """Nothing comes back to the layer: what reads it weighs it with 0, or has itself nothing."""
    if any_of(view.deltas):
        return None
    if any_of(view.adjoints):
        return multiplied_to_0(view), True
    output, terms = at.graph.outputs[view.number], terms_of(at, view)
    if any(term.reader == LOSS for term in terms):
        return f"{gradient(view.layer.name)} is 0 at the loss", True
    network, told = at.graph.network, []
    for term in terms:
        node = at.graph.nodes[term.reader]
        if any_of(adjoint(at, term.reader)):
            weights = [arc.parameter for arc in node.arcs if arc.tail == output and arc.parameter is not None]
            told.append(weighed_with_0(network, network.nodes[node.of].name, weights))
        elif any_of(at.delta(node.of)):
            told.append(f"{network.nodes[node.of].name} does not depend on it here")
    if told:
        return listed(list(dict.fromkeys(told))), True
    behind = dict.fromkeys(network.nodes[at.graph.nodes[term.reader].of].name for term in terms)
    names = [name for name in behind if name != view.layer.name] or [view.layer.name]
    return f"δ of {listed(names)} is 0", False


def weighed_with_0(network: Network, reader: str, weights: Sequence[int]) -> str:
    """Why nothing comes back from a reader that has a gradient itself: its weights are 0, or some of their entries."""
    names = [network.parameters[number].name for number in dict.fromkeys(weights)]
    if not names:
        return f"{reader} does not depend on it here"
    if any(any_of([network.parameters[number].value]) for number in weights):
        return f"δ of {reader} times {listed(names)} is 0"
    return f"{listed(names)} {'is' if len(names) == 1 else 'are'} 0"


def multiplied_to_0(view: LayerView) -> str:
    """Why δ is 0 though ∂L/∂ the output is not, and no one derivative is the reason."""
    if not view.layer.activation.couples:
        return f"in each unit {gradient(view.layer.name)} or σ′(z) is 0"
    if not any_of(view.derivatives):
        return f"the Jacobian of {view.layer.activation.text} is 0"
    return f"the Jacobian of {view.layer.activation.text} times {gradient(view.layer.name)} is 0"


def no_input(at: Point, view: LayerView) -> Evidence | None:
    """δ is there, but all that the weights multiply is 0."""
    if not view.parameters or any(any_of([at.gradient(number)]) for number in view.parameters):
        return None
    zero = zero_sources(at, view)
    return (told_zero(zero), True) if zero else None


def saturated(at: Point, view: LayerView) -> Evidence | None:
    """Units whose σ′ is a thousandth of its largest value or less, in every example; not where the loss cancels σ′."""
    most = view.layer.activation.steepest
    if most is None or at.graph.network.cancels_derivative(view.number):
        return None
    found = {
        unit: max((row[unit], zs[unit]) for row, zs in zip(view.derivatives, view.zs))
        for unit in view.units
        if all(abs(row[unit]) * SATURATED <= most for row in view.derivatives)
    }
    if not found:
        return None
    derivative, z = min(found.values())
    below = ratio(most, derivative)
    times = f", 1/{brief(below)} of its largest value" if below is not None else ""
    there = f"z = {text(z, DIGITS)}, σ′ = {text(derivative, DIGITS)}{times}"
    if view.layer.width == 1:
        return there, True
    name = view.unit(next(unit for unit, pair in found.items() if pair == (derivative, z)))
    return f"{len(found)} of {view.layer.width} units, {name} most, at {there}", True


def brief(number: Any) -> str:
    """A factor in two digits; with a power of ten in parentheses, to stand under a fraction."""
    rounded = RoundedNumber.of(number, 2)
    told = rounded.numeral(2, rounded.exponent < 5)
    return f"{told.left}{told.right}" if told.exponent is None else f"({told.left}{told.right})"


def exploded(at: Point, view: LayerView) -> Evidence | None:
    """‖δ‖ is a thousand times that of the outputs or more."""
    return None if view.rise is None or view.rise < VANISHED else (of_output(view, view.rise), True)


def vanished(at: Point, view: LayerView) -> Evidence | None:
    """‖δ‖ is a thousandth of that of the outputs or less, and so it is in all layers that this one is made from: where
    a skip leads past a layer, more may come back to those."""
    rise = view.rise
    if rise is None or view.most is None or view.measure.log10 is None or view.most - view.measure.log10 > -VANISHED:
        return None
    return of_output(view, rise), True


def of_output(view: LayerView, rise: float) -> str:
    """`|δ| is 2.7×10⁻³⁶ × that of the output`"""
    delta = "‖δ‖" if view.layer.width > 1 or len(view.zs) > 1 else "|δ|"
    return f"{delta} is {power_text(rise, 2)} × that of {view.measure.output}"


def cancelled(at: Point, view: LayerView) -> Evidence | None:
    """The terms of ∂L/∂ its output nearly cancel: those of all that reads it, or the products within one of them."""
    terms, size = terms_of(at, view), norm(view.adjoints)
    if not size or not terms:
        return None
    between = cancellation([AdjointTerm(term.reader, term.size, term.size) for term in terms], size) or 0.0
    within = cancellation(terms, size) or 0.0
    if between < CANCELLED and within < CANCELLED_WITHIN:
        return None
    network = at.graph.network
    names = [network.nodes[at.graph.nodes[term.reader].of].name for term in terms if term.reader != LOSS]
    several = between >= CANCELLED
    times = figure(between if several else within, 3)
    what = f"its terms through {listed(list(dict.fromkeys(names)))}" if several else "the products that it is a sum of"
    return f"{what} add up to {times} × it in magnitude", True


def twins(at: Point, view: LayerView) -> Evidence | None:
    """Units of a hidden layer that are alike in all: weights, values, δ. Training changes them alike, for ever."""
    layer, network = view.layer, at.graph.network
    if layer.activation.couples or any(term.reader == LOSS for term in terms_of(at, view)):
        return None
    weights = [network.parameters[number] for number in weights_of(layer)]
    if any(len(one.shape) != 2 or one.shape[0] != layer.width for one in weights):
        return None
    alike: dict[Any, list[int]] = {}
    for unit in view.units:
        columns = tuple((zs[unit], ds[unit]) for zs, ds in zip(view.zs, view.deltas))
        if any(delta for _, delta in columns):
            alike.setdefault(columns, []).append(unit)
    groups = [units for units in alike.values() if len(units) > 1]
    own = [edge.parameter for edge in (*layer.edges, *layer.skips)] + [layer.weight, layer.bias, layer.alpha]
    rows: list[Any] = []  # by unit, of what each has for itself; one that other layers use, too, has other gradients
    for number in dict.fromkeys(own) if groups else ():
        if number is not None and network.parameters[number].shape[:1] == (layer.width,):
            rows += [network.parameters[number].value, at.gradient(number)]
    same = [[unit for unit in units if all(row[unit] == row[units[0]] for row in rows)] for units in groups]
    names = next(([view.unit(unit) for unit in units] for units in same if len(units) > 1), None)
    if names is None:
        return None
    return f"{listed(names)} have equal weights and equal gradients, so a step changes them alike", True


def dead_units(at: Point, view: LayerView) -> Evidence | None:
    """A tenth of its units or more are below their kink in every one of several examples."""
    dead = dead_in(view)
    if not dead or len(dead) * FEW_DEAD < view.layer.width:
        return None
    highest = text(max(zs[dead[0]] for zs in view.zs), DIGITS)
    return f"{told_dead(view, dead)} (largest z of {view.unit(dead[0])} = {highest})", True


def dead_in(view: LayerView) -> list[int]:
    """The units of a layer that are below their kink in every one of several examples."""
    if len(view.zs) < 2 or not view.layer.activation.rectifies:
        return []
    return [unit for unit in view.units if all(zs[unit] < 0 for zs in view.zs)]


def told_dead(view: LayerView, dead: Sequence[int]) -> str:
    """`h1[1] is dead, with z < 0 in each of 3 examples`"""
    names = listed([view.unit(unit) for unit in dead])
    return f"{names} {'is' if len(dead) == 1 else 'are'} dead, with z < 0 in each of {len(view.zs)} examples"


def frozen(at: Point, view: LayerView) -> Evidence | None:
    """All that the layer has to learn is frozen."""
    parameters = [at.graph.network.parameters[number] for number in view.parameters]
    if not parameters or not all(one.frozen for one in parameters):
        return None
    names, is_one = listed([one.name for one in parameters]), len(parameters) == 1
    return f"{names} {'is' if is_one else 'are'} frozen, so no step changes {'it' if is_one else 'them'}", True


def lost_in_float16(at: Point, view: LayerView) -> Evidence | None:
    """Every entry of the gradient of its weights that is not 0 would be rounded to 0."""
    least = FORMATS[FLOAT16].subnormal / 2
    sizes = [abs(entry) for number in view.parameters for entry in numbers(at.gradient(number)) if entry]
    if not sizes or max(sizes) > least:
        return None
    names = listed([gradient(at.graph.network.parameters[number].name) for number in view.parameters])
    is_number = len(view.parameters) == len(numbers(at.gradient(view.parameters[0]))) == 1
    size = f"|{names}|" if is_number else f"the largest entry of {names} in magnitude"
    return f"{size} is {text(max(sizes), DIGITS)}, and 2⁻²⁵ = 2.98×10⁻⁸ or less is rounded to 0", True


def partly_inactive(view: LayerView) -> str:
    """Which units of a healthy layer are dead in a batch, and how many are inactive for the one example that there is;
    those may be active for another."""
    if dead := dead_in(view):
        return told_dead(view, dead)
    if not view.layer.activation.rectifies or len(view.zs) > 1:
        return ""
    off = sum(z < 0 for z in view.zs[0])
    return f"{off} of {plural(view.layer.width, 'unit')} inactive for this input" if off else ""


RULES: Sequence[tuple[str, Rule]] = (
    ("cut off", no_edge),
    ("inactive", inactive),
    ("saturated", saturated_flat),
    ("cut off", flat),
    ("zero by symmetry", cancelled_exactly),
    ("cut off", cut_off),
    ("cut off", no_input),
    ("saturated", saturated),
    ("exploded", exploded),
    ("cancelled", cancelled),
    ("vanished", vanished),
    ("zero by symmetry", twins),
    ("inactive", dead_units),
    ("cut off", frozen),
    ("lost in float16", lost_in_float16),
)
"""The rules in the order in which they are tried, and in which what they find is grave."""

STATES = (twins, dead_units, frozen)
