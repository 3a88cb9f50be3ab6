"""Every entry of a gradient that is 0, with its reason, as a diagnosis lists them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gradcalc.analysis.comparison import used
from gradcalc.analysis.computation import computation_at
from gradcalc.analysis.diagnosis import LayerDiagnosis, Zero
from gradcalc.analysis.point import Point, subjects
from gradcalc.analysis.results import Computation
from gradcalc.network.network import Parameter, numbers, unit_name
from gradcalc.report.text import listed, words
from gradcalc.views.network_header import by_example
from gradcalc.views.zero_reasons import cancels, only_use, places, zero_reason

MOST_ZEROS = 1000  # entries whose reasons are looked for one by one


def zeros(at: Point, layers: Sequence[LayerDiagnosis]) -> tuple[Zero, ...]:
    """Every gradient, row or entry of it that is 0, with its reason; that of its layer where no other is known."""
    network = at.graph.network
    with at.arithmetic.context():
        values = {parameter.name: at.gradient(number) for number, parameter in enumerate(network.parameters)}
    if not any(not all(numbers(value)) for value in values.values()):
        return ()
    computation = computation_at(at, subjects(network), 1)
    found: list[Zero] = []
    for parameter in network.parameters:
        for entry, asked in zero_entries(parameter, values[parameter.name]):
            if len(found) >= MOST_ZEROS:
                return tuple(found)
            found.append(Zero(entry, reason(computation, asked, layers)))
    return tuple(found)


def zero_entries(parameter: Parameter, value: Any) -> Iterator[tuple[str, str]]:
    """The parts of a gradient that are 0, as --wrt names them, each with the part whose reason it has."""
    name = parameter.name
    if not any(numbers(value)):
        yield name, name
    elif isinstance(value, list) and not isinstance(value[0], list):
        yield from ((f"{name}[{place}]",) * 2 for place, entry in enumerate(value) if not entry)
    elif isinstance(value, list):
        rows = [place for place, row in enumerate(value) if not any(row)]
        columns = [place for place, column in enumerate(zip(*value)) if not any(column)]
        live = next(place for place in range(len(value)) if place not in rows)
        yield from ((f"{name}[{row},*]", f"{name}[{row}]") for row in rows)
        yield from ((f"{name}[*,{column}]", f"{name}[{live},{column}]") for column in columns)
        for row, cells in enumerate(value):
            if row not in rows:
                for column, entry in enumerate(cells):
                    if not entry and column not in columns:
                        yield (f"{name}[{row},{column}]",) * 2


def reason(computation: Computation, name: str, layers: Sequence[LayerDiagnosis]) -> str:
    """Why it is 0: a factor of all its paths, or that of its layer; where none is known, that terms are or cancel."""
    told = zero_reason(computation, name)
    if told is not None:
        return words(told, 6)
    base = name.partition("[")[0]
    paths, use = (computation.paths or {}).get(base), only_use(computation.network, base)
    if paths is not None and "[" not in name and cancels(paths):
        return "its paths cancel"
    of_layer = [layer for layer in layers if use is not None and layer.node == use[0].name]
    if of_layer and of_layer[0].log10["delta"] is None and of_layer[0].evidence:
        return of_layer[0].evidence
    return of_uses(computation, base, places(name))


def of_uses(computation: Computation, name: str, index: Sequence[int]) -> str:
    """That δ is 0 at every use of a parameter, or in words that hold for every sum of products that is 0."""
    network, backward = computation.network, computation.backward or {}
    number = next(n for n, parameter in enumerate(network.parameters) if parameter.name == name)
    layers = [layer for layer in network.layers if number in used(layer)]
    if all(layer.alpha == number for layer in layers):
        return f"{name} multiplies z < 0 alone, and z of {listed([layer.name for layer in layers])} is not, or δ is 0"
    whole, zero = not index, list[str]()
    for layer in layers:
        rows = by_example(backward[layer.name].delta, network.batch)
        unit = index[0] if index and index[0] < len(rows[0]) and len(rows[0]) > 1 else 0
        if not any(any(row) if whole else row[unit] for row in rows):
            zero.append(layer.name if whole else unit_name(layer.name, unit, len(rows[0])))
    if len(zero) == len(layers):
        return f"δ of {listed(zero)} is 0"
    use = only_use(network, name)
    if use is not None and use[1] is not None and len(index) == 2 and network.examples > 1:
        head, source = unit_name(layers[0].name, index[0], layers[0].width), network.nodes[use[1].source]
        return f"in every example δ of {head} or {unit_name(source.name, index[1], source.width)} is 0, or these cancel"
    return "at each of its uses δ or what it multiplies is 0, or these products cancel"
