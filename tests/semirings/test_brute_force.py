"""Every semiring on random DAGs against all paths listed one by one, in float64 and in extended range, these also
where hardly a product is in the range of float64."""

from collections import Counter, defaultdict
from decimal import Decimal
from fractions import Fraction
from functools import partial
from math import log, log2
from random import Random

import pytest
from semirings.dags import random_dag

from gradcalc.arithmetic.extended import Extended
from gradcalc.arithmetic.float64 import Double
from gradcalc.semirings.accumulate import Count, CountBySign, Magnitude, ReverseSweep, Total, lengths_of_counts
from gradcalc.semirings.all_paths import AllPaths, OnePath
from gradcalc.semirings.by_length import ByLength, CountByLength, unpacked, wide_enough
from gradcalc.semirings.entropy import Entropy, bits, effective_paths
from gradcalc.semirings.k_best import KBest, labels_of

CLOSE = Fraction(1, 10**12)
SEED = -3
"""What the path without edges contributes."""


def derivative(generator, powers):
    """Of any sign, between so many powers of ten; now and then 0, or a number that several paths tie with."""
    if generator.random() < 0.3:
        return generator.choice([0.0, 1.0, -1.0, 0.5, 2.0])
    return generator.gauss(0, 1) * 10.0 ** generator.randint(-powers, powers)


def near(ours, true, scale):
    assert abs(Fraction(ours) - true) <= CLOSE * scale, (ours, true)


def logarithm(size):
    """ln of a fraction of any size."""
    return log(size.numerator) - log(size.denominator)


class Listed:
    """All paths of one node, and what each semiring should make of them."""

    def __init__(self, dag, node):
        self.dag = dag
        self.paths = dag.paths(node)
        self.products = [SEED * dag.product(path) for path in self.paths]
        self.lengths = [dag.length(path) for path in self.paths]
        self.magnitude = sum(map(abs, self.products), Fraction(0))

    def by_length(self, numbers):
        found = defaultdict(Fraction)
        for length, number in zip(self.lengths, numbers):
            found[length] += number
        return found

    def by_marks(self):
        found = defaultdict(Fraction)
        for path, product in zip(self.paths, self.products):
            found[self.dag.labels(path)] += product
        return found


def check_total(dag, sweep_of, listed, node):
    near(sweep_of(Total(sweep_of.zero)).of(node), sum(listed.products), listed.magnitude)


def check_magnitude(dag, sweep_of, listed, node):
    near(sweep_of(Magnitude(sweep_of.zero)).of(node), listed.magnitude, listed.magnitude)


def check_count(dag, sweep_of, listed, node):
    assert sweep_of(Count(), derivatives=(), seed=1).of(node) == len(listed.paths)


def check_count_by_length(dag, sweep_of, listed, node):
    width = wide_enough(10**6)
    found = unpacked(sweep_of(CountByLength(width), derivatives=(), seed=1).of(node))
    assert found == listed.by_length([1] * len(listed.paths))


def check_count_by_sign(dag, sweep_of, listed, node):
    found = sweep_of(CountBySign()).of(node)
    assert found.positive == sum(product > 0 for product in listed.products)
    assert found.negative == sum(product < 0 for product in listed.products)


def check_length(dag, sweep_of, listed, node):
    found = dict(sweep_of(ByLength()).of(node).terms())
    true, sizes = listed.by_length(listed.products), listed.by_length(map(abs, listed.products))
    assert set(found) >= set(true)
    for length, ours in found.items():
        near(ours, true[length], sizes[length])


def check_entropy(dag, sweep_of, listed, node):
    found = sweep_of(Entropy(partial(spread, sweep_of.logarithm), sweep_of.zero)).of(node)
    near(found.size, listed.magnitude, listed.magnitude)
    sizes = [size for product in listed.products if (size := float(abs(product) / (listed.magnitude or 1)))]
    ours = found.size and bits(found.size, found.spread, sweep_of.log10(found.size) * log(10))
    assert not sizes or ours == pytest.approx(-sum(q * log2(q) for q in sizes), abs=1e-10)


def spread(logarithm, x):
    size = abs(x)
    return size * logarithm(size) if size else size


def check_best(dag, sweep_of, listed, node):
    """The k largest in order, each a path of that product, and no path twice."""
    products = defaultdict(list)
    for path, product in zip(listed.paths, listed.products):
        products[dag.labels(path)].append(product)
    sizes = sorted(map(abs, listed.products), reverse=True)
    for k in (1, 3, 10**6):
        found = sweep_of(KBest(k)).of(node).candidates
        assert len(found) == min(k, len(sizes))
        ours = [abs(value) for value, _ in found]
        assert ours == sorted(ours, reverse=True)
        for size, true in zip(ours, sizes):
            near(size, true, true)
        paths = Counter(tuple(labels_of(path)) for _, path in found)
        assert all(count <= len(products[path]) for path, count in paths.items())
        for value, path in found:
            assert any(abs(Fraction(value) - true) <= CLOSE * abs(true) for true in products[tuple(labels_of(path))])


