"""The closed form of a gradient: in the spec's own names where that fits on a page, else over named nodes and adjoints.

Written out, a chain of 40 residual layers has about 2^40 nodes; over names its length is that of the network.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gradcalc.derivation.adjoints import Adjoints, Backward, Form, backward, exact, times, with_slopes
from gradcalc.derivation.chart import LOSS, Chart
from gradcalc.derivation.source import Source
from gradcalc.expressions.build import factors_of, product, replaced, size, symbols_in, total
from gradcalc.expressions.expression import ONE, ZERO, Expression, fold
from gradcalc.expressions.symbols import Symbol
from gradcalc.records import Record

MOST_LEAVES = 600
"""A closed form in the spec's own names has no more leaves than that: of 2,000 characters at least three a leaf."""

MOST_TO_READ = 100
"""Leaves that a reader can take in at once."""

Definition = tuple[Symbol, Expression]


class Values(Record):
    """Values over the spec's own names, None where one is long, and how many leaves each has: then too many."""

    trees: Mapping[Symbol, Expression | None]
    sizes: Mapping[Symbol, int]


class Closed(Record):
    """Formulas of several entries, with definitions of their names, each over names defined before it."""

    formulas: Sequence[Expression]
    definitions: Sequence[Definition]


def factored(way: Backward, source: Source, form: Form, most: int = MOST_TO_READ) -> Expression | None:
    """The gradient over values and slopes, common factors in front; None where it has more leaves than `most`.

    2(y − t)·σ′(z_y)·(w_r + w3·σ′(z_h2)·w2)·σ′(z_h1)·x.
    """
    if any(least > most for least in fewest_leaves(way, form, {}).values()):
        return None
    trees: dict[int, Expression] = {LOSS: ONE}
    for place, hops in way.leaving.items():
        tree = common_in_front([product((trees[hop.head], form(hop))) for hop in hops])
        if size(tree) > most:
            return None
        trees[place] = tree
    origins = [origin for origin in source.origins if origin.head in trees]
    return common_in_front([product((trees[origin.head], origin.factor)) for origin in origins])


def fewest_leaves(way: Backward, form: Form, sizes: Mapping[Symbol, int]) -> dict[int, int]:
    """How many leaves every adjoint has at least, written out: the longest of those it is over, and all its slopes.

    `sizes` are those of the values.
    """
    leaves = {LOSS: 0}
    for place, hops in way.leaving.items():
        slopes = [form(hop) for hop in hops]
        own = sum(leaves_in(slope, sizes) for slope in slopes if slope not in (ONE, ZERO))
        leaves[place] = own + max(leaves[hop.head] for hop in hops)
    return leaves


def leaves_in(tree: Expression, sizes: Mapping[Symbol, int]) -> int:
    """The leaves that a tree will have with its symbols written out."""
    return fold(tree, lambda node, parts: sum(parts) if parts else sizes.get(node.value, 1))


def common_in_front(terms: Sequence[Expression]) -> Expression:
    """The sum of products, with the factors that all of them share taken out."""
    if len(terms) < 2:
        return total(terms)
    rests = [list(factors_of(term)) for term in terms]
    shared = []
    for factor in list(rests[0]):
        if all(factor in rest for rest in rests):
            shared.append(factor)
            for rest in rests:
                rest.remove(factor)
    return product((*shared, total(product(rest) for rest in rests)))


def in_names_alone(
    charts: Sequence[Chart], sources: Sequence[Sequence[Source]], written: Sequence[Values]
) -> list[Expression] | None:
    """The formula of every entry (`sources[entry][example]`) without node symbols; None where one is long."""
    found = []
    for of_entry in sources:
        trees = []
        for chart, source, values in zip(charts, of_entry, written):
            way = backward(chart, [origin.head for origin in source.origins])
            if max(fewest_leaves(way, exact, values.sizes).values()) > MOST_LEAVES:
                return None
            tree = factored(way, source, exact, MOST_LEAVES)
            tree = None if tree is None else spelled(with_slopes(tree, chart.slopes, False), values)
            if tree is None:
                return None
            trees.append(tree)
        found.append(total(trees))
        if sum(map(size, found)) > MOST_LEAVES:
            return None
    return found


def written_out(chart: Chart) -> Values:
    """Every value over the spec's own names; None for those that are long."""
    found: dict[Symbol, Expression | None] = {}
    sizes: dict[Symbol, int] = {}
    for symbol, tree in definitions(chart):
        found[symbol] = written = spelled(tree, Values(found, sizes))
        sizes[symbol] = MOST_LEAVES + 1 if written is None else size(written)
    return Values(found, sizes)


def definitions(chart: Any) -> list[Definition]:
    """Every computed value of a chart, of units or of layers, with its definition, in order of computation; means and
    scales before their first use."""
    found: dict[Symbol, Expression] = {}
    for place in sorted(chart.definitions):
        tree = chart.definitions[place]
        if chart.beside:
            found.update((symbol, chart.beside[symbol]) for symbol in _beside(chart, tree) if symbol not in found)
        found[chart.symbols[place]] = tree
    return list(found.items())


def _beside(chart: Any, tree: Expression) -> list[Symbol]:
    """The means and scales that a definition needs, those first that others need."""
    direct = [symbol for symbol in symbols_in(tree) if symbol in chart.beside]
    first = [other for symbol in direct for other in symbols_in(chart.beside[symbol]) if other in chart.beside]
    return [*first, *direct]


def spelled(tree: Expression, values: Values) -> Expression | None:
    """The tree with values in place of their symbols; None where that is long."""
    if leaves_in(tree, values.sizes) > MOST_LEAVES:
        return None
    return replaced(tree, "symbol", values.trees.get)


def over_nodes(charts: Sequence[Chart], sources: Sequence[Sequence[Source]]) -> Closed:
    """The formula of every entry over named adjoints and values, linear in the size of the network."""
    formulas: list[list[Expression]] = [[] for _ in sources]
    named: list[Definition] = []
    for example, chart in enumerate(charts):
        heads = [origin.head for of_entry in sources for origin in of_entry[example].origins]
        adjoints = Adjoints(backward(chart, heads), times(exact))
        found = [(symbol, with_slopes(tree, chart.slopes, False)) for _, symbol, tree in adjoints.named()]
        named += [*definitions(chart), *found]
        for number, of_entry in enumerate(sources):
            origins = [origin for origin in of_entry[example].origins if origin.head in adjoints.way.leaving]
            terms = (product((adjoints.of(origin.head), origin.factor)) for origin in origins)
            formulas[number] += [with_slopes(term, chart.slopes, False) for term in terms]
    trees = [total(formula) for formula in formulas]
    return Closed(trees, named)


def needed(trees: Iterable[Expression], defined: Sequence[Definition]) -> list[Definition]:
    """Those definitions that the trees need, directly or through one another, in their order."""
    wanted = {symbol for tree in trees for symbol in symbols_in(tree)}
    found = []
    for symbol, tree in reversed(defined):
        if symbol in wanted:
            found.append((symbol, tree))
            wanted.update(symbols_in(tree))
    return found[::-1]
