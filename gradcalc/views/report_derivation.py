"""The derivation on the page of `gradcalc report`: a row for each step, its formulas with the keys of their numbers.

A symbol in a formula is a group with the key of its number (see `report_tables.py`), so that a script can put numbers
in, light up what a step is about, and renew the values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gradcalc.derivation.explain import explain
from gradcalc.derivation.explanation import Step
from gradcalc.derivation.layer_graph import symbolic_layers, target_symbol
from gradcalc.errors import LimitError
from gradcalc.expressions.expression import ADJOINT, Symbol, is_derivative
from gradcalc.expressions.print_mathml import MathML
from gradcalc.expressions.walk import write
from gradcalc.network.graph import Graph
from gradcalc.network.network import Network
from gradcalc.report.text import in_markup
from gradcalc.views.explain_page import certificate, shared
from gradcalc.views.explain_tables import MOST_ENTRIES, legend, step_line
from gradcalc.views.network_header import quantity
from gradcalc.views.report_tables import by_rows, number_cells, table

MOST_NUMBERED = 200  # steps up to which numbers are put in on the page itself; a script puts them into any step
MOST_DERIVED = 12_000  # gradients times layers, above which a page has no derivation

KeyOf = Callable[[Symbol], str | None]


class KeyedMathML(MathML):
    """MathML in which symbols are groups with the keys of their numbers."""

    def __init__(self, digits: int, key_of: KeyOf) -> None:
        super().__init__(digits, in_markup)
        self.key_of = key_of

    def symbol(self, symbol: Symbol) -> str:
        """The symbol, with the key of its number where it has one."""
        text, key = super().symbol(symbol), self.key_of(symbol)
        return text if key is None else f'<mrow data-q="{key}">{text}</mrow>'


def keys(graph: Graph) -> KeyOf:
    """What finds the key of a symbol; there is none of any example of a batch, of Jacobians and of statistics."""
    layers, network = symbolic_layers(graph), graph.network
    numbers = {one.name: number for number, one in enumerate(network.parameters)}
    known: dict[Symbol, str] = {}
    for place, symbol in layers.symbols.items():
        known[_whole(symbol)] = f"V{place - 1}"
        known[_whole(layers.adjoint(place))] = f"A{place - 1}"
    for _, target in graph.ends():
        if target is not None:
            known[_whole(target_symbol(graph, target, None))] = f"T{target}"
    nodes = {node.name: number for number, node in enumerate(network.nodes)}

    def key_of(symbol: Symbol) -> str | None:
        if isinstance(symbol.example, str):
            return None
        of_parameter = numbers.get(symbol.name)
        if of_parameter is not None and symbol.letter in ("", layers.adjoint_letter):
            shape, place = network.parameters[of_parameter].shape, symbol.place
            entry = place[0] * shape[1] + place[1] if len(place) == 2 else place[0] if place else None
            letter = "P" if symbol.letter == "" else "G"
            return f"{letter}{of_parameter}" + ("" if entry is None else f".{entry}")
        key = known.get(_whole(symbol))
        if key is None and is_derivative(symbol) and symbol.name in nodes:
            key = f"D{graph.preactivations[nodes[symbol.name]] + 1}"
        if key is None:
            return None
        unit = f".{symbol.place[0]}" if len(symbol.place) == 1 else ""
        return key + unit + (f"@{symbol.example}" if symbol.example else "")

    return key_of


def _whole(symbol: Symbol) -> Symbol:
    return symbol._replace(place=(), example=None)


def derivation(network: Network, graph: Graph, wrt: Sequence[str], digits: int) -> Iterator[str]:
    """The steps forward, back, and of every gradient; a sentence in their place where they would be too many."""
    subjects = len(wrt) or len(network.parameters)
    if subjects * len(network.nodes) > MOST_DERIVED:
        yield "<p>All derivations together would be too long. <code>gradcalc explain --wrt NAME</code> has one.</p>"
        return
    try:
        found = explain(network, wrt=wrt, forward=True)
    except LimitError as error:
        yield f"<p>{in_markup(str(error))}</p>"
        return
    derivations = list(found.derivations.values())
    parts = {
        "Forward": list(found.forward),
        f"From {'the loss' if network.of is None else quantity(network)} back": shared(derivations),
        "Gradients": [one.steps[-1] for one in derivations],
    }
    yield _table(parts, keys(graph), digits, _names(graph))
    meaning = legend(found, quantity(network), MOST_ENTRIES)
    yield f"<p>{in_markup(meaning)} {in_markup(certificate(found))}</p>"


def _names(graph: Graph) -> Mapping[str, str]:
    """For every node of the graph, by its number, the node of the network that it is part of."""
    return {str(number): graph.network.nodes[node.of].name for number, node in enumerate(graph.nodes)}


def _table(parts: Mapping[str, Sequence[Step]], key_of: KeyOf, digits: int, names: Mapping[str, str]) -> str:
    notation = KeyedMathML(digits, key_of)
    numbered = sum(map(len, parts.values())) <= MOST_NUMBERED
    values = iter(_values([step for steps in parts.values() for step in steps], key_of, digits))
    bodies = [
        f'<tbody><tr><th scope="rowgroup" colspan="5">{in_markup(heading)}</th></tr>'
        + "\n".join(_row(step, next(values), notation, numbered, names) for step in steps)
        + "</tbody>"
        for heading, steps in parts.items()
        if steps
    ]
    found = table("steps", "Derivation", ("what", "formula", "with numbers", "value", "why"), bodies)
    return found if numbered else found.replace('<table id="steps"', '<table id="steps" class="unnumbered"', 1)


def _key(step: Step, key_of: KeyOf) -> str:
    """The key of the number that a step is about; "" where it has none."""
    return (key_of(step.left.value) or "") if step.left.head == "symbol" else "L"


def _values(steps: Sequence[Step], key_of: KeyOf, digits: int) -> list[str]:
    """The cells of the values, with their keys: numbers as one column, each list by itself."""
    single = [None if isinstance(step.value, list) else (_key(step, key_of), step.value) for step in steps]
    cells = number_cells(single, digits)
    for place, step in enumerate(steps):
        if single[place] is None:
            key, value = _key(step, key_of), "" if step.value is None else by_rows(step.value, digits)
            cells[place] = f'<td class="entries" data-q="{key}">{value}</td>'
    return [cell.replace('<td class="', '<td class="value ').replace(' data-q=""', "") for cell in cells]


def _row(step: Step, value: str, notation: KeyedMathML, numbered: bool, names: Mapping[str, str]) -> str:
    """One step: what, formula, numbers, value, why."""
    line = step_line(step, MOST_ENTRIES)

    def cell(part: Any, kind: str) -> str:
        if part is None or part == "":
            return f'<td class="{kind}"></td>'
        text = in_markup(part) if isinstance(part, str) else f'<math displaystyle="true">{write(part, notation)}</math>'
        return f'<td class="{kind}">{text}</td>'

    symbol = step.left.value if step.left.head == "symbol" else None
    about = in_markup(step_subject(_key(step, notation.key_of), symbol, names))
    cells = cell(line.left, "left") + cell(line.right, "right")
    cells += cell(line.numbers if numbered else None, "numbers") + value + cell(line.reason, "why")
    return f'<tr data-step="{about}">{cells}</tr>'


def step_subject(key: str, symbol: Symbol | None, names: Mapping[str, str]) -> str:
    """The node or, after a *, the parameter that a step is about, for the drawing."""
    if key[:1] in ("G", "P") and symbol is not None:
        return f"*{symbol.name}"
    if key[:1] in ("V", "A", "D"):
        return names[key[1:].partition(".")[0].partition("@")[0]]
    return "" if symbol is None or symbol.letter.startswith(ADJOINT) else symbol.name
