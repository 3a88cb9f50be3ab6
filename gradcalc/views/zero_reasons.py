"""Why a gradient, or the contribution of one of its paths, is 0: an input, a weight, or σ′(z) of a unit is.

A reason is true of every network that it is given for; where no one reason is known there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from operator import eq
from typing import Any

from gradcalc.analysis.comparison import ratio
from gradcalc.analysis.kinks import exact_float
from gradcalc.analysis.lost_derivatives import LostDerivative, lost_derivatives
from gradcalc.analysis.point import point
from gradcalc.analysis.results import Computation, Path, Paths
from gradcalc.arithmetic import decimal_digits
from gradcalc.arithmetic.float64 import is_low_precision
from gradcalc.expressions.numerals import PLAIN_EXPONENTS, RoundedNumber, exact_sum, text
from gradcalc.network.network import Edge, Layer, Network, numbers, unit_name
from gradcalc.report.report import Words
from gradcalc.report.text import gradient, listed, no_path
from gradcalc.views.network_header import by_example, quantity

BOUNDS: Mapping[str, Sequence[float]] = {"sigmoid": (0, 1), "tanh": (-1, 1), "softmax": (0, 1)}
DIGITS, SAME_SUM = 6, 1e-5  # of sums, and relative differences up to which they are one
MOST_TOGETHER = 3  # units that are inactive, of one reason
MOST_STEPS = 100  # layers that a search for the cause of a 0 goes on to


def zero_reason(computation: Computation, name: str) -> Words | None:
    """Why the gradient of a parameter, of a row w1[0] or an entry w1[0,1], is 0: its unit is inactive, its input is 0,
    else the first factor of 0 from the loss back; None for no one reason, and of a weight with several uses."""
    network, gradients = computation.network, computation.gradients or {}
    whole = name if name in gradients else name.rpartition("[")[0]  # of which it may be a row or an entry
    value = gradients[whole]
    for place in places(name.removeprefix(whole)):
        value = value[place]
    base, index = name.partition("[")[0], places(name)
    paths = computation.paths or {}
    if any(numbers(value)) or computation.backward is None or (name in paths and cancels(paths[name])):
        return None
    if paths[name if name in paths else whole].count == 0:
        return (no_path(base, quantity(network)),)
    reasons = [reason_at_use(computation, layer, edge, index) for layer, edge in uses(network, base)]
    return one_reason(reasons) if reasons else None


def reason_at_use(computation: Computation, layer: Layer, edge: Edge | None, index: Sequence[int]) -> Words | None:
    """Why nothing comes from one use of a parameter, or of an entry of it."""
    network, backward = computation.network, computation.backward or {}
    deltas = by_example(backward[layer.name].delta, network.batch)
    unit, reason = index[0] if index else 0, None
    if (len(deltas[0]) == 1 or index) and not any(row[unit] for row in deltas):
        reason = delta_reason(computation, backward, layer, unit)
    elif layer.activation.couples and not any(map(any, deltas)):
        reason = coupled_reason(computation, backward, layer)
    if edge is None or is_inactive(reason):
        return reason
    source, entry = network.nodes[edge.source], index[1:2]
    outputs = by_example(computation.forward[source.name].output, network.batch)
    if any(row[entry[0]] if entry else any(row) for row in outputs):
        return not_extremum(computation, layer, edge) or reason
    return (f"its input {unit_name(source.name, entry[0], source.width) if entry else source.name} is 0",)


def one_reason(reasons: Sequence[Words | None]) -> Words | None:
    """What holds at every use: the reason that all have, or that some units are inactive or not the maximum of one."""
    told = [reason for reason in dict.fromkeys(reasons) if reason is not None]
    if None in reasons or len(told) < 2:
        return None if None in reasons else told[0]
    if len(told) <= MOST_TOGETHER and all(map(is_inactive, told)):
        return tuple(part for n, reason in enumerate(told) for part in (*(" and ",) * bool(n), *reason))
    names, _, ends = zip(*(str(reason[0]).partition(" is not ") for reason in told))
    if "imum of " not in ends[0] or len(set(ends)) > 1:
        return None
    return (f"{listed(names)} are not {ends[0]}",)


def places(name: str) -> list[int]:
    """The numbers of an index at the end of a name: w1[0,1], and h1[0][2] of a batch."""
    bracket = name.partition("[")[2].rstrip("]")
    return [int(place) for place in bracket.replace("][", ",").split(",")] if bracket else []


def uses(network: Network, name: str) -> list[tuple[Layer, Edge | None]]:
    """The layers that use a parameter in a sum, a maximum or a minimum, each with its edge (None: a bias, or the weight
    of what is joined); none where one uses it otherwise: as a factor, in a skip into an output, as prelu's alpha."""
    parameter = next((n for n, parameter in enumerate(network.parameters) if parameter.name == name), -1)
    found: list[tuple[Layer, Edge | None]] = []
    for layer in network.layers:
        main, other = (layer.edges, ()) if layer.join in ("sum", "max", "min") else ((), layer.edges)
        if layer.alpha == parameter or any(edge.parameter == parameter for edge in (*other, *layer.into_output)):
            return []
        found += [(layer, edge) for edge in (*main, *layer.into_preactivation) if edge.parameter == parameter]
        found += [(layer, None) for place in (layer.bias, layer.weight) if place == parameter]
    return found


