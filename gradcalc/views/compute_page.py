"""What `gradcalc compute` prints: the facts that JSON holds, a contract, and the page that a person reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradcalc.analysis.computation import printed
from gradcalc.analysis.path_list import GradientPaths
from gradcalc.analysis.point import is_narrow, point
from gradcalc.analysis.results import Computation, Paths, RoundedGradient
from gradcalc.arithmetic import decimal_digits
from gradcalc.arithmetic.float64 import is_low_precision
from gradcalc.expressions.expression import Expression, number, quotient, total
from gradcalc.expressions.numerals import LARGEST_DOUBLE, SMALLEST_NORMAL
from gradcalc.losses import Loss
from gradcalc.network.graph import graph
from gradcalc.network.network import Value, entries, numbers
from gradcalc.report.report import Block, Column, Deferred, Formula, Heading, Note, Percent, Report, Table, Words
from gradcalc.report.text import listed, node_list
from gradcalc.views import network_header as header

FORWARD = ("activation", "preactivation", "output", "derivative", "kink")  # what JSON has of a node, in this order
UNSEEN = 1e-5  # how near an output is to its target, or to 1, where its difference to that would print as 0
MOST_TERMS = 4  # outputs with a target, in all examples, up to which the loss is written in numbers


def report(
    computation: Computation,
    warnings: tuple[str, ...] = (),
    every: bool = False,
    entries: bool = False,
    most: int | None = None,
) -> Report:
    """The computation as a report; `entries` shows gradients by entry instead of by norm, `every` whatever there is.
    `most`: as many paths of each gradient (None: as fit on a page or two)."""
    shown = "forward pass" if computation.loss is None else "gradients as sums over paths"
    return Report(
        Deferred(lambda: header.in_arithmetic(facts(computation), computation.arithmetic)),
        lambda: page(computation, every, entries, most),
        table=lambda: flat_table(computation),
        warnings=(*warnings, *(f"warning: {warning}" for warning in computation.warnings)),
        title=f"{computation.network.name}: {shown}",
    )


def facts(computation: Computation) -> header.Facts:
    """Everything that was computed; what needs a target is None where there is none."""
    network, backward, paths = computation.network, computation.backward, computation.paths
    if isinstance(paths, GradientPaths):
        paths.refuse_long()
    return {
        **header.envelope("compute"),
        **header.network_facts(network, computation.loss),
        "input": {node.name: printed(network, node.rows) for node in network.inputs},
        "target": {network.nodes[target.node].name: target.given for target in network.targets},
        "forward": {
            name: {key: part for key in FORWARD if (part := getattr(values, key)) is not None and part is not False}
            for name, values in computation.forward.items()
        },
        "backward": None
        if backward is None
        else {
            node.name: {key: value for key, value in backward[node.name]._asdict().items() if value is not None}
            for node in [*network.nodes][::-1]
        },
        "parameters": {parameter.name: single(parameter.value) for parameter in network.parameters},
        "frozen": [parameter.name for parameter in network.parameters if parameter.frozen],
        "gradients": None if computation.gradients is None else dict(computation.gradients),
        "log10": None if computation.log10 is None else dict(computation.log10),
        "paths": None
        if paths is None
        else {
            name: {"count": found.count, "top": list(map(header.path_facts, found.top))}
            | ({} if found.exact else {"exact": False})
            for name, found in paths.items()
        },
    }


def single(value: Value) -> Value:
    """A number where there is one entry, as its gradient is one."""
    entry = value
    while isinstance(entry, list) and len(entry) == 1:
        entry = entry[0]
    return value if isinstance(entry, list) else entry


def page(computation: Computation, every: bool, entries: bool, most: int | None) -> Iterator[Block]:
    """Title, both passes, gradients with their paths, and what they mean; JSON needs nothing of what is loaded here."""
    from gradcalc.views.compute_tables import gradient_blocks, passes

    found = computation.paths
    if found is not None:  # each is described when it is asked for: once is enough
        computation = computation._replace(paths=dict(found))
    yield Heading(header.title(computation.network))
    if computation.loss is not None:
        yield Note(legend(computation), "legend")
        name = Expression("name", value=header.quantity(computation.network))
        yield Formula((name, " = ", *loss_in_numbers(computation), computation.loss.value))
    yield passes(computation, every)
    yield from gradient_blocks(computation, every, entries, most)
    yield from sentences(computation, rounded(computation, found))


def sentences(computation: Computation, rounded: Sequence[RoundedGradient]) -> Iterator[Note]:
    """What the numbers mean, the most telling first."""
    from gradcalc.views.compute_sentences import falling, main_gradient, rounds, saturated, single_paths

    if computation.gradients is None:
        yield Note(
            "No target, so there is no loss and no gradient: only the forward pass is shown. --target gives one."
        )
    found: list[tuple[Words | None, str]] = [(single_paths(computation), "note")]
    if not (is_low_precision(computation.arithmetic) or are_wrong(rounded)):  # sentences about sums would not be true
        found += [
            (main_gradient(computation), "result"),
            (rounds(computation), "note"),
            *falling(computation),
            (saturated(computation), "note"),
        ]
    network = computation.network
    kinks = [kink for values in computation.forward.values() for kink in values.kinks]
    if kinks or rounded or network.may_lack_digits(computation.arithmetic):
        from gradcalc.views.kink_sentences import derivative_sentences

        told = derivative_sentences(kinks, rounded, network, computation.arithmetic, header.quantity(network))
        found += ((words, "note") for words in told)
    if computation.arithmetic == "extended":
        which = "Some values are" if has_outside(computation) else "Intermediate results may be"
        extended = f"{which} outside the range of float64: computed in extended range (exponents of any size)."
        found.append((extended, "note"))
    elif computation.arithmetic != "float64":
        own = header.not_finite(computation.gradients or {}, network, computation.arithmetic)
        found.append((own, "result"))
        found.append((header.computed_in(computation.arithmetic, shares=True), "note"))
    for words, kind in found:
        if words is not None:
            yield Note(words, kind)


def are_wrong(rounded: Sequence[RoundedGradient]) -> bool:
    """Whether what is told of contributions would not be true."""
    if not rounded:
        return False
    from gradcalc.views import digit_sentences

    return digit_sentences.are_wrong(rounded)


def rounded(computation: Computation, paths: Mapping[str, Paths] | None) -> Sequence[RoundedGradient]:
    """Of which numbers fewer than six digits are right, of those asked for, of nodes and of the forward pass."""
    network = computation.network
    if isinstance(paths, GradientPaths):
        at = paths.point
    elif paths is None and is_narrow(graph(network)) and not is_low_precision(computation.arithmetic):
        at = point(network, decimal_digits(computation.arithmetic))
    else:
        return []
    from gradcalc.analysis.rounded_gradients import (
        derivatives_of,
        gradients_of,
        gradients_of_nodes,
        rounded_gradients,
        values_of,
    )

    wanted = values_of(network)
    if isinstance(paths, GradientPaths):
        wanted |= gradients_of(paths.subjects) | gradients_of_nodes(network)
    return rounded_gradients(at, wanted | derivatives_of(network))


def has_outside(computation: Computation) -> bool:
    """Whether any value of a node, gradient or contribution that is shown is no normal float64."""
    values = [
        part for node in computation.forward.values() for part in (node.output, node.preactivation, node.derivative)
    ]
    values += [part for node in (computation.backward or {}).values() for part in node]
    values += (computation.gradients or {}).values()
    values += [path.contribution for found in (computation.paths or {}).values() for path in found.top]
    found = (number for value in values if value is not None for number in numbers(value))
    return any(number and not SMALLEST_NORMAL <= abs(float(number)) <= LARGEST_DOUBLE for number in found)


def legend(computation: Computation) -> str:
    """What the signs on the page stand for."""
    gradients, network = (computation.gradients or {}).values(), computation.network
    paths = (computation.paths or {}).values()
    own, z = header.own_names(network), "(preactivation)" if "z" in header.own_names(network) else "z"
    meanings = [f"δ = ∂{header.quantity(network)}/∂{z}"]
    meanings += [f"the network's own {sign} is another {sign}" for sign in ("L", "δ") if sign in own]
    if any(layer.activation.name != "sigmoid" for layer in network.layers):
        meanings.append("σ: the layer's activation")
    if any(path.share is not None for found in paths for path in found.top[:1]):
        several = any(isinstance(value, list) for value in gradients)
        if not several:
            meanings.append("share = contribution/gradient")
        elif any(found.count > 1 for found in paths):
            meanings.append("share = ⟨contribution, gradient⟩/‖gradient‖² (⟨a, b⟩ = Σab over the entries)")
    if any(path.share is not None and path.share < 0 for found in paths for path in found.top):
        meanings.append("▒ opposite sign to the gradient")
    if any(path.at not in (None, path.nodes[0]) for found in paths for path in found.top):
        meanings.append("before a colon: where the tied weight is used")
    if network.examples > 1 and network.loss.reduction == "mean" and computation.backward is not None:
        meanings.append(f"∂{header.quantity(network)}/∂output and δ have the factor 1/{network.examples} of the mean")
    if network.examples > 1 and any(path.share is not None for found in paths for path in found.top[:1]):
        meanings.append(f"contribution: summed over the {network.examples} examples")
    if any(parameter.frozen and parameter.name in (computation.gradients or {}) for parameter in network.parameters):
        meanings.append("frozen: not to be changed in training")
    return ", ".join(meanings)


def loss_in_numbers(computation: Computation) -> tuple[Words, ...]:
    """The loss written out, (y − t)² = (0.525929 − 1)² = , with numbers where they are few."""
    network = computation.network
    places = [target.node for target in network.targets]
    places = places or [len(network.nodes) - 1 if network.of is None else network.of]
    ends, loss = [network.nodes[place] for place in places], network.loss_at(places[0])
    name = "y" if loss.takes_target else ends[0].name
    formula = loss.expression(max(node.width for node in ends), name, to_read=True)
    over = f"{network.loss.reduction} over {network.examples} examples of " if network.examples > 1 else ""
    if len(network.targets) > 1 and len(terms := header.loss_terms(network)) > 1:
        told = [(" + " * bool(n), over, term, f" of {listed(names)}") for n, (term, names) in enumerate(terms)]
        return (*(part for each in told for part in each), " = ")
    if network.of is not None and not over:
        return ()  # h2 = h2
    start = f"sum over {listed([node.name for node in ends])} of " if len(network.targets) > 1 else ""
    if not network.targets or len(network.targets) * network.examples > MOST_TERMS:
        return (start + over, formula, " = ")
    outputs = [header.by_example(computation.forward[node.name].output, network.batch) for node in ends]
    pairs = [pair for rows, target in zip(outputs, network.targets) for pair in zip(rows, target.rows)]
    early = [network.loss_at(place).of_preactivation for place in places]
    near = [(y, c) for ys, ts in pairs for y, t in zip(ys, ts) for c in (t, 1) if c and (y != c or any(early))]
    losses: list[Loss | None] = [loss] * len(pairs)
    if any(abs(float(y) - float(c)) <= UNSEEN * abs(float(c)) for y, c in near):
        zs = [header.by_example(computation.forward[node.name].preactivation, network.batch) for node in ends]
        pairs = [pair for rows, target in zip(zs, network.targets) for pair in zip(rows, target.rows)]
        losses = [one for one, target in zip(early, network.targets) for _ in target.rows]
    in_numbers = total([one.in_numbers(*pair) for one, pair in zip(losses, pairs) if one is not None])
    if None in losses:
        return (start + over, formula, " = ")
    mean = quotient(in_numbers, number(network.examples)) if over.startswith("mean") else in_numbers
    return (start + over, formula, " = ", mean, " = ")


def flat_table(computation: Computation) -> Table:
    """For csv: every path of every entry of every gradient as a row; without a target the forward pass."""
    rows: list[list[Any]] = []
    if computation.gradients is None or computation.paths is None:
        names = ["node", "entry", "preactivation", "output"]
        for name, values in computation.forward.items():
            before = dict(entries(values.preactivation))
            rows += [[name, place(index), before.get(index), number] for index, number in entries(values.output)]
        return Table(list(map(Column, names)), rows)
    if isinstance(computation.paths, GradientPaths):
        computation.paths.refuse_long()
    names = ["name", "entry", "gradient", "paths", "path", "through", "length", "contribution", "share"]
    for name, value in computation.gradients.items():
        count, top = computation.paths[name].count, computation.paths[name].top
        told = [
            (node_list(path.nodes, whole=True, use=path.at), ", ".join(path.through), path.length, Percent(path.share))
            for path in top
        ]
        parts = [dict(entries(path.contribution)) for path in top]
        for index, entry in entries(value):
            row = [name, place(index), entry, count]
            rows += [[*row, *words, part[index], share] for (*words, share), part in zip(told, parts)]
            rows += [] if top else [[*row, *[None] * 5]]
    return Table(list(map(Column, names)), rows)


def place(index: Sequence[int]) -> str:
    """`0,1`"""
    return ",".join(map(str, index))
