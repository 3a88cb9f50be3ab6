"""One entry of an expression over layers: of Wᵀδ xᵀ at (0, 1) the factor δ[0] times the factor x[1]."""

from __future__ import annotations

from gradcalc.derivation.layers.chart import LayerChart
from gradcalc.expressions.build import negative, product, rebuilt, total
from gradcalc.expressions.expression import Expression
from gradcalc.expressions.symbols import leaf
from gradcalc.network.network import Index


def entry_of(chart: LayerChart, tree: Expression, index: Index) -> Expression:
    """The entry of a matrix (row, column), of a vector (unit,); of a number itself."""
    if tree.head == "outer":
        return product((entry_of(chart, tree.parts[0], index[:1]), entry_of(chart, tree.parts[1], index[1:])))
    if tree.head == "+":
        return total(entry_of(chart, part, index) for part in tree.parts)
    if tree.head == "negative":
        return negative(entry_of(chart, tree.parts[0], index))
    if tree.head in ("*", "hadamard"):
        return product(entry_of(chart, part, index) for part in tree.parts)
    if tree.head == "units":
        start = int(tree.value.partition(":")[0])
        return entry_of(chart, tree.parts[0], (start + index[0],))
    if tree.head == "concat":
        return _of_concat(chart, tree, index[0])
    if tree.head == "symbol":
        return leaf(tree.value._replace(place=index)) if _has_units(chart, tree) else tree
    return Expression("units", (tree,), str(index[0])) if index else rebuilt(tree, tree.parts)


def _of_concat(chart: LayerChart, tree: Expression, unit: int) -> Expression:
    for part in tree.parts:
        width = chart.widths.get(part.value, 1)
        if unit < width:
            return entry_of(chart, part, (unit,))
        unit -= width
    raise IndexError(unit)


def _has_units(chart: LayerChart, tree: Expression) -> bool:
    """Whether a symbol has several units; adjoints have those of what they are of."""
    symbol = tree.value
    return chart.widths.get(symbol, 0) > 1 or chart.adjoint_width(symbol) > 1
