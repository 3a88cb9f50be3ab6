"""The lines of a derivation: steps, paths, the legend of their letters, and in symbols the network and closed form."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from gradcalc.derivation.explanation import MOST_NUMBERED, Derivation, Explanation, InSymbols, PathProduct, Step, Term
from gradcalc.derivation.rules import JACOBIAN, OF_FORMULA, PROBABILITIES
from gradcalc.expressions.expression import (
    ACTIVATED,
    ADJOINT,
    DELTA,
    EXAMPLE,
    JOINED,
    MEAN,
    PREACTIVATION,
    SCALE,
    SOURCE,
    TARGET,
    Expression,
    Symbol,
    in_postorder,
    is_derivative,
    leaf,
    name,
    size,
    substituted,
    symbols_in,
)
from gradcalc.expressions.numerals import DecimalPlaces
from gradcalc.expressions.print_unicode import Unicode
from gradcalc.expressions.walk import write
from gradcalc.network.network import Network, entries, norm, numbers
from gradcalc.report.report import Aligned, Block, Column, Heading, Line, Note, Table, Words
from gradcalc.report.text import edge_list, node_lists
from gradcalc.views.network_header import edges_apart, visited

if TYPE_CHECKING:
    from gradcalc.derivation.sympy import Local

MOST_TERMS, MOST_LEAVES = 12, 80
MOST_VALUES = 43  # that are told in seven lines, so that a long derivation stays on a page and a half
MOST_ENTRIES = 16  # of a vector or a matrix that is shown entry by entry
ALL = sys.maxsize  # as many entries and paths as there are
NEXT_ROW = "; "

LOSS = Expression("name", value="L")


def step_lines(network: Network, step: Step, most: int) -> Iterator[Line]:
    """A step as lines: under it the paths that its sum is made of, by their nodes where weights tell none apart."""
    yield step_line(step, most)
    labels = [along(path.through) for path in step.paths]
    if len(set(labels)) < len(labels) or not all(labels):
        nodes = [" → ".join(visited(network, path.nodes, path.through)) for path in step.paths]
        is_enough = len(set(nodes)) == len(nodes)
        labels = nodes if is_enough else [f"{one} {edges}" for one, edges in zip(nodes, through_edges(step.paths))]
    for label, path in zip(labels, step.paths):
        told = path.numbers if most and isinstance(path.value, DecimalPlaces) else None
        yield Line(f"  {label}", path.product, path.value if most else None, numbers=told)


def step_line(step: Step, most: int) -> Line:
    """A step as a line, with its rule or what says more than that; values of at most so many entries, of 0 none."""
    is_told = most and step.right.parts and step.numbers and step.numbers.parts and not step.is_lost
    reason: Any = step.partial or (sum_over(step) if step.paths else step.rule)
    if most and step.tested is not None:
        sign = ">" if step.tested > 0 else "<" if step.tested < 0 else "="
        reason = f"because {write(step.right.parts[2], Unicode())} {sign} 0"
    return Line(
        step.left, step.right, shown(step.value, most) if most else None, reason, step.numbers if is_told else None
    )


def sum_over(step: Step) -> str:
    """`sum over 2 paths`; `sum over 4 paths in 2 terms` where the adjoints that it adds are sums themselves."""
    parts, paths = len(step.right.parts) if step.right.head == "+" else 1, len(step.paths)
    return f"sum over {paths} paths" + f" in {parts} terms" * (1 < parts < paths)


def fitting(network: Network, terms: Sequence[Term], most: int) -> Iterator[Line]:
    """The first dozen of the paths, fewer where they are long; always one."""
    nodes = [visited(network, term.nodes, term.through) for term in terms]
    leaves, names, edges = 0, node_lists(nodes, [term.at for term in terms]), through_edges(terms)
    for number, term in enumerate(terms):
        leaves += 1 if term.product is None else size(term.product)
        if number and most < ALL and (number >= MOST_TERMS or leaves > MOST_LEAVES):
            return
        found = term.value if term.rounded is None else term.rounded
        value = shown(found, most) if most or term.product is None else None
        yield Line(names[number], term.product or "", value, edges[number])


def through_edges(paths: Sequence[Term | PathProduct]) -> list[str]:
    """`through w2, w3` of each; `through W (edge 2 of h1 → y)` where only parallel edges tell them apart."""
    keys = [(path.nodes, path.through, getattr(path, "at", None)) for path in paths]
    return [along(path.through, own) for path, own in zip(paths, edges_apart(keys, lambda n: paths[n].labels))]


def along(through: Sequence[str], own: str = "") -> str:
    """The weights and skips on a path, in the order of its nodes."""
    edges = edge_list(through)
    return f"through {edges}{own}" if edges else f"through{own}" if own else ""


def terse(lines: list[Line]) -> list[Line]:
    """Of many lines the rule only where it is another than in the line before, and no numbers put in."""
    if len(lines) <= MOST_NUMBERED:
        return lines
    lines = [line._replace(numbers=None) for line in lines]
    before = [None, *(line.reason for line in lines)]
    return [line._replace(reason="") if line.reason == last else line for line, last in zip(lines, before)]


def values_used(inputs: Mapping[Symbol, Any]) -> Words | None:
    """What the steps of a long derivation use, as they have no numbers put in: `h1 = 0.524969, w2, …, w40 = 0.5`; None
    of none and of many, which compute shows."""
    alike: dict[str, list[tuple[str, Any]]] = {}
    for symbol, value in inputs.items():
        written = write(leaf(symbol), Unicode())
        alike.setdefault(written.rstrip("0123456789"), []).append((written, value))
    runs = [(value, list(run)) for of in alike.values() for value, run in groupby(of, key=itemgetter(1))]
    if not 0 < len(runs) <= MOST_VALUES:
        return None
    words: list[Any] = ["Values in these steps: "]
    for place, (value, run) in enumerate(runs):
        (first, _), *_, (last, _) = run if len(run) > 1 else run * 2
        same = first if len(run) == 1 else f"{first} = {last}" if len(run) == 2 else f"{first}, …, {last}"
        words += [", " * (place > 0), f"{same} = ", value]
    return (*words, ".")


def shown(value: Any, most: int = MOST_ENTRIES) -> Any:
    """A number as it is; [a; b] and [a, b; c, d] where the entries are few; else shape and norm, 3×4, ‖·‖ = 0.02."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, list):
        return value
    if len(numbers(value)) > most:
        part: Any = value
        sizes = []
        while isinstance(part, list):
            sizes.append(str(len(part)))
            part = part[0]
        return (f"{'×'.join(sizes)}, ‖·‖ = ", norm(value))
    rows = [_row(row) if isinstance(row, list) else (row,) for row in value]
    return ("[", *rows[0], *(part for row in rows[1:] for part in (NEXT_ROW, *row)), "]")


