"""What the numbers of `gradcalc compute` mean, in words: one sentence for each thing worth knowing, else none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gradcalc.analysis.results import Computation, Path, Paths
from gradcalc.network.network import Edge, Network, difference, norm
from gradcalc.report.report import Note, Percent, Words
from gradcalc.report.text import gradient, listed, route

DOMINATES = 0.5
CANCELS = 1.5
DECADES, LAYERS = 3, 4


def verdict(computation: Computation) -> Iterator[Note]:
    """The sentences, the most telling first."""
    if computation.gradients is None:
        yield Note(
            "No target, so there is no loss and no gradient: this is the forward pass alone. --target gives one."
        )
    else:
        yield from told(carried(computation), "result")
        yield from told(shrinking(computation), "result")
        yield from told(vanished(computation), "note")
    yield from told(on_kinks(computation), "note")
    yield from told(arithmetic(computation), "note")


def told(sentence: Words | None, kind: str) -> Iterator[Note]:
    """A note, where there is something to say."""
    if sentence:
        yield Note(sentence, kind)


def carried(computation: Computation) -> Words | None:
    """Which path carries the gradient that has most of them."""
    found: Mapping[str, Paths] = computation.paths or {}
    several = {name: paths for name in found if len((paths := found[name]).top) > 1}
    if not several or computation.gradients is None:
        return None
    name = max(several, key=lambda name: several[name].count)
    paths, value = several[name], computation.gradients[name]
    largest = paths.top[0]
    if largest.share is None:
        return None
    if (against := cancellation(paths, value)) > CANCELS:
        return cancelled(name, paths, against)
    if largest.share < DOMINATES:
        number = paths.count
        return (f"{gradient(name)} is the sum of ", number, " paths; the largest carries ", Percent(largest.share), ".")
    where = way(largest, computation.network)
    rest = others(paths, value, computation.network)
    return (Percent(largest.share), f" of {gradient(name)} arrives over {where}; ", *rest, ".")


def cancellation(paths: Paths, value: Any) -> float:
    """Σ|contribution| / |gradient|, where every path is known."""
    size = norm(value)
    if not size or paths.count > len(paths.top):
        return 0.0
    return float(sum(norm(path.contribution) for path in paths.top) / size)


def cancelled(name: str, paths: Paths, against: float) -> Words:
    """Paths that pull both ways."""
    return (
        *("The ", "two" if paths.count == 2 else paths.count, " paths"),
        f" of {gradient(name)} pull both ways: before they cancel they add up to ",
        rounded(against),
        " times it.",
    )


def way(path: Path, network: Network) -> str:
    """What distinguishes a path: its skips, else its nodes."""
    skips = skips_taken(path, network)
    if len(skips) == 1:
        source, target = skips[0]
        return f"the skip {source} → {target}"
    return f"{len(skips)} skips" if skips else route(path.nodes)


def skips_taken(path: Path, network: Network) -> list[tuple[str, str]]:
    """Source and target of every skip that the path takes."""
    skips = skip_edges(network)
    return [skips[label] for label in path.through if label in skips]


def skip_edges(network: Network) -> dict[str, tuple[str, str]]:
    """Source and target of every skip, by the label that paths call it."""
    return {
        edge.label: (network.nodes[edge.source].name, layer.name)
        for layer in network.layers
        for edge in skips_of(layer)
    }


def skips_of(layer: Any) -> tuple[Edge, ...]:
    """The skips that end in a layer."""
    return (*layer.into_preactivation, *layer.into_output)


def others(paths: Paths, value: Any, network: Network) -> tuple[Any, ...]:
    """What would be left without the largest path."""
    left, who = norm(difference(value, paths.top[0].contribution)), the_others(paths, network)
    if not left:
        return (*who, " would carry nothing")
    if paths.top[0].share > 1:
        return (*who, " would carry ", Percent(1 - paths.top[0].share), ", the other way")
    times = float(norm(value) / left)
    return (*who, " would carry ", rounded(times), " times less") if times >= 1.05 else (*who, " would carry as much")


def the_others(paths: Paths, network: Network) -> tuple[Any, ...]:
    """What remains beside the largest path: the long way where that was the short one."""
    if paths.count > 2:
        return ("the other ", paths.count - 1, " paths together")
    if skips_taken(paths.top[0], network) and not skips_taken(paths.top[1], network):
        return ("the long way alone",)
    return (f"{way(paths.top[1], network)} alone",)


def rounded(number: float) -> Any:
    """A factor to two digits, for a sentence."""
    return int(float(f"{number:.2g}")) if 9.5 <= number < 1e6 else float(f"{number:.2g}")


def shrinking(computation: Computation) -> Words | None:
    """How gradients of weights shrink or grow from the output back to the first layer, per layer."""
    logs, network = computation.log10 or {}, computation.network
    depths = {parameter.name: depth for depth, parameter in weights_by_depth(network)}
    known = [(depths[name], size, name) for name, size in logs.items() if name in depths and size is not None]
    if len(known) < 2:
        return None
    first, last = min(known), max(known)
    layers, decades = last[0] - first[0], last[1] - first[1]
    if layers < LAYERS or abs(decades) < DECADES:
        return None
    how, verb = ("smaller", "shrink") if decades > 0 else ("larger", "grow")
    times = rounded(10 ** (abs(decades) / layers))
    whole = 10.0 ** abs(decades) if abs(decades) < 300 else None
    size: tuple[Any, ...] = (rounded(whole),) if whole is not None else (f"10^{abs(decades):.0f}",)
    return (
        f"{gradient(first[2])} is ",
        *size,
        f" times {how} than {gradient(last[2])}: gradients {verb} ",
        times,
        "-fold per layer on the way back.",
    )


def weights_by_depth(network: Network) -> Iterator[tuple[int, Any]]:
    """The weights with the position of their layer; a tied weight has the last of its uses."""
    for layer in network.layers:
        numbers = [edge.parameter for edge in layer.edges] + [layer.weight]
        yield from ((layer.position, network.parameters[number]) for number in numbers if number is not None)


def vanished(computation: Computation) -> Words | None:
    """Gradients that are exactly zero."""
    zero = [gradient(name) for name, size in (computation.log10 or {}).items() if size is None]
    if not zero:
        return None
    if len(zero) == len(computation.log10 or {}) and len(zero) > 1:
        return "Every gradient is exactly 0."
    return f"Exactly 0: {listed(zero)}."


def on_kinks(computation: Computation) -> Words | None:
    """Nodes whose slope is a convention."""
    nodes = [f"{name} ({values.activation})" for name, values in computation.forward.items() if values.kink]
    if not nodes:
        return None
    verb = "stands" if len(nodes) == 1 else "stand"
    return f"{listed(nodes)} {verb} on a kink, where the slope is a convention."


def arithmetic(computation: Computation) -> Words | None:
    """The kind of number that was computed with, where it is not the double."""
    kind = computation.arithmetic
    if kind == "float64":
        return None
    if kind == "extended":
        return "Some values lie beyond the range of doubles; numbers that carry their own exponent were used."
    return f"Computed with {kind}."