def only_use(network: Network, name: str) -> tuple[Layer, Edge | None] | None:
    """The one layer that uses a parameter, in a sum."""
    found = uses(network, name)
    is_only = len(found) == 1 and (found[0][0].join == "sum" or found[0][1] not in found[0][0].edges)
    return found[0] if is_only else None


def delta_reason(computation: Computation, backward: Mapping[str, Any], layer: Layer, unit: int) -> Words | None:
    """Why δ of a unit is 0 in every example: σ′(z) is, or ∂L/∂output, that for one reason of all that read it."""
    network, batch, of = computation.network, computation.network.batch, quantity(computation.network)
    ends = {target.node for target in network.targets} or {len(network.nodes) - 1 if network.of is None else network.of}
    generic = (f"{gradient(unit_name(layer.name, unit, layer.width), of)} is 0",)
    pending, seen, reasons = [layer], {layer.name}, []
    own = None if layer.activation.couples else derivative_reason(computation, layer, unit)
    if is_inactive(own):
        return own
    edges_from = edges_by_source(network)
    while pending and len(seen) <= MOST_STEPS:
        one = pending.pop()
        if one.activation.couples:
            return coupled_reason(computation, backward, one) if one is layer else None
        place = unit if one is layer else 0
        if any(row[place] for row in by_example(backward[one.name].output, batch)):
            reasons.append(derivative_reason(computation, one, place))
            continue
        number = len(network.inputs) + one.position - 1
        edges = edges_from[number]
        readers = [reader for reader, _ in edges]
        single = all(reader.width == one.width == 1 and not reader.into_output for reader in readers)
        zero = single and not any(any(map(any, by_example(backward[reader.name].delta, batch))) for reader in readers)
        if number in ends or not readers or not zero:
            reasons.append((adjoint_reason(computation, one, place, [] if number in ends else edges),))
            continue
        pending += [reader for reader in readers if reader.name not in seen]
        seen |= {reader.name for reader in readers}
    return reasons[0] if not pending and all(reason == reasons[0] for reason in reasons) else generic


def coupled_reason(computation: Computation, backward: Mapping[str, Any], layer: Layer) -> Words | None:
    """Why δ of units that the activation couples is 0: ∂L/∂ every output is, or of softmax they are equal."""
    network = computation.network
    rows, adjoint = by_example(backward[layer.name].output, network.batch), gradient(layer.name, quantity(network))
    if not any(map(any, rows)):
        own = [adjoint_reason(computation, layer, unit, []) for unit in range(layer.width)]
        is_met = layer is network.layers[-1] and all(reason.endswith(" equals its target") for reason in own)
        return (f"{layer.name} equals its target" if is_met else f"{adjoint} is 0",)
    is_equal = layer.activation.name == "softmax" and layer.width > 1 and all(len(set(row)) == 1 for row in rows)
    return (f"{adjoint} is equal in all units, and softmax(z) sums to 1",) if is_equal else None


def edges_by_source(network: Network) -> Mapping[int, Sequence[tuple[Layer, Edge]]]:
    """The edges from every node, each with the layer that it enters."""
    found: dict[int, list[tuple[Layer, Edge]]] = {number: [] for number in range(len(network.nodes))}
    for layer in network.layers:
        for edge in layer.incoming:
            found[edge.source].append((layer, edge))
    return found


