"""What the JSON of `compute` says of paths: how many there are, their shares and lengths, and that they sum to the
gradient."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from claims.claim import Claim, fault, flat, is_beyond_float64, norm
from claims.known import Known
from claims.structure import ends
from mpmath import mp

from gradcalc.analysis.path_analysis import paths
from gradcalc.analysis.results import Part
from gradcalc.network.network import Network

TEMPLATES = ("number of paths", "shares of paths", "lengths of paths", "paths sum to the gradient")


def claims(known: Known) -> Iterator[Claim]:
    """Four of every gradient."""
    for name, found in (known.every["paths"] or {}).items():
        yield Claim("number of paths", f"{name}: {found['count']}", fault(is_count, known, name, found["count"]))
        top = found["top"]
        yield Claim("shares of paths", name, fault(are_shares, known, name, top))
        yield Claim("lengths of paths", name, fault(are_lengths, known.network, top))
        if len(top) == found["count"]:
            yield Claim("paths sum to the gradient", name, fault(is_sum, known, name, top))


def is_count(known: Known, name: str, count: int) -> bool:
    """Every use of a parameter, times the ways from there to what is differentiated, edge by edge."""
    network, first = known.network, len(known.network.inputs)
    numbers = {node.name: number for number, node in enumerate(network.nodes)}
    differentiated = ends(network, known.of)
    ways: dict[int, int] = defaultdict(int)
    for number in reversed(range(len(network.nodes))):
        ways[number] += number in differentiated
        for edge in network.layers[number - first].incoming if number >= first else ():
            ways[edge.source] += ways[number]
    if "[" in name:
        return True
    if name in numbers:
        return count == ways[numbers[name]]
    parameter = next(number for number, one in enumerate(network.parameters) if one.name == name)
    uses = 0
    for layer in network.layers:
        own = [edge.parameter for edge in layer.incoming] + [layer.weight, layer.bias, layer.alpha]
        uses += own.count(parameter) * ways[numbers[layer.name]]
    return count == uses


def are_shares(known: Known, name: str, top: list[dict[str, Any]]) -> bool:
    gradient = flat(known.every["gradients"][name])
    scale = max(map(abs, gradient))
    for path in top:
        assert (path["share"] is None) == (not scale), "a share of 0"
        if scale:
            own = mp.fsum(a / scale * (b / scale) for a, b in zip(flat(path["contribution"]), gradient))
            own /= mp.fsum((b / scale) ** 2 for b in gradient)
            slack = mp.mpf(10) ** -9 * norm(path["contribution"]) / norm(gradient)
            assert abs(mp.mpf(path["share"]) - own) <= slack, f"{path['share']} is {own}"
    return True


def are_lengths(network: Network, top: list[dict[str, Any]]) -> bool:
    """Layers entered through their preactivation."""
    layers = {layer.name: layer for layer in network.layers}
    for path in top:
        units = any("[" in node for node in path["nodes"])
        if units or len(path["through"]) != len(path["nodes"]) - 1:
            continue
        least = most = 0
        for source, target, label in zip(path["nodes"], path["nodes"][1:], path["through"]):
            layer = layers[target]
            kinds = {
                kind
                for kind, found in ((1, (*layer.edges, *layer.into_preactivation)), (0, layer.into_output))
                for edge in found
                if network.nodes[edge.source].name == source and (edge.label == label or layer.weight is not None)
            }
            least, most = least + min(kinds, default=0), most + max(kinds, default=1)
        assert least <= path["length"] <= most, f"{path['nodes']}: {path['length']}"
    return True


def is_sum(known: Known, name: str, top: list[dict[str, Any]]) -> bool:
    """Of one example: sums over examples may cancel, and rounding with them."""
    gradient = flat(known.every["gradients"][name])
    if known.network.examples > 1 or not top:
        return bool(top) or not any(gradient)
    sums = [mp.fsum(parts) for parts in zip(*(flat(path["contribution"]) for path in top))]
    error = max(abs(a - b) for a, b in zip(sums, gradient))
    if error <= mp.mpf(10) ** -9 * max(norm(path["contribution"]) for path in top):
        return True
    whole = paths(known.network, wrt=[name], top=0, part=Part(of=known.of)).sums[name]  # of single units
    magnitude = mp.mpf(str(whole.magnitude))
    return bool(error <= max(mp.mpf("1e-12"), of_exponentials(known)) * magnitude)


def of_exponentials(known: Known) -> Any:
    """How far, relatively, σ′ may be off in the arrays that list many paths in extended range: e^-|z| of a z that is
    rounded there by itself, in every layer."""
    if not outside(known):
        return mp.mpf(0)
    zs = (number for node in known.every["forward"].values() for number in flat(node.get("preactivation") or []))
    return mp.mpf(2) ** -50 * len(known.network.layers) * max(map(abs, zs))


def outside(known: Known) -> bool:
    """Whether a gradient is no float64."""
    return any(is_beyond_float64(number) for value in known.every["gradients"].values() for number in flat(value))
