"""All paths of a network, listed by recursion: over layers with vectors, over single units with numbers.

A path runs from a parameter's own layer (or from a node) to a node with a target; its contribution is the product of
the derivatives on its way. Recursion is meant: nothing is shared with the sweep that is tested against it.
"""

from typing import Any, NamedTuple

from reference.functions import mp


class Found(NamedTuple):
    """A path as the output's contract describes it; `contribution` has the gradient's entries, row by row."""

    nodes: tuple[str, ...]
    through: tuple[str, ...]
    length: int
    contribution: Any
    at: str | None = None


def layer_paths(point, subject, unit=None):
    """The paths of layers of one example, of a parameter or a node (`unit`: of one of its units)."""
    if subject.is_parameter:
        return [path for use, name in named_uses(point, subject.number) for path in of_use(point, subject, use, name)]
    name = point.network.nodes[subject.number].name
    return [
        Found((name, *path.nodes), path.through, path.length, path.contribution)
        for path in from_output(point, subject.number)
    ]


def of_use(point, subject, located, at):
    layer, use = located
    name = point.network.nodes[layer].name
    entries = entry_count(point.network, subject.number)
    start = from_output if use.into_output else from_preactivation
    for path in start(point, layer):
        spread = [mp.zero] * entries
        for entry, units in use.derivatives.items():
            spread[entry] = mp.fsum(path.contribution[unit] * derivative for unit, derivative in units.items())
        yield Found((name, *path.nodes), path.through, path.length, spread, at)


def from_output(point, node):
    """Paths from a node's output, with row vectors ∂L/∂output."""
    if node in point.seeds:
        yield Found((), (), 0, point.seeds[node])
    for number, layer in enumerate(point.layers, len(point.network.inputs)):
        for arcs, onward in ((layer.arcs, from_preactivation), (layer.skips, from_output)):
            for arc in arcs:
                if arc.source == node:
                    for path in onward(point, number):
                        yield longer(path, point.network.nodes[number].name, arc)


def from_preactivation(point, node):
    bent = point.layers[node - len(point.network.inputs)]
    for path in from_output(point, node):
        yield path._replace(contribution=carried(path.contribution, bent.jacobian))


def longer(path, name, arc):
    contribution = carried(path.contribution, arc.matrix)
    return Found((name, *path.nodes), (arc.label, *path.through), path.length + arc.enters, contribution)


def carried(vector, matrix):
    """vector · matrix, holes counting as 0."""
    return [
        mp.fsum(x * cell for x, cell in zip(vector, column) if cell is not None) for column in zip(*matrix, strict=True)
    ]


def unit_paths(point, subject, entry=0):
    """The paths of single units of one example, from one entry of a parameter or one unit of a node."""
    if subject.is_parameter:
        return [path for use, name in named_uses(point, subject.number) for path in of_entry(point, use, name, entry)]
    name = unit_name(point, subject.number, entry)
    return [path._replace(nodes=(name, *path.nodes)) for path in from_unit(point, subject.number, entry)]


def of_entry(point, located, at, entry):
    layer, use = located
    for unit, derivative in use.derivatives.get(entry, {}).items():
        filtered = bent_from(point, layer, unit) if not use.into_output else left_by(point, layer, unit, from_unit)
        for path in filtered:
            yield path._replace(contribution=path.contribution * derivative, at=at)


def left_by(point, layer, unit, onward):
    """The paths of a unit with the unit named."""
    for path in onward(point, layer, unit):
        yield path._replace(nodes=(unit_name(point, layer, unit), *path.nodes))


def from_unit(point, node, unit):
    """Paths from one output unit, as numbers."""
    if node in point.seeds:
        yield Found((), (), 0, point.seeds[node][unit])
    for number, layer in enumerate(point.layers, len(point.network.inputs)):
        for arc in layer.arcs:
            if arc.source == node:
                yield from over(point, number, arc, unit, bent_from)
        for arc in layer.skips:
            if arc.source == node:
                yield from over(point, number, arc, unit, lambda *args: left_by(*args, from_unit))


def over(point, number, arc, unit, onward):
    for row, cells in enumerate(arc.matrix):
        if cells[unit] is None:
            continue
        label = entry_label(point.network, arc, row, unit)
        for path in onward(point, number, row):
            yield Found(
                path.nodes, (label, *path.through), path.length + arc.enters, path.contribution * cells[unit], path.at
            )


def bent_from(point, node, unit):
    """Paths from one preactivation: by every output unit that it feeds, which the path names."""
    bent = point.layers[node - len(point.network.inputs)]
    for output, row in enumerate(bent.jacobian):
        if row[unit] is not None:
            for path in left_by(point, node, output, from_unit):
                yield path._replace(contribution=path.contribution * row[unit])


def unit_name(point, node, unit):
    name, width = point.network.nodes[node].name, point.network.nodes[node].width
    return name if width == 1 else f"{name}[{unit}]"


def entry_label(network, arc, row, unit):
    if arc.parameter is None:
        return arc.label
    parameter = network.parameters[arc.parameter]
    if all(size == 1 for size in parameter.shape):
        return parameter.name
    return f"{parameter.name}[{row - arc.first[0]},{unit + arc.first[1]}]"


def entry_count(network, parameter):
    count = 1
    for size in network.parameters[parameter].shape:
        count *= size
    return count


def named_uses(point, parameter):
    """Where a parameter is used, each with what tells it from the others: its layer, or its edge where need be."""
    network = point.network
    found = [
        (layer, use)
        for layer, bent in enumerate(point.layers, len(network.inputs))
        for use in bent.uses
        if use.parameter == parameter
    ]
    if len(found) < 2:
        return [(place, None) for place in found]
    layers = [layer for layer, _ in found]
    names = [use_name(network, *place, layers) for place in found]
    told = [kind(use, name) if names.count(name) > 1 else name for name, (_, use) in zip(names, found)]
    return [(place, numbered(told[: n + 1])) for n, place in enumerate(found)]


def use_name(network, layer, use, layers):
    name = network.nodes[layer].name
    if use.source is None or (layers.count(layer) == 1 and not use.skip):
        return name
    return f"{network.nodes[use.source].name}→{name}"


def kind(use, name):
    """Where another use is at the same layer or edge."""
    return f"skip {name}" if use.skip else f"{name} {use.of}" if use.of else name


def numbered(names):
    """The last of some names, with a number where it is not the first of its kind."""
    return names[-1] if names.count(names[-1]) == 1 else f"{names[-1]} {names.count(names[-1])}"