def adjoint_reason(computation: Computation, node: Layer, unit: int, edges: Sequence[tuple[Layer, Edge]]) -> str:
    """Why ∂L/∂ the output of a unit is 0: by its target, where no `edges` read it, or as nothing goes along these."""
    network, name = computation.network, unit_name(node.name, unit, node.width)
    reasons = [edge_reason(computation, *edge) for edge in edges]
    told = list(dict.fromkeys(reason[0].removesuffix(" is 0") for reason in reasons if reason is not None))
    if told and None not in reasons and (len(told) == 1 or not any("imum of " in each for each in told)):
        return told[0] if "imum of " in told[0] else f"{listed(told)} {'is' if len(told) == 1 else 'are'} 0"
    last = node is network.layers[-1] and network.of is None
    targets = [target.rows for target in network.targets if last and network.nodes[target.node] is node]
    outputs = by_example(computation.forward[node.name].output, network.batch)
    pairs = [[(y[unit], t[unit]) for y, t in zip(outputs, rows)] for rows in targets]
    number = len(network.inputs) + node.position - 1
    if targets and (lost := lost_reason(network, computation.arithmetic, number, unit)) is not None:
        return lost
    if network.loss.least_at_target and any(all(y == t for y, t in each) for each in pairs):
        if any(is_out_of_reach(node, t) for each in pairs for _, t in each):
            return f"{name} rounds to its target {rounding(computation.arithmetic)}"
        return f"{name} equals its target"
    if network.loss.name == "hinge" and any(all(exact_float(y) * t > 1 for y, t in each) for each in pairs):
        return f"{name} is beyond the margin"
    return f"{gradient(name, quantity(network))} is 0"


def lost_reason(network: Network, arithmetic: str, number: int, unit: int) -> str | None:
    """That ∂L/∂ a unit of an output is 0 only as numbers are rounded, and how many digits show it; None where it is
    not so."""
    lost = [one for one in lost_derivatives(network, arithmetic) if (one.node, one.unit) == (number, unit)]
    return "".join(words_of_lost(network, arithmetic, lost[0])) if lost else None


def words_of_lost(network: Network, arithmetic: str, lost: LostDerivative) -> tuple[str, str, str]:
    """What rounds, how far off it is, and how many digits show it."""
    node = network.nodes[lost.node]
    name, where = unit_name(node.name, lost.unit, node.width), rounding(arithmetic)
    adjoint = gradient(name, quantity(network))
    if lost.difference is None:
        return f"{adjoint} rounds to 0 {where}", "", f"; --dps {lost.dps} shows it"
    difference = f" ({name} − t = {text(lost.difference, 2)})" * (not network.batch)
    told = f"{name} is its target only {where}" if lost.is_elsewhere else f"{name} rounds to its target {where}"
    return told, difference, f"; --dps {lost.dps} shows {adjoint}"


def rounded_target(network: Network, arithmetic: str) -> tuple[str, str, str] | None:
    """The same of the first output that rounds to its target, or whose ∂L/∂ it rounds to 0."""
    if lost := lost_derivatives(network, arithmetic):
        return words_of_lost(network, arithmetic, lost[0])
    ends = [(target, network.nodes[target.node]) for target in network.targets]
    if not network.loss.least_at_target or not any(
        isinstance(node, Layer) and node.activation.name in BOUNDS for _, node in ends
    ):
        return None
    at = point(network, decimal_digits(arithmetic))
    for target, node in ends:
        for ys, ts in zip(at.output(target.node), target.rows):
            for unit, (y, t) in enumerate(zip(ys, ts)):
                if y == t and isinstance(node, Layer) and is_out_of_reach(node, t):
                    return (
                        f"{unit_name(node.name, unit, node.width)} rounds to its target {rounding(arithmetic)}",
                        "",
                        "",
                    )
    return None


def rounding(arithmetic: str) -> str:
    """`in float64`, `in float16`, `with 50 decimal digits`: where numbers are rounded."""
    if arithmetic.endswith("digits"):
        return f"with {arithmetic}"
    return f"in {arithmetic}" if is_low_precision(arithmetic) else "in float64"


def is_out_of_reach(layer: Layer, target: float) -> bool:
    """Whether an activation only tends to this target."""
    single = layer.activation.name == "softmax" and layer.width == 1
    return not layer.into_output and not single and target in BOUNDS.get(layer.activation.name, ())


def derivative_reason(computation: Computation, layer: Layer, unit: int) -> Words | None:
    """Why σ′(z) of a unit is 0 in every example."""
    batch, name = computation.network.batch, unit_name(layer.name, unit, layer.width)
    values = computation.forward[layer.name]
    if any(row[unit] for row in by_example(values.derivative, batch)):
        return None
    zs = [row[unit] for row in by_example(values.preactivation, batch)]
    if layer.activation.rectifies and all(z < 0 for z in zs):
        return (f"{name} is inactive ", *(("(z = ", zs[0], ")") if len(zs) == 1 else ("in every example",)))
    return (f"σ′(z) of {name} is 0 ", *(("at z = ", zs[0]) if len(zs) == 1 else ("in every example",)))


def is_inactive(reason: Words | None) -> bool:
    """Whether a reason is that a unit is below its kink: true whatever the derivative at the kink is."""
    return reason is not None and "is inactive" in reason[0]


