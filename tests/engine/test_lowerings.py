"""A network computed unit by unit and in arrays, in float64 and in extended range: the same values, derivatives,
adjoints, gradients, path counts, spectra and entropies.
"""

from decimal import Decimal
from itertools import product

import numpy as np
import pytest
from analysis.grains import names_of
from hypothesis import given
from reference import judging
from reference.judging import tame
from reference.network import flat
from strategies import specs

from gradcalc.analysis.array_path_sums import ArrayPathSums
from gradcalc.analysis.path_list import PathLists
from gradcalc.analysis.point import subjects
from gradcalc.analysis.results import WHOLE
from gradcalc.analysis.scalar_path_sums import scalar_source
from gradcalc.arithmetic.extended import Extended
from gradcalc.arithmetic.float64 import Double
from gradcalc.arithmetic.multiprecision import Multiprecision
from gradcalc.engine.array_point import array_point
from gradcalc.engine.scalar_point import scalar_point
from gradcalc.language import load
from gradcalc.network.graph import graph
from gradcalc.network.network import norm

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning:gradcalc")  # NumPy's, of a range that is left on purpose

ALL = 10_000


def everything(network):
    names = [*(parameter.name for parameter in network.parameters), *(node.name for node in network.nodes)]
    whole = subjects(network, names)
    return [*whole, *(subjects(network, ["*[*]"]) if network.nodes else [])]


def close(one, other, scale=0.0):
    """Equal to what sums of another order leave; `scale` is what cancels in them."""
    ours, theirs = np.array(flat(one), dtype=float), np.array(flat(other), dtype=float)
    assert ours.shape == theirs.shape
    assert ours == pytest.approx(theirs, rel=1e-10, abs=1e-13 * max(1.0, scale))


@pytest.mark.parametrize("arithmetic", [Double, Extended], ids=lambda arithmetic: arithmetic.name)
@given(spec=specs())
def test_arrays_agree_with_the_reference(arithmetic, spec):
    network, reference = tame(spec)
    with arithmetic.context():
        at = array_point(graph(network), arithmetic)
        check_point(reference, at)


@given(specs())
def test_units_agree_with_the_reference_in_extended_numbers(spec):
    network, reference = tame(spec)
    with Extended.context():
        check_point(reference, scalar_point(graph(network), Extended))


def check_point(reference, at):
    network = reference.network
    for number in range(len(network.nodes)):
        reference.check(at.output(number), judging.outputs(number))
        reference.check(at.adjoint(number), judging.adjoints(number))
    for layer in range(len(network.layers)):
        number = layer + len(network.inputs)
        reference.check(at.preactivation(number), judging.preactivations(layer))
        reference.check(at.derivative(number), judging.derivatives(layer))
        reference.check(at.delta(number), judging.deltas(number))
    for subject in everything(network):
        if subject.is_parameter and subject.entry is None:
            reference.check(at.gradient(subject.number), judging.gradient(subject))
    reference.check([at.loss], judging.loss_of)


@pytest.mark.parametrize("arithmetic", [Double, Extended], ids=lambda arithmetic: arithmetic.name)
@given(spec=specs())
def test_path_sums_agree(arithmetic, spec):
    """Counts exactly, sums but for their order; of whole matrices, of entries, of units."""
    network, _ = tame(spec)
    with arithmetic.context():
        check_sums(network, arithmetic)


def check_sums(network, arithmetic):
    built, chosen = graph(network), everything(network)
    narrow = scalar_source(scalar_point(built, arithmetic), chosen, WHOLE)
    wide = ArrayPathSums(array_point(built, arithmetic), chosen)
    for subject in chosen:
        assert narrow.count(subject) == wide.count(subject)
        ours, theirs = narrow.moments(subject), wide.moments(subject)
        scale = float(ours.size)
        close([ours.size, ours.spread], [theirs.size, theirs.spread], abs(float(ours.spread)))
        close(narrow.total(subject), wide.total(subject), scale)
        check_spectra(narrow.spectrum(subject), wide.spectrum(subject), scale)
        check_largest(narrow.largest(subject, 5), wide.largest(subject, 5))


def check_spectra(narrow, wide, scale):
    assert [term[:2] for term in narrow] == [term[:2] for term in wide]
    for ours, theirs in zip(narrow, wide):
        close(ours[2], theirs[2], scale)
        close(ours[3], theirs[3], scale)


def check_largest(narrow, wide):
    """The sizes; which of nearly equal ones comes first is a matter of rounding."""
    sizes = [sorted((abs(float(path[-1][0])) for path in found), reverse=True) for found in (narrow, wide)]
    close(*sizes)


def test_a_unit_feeds_its_own_piece_alone():
    """Fewer paths than are asked for: none leads from a preactivation to the unit of another piece."""
    maxout = {"weight": [[1, -2], [3, 1], [2, 2], [-1, 1]], "activation": {"name": "maxout", "pieces": 2}}
    network = load({"input": [0.5, 1], "target": [1, 0], "layers": [maxout]})[0]
    check_sums(network, Double)
    (path,) = ArrayPathSums(array_point(graph(network), Double), ()).largest(subjects(network, ["w1[0,0]"])[0], 5)
    assert names_of(path[2])[0] == ("y[0]",)


@given(specs())
def test_paths_of_layers_agree(spec):
    network, _ = tame(spec)
    built, chosen = graph(network), everything(network)
    few, many = PathLists(array_point(built, Double), chosen, 3), PathLists(scalar_point(built, Double), chosen, ALL)
    for subject in chosen:
        if subject.entry is None:
            check_listed(few, many, subject)


