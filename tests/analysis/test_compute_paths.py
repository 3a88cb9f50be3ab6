"""The paths that `compute` lists, against all paths listed one by one: names, lengths, contributions, order, shares."""

from collections import defaultdict
from itertools import pairwise
from math import fsum, sqrt

import pytest
from hypothesis import given
from reference import layer_paths, unit_paths
from reference.judging import tame
from reference.network import flat
from strategies import chains, specs

from gradcalc import load
from gradcalc.analysis.computation import compute
from gradcalc.analysis.path_analysis import paths as path_sums
from gradcalc.analysis.point import subjects

ALL = 10_000


def by_name(paths):
    """Contributions of the paths that are called the same: there may be several, by weights that are used twice between
    two nodes."""
    found = defaultdict(list)
    for path in paths:
        found[path.nodes, path.through, path.length, path.at].append(path.contribution)
    return found


def check_paths(reference, paths, listed):
    """`listed` says of a reference's examples which paths there are, example by example; contributions are flat."""
    ours = by_name(paths.top)
    true = by_name(listed(reference.points))
    assert paths.exact
    assert {name: len(same) for name, same in ours.items()} == {name: len(same) for name, same in true.items()}
    assert paths.count == sum(map(len, true.values()))

    def contributions(points):
        every = by_name(listed(points))
        return [added(list(map(flat, every[name]))) for name in ours]

    reference.check([added(list(map(flat, same))) for same in ours.values()], contributions)


def added(vectors):
    return [sum(column[1:], column[0]) for column in zip(*vectors)]


def over_layers(subject):
    """Contributions of a parameter add over the examples; those of a node stand side by side."""

    def listed(points):
        for paths in zip(*(list(layer_paths(point, subject)) for point in points)):
            rows = [path.contribution for path in paths]
            yield paths[0]._replace(contribution=added(rows) if subject.is_parameter else rows)

    return listed


def over_units(subject, entry):
    def listed(points):
        for paths in zip(*(list(unit_paths(point, subject, entry)) for point in points)):
            rows = [[path.contribution] for path in paths]
            yield paths[0]._replace(contribution=added(rows) if subject.is_parameter else rows)

    return listed


def check_order(paths):
    """Largest first."""
    for one, other in pairwise(paths.top):
        assert norm(one) >= norm(other) * (1 - 1e-14)


def norm(path):
    numbers = list(map(float, flat(path.contribution)))
    return abs(numbers[0]) if len(numbers) == 1 else sqrt(fsum(x * x for x in numbers))


def check_shares(network, name, paths, gradient):
    """Where the gradient is more than what is left of larger numbers that cancelled."""
    entries = list(map(float, flat(gradient)))
    magnitude = path_sums(network, wrt=[name], top=0).sums[name].magnitude
    if 0 < max(map(abs, entries)) < 1e-6 * magnitude:
        return
    square = fsum(x * x for x in entries)
    if not any(entries):
        assert all(path.share is None for path in paths.top)
    elif square > 1e-280:
        shares = [float(path.share) for path in paths.top]
        whole = fsum(map(abs, shares))
        assert fsum(shares) == pytest.approx(1, abs=1e-12 * max(1, whole))
        for path, share in zip(paths.top, shares):
            dot = fsum(float(a) * b for a, b in zip(flat(path.contribution), entries))
            assert share == pytest.approx(dot / square, rel=1e-9, abs=1e-12 * max(1, whole))


def everything(network):
    return ["*"] if network.parameters else []


@given(specs(most_layers=4))
def test_paths_of_layers(spec):
    network, reference = tame(spec)
    names = [*(parameter.name for parameter in network.parameters), *(node.name for node in network.nodes)]
    found = compute(network, wrt=names, top=ALL)
    for subject in subjects(network, names):
        check_paths(reference, found.paths[subject.name], over_layers(subject))
        check_order(found.paths[subject.name])
        check_shares(network, subject.name, found.paths[subject.name], found.gradients[subject.name])


@pytest.mark.slow
@given(specs(most_layers=4, most_units=2))
def test_paths_of_units(spec):
    network, reference = tame(spec)
    for subject in subjects(network, ["*[*]"]) if has_entries(network) else []:
        found = compute(network, wrt=[subject.name], top=ALL)
        check_paths(reference, found.paths[subject.name], over_units(subject, place(network, subject)))
        check_order(found.paths[subject.name])
        check_shares(network, subject.name, found.paths[subject.name], found.gradients[subject.name])


def has_entries(network):
    return any(parameter.shape for parameter in network.parameters) or bool(network.nodes)


def place(network, subject):
    """Where an entry stands, row by row."""
    if not subject.is_parameter:
        return subject.entry[0]
    place = 0
    for size, index in zip(network.parameters[subject.number].shape, subject.entry):
        place = place * size + index
    return place


@given(chains())
def test_paths_of_chains(spec):
    """Ranked without a list of all: the ten largest are the first ten of the list."""
    network, reference = tame(spec)
    ten, every = compute(network), compute(network, top=ALL)
    for subject in subjects(network):
        check_paths(reference, every.paths[subject.name], over_layers(subject))
        check_order(every.paths[subject.name])
        assert ten.paths[subject.name].top == every.paths[subject.name].top[:10]
        assert ten.paths[subject.name].count == every.paths[subject.name].count


@given(specs())
def test_a_gradient_is_the_sum_of_its_paths(spec):
    """To the rounding of all that cancels in it, between paths of layers and between the units of one."""
    network, _ = tame(spec)
    found, sums = compute(network, top=ALL), path_sums(network, top=0).sums
    for name, gradient in found.gradients.items():
        rows = [list(map(float, flat(path.contribution))) for path in found.paths[name].top]
        for place_, entry in enumerate(map(float, flat(gradient))):
            column = [row[place_] for row in rows]
            assert fsum(column) == pytest.approx(entry, rel=1e-12, abs=1e-13 * float(sums[name].magnitude))


def test_an_alpha_beside_a_tied_bias_is_used_once():
    layers = [{"weight": 1, "bias": "b"}, {"weight": 1, "bias": "b", "activation": "prelu"}]
    network = load({"input": 1, "target": 0, "parameters": {"b": 1}, "layers": layers})
    found = compute(network, wrt=["b", "alpha2"]).paths
    assert {path.at for path in found["b"].top} == {"h1", "y"}
    assert [path.at for path in found["alpha2"].top] == [None]


def test_paths_of_one_number_in_a_wide_network_beyond_doubles():
    """A bias shared by all units, where the loss is so small that its gradient is no double."""
    width = 150
    layers = [{"width": width, "weight": {"init": "xavier_normal"}, "bias": name} for name in ("b1", "b2")]
    spec = {
        "parameters": {"b1": 0.1, "b2": 0.1},
        "input": [1.0],
        "target": [0.5] * width,
        "loss": {"name": "sse", "scale": 1e-307},
        "layers": layers,
        "seed": 1,
    }
    found = compute(load(spec), wrt=["b1", "b2"])
    for name in ("b1", "b2"):
        path = found.paths[name].top[0]
        assert float(path.contribution / found.gradients[name]) == pytest.approx(1, rel=1e-12)
    assert found.arithmetic == "extended"
