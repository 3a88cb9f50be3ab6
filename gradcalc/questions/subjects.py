"""Of what a gradient is asked: parameters, their entries, nodes, their units, by name or by pattern.

In a pattern `*` and `?` are wild, for names and for the index in brackets alike: `b*`, `w1[0,*]`, `h?[1]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcalc.errors import UsageError
from gradcalc.network.network import Index, Network
from gradcalc.records import Record


class Subject(Record):
    """`number` counts parameters or nodes; `entry` is None for the whole, else of one entry, or (unit,) of a node."""

    name: str
    is_parameter: bool
    number: int
    entry: Index | None = None


def subjects(network: Network, patterns: Sequence[str] = ()) -> list[Subject]:
    """What the patterns name, each once; without patterns every parameter, or the inputs where there is none.

    Raises UsageError for a pattern that names nothing.
    """
    if not patterns:
        return list(_parameters(network)) or [Subject(given.name, False, n) for n, given in enumerate(network.inputs)]
    found: dict[str, Subject] = {}
    for pattern in patterns:
        matches = list(_candidates(network, pattern))
        if not matches:
            raise UsageError(_unmatched(network, pattern))
        found.update((subject.name, subject) for subject in matches)
    return list(found.values())


def in_place_of_loss(network: Network, name: str | None) -> Network:
    """The network with the output of a node, its units and examples summed, as what is differentiated.

    Raises UsageError where no node has that name.
    """
    if name is None:
        return network
    from gradcalc.losses import bind

    names = [node.name for node in network.nodes]
    if name not in names:
        unit = name.partition("[")[0]
        if unit in names:
            raise UsageError(
                f"--of {name}: is a unit; a node is differentiated whole here, its units summed: --of {unit}"
            )
        raise UsageError(f"--of {name}: no node has that name; {nearest(name, names)}")
    number = names.index(name)
    text = f"L = {'Σ' * (network.nodes[number].width > 1)}{name}"
    return network._replace(loss=bind("output", "sum")._replace(text=text), targets=(), of=number)


def nearest(name: str, names: Sequence[str]) -> str:
    """`did you mean h2?`, or the names that there are."""
    from difflib import get_close_matches

    near = get_close_matches(name, names, 1)
    return f"did you mean {near[0]}?" if near else "names are " + ", ".join(names[:12]) + (", …" if names[12:] else "")


def matches(pattern: str, text: str) -> bool:
    """Whether a text fits a pattern in which `*` stands for any characters and `?` for one; all else is literal."""
    if "*" not in pattern and "?" not in pattern:
        return pattern == text
    rows = [True] + [False] * len(text)
    for sign in pattern:
        if sign == "*":
            for place in range(len(text)):
                rows[place + 1] = rows[place] or rows[place + 1]
        else:
            rows = [False] + [rows[n] and sign in ("?", letter) for n, letter in enumerate(text)]
    return rows[-1]


def _candidates(network: Network, pattern: str) -> Iterator[Subject]:
    base, bracket, index = pattern.partition("[")
    for whole in _named(network, base):
        if not bracket:
            yield whole
            continue
        for place in _indices(network, whole) or _only(network, whole):
            text = ",".join(map(str, place))
            if matches(index.replace(" ", ""), text + "]"):
                yield whole._replace(name=f"{whole.name}[{text}]", entry=place)


def _named(network: Network, pattern: str) -> Iterator[Subject]:
    wild = "*" in pattern or "?" in pattern
    parameters = [parameter.name for parameter in network.parameters]
    nodes = [given.name for given in network.inputs] + [layer.name for layer in network.layers]
    for is_parameter, names in ((True, parameters), (False, nodes)):
        for number, name in enumerate(names):
            if name == pattern or (wild and matches(pattern, name)):
                yield Subject(name, is_parameter, number)


def _parameters(network: Network) -> Iterator[Subject]:
    return (Subject(parameter.name, True, n) for n, parameter in enumerate(network.parameters))


def _nodes(network: Network) -> Iterator[Subject]:
    return (Subject(node.name, False, n) for n, node in enumerate(network.nodes))


def _indices(network: Network, whole: Subject) -> Sequence[Index]:
    if not whole.is_parameter:
        return [(unit,) for unit in range(network.nodes[whole.number].width)]
    shape = network.parameters[whole.number].shape
    if len(shape) == 2:
        return [(row, column) for row in range(shape[0]) for column in range(shape[1])]
    return [(entry,) for size in shape for entry in range(size)]


def _only(network: Network, whole: Subject) -> Sequence[Index]:
    """The one entry of a number: [0,0] of a weight between single units, [0] of a bias of one; else none."""
    number, found = whole.number, set[Index]()
    for layer in network.layers:
        edges = (*layer.edges, *layer.into_preactivation, *layer.into_output)
        sources = [network.nodes[edge.source].width for edge in edges if edge.parameter == number]
        sources += [network.nodes[edge.source].width for edge in layer.edges if layer.weight == number]
        found |= {(0, 0)} if sources else set()
        found |= {(0,)} if number in (layer.bias, layer.alpha) else set()
        if any(width > 1 for width in sources) or (number in (layer.bias, layer.alpha) and layer.width > 1):
            return []
    return sorted(found)


def _unmatched(network: Network, pattern: str) -> str:
    from difflib import get_close_matches

    names = [subject.name for subject in (*_parameters(network), *_nodes(network))]
    near = get_close_matches(pattern.partition("[")[0], names, 1, 0.5)
    if near and near[0] == pattern.partition("[")[0]:
        return f"--wrt {pattern}: {near[0]} has no such entry; indices count from 0, {_shape(network, near[0])}"
    return f"--wrt {pattern}: no parameter or node has that name; {nearest(pattern.partition('[')[0], names)}"


def _shape(network: Network, name: str) -> str:
    for parameter in network.parameters:
        if parameter.name == name:
            size = "×".join(map(str, parameter.shape))
            return (
                f"and {name} is {size} (out×in)" if len(parameter.shape) == 2 else f"and {name} is {size or 'a number'}"
            )
    width = next(node.width for node in network.nodes if node.name == name)
    return f"and {name} has {width} unit{'s' if width > 1 else ''}"