def _row(row: list[Any]) -> tuple[Any, ...]:
    """A row of a matrix; of the Jacobians of a batch each in brackets."""
    if isinstance(row[0], list):
        return tuple(shown(row, ALL))
    return (row[0], *(part for entry in row[1:] for part in (", ", entry)))


LEGEND = {
    DELTA: "δ = ∂{of}/∂z",
    PREACTIVATION: "z: the preactivation of a layer",
    ACTIVATED: "a: the activation of a layer, before a skip is added",
    JOINED: "j: the joined sources of a layer",
    SOURCE: "u: a weighed source of a layer",
    MEAN: "μ: the mean of a layer's preactivations",
    SCALE: "r: the factor of a norm",
    JACOBIAN: "J: the Jacobian of a layer's activation",
    PROBABILITIES: "p: probabilities",
    TARGET: "t: the target",
}
"""What the letters mean that no spec defines."""

SIGNS = {
    "hadamard": "⊙: entry by entry",
    "pull": "ᵀ: transposed",
    "outer": "ᵀ: transposed",
    "inner": "ᵀ: transposed",
    "share": "softmax(…): the probability of the first",
    "over examples": "Σₑ: the sum over the examples ⁽ᵉ⁾",
    "top_share": "[… = {extreme}(…)]: 1/m for m terms that share the {extreme}imum, 0 for the others",
}
"""What signs mean, by the heads of expressions."""


