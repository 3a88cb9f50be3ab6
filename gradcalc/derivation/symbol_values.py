"""The numbers of symbols at a point, and the value of an expression over them, in any arithmetic: numbers are numbers,
vectors lists, matrices lists of rows [out][in].
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial, reduce
from math import isfinite
from operator import mul
from typing import Any

from gradcalc.arithmetic import mapped
from gradcalc.derivation.explanation import Step
from gradcalc.derivation.layer_graph import target_symbol
from gradcalc.derivation.rules import PROBABILITIES
from gradcalc.derivation.symbolic_graph import SymbolicGraph, units_of
from gradcalc.engine.scalar_point import ScalarPoint, target_rows
from gradcalc.expressions import float_functions
from gradcalc.expressions.compiled import exact_constant, rounded
from gradcalc.expressions.expression import EXAMPLE, Expression, Symbol, fold, ratio_of, symbols_in
from gradcalc.expressions.functions import FUNCTIONS, divide, power, sigmoid
from gradcalc.expressions.shares import negative_logs, shares
from gradcalc.network.graph import Graph
from gradcalc.network.network import numbers

Number = Any
Value = Any  # a number, or lists of numbers
CUBES_OVERFLOW = 1e100  # numbers above it have no third power in float64, or hardly any

Functions = Any


def evaluate(tree: Expression, values: Mapping[Symbol, Value], functions: Functions) -> Value:
    """The value, its symbols standing for `values`. Raises DomainError outside a function's domain."""

    to_digits = hasattr(functions, "context")
    each = exact_value if to_digits else node_value

    def visit(node: Expression, parts: list[Value]) -> Value:
        if node.head == "symbol":
            return mapped(functions.exactly, values[node.value]) if to_digits else values[node.value]
        if node.head in VECTORS:
            return VECTORS[node.head](functions, node, mapped(functions.rounded, parts) if to_digits else parts)
        if list in map(type, parts):
            return spread(lambda numbers: each(node, numbers, functions), parts)
        return each(node, parts, functions)

    found = fold(tree, visit)
    return mapped(functions.rounded, found) if to_digits else found


def exact_value(node: Expression, parts: Sequence[Number], functions: Functions) -> Number:
    """To any number of digits, exactly where it and all parts are rational, as the engine computes: 3·0.1 is 0.3."""
    from gradcalc.arithmetic.multiprecision import exactly

    if node.head == "figure":
        return mapped(functions.exactly, node.value)
    if not any(hasattr(part, "context") for part in parts):
        found = exactly(lambda rationals: node_value(node, parts, rationals))
        if found is not None:
            return found
    return node_value(node, [functions.rounded(part) for part in parts], functions)


def node_value(node: Expression, parts: Sequence[Number], functions: Functions) -> Number:
    """The value of a node from those of its parts. An exponent that is written as an integer stays one: a power by
    multiplication, of negative numbers too."""
    if node.head == "figure":
        return node.value
    if node.head == "name":
        return getattr(functions, node.value)
    if node.head == "constant":
        return exact_constant(node.value.text, functions) if functions.number is not float else float(node.value)
    if not parts:
        return rounded(functions, ratio_of(node.value) if node.head == "number" else node.value)
    if node.head == "^":
        exponent = node.parts[1]
        is_whole = exponent.head == "number" and exponent.value.isdigit()
        return power(functions, parts[0], int(exponent.value) if is_whole else parts[1])
    rule = RULES.get(node.head)
    return FUNCTIONS[node.head].rule(functions, *parts) if rule is None else rule(functions, parts)


RULES: dict[str, Callable[[Functions, Sequence[Number]], Number]] = {
    "+": lambda f, parts: added(parts),
    "-": lambda f, parts: parts[0] - parts[1],
    "negative": lambda f, parts: -parts[0],
    "/": lambda f, parts: divide(f, parts[0], parts[1]),
    "*": lambda f, parts: reduce(mul, parts),
    "cases": lambda f, parts: parts[0] if parts[2] > 0 else parts[1],
    "share": lambda f, parts: finely(shares, parts, f)[0],
    "log_share": lambda f, parts: -finely(negative_logs, parts, f)[0],
    "sigmoid_derivative": lambda f, parts: sigmoid(f, parts[0]) * sigmoid(f, -parts[0]),
    "expm1": lambda f, parts: f.expm1(parts[0]),
    "one_plus_erf": lambda f, parts: f.erfc(-parts[0]),
    "one_plus_tanh": lambda f, parts: 2 * sigmoid(f, 2 * parts[0]),
}


def spread(rule: Callable[[list[Any]], Any], parts: Sequence[Value]) -> Value:
    """A rule of numbers, entry by entry where parts are lists; a number goes with every entry."""
    lists = [part for part in parts if isinstance(part, list)]
    if not lists:
        return rule(list(parts))
    places = range(len(lists[0]))
    return [spread(rule, [part[n] if isinstance(part, list) else part for part in parts]) for n in places]


