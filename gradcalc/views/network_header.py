"""What pages and JSON documents about a network begin with: its name, the activations that its layers use, its loss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

import gradcalc
from gradcalc.analysis.results import LossValue, Path
from gradcalc.arithmetic.float64 import is_low_precision
from gradcalc.expressions.expression import Expression
from gradcalc.losses import Loss
from gradcalc.network.linear_graph import EdgeLabel
from gradcalc.network.network import Network, numbers
from gradcalc.report.report import Words
from gradcalc.report.text import gradient, listed

Facts = dict[str, Any]  # what JSON prints; keys and their order are a contract


def title(network: Network, of: str | None = None) -> str:
    """rnn · tanh, identity · ½Σ(y − t)²; without a target there is no loss. `of` is in place of it."""
    of = quantity(network) if of is None else of
    shown = loss_formula(network) if of == "L" else f"derivatives of {of}"
    return title_of([network.name, ", ".join(network.activations), shown])


def title_of(parts: Sequence[str]) -> str:
    """A title of these parts, without those that are empty."""
    return " · ".join(filter(None, parts))


def with_and_without_skips(name: str) -> str:
    """What a network and the same without its skips are called together."""
    return f"{name}, with and without its skips (same weights)"


def loss_formula(network: Network) -> str:
    """½Σ(y − t)², of one example; mse: ½Σ(y − t)², where the factor is the number of units; "" without a target."""
    if not network.loss.takes_target:
        return f"L = {summed(network, network.nodes[-1].name)}"
    if not network.targets:
        return ""
    from gradcalc.expressions.print_unicode import Unicode
    from gradcalc.expressions.walk import write

    told = [(write(formula, Unicode()), names) for formula, names in loss_terms(network)]
    wide = any(network.nodes[target.node].width > 1 for target in network.targets)
    by_cases = any(formula.head == "cases" for formula, _ in loss_terms(network))
    named = f"{network.loss.name}: " if (network.loss.averaged and wide) or by_cases else ""
    return named + ", ".join(f"{formula} of {listed(names)}" if len(told) > 1 else formula for formula, names in told)


def title_parts(network: Network) -> tuple[str, str]:
    """The activations that a network uses, and its loss, as its title has them."""
    return ", ".join(network.activations), loss_formula(network)


def shared_parts(networks: Sequence[Network]) -> list[str]:
    """The same of several networks; "" in place of what they differ in."""
    return [texts[0] if len(set(texts)) == 1 else "" for texts in zip(*map(title_parts, networks))]


def loss_terms(network: Network) -> list[tuple[Expression, list[str]]]:
    """The loss of one example with the outputs that it is of; where it is divided by the number of units, one for each
    such number, and where it reads some outputs as logarithms, one for these."""
    widest = max(network.nodes[target.node].width for target in network.targets)
    found: dict[tuple[int, str], tuple[Loss, list[str]]] = {}
    for target in network.targets:
        node, loss = network.nodes[target.node], network.loss_at(target.node)
        width = node.width if loss.averaged else widest
        found.setdefault((width, loss.term), (loss, []))[1].append(node.name)
    return [(loss.expression(width, to_read=True), names) for (width, _), (loss, names) in found.items()]


def quantity(network: Network) -> str:
    """What is differentiated: L, or h2 in its place; Σh2 where it has several units."""
    return "L" if network.of is None else summed(network, network.nodes[network.of].name)


def summed(network: Network, name: str) -> str:
    """A node, or one of its units; the sum over its units where there are several: Σh2."""
    return "Σ" * any(node.name == name and node.width > 1 for node in network.nodes) + name


def own_names(network: Network) -> set[str]:
    """What the inputs, layers and parameters are called, which a page's own signs are not to be taken for."""
    return {*(node.name for node in network.nodes), *(parameter.name for parameter in network.parameters)}


def z_name(network: Network) -> str:
    """What a page calls z: `preactivation` where the network itself has something that is called z."""
    return "preactivation" if "z" in own_names(network) else "z"


def envelope(command: str) -> Facts:
    """What every document begins with."""
    return {"gradcalc": gradcalc.__version__, "command": command}


def network_facts(network: Network, loss: LossValue | None) -> Facts:
    """What every document says of a network; the loss is None without a target."""
    activations = list(network.activations)
    return {"name": network.name, "activations": activations, "loss": None if loss is None else loss._asdict()}