def legend(explanation: Explanation, of: str, most: int) -> str:
    """A line that defines the letters and signs of the steps, δ first."""
    steps = [*explanation.forward, *(step for found in explanation.derivations.values() for step in found.steps)]
    trees = [tree for step in steps for tree in (step.left, step.right)]
    several = [found for found in explanation.derivations.values() if found.count > 1]  # whose paths are written out
    trees += [term.product for found in several for term in found.terms if term.product]
    if explanation.symbols is not None:
        trees += [tree for local in explanation.symbols.locals for tree in (local.definition, local.derived)]
    symbols = {symbol for tree in trees for symbol in symbols_in(tree)}
    letters = {PREACTIVATION if is_derivative(symbol) else symbol.letter[:1] for symbol in symbols}
    letters |= {PREACTIVATION} if DELTA in letters else set()
    heads = {node.head for tree in trees for node in in_postorder(tree)}
    meanings = ["L: the loss"] if of == "L" and letters & {DELTA, ADJOINT} else []
    meanings += [meaning.format(of=of) for letter, meaning in LEGEND.items() if letter in letters]
    if TARGET in letters and one_hot(explanation.network):
        meanings[-1] += ", 1 for its class and 0 for the others"
    nodes = {node for tree in trees for node in in_postorder(tree) if node.head == "top_share"}
    extremes = sorted({"min" if " = min(" in write(node, Unicode()) else "max" for node in nodes})
    told = (meaning.format(extreme=one) for head, meaning in SIGNS.items() if head in heads for one in extremes or [""])
    meanings += dict.fromkeys(told)
    values = [] if not most else [value for step in steps if isinstance(value := shown(step.value, most), tuple)]
    of_example = ", of what has ⁽ᵉ⁾ that of the next example" if any(one.example == EXAMPLE for one in symbols) else ""
    meanings += [f"a semicolon begins the next row{of_example}"] * any(NEXT_ROW in value for value in values)
    meanings += ["‖·‖: the root of the sum of squares"] * any("‖" in str(value[0]) for value in values)
    return f"{'; '.join(meanings)}." if meanings else ""


def one_hot(network: Network) -> bool:
    """Whether every target is a class."""
    rows = [row for target in network.targets for row in target.rows]
    return network.loss.classes and all(len(row) > 1 and sorted(row) == [0] * (len(row) - 1) + [1] for row in rows)


def opening(symbols: InSymbols, of_loss: bool) -> Iterator[Block]:
    """The loss as a function of the weights, and the local derivatives by SymPy."""
    network = [Line(leaf(symbol), tree) for symbol, tree in symbols.network]
    yield Heading("The loss" if of_loss else "The network")
    yield Aligned([Line(LOSS, symbols.loss), *network] if of_loss else network)
    lines: list[Line] = []
    for local in map(of_z, symbols.locals):
        if local.function != local.definition:
            lines.append(Line(local.function, local.definition))
        what = "a part is not smooth where" if local.rule == OF_FORMULA else "not smooth where"
        kinks = " or ".join(write(kink, Unicode()) for kink in local.kinks)
        reason = local.rule + f"; {what} {kinks}" * bool(kinks)
        lines.append(Line(local.derivative, local.derived, None, reason, local.read))
    if lines:
        yield Heading("The derivatives of its functions, by SymPy")
        yield Aligned(lines)


def of_z(local: Local) -> Local:
    """A function of the preactivation with z for its variable: x is an input."""

    def renamed(tree: Expression) -> Expression:
        return substituted(tree, {"x": name("z")})

    return local._replace(
        function=renamed(local.function),
        definition=renamed(local.definition),
        derivative=renamed(local.derivative),
        derived=renamed(local.derived),
        kinks=[renamed(kink) for kink in local.kinks],
        read=None if local.read is None else renamed(local.read),
    )


def closing(found: Derivation, exact: str | None) -> Iterator[Block]:
    """The closed form, with the numbers put in."""
    lines = []
    if found.short is not None:
        is_factored = found.count > 1 and found.short.head in ("*", "negative")
        lines.append(Line(found.symbol, found.short, None, "common factors factored out" if is_factored else ""))
    if found.rounded is not None:
        lines.append(Line("numerically", found.symbol, shown(found.rounded.value)))
    elif found.in_numbers is not None:
        lines.append(Line("numerically", found.in_numbers, found.value))
    else:
        lines.append(Line("numerically", found.symbol, shown(found.value)))
    yield Aligned(lines)
    if exact is not None:
        yield Note(f"exactly {exact}")


def step_table(explanation: Explanation) -> Table:
    """Every entry of every step as a row, for csv."""
    notation = Unicode()
    rows = [
        [name, write(step.left, notation), ",".join(map(str, index)), write(step.right, notation), value, step.rule]
        for name, found in explanation.derivations.items()
        for step in found.steps
        for index, value in entries(step.value)
    ]
    return Table([Column(text) for text in ("name", "what", "entry", "formula", "value", "rule")], rows)
