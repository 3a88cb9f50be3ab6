"""Kinks that units stand on only as numbers are rounded: tanh(10⁻⁹) rounds to 10⁻⁹, and a maximum of both to a tie;
and ties that are no kinks.

A unit is off its kink where z, or what is between the sources that tie, is another number with more digits, and with
twice as many the same. Values that nothing rounds are not asked: sums of small whole numbers, a 0 of an inactive ReLU.
A formula computes with numbers of its own, which may tie at any z: it is asked in more digits itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import chain
from math import log10
from typing import Any

from gradcalc.activations import Activation
from gradcalc.analysis.kinks import Kink, formula_kinks
from gradcalc.analysis.lost_derivatives import DIGITS, FLOAT64_DIGITS, SAME, tried
from gradcalc.analysis.point import Point, point
from gradcalc.arithmetic import decimal_digits
from gradcalc.engine.scalar_graph import Term
from gradcalc.engine.scalar_point import ScalarPoint, swept
from gradcalc.errors import DomainError, LimitError
from gradcalc.network.graph import ActivationNode, AffineNode, InputNode, JoinNode
from gradcalc.network.linear_graph import LinearGraph

MOST_VALUES = 2_000  # of all examples together: to compute them with 50 and 100 digits takes a tenth of a second
POWER = 8  # a difference may be this power of a number: tanh(x) is x − x³/3
MUCH_SMALLER = 2**40  # a sum is than its terms, that rounding may have made
ENOUGH = 2**10  # times as much as a value may change with a number that is off by one part in so many
PLAIN = 2.0**20  # multiples of 1/16 that are smaller are multiplied and added in thousands without rounding

Places = list[int]
"""Where in V the values stand that tie; one alone for z at a kink."""


def rounded_kinks(at: Point, kinks: Sequence[Kink]) -> Sequence[Kink]:
    """Kinks of activations and joins, with the digits that show a unit off its kink, or those to which it is on it, and
    off it perhaps to more; of a wide network, and in formats of fewer bits, none are looked for."""
    dps = decimal_digits(at.arithmetic.name)
    if not isinstance(at, ScalarPoint) or (dps is None and at.arithmetic.name not in ("float64", "extended")):
        return kinks
    places = [_places(at, kink) for kink in kinks]
    exact = {example: _exact(at, example) for example in {kink.example for kink in kinks}}
    rounded = [n for n, kink in enumerate(kinks) if not all(exact[kink.example][v] for v in places[n])]
    asked = [n for n, kink in enumerate(kinks) if kink.in_formula or n in rounded]
    reach = {n: _reach(at, kinks[n]) if n in rounded else 0 for n in asked}
    reach |= {n: max(reach[n], _reach_in_formula(at, kinks[n])) for n in asked if kinks[n].in_formula}
    shown, digits = dict[int, int](), dps or FLOAT64_DIGITS
    if len(at.examples) * at.layout.values <= MOST_VALUES:
        for more in (more for more in tried(at) if more > (dps or 0)):
            left = [n for n in asked if n not in shown and (more == DIGITS[0] or reach[n] > digits // POWER)]
            if not left:
                break
            digits = more
            with suppress(DomainError, LimitError):
                fine, finer = point(at.graph.network, digits), point(at.graph.network, 2 * digits)
                shown |= {n: digits for n in left if _is_off(fine, finer, kinks[n], places[n])}
    doubt = {n: digits for n in asked if n not in shown and reach[n] > digits // POWER}
    return [kink._replace(dps=shown.get(n), to_digits=doubt.get(n)) for n, kink in enumerate(kinks)]


def is_smooth(at: Point, kink: Kink) -> bool:
    """Whether the sources of a join that are equal have equal derivatives by every parameter and input, as those of a
    shared weight have, or inactive units: the join has that derivative then. Of a wide network it is not known."""
    if kink.of != "join" or kink.dps or kink.to_digits or not isinstance(at, ScalarPoint) or at.linear is None:
        return False
    tied = _places(at, kink)
    with at.arithmetic.context():
        first, *others = (_derivatives(at, kink.example, value) for value in tied)
    return all(other == first for other in others)


def _derivatives(at: ScalarPoint, example: int, value: int) -> list[Any]:
    """Those of a value in V by every input, then by every weight."""
    assert at.linear is not None
    dag, nodes = at.linear.dag, enumerate(at.graph.nodes)
    inputs = [unit for number, node in nodes if isinstance(node, InputNode) for unit in at.layout.units(number)]
    to_value = LinearGraph(dag.size, value, dag.inner, dag.tails, dag.heads, ())
    sums, products = swept(to_value, at.examples[example].edges, at.weights[0])
    for weight, product in zip(dag.tails[dag.inner :], products):
        sums[weight] = sums[weight] + product
    return [*map(sums.__getitem__, inputs), *sums[at.layout.values : -1]]


def _places(at: ScalarPoint, kink: Kink) -> Places:
    """Of a kink of an activation or a join."""
    place, values = kink.place(at.graph), at.examples[kink.example].values
    node = at.graph.nodes[place]
    sources = [at.layout.units(tail) for tail in dict.fromkeys(arc.tail for arc in node.arcs)]
    if isinstance(node, ActivationNode) and node.activation.couples:
        group = list(sources[0][kink.unit * node.pieces : (kink.unit + 1) * node.pieces])
    else:
        group = [units[kink.unit] for units in sources]
    if kink.z is not None:
        return group
    out = at.layout.units(place)[kink.unit]
    return [v for v in group if values[v] == values[out]]


def _is_off(fine: Point, finer: Point, kink: Kink, places: Places) -> bool:
    """Whether no tie is one with more digits, nor z the kink."""
    with finer.arithmetic.context():
        if kink.in_formula:
            return not any(_is_in_formula(more, kink) for more in (fine, finer))
        one, other = (_gap(more, kink, places) for more in (fine, finer))
        return bool(other) and bool(abs(one - other) <= SAME * abs(other))


def _is_in_formula(at: Point, kink: Kink) -> bool:
    """Whether it is one of a formula with these digits."""
    node = at.graph.nodes[kink.place(at.graph)]
    assert isinstance(node, ActivationNode)
    return formula_kinks(at, node)[kink.example][kink.unit]


def _gap(at: Point, kink: Kink, places: Places) -> Any:
    """How far z is from the kink, and the largest of a tie, or the smallest of a minimum, from the next."""
    values = _values(at, kink)
    if kink.z is not None:
        return values[places[0]] - at.arithmetic.number(float(kink.z))
    first, second, *_ = sorted((values[v] for v in places), reverse=kink.what != "min")
    return first - second


def _exact(at: ScalarPoint, example: int) -> list[bool]:
    """Of every value in V whether nothing rounds it: a number that is given, a sum of small ones, 0 where σ is flat."""
    exact, sure = [True] * at.layout.values, [True] * at.layout.values
    for number, node in enumerate(at.graph.nodes):
        units, sources = at.layout.units(number), [at.layout.units(arc.tail) for arc in node.arcs]
        if isinstance(node, InputNode):
            known = [(example, unit) not in at.graph.network.inputs[node.of].exact for unit in range(node.width)]
        elif isinstance(node, AffineNode):
            known = [_is_exact_sum(at, example, terms, exact) for terms in at.layout.terms[number]]
        elif isinstance(node, JoinNode):
            known = [bool(node.join.is_kink) and all(exact[v] for v in each) for each in zip(*sources)]
        elif node.activation.couples:
            known = [bool(node.activation.is_kink) and all(exact[v] for v in sources[0])] * node.width
        else:
            places = zip(range(at.layout.slots[number], at.layout.derivatives), sources[0], units)
            known = [_is_exact_activation(at, example, node, (exact[z], sure[z]), (s, z, a)) for s, z, a in places]
        have_digits = all(sure[v] for source in sources for v in source)
        for place, (unit, is_exact) in enumerate(zip(units, known)):
            exact[unit] = sure[unit] = is_exact
            if isinstance(node, AffineNode):
                sure[unit] |= _is_sure_sum(at, example, at.layout.terms[number][place], unit, sure)
            elif isinstance(node, ActivationNode) and not (node.activation.couples or node.activation.parametric):
                sure[unit] |= have_digits and _is_sure_value(at, example, node.activation, (sources[0][place], unit))
            else:
                sure[unit] |= have_digits
    return exact


def _is_sure_sum(at: ScalarPoint, example: int, terms: Sequence[Term], unit: int, sure: Sequence[bool]) -> bool:
    """Whether a sum has right digits: made of numbers that have some, and not much smaller than these."""
    values = at.examples[example].values
    with at.arithmetic.context():
        size = sum(abs(at.weights[p] * values[v]) for p, v, _ in terms)
        return abs(values[unit]) * MUCH_SMALLER >= size and all(sure[v] for p, v, _ in terms if at.weights[p])


def _is_sure_value(at: ScalarPoint, example: int, activation: Activation, places: tuple[int, int]) -> bool:
    """Whether σ(z) has right digits where z has: it changes little with a rounding of z, as a sine of 10³⁰ does not."""
    value, (z, y) = at.arithmetic.value(activation), (at.examples[example].values[place] for place in places)
    with suppress(DomainError, LimitError, ArithmeticError), at.arithmetic.context():
        off = z / MUCH_SMALLER
        return all(abs(value(moved) - y) * ENOUGH <= abs(y) for moved in (z - off, z + off))
    return False


def _is_exact_sum(at: ScalarPoint, example: int, terms: Sequence[Term], exact: Sequence[bool]) -> bool:
    values = at.examples[example].values
    if len(terms) == 1 and terms[0][0] == 0:  # a number that is passed on
        return exact[terms[0][1]]
    return all(
        not at.weights[p] or (exact[v] and (not values[v] or (_is_plain(at.weights[p]) and _is_plain(values[v]))))
        for p, v, _ in terms
    )


def _is_exact_activation(
    at: ScalarPoint, example: int, node: ActivationNode, z_is: tuple[bool, bool], places: tuple[int, int, int]
) -> bool:
    """Of a unit whose z is exact or not, and has right digits or not, by its places in S, of z, and of a."""
    row, one, (s, z, a), (is_exact, is_sure) = node.activation, at.examples[example], places, z_is
    if is_exact and one.values[a] == one.values[z] and (node.flat or row.name == "identity" or not one.values[z]):
        return True
    on_kink = row.is_kink is not None and row.is_kink(float(one.values[z]))
    return node.flat and is_sure and not one.derivatives[s] and not on_kink


def _is_plain(number: Any) -> bool:
    """Whether it is a small multiple of 1/16."""
    found = float(number)
    return found == number and abs(found) < PLAIN and (16 * found).is_integer()


def _reach(at: ScalarPoint, kink: Kink) -> float:
    """The most powers of ten by which a number is off 1 that it is computed with: differences may be as small."""
    place, one, layout = kink.place(at.graph), at.examples[kink.example], at.layout
    used = {arc.tail for arc in at.graph.nodes[place].arcs}
    for number in reversed(range(place)):
        if number in used:
            used |= {arc.tail for arc in at.graph.nodes[number].arcs}
    nodes = [at.graph.nodes[number] for number in used]
    parameters = {arc.parameter for node in nodes for arc in node.arcs}
    parameters |= {node.bias for node in nodes if isinstance(node, AffineNode)}
    weights = (at.weights[p] for one in parameters if one is not None for p in layout.entries(one))
    values = (one.values[v] for number in used for v in layout.units(number))
    derivatives = (x for number in used for x in one.derivatives[layout.slots[number] : layout.slots[number + 1]])
    sizes = map(at.arithmetic.log10, chain(weights, values, derivatives))
    return max((abs(size) for size in sizes if size is not None), default=0)


def _reach_in_formula(at: ScalarPoint, kink: Kink) -> float:
    """The same of the numbers that an activation's formula computes with."""
    from gradcalc.expressions.expression import in_postorder, with_ratios
    from gradcalc.expressions.parser import parse

    tree = with_ratios(parse(_formula(at, kink).formula, ("x",)))
    constants = [node.value for node in in_postorder(tree) if node.head == "ratio" and node.value[0]]
    sizes = [at.arithmetic.log10(kink.z) or 0.0, *(log10(abs(above)) - log10(below) for above, below in constants)]
    return max(map(abs, sizes))


def _formula(at: Point, kink: Kink) -> Activation:
    """The activation of its layer."""
    return next(layer.activation for layer in at.graph.network.layers if layer.name == kink.node)


def _values(at: Point, kink: Kink) -> Sequence[Any]:
    """V in its example."""
    assert isinstance(at, ScalarPoint)
    return at.examples[kink.example].values
