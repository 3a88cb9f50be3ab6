"""Values that are rational, as decimals of a spec are, and what is added, multiplied and compared of them: computed
exactly and rounded once. To any number of digits 0.1 + 0.2 − 0.3 is 0, and stands on a kink of ReLU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

from gradcalc.activations import Activation
from gradcalc.arithmetic import LOCAL, VALUE, Arithmetic, Number, located
from gradcalc.arithmetic.multiprecision import MOST_BITS, RATIONALS, NotRational, RationalFunctions, exactly, size
from gradcalc.engine.scalar_forward import all_derivatives
from gradcalc.engine.scalar_graph import ScalarLayout
from gradcalc.expressions.expression import Expression, Literal, fold, leaf_ratio, rational
from gradcalc.expressions.parser import parse
from gradcalc.network.graph import ActivationNode, AffineNode, InputNode, JoinNode, Node
from gradcalc.network.network import Network, entries

if TYPE_CHECKING:
    from gradcalc.engine.scalar_point import ScalarPoint

Rationals = Mapping[int, Fraction]
"""The values of an example that are rational, by their places in V."""


def rational_values(layout: ScalarLayout, network: Network, example: int) -> Rationals:
    """Those of an example of a network that is laid out so."""
    weights = list(_weights(network))
    known: dict[int, Fraction | None] = {0: Fraction(1)}
    for number, node in enumerate(layout.graph.nodes):
        if isinstance(node, InputNode):
            given = network.inputs[node.of]
            found = [_ratio(x, given.exact.get((example, unit))) for unit, x in enumerate(given.rows[example])]
        elif isinstance(node, AffineNode):
            found = [_sum((weights[p], known[v]) for p, v, _ in terms) for terms in layout.terms[number]]
        elif isinstance(node, JoinNode):
            rows = zip(*([known[place] for place in layout.units(arc.tail)] for arc in node.arcs))
            found = [None if None in row else exactly(partial(_joined, node, row)) for row in rows]
        else:
            found = _activated(layout, node, weights, [known[z] for z in layout.units(node.arcs[0].tail)])
        known.update(zip(layout.units(number), found))
    return {place: value for place, value in known.items() if value is not None}


def _weights(network: Network) -> Iterator[Fraction | None]:
    """P."""
    yield Fraction(1)
    for parameter in network.parameters:
        yield from (_ratio(x, parameter.exact.get(index)) for index, x in entries(parameter.value))


def _ratio(x: float, exact: str | None) -> Fraction | None:
    """A number of a spec, or an exact constant."""
    return exactly(lambda functions: functions.number(x if exact is None else Literal.of(x, exact)))


def _sum(terms: Iterable[tuple[Fraction | None, Fraction | None]]) -> Fraction | None:
    """Of products, in which a 0 makes another number of no account."""
    total = Fraction(0)
    for weight, value in terms:
        if weight is None or value is None:
            if weight == 0 or value == 0:
                continue
            return None
        total += weight * value
        if size(total) > MOST_BITS:
            return None
    return total


def _activated(
    layout: ScalarLayout, node: ActivationNode, weights: Sequence[Fraction | None], zs: Sequence[Fraction | None]
) -> list[Fraction | None]:
    """The outputs of an activation."""
    row = node.activation
    if row.name == "formula":
        return [formula_value(row, z) for z in zs]
    try:
        value = row.rule(RATIONALS)[VALUE] if row.rational and row.rule is not None else None
    except NotRational:  # an option of it, as sqrt(2)
        value = None
    if value is None:
        return [None] * node.width
    if row.couples:
        return list(value(zs)) if None not in zs else [None] * node.width
    alphas = [[weights[place]] for place in layout.alphas(node)] if row.parametric else [[]] * node.width
    known = [[z, *alpha] for z, alpha in zip(zs, alphas)]
    return [None if None in numbers else exactly(partial(_applied, value, numbers)) for numbers in known]


def _joined(node: JoinNode, row: Sequence[Any], functions: RationalFunctions) -> Any:
    """The sources of a unit."""
    return node.join.value(functions, row)


def _applied(value: Callable[..., Any], numbers: Sequence[Any], _: RationalFunctions) -> Any:
    """A function that is already of these numbers."""
    return value(*numbers)


def formula_value(formula: Activation, z: Fraction | None) -> Fraction | None:
    """Of a formula's σ at z."""
    if z is None or _bits(formula.formula, z) > MOST_BITS:
        return None
    rule = formula.any_rule()
    return exactly(lambda functions: rule(functions)[VALUE](z))


