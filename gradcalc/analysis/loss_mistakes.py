"""Mistakes at the loss: its factor, its reduction over a batch, its derivative, and softmax and logits before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import log, sqrt
from typing import Any

from gradcalc.activations import bind
from gradcalc.analysis.altered_pass import AlteredPass, links_of
from gradcalc.analysis.backward_mistakes import loss_ends
from gradcalc.analysis.mistakes import Edges, Kind, Mistake, OtherEdges, Reading, Setting, scaled
from gradcalc.losses import Loss
from gradcalc.losses import bind as bind_loss
from gradcalc.network.graph import ActivationNode
from gradcalc.network.linear_graph import NodeLink
from gradcalc.network.network import Network

SQUARED = ("mse", "half_sse", "sse")
OTHER_LOSSES = (*SQUARED, "mae", "bce", "cross_entropy", "nll")


def times(factor: float, quantities: Sequence[str]) -> Callable[[Reading], list[list[float]]]:
    """What is reported of these quantities times a factor."""

    def reported(reading: Reading) -> list[list[float]]:
        pairs = zip(reading.setting.givens, reading.values)
        return [[factor * x for x in values] if given.quantity in quantities else values for given, values in pairs]

    return reported


def command_of(loss: Loss) -> str | None:
    """The command that computes with another loss; none of a formula, of options, or where a network has no loss."""
    if loss.written or loss.given or loss.name == loss.term:
        return None
    told = [f"scale: {loss.scale:.15g}"] * (loss.scale != 1) + ["reduction: sum"] * (loss.reduction == "sum")
    if not told:
        return f"gradcalc compute SPEC --loss {loss.name}"
    return f"gradcalc compute SPEC --set loss='{{{', '.join([f'name: {loss.name}', *told])}}}'"


def factors(loss: Loss, units: int, of: str) -> list[tuple[float, list[str]]]:
    """Constants that a loss of so many outputs, or its derivative, may be off by, with all that gives them."""
    found: dict[float, list[str]] = {}
    if units > 1 and loss.averaged:
        found[float(units)] = [f"the loss takes the sum over the {units} outputs in place of the mean"]
    elif units > 1:
        found[1 / units] = [f"the loss takes the mean over the {units} outputs in place of the sum"]
    found.setdefault(0.5, []).append(f"{of} has the factor ½ too many (or 2 left out)")
    found.setdefault(2.0, []).append(f"{of} has the factor 2 too many (or ½ left out)")
    if units > 1 and loss.averaged:
        found.setdefault(1 / units, []).append(f"{of} is divided by the number of outputs, {units}, once too often")
    if loss.scale not in (0, 1):
        found.setdefault(1 / loss.scale, []).append(f"{of} has its factor {loss.scale:g} left out")
    return list(found.items())


def loss_factor(setting: Setting) -> Iterator[Mistake]:
    """The loss times a constant, with its derivative or that alone."""
    network, names = setting.network, [setting.edge_name[edge] for edge in loss_ends(setting)]
    units = max(setting.graph.nodes[end].width for end, _ in setting.graph.ends())
    own, of = factors(network.loss, units, "the derivative of the loss"), "the derivative of the loss"
    if any(given.quantity == "loss" for given in setting.givens):
        of = "the loss"
    for (factor, (clause, *alike)), (_, (of_derivative, *_)) in zip(factors(network.loss, units, of), own):
        what, alter = f"loss's factor {factor:g}", scaled(names, factor)
        command, reported = (
            command_of(network.loss._replace(scale=factor * network.loss.scale)),
            times(factor, ("loss",)),
        )
        yield Mistake("", what, clause, edges=alter, reported=reported, command=command, alike=tuple(alike))
        yield Mistake("", what, f"{of_derivative}, though L is right", edges=alter)


LOGARITHMIC = ("cross_entropy", "nll", "kl", "bce", "bce_with_logits")
BASES = {"log₂": 1 / log(2), "log₁₀": 1 / log(10)}


def other_logarithm(setting: Setting) -> Iterator[Mistake]:
    """Logarithms of another base in the loss, and in its derivative or not."""
    names = [setting.edge_name[edge] for edge in loss_ends(setting)]
    for base, factor in BASES.items() if setting.network.loss.name in LOGARITHMIC else ():
        clause = f"the loss has {base} in place of ln"
        yield Mistake("", f"{base} for ln", clause, edges=scaled(names, factor), reported=times(factor, ("loss",)))
        clause = f"L has {base} in place of ln, though its derivative is that of ln"
        yield Mistake("", f"{base} for ln", clause, reported=times(factor, ("loss",)))


def function_of_loss(setting: Setting) -> Iterator[Mistake]:
    """−L, and of squares the root."""
    if all(given.quantity != "loss" for given in setting.givens):
        return
    yield Mistake("", "sign of L", "L has the opposite sign", reported=times(-1.0, ("loss",)), formula="−L")
    if setting.network.loss.name in SQUARED:

        def root(reading: Reading) -> list[list[float]]:
            pairs = zip(reading.setting.givens, reading.values)
            return [[sqrt(x) for x in values] if given.quantity == "loss" else values for given, values in pairs]

        yield Mistake("", "root of L", "the square root of L is taken", reported=root, formula="√L")


def _put_seeds(setting: Setting, rows: Callable[[AlteredPass, int, int], list[list[float]]]) -> OtherEdges:
    """∂L/∂y from the pass, the node of the graph that the loss reads, and the number of its target."""
    names = [setting.edge_name[edge] for edge in loss_ends(setting)]
    targets = dict(setting.graph.ends())

    def alter(altered: AlteredPass, edges: Edges) -> bool:
        for name in names:
            link: Any = altered.linear.links[edges[name]]
            altered.put(edges[name], rows(altered, link.node, targets.get(link.node) or 0))
        return True

    return alter


def derivative_of_loss(setting: Setting) -> Iterator[Mistake]:
    """1, or t − y, or what another loss has, for ∂L/∂y."""
    network = setting.network
    if not network.loss.takes_target:
        return
    ones = _put_seeds(setting, lambda altered, node, _: [[1.0] * len(row) for row in altered.at.values(node)])
    clause = "the derivative of the loss, ∂L/∂y, is left out (taken as 1)"
    yield Mistake("", "loss's derivative left out", clause, edges=ones, command=None)
    for name in OTHER_LOSSES:
        other = bind_loss(name, network.loss.reduction)
        if name == network.loss.name:
            continue

        def replaced(network: Network, other: Loss = other) -> Network:
            return network._replace(loss=other)

        clause = f"the loss is {name} in place of {network.loss.text}"
        yield Mistake("", "another loss", clause, network=replaced, command=command_of(other))


def minus_target(altered: AlteredPass, node: int, target: int) -> list[list[float]]:
    """y − t of a node of the graph."""
    rows = altered.at.graph.network.targets[target].rows
    return [[y - t for y, t in zip(ys, ts)] for ys, ts in zip(altered.at.values(node), rows)]


def delta_as_difference(setting: Setting) -> Iterator[Mistake]:
    """δ = y − t at the output, which holds for softmax with cross entropy and its like alone; of z in place of y."""
    network = setting.network
    if not network.targets:
        return
    last = {end for end, _ in setting.graph.ends()}
    activations = [
        setting.edge_name[edge]
        for edge, link in links_of(setting.own.linear, NodeLink)
        if link.node in last and isinstance(setting.graph.nodes[link.node], ActivationNode)
    ]
    targets = dict(setting.graph.ends())
    seeded = _put_seeds(setting, minus_target)

    def of_logits(altered: AlteredPass, node: int, target: int) -> list[list[float]]:
        tail = altered.at.graph.nodes[node].arcs[0].tail
        return minus_target(altered, tail, target)

    def alter(altered: AlteredPass, edges: Edges, start: OtherEdges = seeded) -> bool:
        for name in activations:
            if name not in edges:
                return False
            node: Any = altered.at.graph.nodes[altered.linear.links[edges[name]].node]
            if node.pieces:
                return False
            if node.activation.couples:
                altered.put(edges[name], [[float(i == j) for i in range(node.width) for j in range(node.width)]])
            else:
                altered.put(edges[name], [[1.0] * node.width])
        return start(altered, edges)

    if set(targets) - {setting.own.linear.links[setting.own.names[name]].node for name in activations}:
        return
    yield Mistake("", "δ = y − t", "δ at the output is taken as y − t", edges=alter)
    clause = "δ at the output is taken as z − t: logits for probabilities"
    logits = _put_seeds(setting, of_logits)
    yield Mistake("", "logits for probabilities", clause, edges=lambda a, e: alter(a, e, logits))
    without = _put_seeds(setting, lambda altered, node, _: altered.at.values(node))
    clause = "δ at the output is taken as y, from which the target is not subtracted"
    yield Mistake("", "δ = y", clause, edges=lambda a, e: alter(a, e, without))
    seeded_alone = "∂L/∂y at the output is taken as y − t, and is multiplied by the derivative of the activation, too"
    yield Mistake("", "∂L/∂y = y − t", seeded_alone, edges=seeded)


def softmax_unit_by_unit(setting: Setting) -> Iterator[Mistake]:
    """The Jacobian of softmax without what is off its diagonal."""
    for edge, link in links_of(setting.own.linear, NodeLink):
        node = setting.graph.nodes[link.node]
        if not isinstance(node, ActivationNode) or node.activation.name != "softmax":
            continue
        name = setting.edge_name[edge]

        def alter(altered: AlteredPass, edges: Edges, name: Any = name) -> bool:
            if name not in edges:
                return False
            outputs = altered.at.values(altered.linear.links[edges[name]].node)
            width = range(len(outputs[0]))
            altered.put(edges[name], [[p[i] * (1 - p[i]) * (i == j) for i in width for j in width] for p in outputs])
            return True

        clause = f"softmax in {setting.node(link.node)} is differentiated unit by unit, p(1 − p), without −p_i·p_j"
        yield Mistake("", "softmax unit by unit", clause, edges=alter)


def derivative_of_probabilities_again(setting: Setting) -> Iterator[Mistake]:
    """The derivative of softmax, in full or unit by unit, or of σ multiplied by p − t, which has it."""
    loss = setting.network.loss
    told, name = {
        "cross_entropy": ({"the Jacobian of softmax": True, "p(1 − p), unit by unit,": False}, "softmax"),
        "bce_with_logits": ({"σ′": False}, "σ"),
    }.get(loss.name, ({}, ""))
    sigma = bind("softmax" if name == "softmax" else "sigmoid")
    for derivative, in_full in told.items():

        def again(altered: AlteredPass, node: int, target: int, in_full: bool = in_full) -> list[list[float]]:
            found = []
            for ys, ts in zip(altered.at.values(node), altered.at.graph.network.targets[target].rows):
                of_logits = loss.derivatives(ys, ts)
                p = sigma.value(ys) if sigma.couples else [sigma.value(y) for y in ys]
                mean = sum(x * by for x, by in zip(p, of_logits))
                found.append([x * ((by - mean) if in_full else (1 - x) * by) for x, by in zip(p, of_logits)])
            return found

        whose = f"which is the derivative of {loss.name} by its logits y"
        clause = f"{name}(y) − t, {whose}, is multiplied by {derivative} again"
        yield Mistake("", "σ′ of logits again", clause, edges=_put_seeds(setting, again))


LOGITS = {"nll": "cross_entropy", "kl": "cross_entropy", "bce": "bce_with_logits"}
"""Losses of probabilities, with those that apply softmax or σ themselves."""


def twice_or_not_at_all(setting: Setting) -> Iterator[Mistake]:
    """Softmax or σ applied by the network and by its loss, or by neither."""
    network = setting.network
    last = {target.node for target in network.targets}
    names = {network.nodes[number].activation.name for number in last if number >= len(network.inputs)}  # type: ignore[union-attr]
    if len(names) != 1:
        return
    (activation,), loss = names, network.loss.name
    is_read = any(setting.givens[number].quantity not in ("output", "preactivation") for number in setting.wrong)
    applied = {"cross_entropy": "softmax", "bce_with_logits": "sigmoid"}
    function = {"softmax": "softmax", "log_softmax": "softmax", "sigmoid": "σ"}.get(activation)
    if function and (with_logits := LOGITS.get(loss)):
        clause = f"{function} is applied twice, by the output and again by the loss ({with_logits} of its outputs)"
        yield _with_loss(network, with_logits, f"{function} twice", clause)
        clause = f"{function} is not applied: logits are taken for probabilities"
        yield Mistake("", f"no {function}", clause, network=_with_output("identity"))
    elif loss in applied:
        own = applied[loss]
        shown = {"softmax": "softmax", "sigmoid": "σ"}[own]
        probabilities = {"softmax": "nll", "sigmoid": "bce"}[own]
        if activation != own:
            clause = f"{shown} is applied twice, by the output and again by {loss}"
            if is_read:  # wrong outputs alone have another activation
                outputs = " and ".join(network.nodes[number].name for number in sorted(last))
                beside = f"{outputs} {'have' if len(last) > 1 else 'has'} the activation {own}"
                yield Mistake("", f"{shown} twice", clause, network=_with_output(own), beside=beside)
            clause = f"{shown} is not applied: logits are taken for probabilities ({probabilities} in place of {loss})"
            yield _with_loss(network, probabilities, f"no {shown}", clause)
        else:
            clause = f"{shown} is applied once, and not again by {loss}"
            yield _with_loss(network, probabilities, f"{shown} once", clause)


def _with_loss(network: Network, name: str, what: str, clause: str) -> Mistake:
    other = bind_loss(name, network.loss.reduction, network.loss.scale)
    return Mistake("", what, clause, network=lambda one: one._replace(loss=other), command=command_of(other))


def _with_output(name: str) -> Callable[[Network], Network]:
    def replaced(network: Network) -> Network:
        last, inputs = {target.node for target in network.targets}, len(network.inputs)
        layers = [
            layer._replace(activation=bind(name)) if number in last else layer
            for number, layer in enumerate(network.layers, inputs)
        ]
        return network._replace(layers=tuple(layers))

    return replaced


AT_LOSS: tuple[Kind, ...] = (
    ("loss's factor", 0.12, loss_factor),
    ("loss's derivative", 0.03, derivative_of_loss),
    ("delta as difference", 0.03, delta_as_difference),
    ("softmax unit by unit", 0.02, softmax_unit_by_unit),
    ("derivative of logits again", 0.02, derivative_of_probabilities_again),
    ("softmax or logits", 0.05, twice_or_not_at_all),
    ("another logarithm", 0.02, other_logarithm),
    ("function of the loss", 0.02, function_of_loss),
)
"""What can go wrong at the loss, and how often it does."""
