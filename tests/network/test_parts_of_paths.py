"""Part of the paths, as DAGs of their own, against the paths that are listed and chosen one by one."""

from fractions import Fraction
from functools import partial
from random import Random

import pytest
from semirings.dags import random_dag

from gradcalc.network.linear_graph import avoiding, contracted, everything, passing
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
        into = {edge for edge, head in enumerate(dag.dag.heads) if head in places}
        through = passing(filtered, into, places)
        check(dag, through, lambda node, path, places=places, dag=dag: visits(dag, node, path, places))
        around = avoiding(filtered, into)
        check(dag, around, lambda node, path, places=places, dag=dag: not visits(dag, None, path, places))


def test_passing_twice_and_avoiding():
    for generator, dag in dags():
        first, second, third = (some(generator, range(len(dag.derivatives))) for _ in range(3))
        filtered = avoiding(everything(dag.dag), third)
        twice = passing(passing(filtered, first), second)
        wanted = (first, second)
        check(
            dag,
            twice,
            lambda node, path, wanted=wanted, third=third: (
                all(not edges.isdisjoint(path) for edges in wanted) and third.isdisjoint(path)
            ),
        )


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