def check_all_paths(dag, sweep_of, listed, node):
    true = listed.by_marks()
    for by_label in (False, True):
        every = AllPaths(by_label)
        found = sweep_of(every).of(node).of
        assert {tuple(every.labels(path)) for path in found} == set(true)
        for path, ours in found.items():
            near(ours, true[tuple(every.labels(path))], listed.magnitude)


def check_along(dag, sweep_of, listed, node):
    """The nodes that one of the paths visits, and no others."""
    visits = [tuple(label.node for label in dag.labels(path)) for path in listed.paths]
    for visited in visits[:1] + visits[-1:]:
        same = [product for product, other in zip(listed.products, visits) if other == visited]
        found = sweep_of(OnePath(visited)).of(node).of[len(visited)]
        near(found, sum(same), sum(map(abs, same)))


CHECKS = [
    check_total, check_magnitude, check_count, check_count_by_length, check_count_by_sign, check_length, check_entropy,
    check_best, check_all_paths, check_along,
]  # fmt: skip


class Sweeps:
    """One sweep of each semiring over a DAG in one kind of number, made when first asked for."""

    def __init__(self, dag, arithmetic):
        self.dag = dag
        self.derivatives = [arithmetic.number(derivative) for derivative in dag.derivatives]
        self.seed, self.zero = arithmetic.number(SEED), arithmetic.number(0)
        self.logarithm, self.log10 = arithmetic.functions.log, arithmetic.log10
        self.made = {}

    def __call__(self, semiring, derivatives=None, seed=None):
        key = type(semiring), getattr(semiring, "k", None), getattr(semiring, "nodes", None)
        if key not in self.made or isinstance(semiring, AllPaths):
            derivatives, seed = (
                self.derivatives if derivatives is None else derivatives,
                self.seed if seed is None else seed,
            )
            self.made[key] = ReverseSweep(self.dag.dag, derivatives, seed, semiring)
        return self.made[key]


def check(dag, arithmetic):
    """All semirings, at every node and parameter."""
    sweeps = Sweeps(dag, arithmetic)
    for node in range(dag.dag.size - 1):
        listed = Listed(dag, node)
        for checking in CHECKS:
            checking(dag, sweeps, listed, node)


@pytest.mark.parametrize(
    ("arithmetic", "powers"), [(Double, 3), (Extended, 3), (Extended, 300)], ids=["float64", "extended", "far"]
)
@pytest.mark.parametrize("dags", [60, pytest.param(1000, marks=pytest.mark.slow)])
def test_all_semirings_on_random_dags(dags, arithmetic, powers):
    with arithmetic.context():
        for dag in drawn(dags, powers):
            check(dag, arithmetic)


def drawn(dags, powers=3):
    generator = Random(dags)
    return [random_dag(generator, partial(derivative, generator, powers), nodes=9) for _ in range(dags)]


def test_the_random_dags_are_worth_listing():
    """Half of them have several paths to choose from, some dozens, of many lengths; a third have no 0."""
    dags = drawn(1000)[:300]
    counts = sorted(max(len(dag.paths(node)) for node in range(dag.dag.size - 1)) for dag in dags)
    assert counts[150] >= 5 and counts[-1] >= 40
    assert max(len({dag.length(path) for path in dag.paths(0)}) for dag in dags) >= 5
    assert sum(all(dag.derivatives) for dag in dags) > 100


def test_the_largest_that_a_search_keeps_are_told_from_all():
    """AllPaths with a limit: a listed path has its value where nothing was merged, and `cut` says that it was cut."""
    generator = Random(5)
    for _ in range(40):
        dag = random_dag(generator, partial(derivative, generator, 3), nodes=9)
        whole, some = AllPaths(), AllPaths(limit=2)
        every = ReverseSweep(dag.dag, dag.derivatives, 1.0, whole)
        sweep = ReverseSweep(dag.dag, dag.derivatives, 1.0, some)
        for node in dag.parameters:
            values = {tuple(whole.labels(path)): value for path, value in every.of(node).of.items()}
            found = sweep.of(node).of
            assert len(found) <= 2 and (len(values) <= 2 or some.cut)
            for path, value in found.items():
                assert tuple(some.labels(path)) in values
                assert some.cut or value == values[tuple(some.labels(path))]


def test_an_effective_number_is_a_float_where_there_is_one():
    assert effective_paths(None) is None
    assert effective_paths(0.0) == 1 and effective_paths(3.5) == 2**3.5
    for entropy in (999.5, 1001.0, 5000.25):
        found = effective_paths(entropy)
        assert isinstance(found, float) == (entropy < 1000)
        assert float(Decimal(found).ln() / Decimal(2).ln()) == pytest.approx(entropy, rel=1e-13)


def test_the_length_of_all_counts_is_known_without_them():
    generator = Random(3)
    for _ in range(50):
        dag = random_dag(generator, lambda: 1.0, nodes=12).dag
        counts = ReverseSweep(dag, (), 1, Count()).adjoints
        assert sum(lengths_of_counts(dag)) == pytest.approx(sum(log2(count) for count in counts if count > 1))
