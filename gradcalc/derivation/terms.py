"""The terms of the sum over paths: of one number a product for each path over units, of a matrix one for each over
layers, whose entries are sums over the units on the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gradcalc.derivation.adjoints import Backward, Form, backward, exact, read, with_slopes
from gradcalc.derivation.chart import LOSS, Chart, Hop, Origin
from gradcalc.derivation.closed import MOST_LEAVES, Values, factored, spelled
from gradcalc.derivation.evaluation import evaluate, functions_of
from gradcalc.derivation.paths import Route, count, largest
from gradcalc.derivation.situation import Situation
from gradcalc.derivation.source import Source
from gradcalc.derivation.steps import Term
from gradcalc.derivation.subject import Entries
from gradcalc.expressions.build import product, replaced, total
from gradcalc.expressions.expression import Expression
from gradcalc.expressions.symbols import EXAMPLE, Symbol, leaf
from gradcalc.questions.lists.listing import share

if TYPE_CHECKING:
    from gradcalc.results import Path

Number = Any

ALL_TERMS = 100
"""Paths up to which every one is a term; of more only the largest are."""

Steps = set[tuple[str, str, str]]
"""The edges of a path over layers: from, to, label."""

Key = tuple[int, tuple[int, ...]]
"""A path that all examples have: the number of its origin, and those of its hops."""


def unit_terms(
    situations: Sequence[Situation],
    sources: Sequence[Source],
    value: Number,
    most: int,
    written: Sequence[Values] | None,
) -> tuple[list[Term], int]:
    """The largest terms of one number, largest first, and how many there are.

    They are over the spec's own names where these are `written` out.
    """
    paths = max(count(_way(situation, source), source) for situation, source in zip(situations, sources))
    every = paths <= ALL_TERMS
    found = _routes(situations, sources, ALL_TERMS if every else most)
    functions = functions_of(situations[0].point.arithmetic)
    terms = []
    for routes in found.values():
        formulas = [
            _spelled(with_slopes(product_of(route, exact), situations[example].chart.slopes, False), example, written)
            for example, route in routes.items()
        ]
        contribution = sum((route.value for route in routes.values()), functions.number(0))
        first = next(iter(routes.values()))
        at = first.origin.mark.at if first.origin.mark else None
        to_read = of_any_example(product_of(first, read)) if len(situations) > 1 else product_of(first, read)
        said = (to_read, total(formulas), contribution, share(contribution, value), at)
        terms.append(Term(first.nodes, first.through, *said))
    terms.sort(key=lambda term: abs(term.value), reverse=True)
    return terms if every else terms[:most], paths


def product_of(route: Route, form: Form) -> Expression:
    """The product of a path, from the loss back."""
    return product((*map(form, route.hops[::-1]), route.origin.factor))


def of_any_example(tree: Expression) -> Expression:
    """The sum over the examples of what this is for one of them."""

    def of_any(symbol: Symbol) -> Expression:
        return leaf(symbol if symbol.example is None else symbol._replace(example=EXAMPLE))

    return Expression("over examples", (replaced(tree, "symbol", of_any),))


def _way(situation: Situation, source: Source) -> Backward:
    return backward(situation.chart, [origin.head for origin in source.origins])


def _spelled(tree: Expression, example: int, written: Sequence[Values] | None) -> Expression:
    return tree if written is None else spelled(tree, written[example]) or tree


def _routes(situations: Sequence[Situation], sources: Sequence[Source], k: int) -> dict[Key, dict[int, Route]]:
    """The largest paths of every example, each with its products in all examples."""
    found: dict[Key, dict[int, Route]] = {}
    for example, (situation, source) in enumerate(zip(situations, sources)):
        for route in largest(situation, _way(situation, source), source, k, situation.point.arithmetic.number(1)):
            found.setdefault((source.origins.index(route.origin), route.numbers), {})[example] = route
    for key, routes in found.items():
        for example, (situation, source) in enumerate(zip(situations, sources)):
            if example not in routes and source.origins:
                routes[example] = _same_route(situation, source, key)
    return found


def _same_route(situation: Situation, source: Source, key: Key) -> Route:
    """The path in another example."""
    origin, numbers = source.origins[key[0]], key[1]
    value = evaluate(origin.factor, situation.values, functions_of(situation.point.arithmetic))
    for number in reversed(numbers):
        value = value * situation.slopes[number]
    return Route(origin, tuple(situation.chart.hops[n] for n in numbers), numbers, value)


def layer_formula(
    charts: Sequence[Chart], found: Entries, path: Path, written: Sequence[Values] | None
) -> Expression | None:
    """The contribution of a path over layers, entry by entry; None where that is long."""
    trees = []
    for sources in found.sources:
        parts = []
        for example, (chart, source) in enumerate(zip(charts, sources)):
            tree = _along(chart, source, path)
            if tree is None:
                return None
            parts.append(_spelled(with_slopes(tree, chart.slopes, False), example, written))
        trees.append(total(parts))
    return found.together(trees)


def _along(chart: Chart, source: Source, path: Path) -> Expression | None:
    """The gradient of one entry with every hop left out that the path does not take."""
    start = path.nodes[0] if source.is_parameter else None
    origins = [origin for origin in source.origins if _starts(chart, origin, start, path.at)]
    way = backward(chart, [origin.head for origin in origins])
    wanted = set(zip(path.nodes, path.nodes[1:], path.through))
    kept = {place: list(_kept(chart, hops, wanted, path.nodes[-1])) for place, hops in way.leaving.items()}
    return factored(Backward(chart, _to_loss(kept)), source._replace(origins=origins), exact, MOST_LEAVES)


def _starts(chart: Chart, origin: Origin, start: str | None, at: str | None) -> bool:
    if start is None:
        return True
    own = chart.symbols[origin.head].name == start
    return own and (at is None or (origin.mark is not None and origin.mark.at == at))


def _kept(chart: Chart, hops: Sequence[Hop], wanted: Steps, last: str) -> Iterator[Hop]:
    """The hops that a path takes: those between its layers, those within them, and to the loss from the last."""
    for hop in hops:
        tail = chart.symbols[hop.tail].name
        if hop.head == LOSS:
            if tail == last:
                yield hop
        elif _is_taken(tail, chart.symbols[hop.head].name, hop.mark.label if hop.mark else None, wanted):
            yield hop


def _is_taken(tail: str, head: str, label: str | None, wanted: Steps) -> bool:
    """Whether the path takes a hop. Sources joined before one weight multiplies them enter the layer by a hop without
    a label, and the joined by one that has it."""
    if tail == head:
        return label is None or any((head, label.partition("[")[0]) == step[1:] for step in wanted)
    if label is None:
        return any((tail, head) == step[:2] for step in wanted)
    return (tail, head, label.partition("[")[0]) in wanted


def _to_loss(leaving: Mapping[int, Sequence[Hop]]) -> dict[int, list[Hop]]:
    """The hops that still lead on to the loss."""
    found: dict[int, list[Hop]] = {}
    for place, hops in leaving.items():
        on = [hop for hop in hops if hop.head == LOSS or hop.head in found]
        if on:
            found[place] = on
    return found