def in_arithmetic(told: Facts, arithmetic: str) -> Facts:
    """What JSON prints; in low precision also which it is, after the loss, and null for what is infinite or NaN."""
    if not is_low_precision(arithmetic):
        return told
    from gradcalc.report.json_numbers import finite

    start = [key for key in ("gradcalc", "command", "name", "activations", "loss") if key in told]
    found: Facts = finite({key: told[key] for key in start} | {"arithmetic": arithmetic} | told)
    return found


def computed_in(arithmetic: str, shares: bool = False) -> str:
    """How numbers of another arithmetic than float64 and extended range are computed; with what that means for
    `shares`."""
    if is_low_precision(arithmetic):
        from gradcalc.arithmetic.low_precision import StorageName
        from gradcalc.views.precision_sentences import settings

        how = f" ({settings(arithmetic)})" if isinstance(arithmetic, StorageName) else ""
        sums = " Sums are, too: shares need not add up to 100 %." * shares
        return f"Computed in {arithmetic}{how}: weights, inputs and every value that is stored are rounded to it.{sums}"
    return f"Computed with {arithmetic}."


def not_finite(values: Mapping[str, Any], network: Network, arithmetic: str) -> Words | None:
    """Which gradients, by name, a low precision has no number for; None where there is none."""
    found = {name: numbers(value) for name, value in values.items()} if is_low_precision(arithmetic) else {}
    names = [gradient(name, quantity(network)) for name, each in found.items() if not all(map(isfinite, each))]
    where = "precision --simulate says where that begins"
    return (f"Infinite or NaN in {arithmetic}: {listed(names)}; {where}.",) if names else None


def path_facts(path: Path) -> Facts:
    """One path; `at` where a tied parameter has several uses, `example` in a batch, `entry` of a matrix."""
    return {key: value for key, value in path._asdict().items() if value is not None or key == "share"}


def visited(network: Network, nodes: Sequence[str], through: Sequence[str]) -> Sequence[str]:
    """The nodes of a path, with z where it goes on to another unit: h[0] → z_y[0] → y[1], where y is a softmax."""
    layers = {layer.name: layer for layer in network.layers if layer.activation.couples}
    if len(through) != len(nodes) - 1 or not layers:
        return nodes
    found = [nodes[0]]
    for source, target, label in zip(nodes, nodes[1:], through):
        name, unit, row = target.partition("[")[0], unit_number(target), unit_number(label)
        layer = layers.get(name)
        if layer is not None and unit is not None and (layer.join != "concat" or layer.weight is not None):
            z = unit_number(source) if row is None else row
            is_late = label in [edge.label or "" for edge in layer.into_output]
            found += [f"z_{name}[{z}]"] if z not in (None, unit) and not is_late else []
        found.append(target)
    return found


def parallel_edges(paths: Sequence[Path], most: int) -> list[str]:
    """` (edge 2 of h1 → y)` of each of the first paths that only the choice of parallel edges tells from another."""
    keys = [(path.nodes, path.through, path.at, path.example, path.entry) for path in paths[:most]]
    return edges_apart(keys, getattr(paths, "labels", lambda place: ()))


def edges_apart(keys: Sequence[tuple[Any, ...]], labels: Callable[[int], Sequence[EdgeLabel]]) -> list[str]:
    """The same of paths by their nodes and what else is told of them."""
    alike = {key for key, number in Counter(keys).items() if number > 1}
    if not alike:
        return [""] * len(keys)
    taken = []
    for place, (nodes, *_) in enumerate(keys):
        own = [label for label in labels(place) if label.node is not None]
        ends = [nodes[0], *(label.node for label in own)]
        taken.append([(f"{one} → {other}", label.parallel) for one, other, label in zip(ends, ends[1:], own)])
    several = {both for own in taken for both, number in own if number}
    told = [", ".join(f"edge {number + 1} of {both}" for both, number in own if both in several) for own in taken]
    return [f" ({own})" if key in alike and own else "" for key, own in zip(keys, told)]


def unit_number(name: str) -> int | None:
    """0 of h[0] and of w2[0,1]; None of what has no index."""
    index = name.partition("[")[2].rstrip("]").partition(",")[0]
    return int(index) if index.isdigit() else None


def by_example(value: Any, batch: bool) -> Sequence[Sequence[Any]]:
    """[examples][units] of a node's values, whatever shape results give them."""
    if batch:
        rows: Sequence[Sequence[Any]] = value
        return rows
    return [value if isinstance(value, list) else [value]]