def listed(value: Value) -> list[Any]:
    """A vector; of one unit where it is a number."""
    return value if isinstance(value, list) else [value]


def unlisted(value: list[Any]) -> Value:
    """A vector of one unit as a number."""
    return value[0] if len(value) == 1 else value


def added(terms: Sequence[Any]) -> Any:
    """Σ of numbers of any kind."""
    return sum(terms[1:], terms[0])


def finely(rule: Callable[[Sequence[Any], Any], list[Any]], parts: Sequence[Any], functions: Functions) -> list[Any]:
    """A rule of differences that are exponents, as a loss computes it: in extended range these have too few digits
    behind the point."""
    if functions is float_functions:
        return rule(parts, functions)
    from decimal import localcontext

    from gradcalc.arithmetic.extended import MOST_PLACES, Extended

    if functions is not Extended.functions:
        return rule(parts, functions)
    with localcontext() as context:
        context.prec += MOST_PLACES
        found = rule(parts, functions)
    return [+number for number in found]


def dot(one: Sequence[Any], other: Sequence[Any]) -> Any:
    """Σ a·b."""
    return added([a * b for a, b in zip(one, other)])


def _diagonal(vector: Value) -> Value:
    numbers = listed(vector)
    return [[number if i == j else number - number for j in range(len(numbers))] for i, number in enumerate(numbers)]


def groups(numbers: Value, pieces: Any) -> list[list[Any]]:
    """The preactivations that each unit of maxout takes the largest of."""
    return [listed(numbers)[start : start + int(pieces)] for start in range(0, len(listed(numbers)), int(pieces))]


def _largest(functions: Functions, numbers: Value, pieces: Any) -> Value:
    """[out][in] of maxout: 1 at the largest of every group, a tie shared."""
    zero, rows = functions.number(0), []
    for place, group in enumerate(groups(numbers, pieces)):
        share = functions.number(1) / group.count(max(group))
        row = [zero] * len(listed(numbers))
        row[place * len(group) : (place + 1) * len(group)] = [share if x == max(group) else zero for x in group]
        rows.append(row)
    return rows


VECTORS: dict[str, Callable[[Functions, Expression, list[Value]], Value]] = {
    "apply": lambda f, node, parts: unlisted([dot(row, listed(parts[1])) for row in parts[0]]),
    "pull": lambda f, node, parts: unlisted([dot(column, listed(parts[1])) for column in zip(*parts[0])]),
    "outer": lambda f, node, parts: [[a * b for b in listed(parts[1])] for a in listed(parts[0])],
    "inner": lambda f, node, parts: dot(listed(parts[0]), listed(parts[1])),
    "entries": lambda f, node, parts: added(listed(parts[0])),
    "mean": lambda f, node, parts: added(listed(parts[0])) / len(listed(parts[0])),
    "concat": lambda f, node, parts: [number for part in parts for number in listed(part)],
    "hadamard": lambda f, node, parts: spread(partial(reduce, mul), parts),
    "diag": lambda f, node, parts: _diagonal(parts[0]),
    "units": lambda f, node, parts: unlisted([listed(parts[0])[unit] for unit in units_of(node)]),
    "softmax": lambda f, node, parts: unlisted(finely(shares, listed(parts[0]), f)),
    "log_softmax": lambda f, node, parts: unlisted([-log for log in finely(negative_logs, listed(parts[0]), f)]),
    "maxout": lambda f, node, parts: unlisted([max(group) for group in groups(*parts)]),
    "largest": lambda f, node, parts: _largest(f, *parts),
    "identity": lambda f, node, parts: _diagonal([f.number(1)] * node.value),
    "ones": lambda f, node, parts: [f.number(1)] * node.value,
}
"""What is not made number by number."""

Row = dict[Symbol, Any]  # the numbers of one example: vectors as lists, matrices as rows [out][in]