def _bits(formula: str, z: Fraction) -> int:
    """About how many the value of a formula has, multiplied out."""

    def bits(node: Expression, parts: list[int]) -> int:
        if not parts:
            found = leaf_ratio(node)
            return size(z) if found is None else found[0].bit_length() + found[1].bit_length()
        exponent = rational(node.parts[1]) if node.head == "^" else None
        return parts[0] * abs(exponent[0]) if exponent else sum(parts)

    return fold(parse(formula, ("x",)), bits)


def rounded_once(
    topology: ScalarPoint, weights: Sequence[Number], given: Sequence[Number], number: int
) -> tuple[list[Number], list[Number]]:
    """V and S of an example to any number of digits, with what is rational rounded once."""
    layout, arithmetic = topology.layout, topology.arithmetic
    known = rational_values(layout, topology.graph.network, number)
    values = _values(layout, arithmetic, weights, given, known)
    derivatives = all_derivatives(topology.program, weights, values)
    for place, derivative in _derivatives(layout, arithmetic, known):
        derivatives[place] = derivative
    return values, derivatives


def _values(
    layout: ScalarLayout, arithmetic: Arithmetic, weights: Sequence[Number], given: Sequence[Number], known: Rationals
) -> list[Number]:
    """V, node by node. Raises DomainError and LimitError naming the node."""
    values: list[Number] = [arithmetic.number(1), *given, *[None] * (layout.values - len(given) - 1)]
    rounded = {place: arithmetic.functions.rounded(value) for place, value in known.items()}
    for number, node in enumerate(layout.graph.nodes):
        if not isinstance(node, InputNode):
            try:
                found = _computed(layout, arithmetic, number, node, weights, values, known)
            except LOCAL as error:
                raise located(layout.graph.network.nodes[node.of].name, error) from None
            for place, value in zip(layout.units(number), found):
                values[place] = rounded.get(place, value)
    return values


def _computed(
    layout: ScalarLayout,
    arithmetic: Arithmetic,
    number: int,
    node: Node,
    weights: Sequence[Number],
    values: Sequence[Number],
    known: Rationals,
) -> Sequence[Number]:
    """The units of a node from those before it."""
    if isinstance(node, AffineNode):
        return [sum([weights[p] * values[v] for p, v, _ in terms]) for terms in layout.terms[number]]
    rows = list(zip(*([values[place] for place in layout.units(arc.tail)] for arc in node.arcs)))
    if isinstance(node, JoinNode):
        return [node.join.value(arithmetic.functions, row) for row in rows]
    assert isinstance(node, ActivationNode)
    value, zs = arithmetic.value(node.activation), [z for (z,) in rows]
    if _is_kinked_formula(node):
        zs = [known.get(place, z) for place, z in zip(layout.units(node.arcs[0].tail), zs)]
    if node.activation.couples:
        return value(zs)  # type: ignore[no-any-return]
    if node.activation.parametric:
        return [value(z, weights[alpha]) for z, alpha in zip(zs, layout.alphas(node))]
    return [value(z) for z in zs]


def _derivatives(layout: ScalarLayout, arithmetic: Arithmetic, known: Rationals) -> Iterator[tuple[int, Number]]:
    """The derivatives of formulas with kinks where z is rational, by their places in S."""
    for number, node in enumerate(layout.graph.nodes):
        if isinstance(node, ActivationNode) and _is_kinked_formula(node):
            derivative = arithmetic.derivative(node.activation)
            for place, z in enumerate(layout.units(node.arcs[0].tail), layout.slots[number]):
                if z in known:
                    yield place, derivative(known[z])


def _is_kinked_formula(node: ActivationNode) -> bool:
    return node.activation.name == "formula" and node.activation.is_kink is not None
