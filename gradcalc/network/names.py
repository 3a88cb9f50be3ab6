"""Names that paths, tables and messages use: nodes and their units, weights and their entries, uses of tied ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from gradcalc.network.graph import Arc, Graph
from gradcalc.network.network import Parameter

BIAS, ALPHA = "bias", "alpha"
Use = tuple[int, Arc | str]
"""A parameter at work: in which node of the network, on which arc or as what (BIAS, ALPHA)."""


def unit_name(name: str, unit: int, width: int) -> str:
    """ "h[0]", or "h" where that is all there is of it."""
    return name if width == 1 else f"{name}[{unit}]"


def entry_name(parameter: Parameter, index: tuple[int, ...]) -> str:
    """ "w1[0,1]", or "w1" where that is all there is of it."""
    if all(size == 1 for size in parameter.shape):
        return parameter.name
    return f"{parameter.name}[{','.join(map(str, index))}]"


def entry_index(parameter: Parameter, entry: int) -> tuple[int, ...]:
    """The index of the entry that stands `entry` places after the first, row by row."""
    if len(parameter.shape) < 2:
        return (entry,) * len(parameter.shape)
    return divmod(entry, parameter.shape[1])


def use_names(graph: Graph) -> Mapping[Use, str]:
    """For every use of a tied parameter, what tells it from the others: its layer; where need be its edge, or what
    it is there."""
    found: dict[Use, str] = {}
    used = _uses(graph)
    if len({parameter for parameter, _ in used}) == len(used):
        return found
    together: dict[int, list[Use]] = {}
    for parameter, use in used:
        together.setdefault(parameter, []).append(use)
    for uses in together.values():
        if len(uses) > 1:
            found.update(zip(uses, _told_apart(graph, uses)))
    return found


def _uses(graph: Graph) -> list[tuple[int, Use]]:
    """Every use of a parameter, with its number; a parameter with several uses is tied."""
    network, found = graph.network, list[tuple[int, Use]]()
    found += [(arc.parameter, (node.of, arc)) for node in graph.nodes for arc in node.arcs if arc.parameter is not None]
    found += [(node.bias, (node.of, BIAS)) for node in graph.nodes if node.bias is not None]
    layers = enumerate(network.layers, len(network.inputs))
    return found + [(layer.alpha, (number, ALPHA)) for number, layer in layers if layer.alpha is not None]


def _told_apart(graph: Graph, uses: Sequence[Use]) -> list[str]:
    """Names of one parameter's uses; those that share a layer or an edge say what they are there."""
    layers = Counter(of for of, _ in uses)
    names = [_use_name(graph, use, layers[use[0]] > 1) for use in uses]
    known = Counter(names)
    if len(known) == len(names):
        return names
    names = [_kind(use).format(name) if known[name] > 1 else name for name, use in zip(names, uses)]
    before = Counter[str]()
    for place, name in enumerate(names):
        before[name] += 1
        names[place] = name if before[name] == 1 else f"{name} {before[name]}"
    return names


def _use_name(graph: Graph, use: Use, several: bool) -> str:
    of, arc = use
    nodes = graph.network.nodes
    name = nodes[of].name
    if isinstance(arc, str) or graph.nodes[arc.tail].of == of or not (several or arc.is_skip):
        return name
    return f"{nodes[graph.nodes[arc.tail].of].name}→{name}"


def _kind(use: Use) -> str:
    """How a use is called where another is at the same layer or edge: as identity skips are, or by its kind."""
    if isinstance(use[1], str):
        return f"{{}} {use[1]}"
    return "skip {}" if use[1].is_skip else "{}"


def similar(word: str, known: Iterable[str]) -> list[str]:
    """The known name that was probably meant, or two that are equally near; of names with digits only the same ones.

    h9 is not a misspelt h1, nor relu2 relu6: a digit tells names apart, and so taking the suggestion would change the
    meaning.
    """
    from difflib import SequenceMatcher, get_close_matches

    by_form = {name.casefold(): name for name in known if _digits(name) == _digits(word)}
    near = get_close_matches(word.casefold(), by_form, 2)
    ratios = [SequenceMatcher(None, form, word.casefold()).ratio() for form in near]
    return [by_form[form] for form, ratio in zip(near, ratios) if ratio == ratios[0]]


def _digits(name: str) -> str:
    return "".join(character for character in name if character.isdecimal())