class SymbolValues(dict[Symbol, Any]):
    """The numbers of symbols: of layers, units and entries, of one example and of any."""

    def __init__(self, rows: Iterable[Row]) -> None:
        super().__init__()
        self.rows = list(rows)

    def __missing__(self, symbol: Symbol) -> Any:
        if isinstance(symbol.example, int):
            value = self.rows[symbol.example][symbol._replace(place=(), example=EXAMPLE)]
        else:
            value = self[symbol._replace(place=())] if symbol.place else self.rows[0][symbol]
        for place in symbol.place:
            value = listed(value)[place]
        return value

    def whole(self, symbol: Symbol) -> Value:
        """The value of a symbol; of any example of a batch one value for each."""
        return [row[symbol] for row in self.rows] if symbol.example == EXAMPLE else self[symbol]

    def map(self, rule: Callable[[Number], Number]) -> SymbolValues:
        """The values that a rule makes of these, number by number."""
        return SymbolValues({symbol: mapped(rule, value) for symbol, value in row.items()} for row in self.rows)

    def plain(self, symbol: Symbol) -> Value:
        """The value as a number or lists."""
        return self.whole(symbol)

    def compared(
        self, graph: SymbolicGraph, steps: Sequence[Step], gradient: Value, functions: Functions
    ) -> Iterator[tuple[list[Any], list[Any]]]:
        """What every step comes to here, example by example, beside backpropagation."""
        lasts: list[list[Any]] = []
        for found in [SymbolValues([row]) for row in self.rows] if isinstance(graph.example, str) else [self]:
            for step in steps:
                symbol, tree = step.left.value, step.right
                value = evaluate(tree.parts[0] if tree.head == "over examples" else tree, found, functions)
                if symbol in found:
                    yield numbers(value), numbers(found[symbol])
                else:
                    lasts.append(numbers(value))
        if lasts and steps[-1].right.head == "over examples":
            lasts = [[added(parts) for parts in zip(*lasts)]]
        if lasts:
            yield [number for last in lasts for number in last], numbers(gradient)

    def __contains__(self, symbol: object) -> bool:
        try:
            self[symbol]  # type: ignore[index]
        except KeyError:
            return False
        return True


def values_at(layers: SymbolicGraph, point: ScalarPoint) -> SymbolValues:
    """Weights, targets, values, local derivatives and adjoints."""
    weights, layout, rows = _weights(point), point.layout, list[Row]()
    for number, example in enumerate(point.examples):
        values = weights | _targets(layers.graph, point, number)
        for place, symbol in layers.symbols.items():
            units = layout.units(place - 1)
            values[symbol] = unlisted([example.values[unit] for unit in units])
            values[layers.adjoint(place)] = unlisted([example.adjoints[unit] for unit in units])
        for symbol, found in derivatives_at(layers, point).items():
            own = found[number]
            values[symbol] = own if layers.shapes.get(symbol) else numbers(own)[0]
        for symbol, tree in layers.statistics.items():
            values[symbol] = value_in_range(tree, values, point.arithmetic.functions)
        for symbol, tree in layers.probabilities.items():
            values[symbol] = evaluate(tree, values, point.arithmetic.functions)
        rows.append(values)
    return SymbolValues(rows)


def value_in_range(tree: Expression, values: Mapping[Symbol, Value], functions: Functions) -> Number:
    """The mean or the factor of a norm, or a product with its derivative; in extended range where squares of float64
    overflow, or the third power of a factor underflows."""
    found = evaluate(tree, values, functions)
    if functions is not float_functions or isinstance(found, list) or (found and isfinite(found)):
        return found
    symbols = symbols_in(tree)
    if max((abs(x) for symbol in symbols for x in numbers(values[symbol])), default=0) < CUBES_OVERFLOW:
        return found
    from gradcalc.arithmetic.extended import Extended

    wide = {symbol: mapped(Extended.number, values[symbol]) for symbol in symbols}
    with Extended.context():
        return float(evaluate(tree, wide, Extended.functions))


def given_values(graph: Graph, point: ScalarPoint) -> SymbolValues:
    """What the spec gives: inputs, targets, weights."""
    example = EXAMPLE if graph.network.batch else None
    weights, inputs, rows = _weights(point), graph.network.inputs, list[Row]()
    for number in range(len(point.examples)):
        given = (unlisted(point.output(place)[number]) for place in range(len(inputs)))
        symbols = (Symbol("", node.name, (), example) for node in inputs)
        rows.append(dict(zip(symbols, given)) | _targets(graph, point, number) | weights)
    return SymbolValues(rows)


def _weights(point: ScalarPoint) -> Row:
    """Every parameter: a number, a list, or rows."""
    found: Row = {}
    for number, parameter in enumerate(point.graph.network.parameters):
        entries = [point.weights[place] for place in point.layout.entries(number)]
        found[Symbol("", parameter.name)] = unlisted(entries)
        if len(entries) > 1 and len(parameter.shape) == 2:
            columns = parameter.shape[1]
            found[Symbol("", parameter.name)] = [entries[n : n + columns] for n in range(0, len(entries), columns)]
    return found


def _targets(graph: Graph, point: ScalarPoint, number: int) -> Row:
    rows = [[getattr(t, "given", t) for t in row] for row in target_rows(graph, point.arithmetic, number)]
    example = EXAMPLE if graph.network.batch else None
    targets = [target for _, target in graph.ends() if target is not None]
    return {target_symbol(graph, target, example): unlisted(rows[target]) for target in targets}


def derivatives_at(layers: SymbolicGraph, point: Any) -> Mapping[Symbol, Any]:
    """σ′(z) and Jacobians by their symbols, for all examples."""
    names = {symbol.name: symbol for symbol in layers.derivatives if symbol.letter != PROBABILITIES}
    nodes = enumerate(layers.graph.network.nodes)
    return {names[node.name]: point.derivative(number) for number, node in nodes if node.name in names}