def test_paths_of_layers_that_contribute_nothing():
    """Two of four paths over dead units, after four that take the skip beside them."""
    spec = {
        "input": [-1, -2],
        "target": [1, 2],
        "activation": "identity",
        "layers": [{"weight": [[1, 2], [3, 4]]}] * 3 + [{"weight": [[1, 0], [0, 1]], "activation": "relu"}],
        "skips": {"every": 1, "into": "output", "start": "h1"},
    }
    network = load(spec)[0]
    for at in (array_point(graph(network), Double), scalar_point(graph(network), Double)):
        chosen = subjects(network, ["w1"])
        found, _ = PathLists(at, chosen, 6).largest(chosen[0])
        assert [any(flat(path[0])) for path in found] == [True] * 4 + [False] * 2
        filtered = [names_of(path)[1] for path in found]
        assert len(set(filtered)) == 6
        assert [path[-1] for path in filtered] == ["skip h3→y"] * 4 + ["w4"] * 2


@given(specs(most_layers=3, most_units=2))
def test_paths_of_units_agree(spec):
    network, _ = tame(spec)
    built, chosen = graph(network), everything(network)
    few, many = PathLists(array_point(built, Double), chosen, 3), PathLists(scalar_point(built, Double), chosen, ALL)
    for subject in chosen:
        if subject.entry is not None:
            check_listed(few, many, subject)


def check_listed(few, many, subject):
    (found, _), (every, _) = few.largest(subject), many.largest(subject)
    assert few.count(subject) == many.count(subject) == len(every)
    close([norm(path[0]) for path in found[:3]], [norm(path[0]) for path in every[:3]], 1.0)


BELOW, ABOVE, BOTH = (1e-170, 0.5), (1e170, 0.5), (1e-250, 1e230)
"""Sizes of the weights of two layers, and of a third."""
FAR = [
    *product(["identity", "relu", "leaky_relu", "square"], [BELOW, ABOVE, BOTH]),
    *product(["tanh", "gelu", "softplus", "rms_norm"], [BELOW, BOTH]),
    ("softmax", BELOW),
]


@pytest.mark.parametrize(("activation", "sizes"), FAR)
def test_arrays_agree_with_units_out_of_range(activation, sizes):
    """Of units that differ by as much as their weights: no number of an array is taken for a 0 beside a larger one."""
    first, second = sizes
    draw = np.random.default_rng(3)
    shapes = [(draw.normal(size=(3, 3)) * np.array([[1, 1e-90, 1]]) * size).tolist() for size in (first, first, second)]
    layers = [{"weight": weight, "activation": activation} for weight in shapes]
    rows = draw.normal(size=(2, 3)).tolist()
    spec = {"input": rows, "target": rows, "loss": "sse", "layers": layers}
    network = load(spec | {"skips": [{"from": "h1", "to": "y", "weight": 1e-120}]})[0]
    with Extended.context():
        units, arrays = (lay(graph(network), Extended) for lay in (scalar_point, array_point))
        for number in range(len(network.nodes)):
            same(units.output(number), arrays.output(number))
            same(units.adjoint(number), arrays.adjoint(number))
        chosen = subjects(network)
        narrow, wide = scalar_source(units, chosen, WHOLE), ArrayPathSums(arrays, chosen)
        for subject in chosen:
            assert narrow.count(subject) == wide.count(subject)
            ours, theirs = narrow.moments(subject), wide.moments(subject)
            same([ours.size, ours.spread], [theirs.size, theirs.spread])
            same(units.gradient(subject.number), arrays.gradient(subject.number), ours.size)
            for one, other in zip(narrow.spectrum(subject), wide.spectrum(subject)):
                same(one[2], other[2], one[3])
                same([one[3]], [other[3]])
            found, listed = narrow.largest(subject, 5), wide.largest(subject, 5)
            same([path[-1][0] for path in found], [path[-1][0] for path in listed])


def same(narrow, wide, scale=0):
    """Relative to the numbers, or to the `scale` of what cancels in them, whatever the exponents."""
    for one, other in zip(flat(narrow), flat(wide), strict=True):
        assert abs(one - other) <= max(abs(one), scale) * Decimal("1e-12")


def test_exact_constants_are_rounded_once_in_arrays_too():
    layers = [
        {"weight": [["1/3", 0.5], [2, "-2/7"]], "bias": ["1/9", "1/11"], "activation": "identity"},
        {"weight": [["1/13", "3/17"]], "bias": 0.25, "activation": "identity"},
    ]
    network = load({"input": ["1/3", "pi"], "target": "1/7", "loss": "half_sse", "layers": layers})[0]
    arithmetic = Multiprecision(40)
    with arithmetic.context():
        units, arrays = (made(graph(network), arithmetic) for made in (scalar_point, array_point))
        assert [flat(units.gradient(n)) for n in range(4)] == [flat(arrays.gradient(n)) for n in range(4)]
        assert units.output(2) == arrays.output(2) != [[float(units.output(2)[0][0])]]


def test_exact_constants_that_float64_has_few_digits_of_have_them_in_arrays_of_extended_range():
    layers = [{"weight": [["exp(-740)", "exp(-741)"], [0.5, 0.25]], "activation": "identity"}]
    network = load({"input": [1, 0], "target": [0, 0], "loss": "half_sse", "layers": layers})[0]
    with Extended.context():
        (row,) = array_point(graph(network), Extended).output(1)
    assert float(row[0] * Decimal(740).exp()) == pytest.approx(1, rel=1e-15)
    assert float(row[1]) == 0.5
