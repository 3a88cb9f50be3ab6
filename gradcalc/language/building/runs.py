"""Runs of plain layers and lists of plain skips, of which long networks are made, built in columns: a list for a field.

What is plain is a number on one node: no mistake can be in it but in a name, a width or an end. Where there is one,
nothing is built here, and what builds layers and skips one by one finds it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import repeat
from operator import attrgetter, lt
from typing import TYPE_CHECKING, Any

from gradcalc.errors import SpecPath
from gradcalc.language.building.draft import MOST_UNITS, Draft, ListPlaces, NumberLayers, WrittenLayer
from gradcalc.language.building.values import are_plain
from gradcalc.language.glance import columns_of
from gradcalc.network.network import Edge, Layer
from gradcalc.records import of_rows

if TYPE_CHECKING:
    from gradcalc.language.building.parameters import Pool

NOWHERE = -1
PLAIN = {"from", "to", "weight"}


def add_layers(draft: Draft, pool: Pool, run: Sequence[WrittenLayer]) -> bool:
    """Builds layers that are each a number on the layer before it, activated; whether it did."""
    node, count, width = len(draft.widths), len(run), draft.widths[-1]
    if width is None or draft.units + count * width > MOST_UNITS:
        return False
    positions = range(node - draft.inputs + 1, node - draft.inputs + 1 + count)
    labels = [f"w{position}" for position in positions]
    weights, places, bounds = told(run)
    numbers = pool.put_numbers(weights, places, labels, "weight")
    if numbers is None:
        return False
    edges = list(zip(of_rows(Edge, zip(range(node - 1, node - 1 + count), numbers, labels))))
    names, none = draft.names[node : node + count], repeat(None)
    columns = zip(
        names, positions, repeat(width), edges, repeat("sum"), none, none, bounds, none, repeat(()), repeat(())
    )
    draft.built += of_rows(Layer, columns)
    draft.edges += edges
    draft.read.update(range(node - 1, node - 1 + count))
    draft.units += count * width
    draft.widths += [width] * count
    draft.inner += [width] * count
    return True


def told(run: Sequence[WrittenLayer]) -> tuple[Iterable[Any], Collection[SpecPath], Iterable[Any]]:
    """Weights, their places, and activations."""
    if isinstance(run, NumberLayers) and run.activation:
        return run.weights, run.places, repeat(run.activation.bound)
    weights, places = (list(map(attrgetter(field), run)) for field in ("weight", "weight_at"))
    return weights, places, map(attrgetter("activation.bound"), run)


def add_skips(draft: Draft, pool: Pool, raw: Sequence[Any]) -> bool:
    """Adds all skips of a network, into preactivations, where each is given by its ends and a number and no two have
    the same ends; whether it did."""
    columns = columns_of(raw) if set(map(type, raw)) == {dict} else None
    if columns is None or columns.keys() != PLAIN:
        return False
    froms, tos, weights = columns["from"], columns["to"], columns["weight"]
    if not are_plain(weights) or {*map(type, froms), *map(type, tos)} != {str}:
        return False
    sources, ends = (list(map(draft.numbers.get, names, repeat(NOWHERE))) for names in (froms, tos))
    if min(sources) == NOWHERE or min(ends) < draft.inputs or not all(map(lt, sources, ends)):
        return False
    given, taken = list(map(draft.widths.__getitem__, sources)), list(map(draft.inner.__getitem__, ends))
    apart = len(set(ends)) == len(raw)
    if None in given or given != taken or not (apart or len(set(zip(sources, ends))) == len(raw)):
        return False
    labels = list(map("_".join, zip(repeat("w"), froms, tos)))
    places = ListPlaces("skips", range(len(raw)), "weight")
    numbers = pool.put_numbers(map(float, weights), places, labels, "skip")
    if numbers is None:
        return False
    draft.read.update(sources)
    edges, into = of_rows(Edge, zip(sources, numbers, labels)), draft.into_preactivation
    if apart:
        into.update(zip(ends, zip(edges)))
        return True
    entering: dict[int, list[Edge]] = {}
    for end, edge in zip(ends, edges):
        entering.setdefault(end, []).append(edge)
    into.update(entering)
    return True