def edge_reason(computation: Computation, layer: Layer, edge: Edge) -> Words | None:
    """Why nothing goes along an edge in any example: its weight or another factor is 0, or it is not the maximum."""
    network, batch = computation.network, computation.network.batch
    weight = None if edge.parameter is None else network.parameters[edge.parameter]
    if weight is not None and not any(numbers(weight.value)):
        return (f"{weight.name} is 0",)
    nodes = [network.nodes[one.source] for one in layer.edges]
    if layer.join != "multiply" or edge not in layer.edges or any(node.width > 1 for node in nodes):
        return not_extremum(computation, layer, edge)
    values = [[row[0] for row in by_example(computation.forward[node.name].output, batch)] for node in nodes]
    others = zip(layer.edges, nodes, values)
    return next(((f"{node.name} is 0",) for one, node, of in others if one != edge and not any(of)), None)


def not_extremum(computation: Computation, layer: Layer, edge: Edge) -> Words | None:
    """That a layer's maximum or minimum is another of its sources in every example: of products with weights only in
    float64, in which these stand."""
    network, batch = computation.network, computation.network.batch
    sources = [(one, network.nodes[one.source]) for one in layer.edges]
    are_weighed = any(one.parameter is not None for one in layer.edges)
    if edge not in layer.edges or layer.join not in ("max", "min") or any(node.width > 1 for _, node in sources):
        return None
    if are_weighed and computation.arithmetic != "float64":
        return None
    values = []
    for one, node in sources:
        weight, *others = [1] if one.parameter is None else numbers(network.parameters[one.parameter].value)
        if others:
            return None
        values.append([weight * row[0] for row in by_example(computation.forward[node.name].output, batch)])
    chosen = [(max if layer.join == "max" else min)(of) for of in zip(*values)]
    if any(map(eq, values[layer.edges.index(edge)], chosen)):
        return None
    name = network.nodes[edge.source].name
    weighed = name if edge.parameter is None else f"{network.parameters[edge.parameter].name}·{name}"
    return (f"{weighed} is not the {layer.join}imum of {layer.name}",)


def factor_of_0(computation: Computation, name: str, path: Path) -> Words | None:
    """Why a path contributes nothing: `w_r is 0`, `h2 is inactive (z = −0.14)`; None where no one factor is known."""
    network, use = computation.network, only_use(computation.network, name.partition("[")[0])
    layers = {layer.name: layer for layer in network.layers}
    entered, reasons = [use[0]] if use else [], list[Words | None]()
    if not set(path.nodes[1:]) <= set(layers) or len(path.through) != len(path.nodes) - 1:
        return None
    for source, layer, label in zip(path.nodes, map(layers.__getitem__, path.nodes[1:]), path.through):
        every = layer.incoming
        edges = [edge for edge in every if network.nodes[edge.source].name == source and edge.label == label]
        if len(edges) == 1:
            reasons.append(edge_reason(computation, layer, edges[0]))
            entered += [layer] * (edges[0] not in layer.into_output)
    single = [layer for layer in entered if layer.width == 1 and not layer.activation.couples]
    found = [derivative_reason(computation, layer, 0) for layer in single]
    return next((reason for reason in (*reasons, *filter(is_inactive, found), *found) if reason is not None), None)


def rounded_sum(name: str, value: Any, contributions: Sequence[Any], arithmetic: str) -> Words | None:
    """`The contributions as listed add up to −1.22×10⁻¹⁹, ∂L/∂w1 is 0: numbers are rounded in float64.`, of all paths;
    None where that is what they add up to, or differs from it by less than the digits that are asked for show, and of
    infinities, which low precision leaves."""
    if is_low_precision(arithmetic) and not all(map(isfinite, (*contributions, value))):
        return None
    exactly, dps = exact_sum(contributions), decimal_digits(arithmetic)
    if dps and abs(exactly - value) * 10**dps < max(map(abs, contributions)):
        return None
    times = ratio(exactly, value)
    if exactly == value or (times is not None and abs(float(times) - 1) < SAME_SUM):
        return None
    sums = [RoundedNumber.of(number, DIGITS) for number in (exactly, value)]
    left, right = (one.numeral(DIGITS, one.exponent in PLAIN_EXPONENTS) for one in sums)
    where = "in extended range" if arithmetic == "extended" else rounding(arithmetic)
    return ("The contributions as listed add up to ", left, f", {name} is ", right, f": numbers are rounded {where}.")


def cancels(paths: Paths) -> bool:
    """Whether any of the paths that are listed contributes, so that others have to cancel it where their sum is 0."""
    return any(any(numbers(path.contribution)) for path in paths.top)
