"""Mistakes with a batch and with targets: another reduction, one example or unit alone, targets that are not those of
their outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any

from gradcalc.analysis.altered_pass import AlteredPass, EdgeName
from gradcalc.analysis.backward_mistakes import loss_ends
from gradcalc.analysis.loss_mistakes import SQUARED, command_of, times
from gradcalc.analysis.mistakes import Edges, Kind, Mistake, OtherEdges, Reading, Setting, scaled
from gradcalc.losses import Loss
from gradcalc.network.network import NO_CONSTANTS, Network, Rows, unit_name

MOST_EXAMPLES = 64  # of a batch of which one alone is counted
MOST_UNITS = 16  # of an output of which one is not counted
MOST_SWAPPED = 6  # examples, or units, of which any two are swapped


def reduction(setting: Setting) -> Iterator[Mistake]:
    """The sum over a batch for its mean, or the reverse; one example alone."""
    network, names = setting.network, [setting.edge_name[edge] for edge in loss_ends(setting)]
    count = network.examples
    if count < 2:
        return
    is_mean = network.loss.reduction == "mean"
    factor, other = (float(count), "sum") if is_mean else (1 / count, "mean")
    clause = f"the loss is the {other} over the {count} examples in place of the {network.loss.reduction}"
    alter = scaled(names, factor)
    what = f"{other} for {network.loss.reduction} over the batch"
    command = command_of(network.loss._replace(reduction=other))
    yield Mistake("", what, clause, edges=alter, reported=times(factor, ("loss",)), command=command)
    yield Mistake(
        "", what, f"gradients are those of the {other} over the {count} examples, though L is not", edges=alter
    )
    twice = 1 / count if is_mean else 1 / count**2
    yield Mistake("", "1/n twice", f"the batch is divided by {count} twice", edges=scaled(names, twice))


def one_example(setting: Setting) -> Iterator[Mistake]:
    """The gradient of one example in place of that of the batch."""
    network, ends = setting.network, [setting.edge_name[edge] for edge in loss_ends(setting)]
    count = network.examples
    if not 1 < count <= MOST_EXAMPLES:
        return

    def only(chosen: int, factor: float) -> OtherEdges:
        def alter(altered: AlteredPass, edges: Edges) -> bool:
            for name in ends:
                rows = seeds(altered, edges[name])
                altered.put(edges[name], [[factor * x * (n == chosen) for x in row] for n, row in enumerate(rows)])
            return True

        return alter

    for chosen in (count - 1, 0, *range(1, count - 1)):
        whole = count if network.loss.reduction == "mean" else 1.0
        clause = f"example {chosen} (counted from 0) alone is counted, not the batch of {count}"
        yield Mistake("", "one example", clause, edges=only(chosen, whole))
        if whole != 1:
            yield Mistake("", "one example", f"{clause}, and still divided by {count}", edges=only(chosen, 1.0))


def read_by_loss(altered: AlteredPass, edge: int) -> tuple[Loss, Rows, Rows]:
    """The loss at one of its edges, what it reads, [examples][units], and the targets of that."""
    link: Any = altered.linear.links[edge]
    graph, network = altered.at.graph, altered.at.graph.network
    (target,) = [target for end, target in graph.ends() if end == link.node][:1]
    fused = graph.fused_loss(link.node)
    read = link.node if fused is None else graph.preactivations[graph.nodes[link.node].of]
    rows = altered.at.values(read)
    wanted = rows if target is None else network.targets[target].rows
    return fused or network.loss, rows, wanted


def seeds(altered: AlteredPass, edge: int) -> Rows:
    """∂L/∂y as the pass has it, before the reduction."""
    loss, rows, wanted = read_by_loss(altered, edge)
    return [loss.derivatives(ys, ts) for ys, ts in zip(rows, wanted)]


def one_output(setting: Setting) -> Iterator[Mistake]:
    """An output unit that is not counted."""
    ends, widths = loss_ends(setting), [setting.graph.nodes[end].width for end, _ in setting.graph.ends()]
    for edge, width in zip(ends, widths):
        if not 1 < width <= MOST_UNITS:
            continue
        name, node = setting.edge_name[edge], setting.node(setting.graph.ends()[ends.index(edge)][0])
        for unit in range(width):

            def alter(altered: AlteredPass, edges: Edges, unit: int = unit, name: EdgeName = name) -> bool:
                rows = seeds(altered, edges[name])
                altered.put(edges[name], [[x * (n != unit) for n, x in enumerate(row)] for row in rows])
                return True

            clause = f"the loss of {unit_name(node, unit, width)} is not counted"
            yield Mistake("", "one output left out", clause, edges=alter)


def uncounted_in_loss(setting: Setting) -> Iterator[Mistake]:
    """L without the term of an output unit."""
    if all(given.quantity != "loss" for given in setting.givens):
        return
    for edge in loss_ends(setting):
        loss, rows, wanted = read_by_loss(setting.own.altered(), edge)
        width, node = len(rows[0]), setting.node(setting.own.linear.links[edge].node)
        if loss.coupled or not 1 < width <= MOST_UNITS:
            continue
        for unit in range(width):
            terms = [loss.value([ys[unit]], [ts[unit]]) for ys, ts in zip(rows, wanted)]
            term = sum(terms) / (width if loss.averaged else 1) / setting.graph.reduction

            def reported(reading: Reading, term: float = term) -> list[list[float]]:
                pairs = zip(setting.givens, reading.values)
                return [[x - term for x in values] if one.quantity == "loss" else values for one, values in pairs]

            clause = f"the term of {unit_name(node, unit, width)} is left out of L"
            yield Mistake("", "one output left out", clause, reported=reported)


OF_LOGITS = {"cross_entropy": "softmax(y)", "bce_with_logits": "σ(y)"}
DIFFERENCES = (*SQUARED, *OF_LOGITS)
"""Losses whose derivative is y, softmax(y) or σ(y) less t, times a constant."""


def target_left_out(setting: Setting) -> Iterator[Mistake]:
    """y for y − t in the derivative of the loss."""
    network, names = setting.network, [setting.edge_name[edge] for edge in loss_ends(setting)]
    if not network.targets or network.loss.name not in DIFFERENCES:
        return

    def alter(altered: AlteredPass, edges: Edges) -> bool:
        for name in names:
            loss, rows, wanted = read_by_loss(altered, edges[name])
            found = []
            for ys, ts in zip(rows, wanted):
                without = loss.derivatives(ys, [0.0] * len(ts))
                if loss.name not in SQUARED and not any(without):  # p·Σt − t
                    without = [d + loss.scale * t for d, t in zip(loss.derivatives(ys, ts), ts)]
                found.append(without)
            altered.put(edges[name], found)
        return True

    y = OF_LOGITS.get(network.loss.name, "y")
    clause = f"{y} stands for {y} − t in the derivative of the loss (the target is not subtracted)"
    yield Mistake("", "target left out", clause, edges=alter)


def broadcast(setting: Setting) -> Iterator[Mistake]:
    """Outputs (N, 1) less targets (N,): N×N differences, and their mean."""
    network, names = setting.network, [setting.edge_name[edge] for edge in loss_ends(setting)]
    count, ends = network.examples, setting.graph.ends()
    if count < 2 or len(ends) != 1 or setting.graph.nodes[ends[0][0]].width != 1 or not network.loss.takes_target:
        return
    (name,) = names

    def alter(altered: AlteredPass, edges: Edges) -> bool:
        loss, rows, wanted = read_by_loss(altered, edges[name])
        altered.put(edges[name], [[sum(loss.derivatives(ys, ts)[0] for ts in wanted) / count] for ys in rows])
        return True

    def reported(reading: Reading) -> Rows:
        loss, rows, wanted = read_by_loss(setting.own.altered(), loss_ends(setting)[0])
        whole = sum(loss.value(ys, ts) for ys in rows for ts in wanted) / count
        whole /= count if network.loss.reduction == "mean" else 1
        return [
            [whole] if given.quantity == "loss" else values for given, values in zip(setting.givens, reading.values)
        ]

    clause = (
        f"outputs of the shape ({count}, 1) and targets of the shape ({count},) are broadcast: the mean is over "
        f"{count}×{count} differences, of every output with every target"
    )
    yield Mistake("", "targets broadcast", clause, edges=alter, reported=reported)


def targets_moved(setting: Setting) -> Iterator[Mistake]:
    """Targets of other examples, or of other units."""
    network = setting.network
    if not network.targets:
        return
    if network.examples > 1:
        for order, clause in orders(network.examples, "examples"):

            def chosen(rows: Rows, order: Sequence[int] = order) -> Rows:
                return [rows[n] for n in order]

            yield Mistake("", "targets shuffled", clause, network=with_targets(chosen))
    widths = {len(target.rows[0]) for target in network.targets}
    if len(widths) == 1 and (width := widths.pop()) > 1:
        for order, clause in orders(width, "units"):

            def moved(rows: Rows, order: Sequence[int] = order) -> Rows:
                return [[row[n] for n in order] for row in rows]

            yield Mistake("", "targets shuffled", clause, network=with_targets(moved))


def orders(count: int, what: str) -> Iterator[tuple[list[int], str]]:
    """Orders that targets may get into: reversed, moved by one, and of few any two swapped."""
    numbers = list(range(count))
    if count > 2:
        yield numbers[::-1], f"the targets are in reverse order, against the {what}"
        yield numbers[1:] + numbers[:1], f"targets are moved by one: each of the {what} has that of the next"
        yield numbers[-1:] + numbers[:-1], f"targets are moved by one: each of the {what} has that of the one before"
    for one, other in combinations(numbers, 2) if count <= MOST_SWAPPED else ():
        swapped = [other if n == one else one if n == other else n for n in numbers]
        yield swapped, f"the targets of {what} {one} and {other} (counted from 0) are swapped"


def with_targets(change: Callable[[Rows], Rows]) -> Callable[[Network], Network]:
    """The network with other targets."""

    def changed(network: Network) -> Network:
        targets = [one._replace(rows=change(one.rows), exact=NO_CONSTANTS) for one in network.targets]
        return network._replace(targets=tuple(targets))

    return changed


BATCH: tuple[Kind, ...] = (
    ("reduction", 0.06, reduction),
    ("one example", 0.02, one_example),
    ("one output", 0.02, one_output),
    ("one output in L", 0.02, uncounted_in_loss),
    ("target left out", 0.02, target_left_out),
    ("targets broadcast", 0.02, broadcast),
    ("targets moved", 0.02, targets_moved),
)
"""What can go wrong with a batch and with targets, and how often it does."""
