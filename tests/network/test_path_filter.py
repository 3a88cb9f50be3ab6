"""Part of the paths, as DAGs of their own, against the paths that are listed and chosen one by one."""

from fractions import Fraction
from functools import partial
from random import Random

import pytest
from semirings.dags import random_dag

from gradcalc.network.path_filter import avoiding, contracted, entering, everything, labelled, passing
from gradcalc.semirings.accumulate import Count, ReverseSweep, Total

CLOSE = Fraction(1, 10**12)
DAGS = 120


def dags():
    generator = Random(3)
    for _ in range(DAGS):
        yield generator, random_dag(generator, partial(generator.gauss, 0, 1), nodes=8)


def check(dag, filtered, chosen, nodes=None):
    """Count and sum of the paths that `chosen` says belong to the part, from every node."""
    count = ReverseSweep(filtered.dag, (), 1, Count())
    total = ReverseSweep(filtered.dag, filtered.derivatives(dag.derivatives, 1.0), 1.0, Total())
    for node in range(dag.dag.size - 1) if nodes is None else nodes:
        paths = [path for path in dag.paths(node) if chosen(node, path)]
        assert count.of(filtered.start(node)) == len(paths)
        products = [dag.product(path) for path in paths]
        assert abs(Fraction(total.of(filtered.start(node))) - sum(products)) <= CLOSE * sum(
            map(abs, products), Fraction(0)
        )


def some(generator, numbers):
    return set(generator.sample(list(numbers), min(len(numbers), 2)))


def visits(dag, node, path, places):
    return node in places or any(dag.dag.heads[edge] in places for edge in path)


def test_everything():
    for _, dag in dags():
        check(dag, everything(dag.dag), lambda node, path: True)


def test_avoiding_edges():
    for generator, dag in dags():
        edges = some(generator, range(len(dag.derivatives)))
        check(dag, avoiding(everything(dag.dag), edges), lambda node, path, edges=edges: edges.isdisjoint(path))


def test_passing_edges():
    for generator, dag in dags():
        edges = some(generator, range(len(dag.derivatives)))
        check(dag, passing(everything(dag.dag), edges), lambda node, path, edges=edges: not edges.isdisjoint(path))


def test_passing_and_avoiding_nodes():
    """A path passes the node that it starts from, too."""
    for generator, dag in dags():
        places = some(generator, range(dag.parameters.start))
        filtered = everything(dag.dag)
        through = passing(filtered, entering(filtered, places), places)
        check(dag, through, lambda node, path, places=places, dag=dag: visits(dag, node, path, places))
        around = avoiding(filtered, entering(filtered, places))
        check(dag, around, lambda node, path, places=places, dag=dag: not visits(dag, None, path, places))


def test_passing_twice_and_avoiding():
    for generator, dag in dags():
        first, second, third = (some(generator, range(len(dag.derivatives))) for _ in range(3))
        filtered = avoiding(everything(dag.dag), third)
        once = passing(filtered, {edge for edge, pick in enumerate(whole_edges(filtered)) if pick in first})
        twice = passing(once, {edge for edge, pick in enumerate(whole_edges(once)) if pick in second})
        wanted = (first, second)
        check(
            dag,
            twice,
            lambda node, path, wanted=wanted, third=third: (
                all(not edges.isdisjoint(path) for edges in wanted) and third.isdisjoint(path)
            ),
        )


def whole_edges(filtered):
    """For every edge of a part the edge of the whole that it is."""
    assert filtered.picks is not None
    return [chain[0] for chain in filtered.picks]


@pytest.mark.parametrize("part", ["all", "through", "avoid"])
def test_contracted_ways_are_the_same(part):
    """Nodes that one edge leads on from are passed over; every node that remains has the paths it had."""
    for generator, dag in dags():
        edges = some(generator, range(len(dag.derivatives)))
        filtered, chosen = everything(dag.dag), lambda node, path: True
        if part == "through":
            filtered, chosen = passing(filtered, edges), lambda node, path, edges=edges: not edges.isdisjoint(path)
        if part == "avoid":
            filtered, chosen = avoiding(filtered, edges), lambda node, path, edges=edges: edges.isdisjoint(path)
        places = some(generator, range(dag.parameters.start)) | set(dag.parameters)
        check(dag, contracted(filtered, [filtered.start(node) for node in places]), chosen, places)


def test_edges_by_their_label():
    for _, dag in dags():
        for edge, label in enumerate(dag.dag.labels):
            if label is not None and label.name is not None:
                assert labelled(dag.dag, label.name) == {edge}
