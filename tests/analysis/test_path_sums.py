"""`paths` on random networks against all paths over single units, listed by recursion, at 60 digits."""

from collections import defaultdict
from decimal import Decimal
from math import log2

import pytest
from hypothesis import given
from reference import mp, unit_paths
from reference.judging import tame
from reference.network import flat
from strategies import chains, specs

from gradcalc.analysis.path_analysis import paths
from gradcalc.analysis.point import subjects
from gradcalc.analysis.results import Part, mean_magnitude
from gradcalc.errors import UsageError
from gradcalc.language import load

ALL = 10_000


def entries(network, subject):
    """Which entries a subject has, row by row."""
    if not subject.is_parameter:
        return range(network.nodes[subject.number].width)
    return range(len(flat(network.parameters[subject.number].value)))


def every_path(points, subject):
    """(entry, example, path) of all paths."""
    network = points[0].network
    return [
        (entry, example, path)
        for entry in entries(network, subject)
        for example, point in enumerate(points)
        for path in unit_paths(point, subject, entry)
    ]


def total(points, subject):
    """In the gradient's shape, row by row: of a parameter summed over the examples."""
    sums = defaultdict(lambda: mp.zero)
    for entry, example, path in every_path(points, subject):
        sums[0 if subject.is_parameter else example, entry] += path.contribution
    rows = 1 if subject.is_parameter else len(points)
    return [sums[row, entry] for row in range(rows) for entry in entries(points[0].network, subject)]


def magnitude(points, subject):
    return [mp.fsum(abs(path.contribution) for _, _, path in every_path(points, subject))]


def by_length(points, subject, size=lambda x: x):
    found = defaultdict(lambda: mp.zero)
    for _, _, path in every_path(points, subject):
        found[path.length] += size(path.contribution)
    return [found[length] for length in sorted(found)]


def entropy(points, subject):
    sizes = [abs(path.contribution) for _, _, path in every_path(points, subject)]
    whole = mp.fsum(sizes)
    return -sum(float(size / whole) * log2(size / whole) for size in sizes if size) if whole else None


def check(reference, subject, sums):
    points = reference.points
    listed = every_path(points, subject)
    assert sums.count == sum(example == 0 for _, example, _ in listed)
    lengths = defaultdict(int)
    for _, example, path in listed:
        lengths[path.length] += example == 0
    assert {term.length: term.count for term in sums.by_length} == lengths
    reference.check([sums.value], lambda at: total(at, subject))
    reference.check([sums.magnitude], lambda at: magnitude(at, subject))
    reference.check([term.magnitude for term in sums.by_length], lambda at: by_length(at, subject, abs))
    parts = [float(sum(map(mp.mpf, flat(term.contribution)))) for term in sums.by_length]
    for ours, true, size in zip(parts, by_length(points, subject), by_length(points, subject, abs)):
        assert abs(ours - true) <= 1e-12 * size + 1e-10 * abs(true)
    check_spread(points, subject, sums)
    check_signs(listed, subject, sums)
    check_top(listed, sums)
    check_shares(subject, sums)


def check_spread(points, subject, sums):
    true = entropy(points, subject)
    whole = sum(abs(float(x)) for x in flat(sums.value))
    assert (sums.cancellation is None) == (whole == 0)
    if true is None:
        assert sums.entropy is None and sums.effective_paths is None
        return
    assert sums.entropy == pytest.approx(true, abs=1e-9)
    assert sums.effective_paths == pytest.approx(2**true, rel=1e-8)
    if whole:
        assert float(sums.cancellation) == pytest.approx(float(sums.magnitude) / whole, rel=1e-12)


def check_signs(listed, subject, sums):
    """Of what is added to one number: of a parameter that of all examples."""
    signs = defaultdict(set)
    for entry, example, path in listed:
        signs[entry, 0 if subject.is_parameter else example].add(mp.sign(path.contribution))
    if any({-1, 1} <= of_one for of_one in signs.values()):
        assert sums.signs == "opposite"
    elif any(of_one != {0} for of_one in signs.values()):
        assert sums.signs == ("same or 0" if any(0 in of_one for of_one in signs.values()) else "same")


def check_top(listed, sums):
    """Largest first, by (example, path); names with their contributions as listed."""
    sizes = sorted((float(abs(path.contribution)) for _, _, path in listed), reverse=True)
    ours = [abs(float(path.contribution)) for path in sums.top]
    assert ours == pytest.approx(sizes[: len(ours)], rel=1e-9, abs=1e-300)
    assert len(ours) == min(len(sizes), ALL)
    share = ours[0] / float(sums.magnitude) if sums.magnitude else None
    assert sums.largest == (share if share is None else pytest.approx(share, rel=1e-12))
    names = sorted((path.nodes, path.through, path.length, path.example or 0, path.at or "") for path in sums.top)
    true = sorted((path.nodes, path.through, path.length, example, path.at or "") for _, example, path in listed)
    assert names == true


def check_shares(subject, sums):
    """⟨contribution, sum⟩/⟨sum, sum⟩, where a path adds to one number of the sum."""
    square = sum(float(x) ** 2 for x in flat(sums.value))
    assert len(list(sums.top)) == len(sums.top)
    if square > 1e-200:
        found = sum(float(path.share) for path in sums.top)
        spread = sum(abs(float(path.share)) for path in sums.top)
        assert found == pytest.approx(1, abs=1e-9 * max(1, spread))
    assert all((path.share is None) == (not any(flat(sums.value))) for path in sums.top)


@given(specs(most_layers=4, most_units=2))
def test_sums_over_unit_paths(spec):
    network, reference = tame(spec)
    names = [*(parameter.name for parameter in network.parameters), *(node.name for node in network.nodes)]
    found = paths(network, wrt=names, top=ALL)
    for subject in subjects(network, names):
        check(reference, subject, found.sums[subject.name])


@given(chains())
def test_sums_over_chains(spec):
    network, reference = tame(spec)
    found = paths(network, top=ALL)
    for subject in subjects(network):
        check(reference, subject, found.sums[subject.name])


@pytest.mark.slow
@given(specs(most_layers=4, most_units=2))
def test_through_and_avoid_take_the_paths_apart(spec):
    """What passes a node and what does not are all paths, those that start there among them; each listed path does what
    it should."""
    network, _ = tame(spec)
    for subject in (subjects(network)[0], *subjects(network, [network.layers[0].name, network.inputs[0].name])):
        whole = paths(network, wrt=[subject.name], top=ALL).sums[subject.name]
        for node in network.layers:
            check_parts(network, whole, subject.name, node.name)


def check_parts(network, whole, subject, name):
    through, around = (
        paths(network, wrt=[subject], top=ALL, part=part).sums[subject]
        for part in (Part(through=(name,)), Part(avoid=(name,)))
    )
    assert through.count + around.count == whole.count
    assert {spelled(path) for path in through.top} == {p for p in map(spelled, whole.top) if visits(p, name)}
    assert {spelled(path) for path in around.top} == {p for p in map(spelled, whole.top) if not visits(p, name)}
    for ours, theirs, both in zip(flat(through.value), flat(around.value), flat(whole.value)):
        assert float(ours) + float(theirs) == pytest.approx(float(both), rel=1e-10, abs=1e-12 * float(whole.magnitude))


@pytest.mark.parametrize(
    ("weight", "blocks"),
    [
        *((1, blocks) for blocks in (40, 1300)),
        *(pytest.param(*pair, marks=pytest.mark.slow) for pair in ((1, 999), (1, 1000), (0.5, 2500), (0.03, 3000))),
    ],
)
def test_entropy_of_many_blocks(weight, blocks):
    """Every block is taken with the weight or skipped: n blocks have n times the entropy of one, and their sum is
    (1 + w)ⁿ, within doubles or not."""
    layers = [{"weight": 1}, *({"weight": weight} for _ in range(blocks))]
    skips = {"every": 1, "into": "output", "start": "h1"}
    network = load({"input": 1, "loss": "output", "activation": "identity", "layers": layers, "skips": skips})[0]
    sums = paths(network, wrt=["w1"], top=0).sums["w1"]
    taken = weight / (1 + weight)
    entropy = blocks * -(taken * log2(taken) + (1 - taken) * log2(1 - taken))
    assert sums.count == 2**blocks
    assert sums.entropy == pytest.approx(entropy, rel=1e-10)
    assert log2(1 + weight) * blocks == pytest.approx(float(mp.log(mp.mpf(str(sums.magnitude)), 2)), rel=1e-12)
    assert float(mp.log(mp.mpf(str(sums.effective_paths)), 2)) == pytest.approx(entropy, rel=1e-10)
    assert isinstance(sums.effective_paths, float) == (entropy < 1000)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("size", [1e290, 1e-290])
@pytest.mark.parametrize("squares", [0, 1, 20, 41])
def test_the_entropy_of_contributions_of_any_size(squares, size, wide):
    """ln|contribution| is ±1.5×10¹⁵ at last; the shares are ¼ and ¾ all the same."""
    units = 50 if wide else 1
    ones = [[float(i == j) for j in range(units)] for i in range(units)]
    layers = [*[{"activation": "square"}] * squares, {"weight": ones, "name": "a"}, {"weight": ones}]
    spec = {"input": [size] * units, "loss": "output", "activation": "identity", "layers": layers}
    network = load(spec | {"skips": [{"from": "a", "to": "y", "weight": 3}]})[0]
    sums = paths(network, wrt=["x", "x[0]"], top=0).sums
    if not wide:
        assert sums["x[0]"].entropy == pytest.approx(2 - 0.75 * log2(3), rel=1e-10)
    assert sums["x"].effective_paths == pytest.approx(units * 4 / 3**0.75, rel=1e-9)


LISTED_SOURCES = {
    "input": [0.5, -0.3],
    "target": [0.2, 0.1],
    "activation": "tanh",
    "layers": [{"weight": [[0.4, 0.1], [0.2, 0.7]]}, {"from": ["x", "h1", "x"], "weight": [[0.3, -0.2], [0.5, 0.6]]}],
}


@pytest.mark.parametrize("join", ["sum", "multiply", "max"])
def test_the_edges_of_a_layer_that_weighs_its_sources_together(join):
    """They are edges to pass or to avoid, though paths name the weight alone."""
    first, last = LISTED_SOURCES["layers"]
    network = load(LISTED_SOURCES | {"layers": [first, last | {"join": join}]})[0]
    whole, through, around = (
        paths(network, wrt=["x"], top=ALL, part=part).sums["x"]
        for part in (Part(), Part(through=("h1→y",)), Part(avoid=("h1→y",)))
    )
    assert (whole.count, through.count, around.count) == (16, 8, 8)
    assert {path.nodes[1][:2] for path in through.top} == {"h1"}
    assert {path.nodes[1][:1] for path in around.top} == {"y"}
    for one, other, both in zip(through.value, around.value, whole.value):
        assert one + other == pytest.approx(both)


def test_paths_that_pass_what_they_avoid_are_none():
    network = load({"input": 0.5, "target": 1, "weights": [0.2, 0.1, 0.1]})[0]
    for name in ("w2", "h2"):
        sums = paths(network, wrt=["w1"], part=Part(through=(name,), avoid=(name,))).sums["w1"]
        assert (sums.count, sums.value, sums.magnitude, len(sums.top)) == (0, 0, 0, 0)


def spelled(path):
    return path.nodes, path.through, path.example, path.at


def visits(spelled_path, name):
    return any(node == name or node.startswith(name + "[") for node in spelled_path[0])


@pytest.mark.parametrize(("name", "place"), [("h[1]", (1,)), ("w1[1,0]", (1, 0)), ("w1", ()), ("h", ())])
def test_shares_of_one_number_of_a_batch(name, place):
    """Of a unit there is a number in every example; a path adds to that of its own."""
    layers = [{"weight": [[0.5, 0.25], [1, -0.5]], "name": "h"}, {"weight": [[1, 2], [3, 5]]}]
    spec = {"input": [[1, 2], [3, -1], [2, 2]], "target": [[1, 0]] * 3, "activation": "tanh", "layers": layers}
    sums = paths(load(spec)[0], wrt=[name], top=ALL).sums[name]
    rows = sums.value if name[0] == "h" else [sums.value]
    square = sum(x * x for x in flat(sums.value))
    assert len(list(sums.top)) == len(sums.top) == 3 * sums.count
    for path in sums.top:
        entry = rows[path.example if name[0] == "h" else 0]
        for index in (place or index_of(path)) if name in ("h", "w1") else [0] * (name[0] == "h"):
            entry = entry[index]
        assert path.share == pytest.approx(path.contribution * entry / square, rel=1e-12)


def index_of(path):
    """[1] of the path from h[1], [1, 0] of the path of w1[1,0]."""
    named = path.entry or path.nodes[0]
    return [int(index) for index in named.partition("[")[2].rstrip("]").split(",")]


BRANCHED = {
    "input": {"a": 0.5, "b": -0.3},
    "target": 0.2,
    "activation": "tanh",
    "layers": [
        {"name": "g", "from": {"a": 0.4, "b": 0.1}},
        {"name": "h", "from": {"g": 0.7, "a": 0.2}},
        {"name": "y", "weight": 0.9},
    ],
    "skips": [{"from": "g", "to": "y", "weight": 0.6}],
}


@pytest.mark.parametrize("edge", ["w1_a", "w1_b", "w2_g", "w2_a", "w3", "w_g_y"])
def test_the_edges_that_a_weight_stands_for_are_its_own(edge):
    """Also where the source of a weight leads elsewhere, too."""
    network = load(BRANCHED)[0]
    for name in ("a", "b", "w1_b"):
        whole, through, around = (
            paths(network, wrt=[name], top=ALL, part=part).sums[name]
            for part in (Part(), Part(through=(edge,)), Part(avoid=(edge,)))
        )
        taken = {path.through for path in whole.top if edge in path.through}
        assert {path.through for path in through.top} == taken
        assert {path.through for path in around.top} == {path.through for path in whole.top} - taken


JOINED = {
    "input": {"a": [1, 2], "b": 3},
    "target": [0, 1],
    "activation": "tanh",
    "layers": [
        {"name": "h", "from": ["a", "b"], "join": "concat", "weight": [[0.1, 0.2, 0.3], [0.4, 0.5, -0.6]]},
        {"name": "y", "from": ["h", "h"], "weight": [[1, 2], [3, -1]]},
    ],
}


@pytest.mark.parametrize(
    ("name", "counts"), [("a→h", (16, 0)), ("b→h", (0, 8)), ("h→y", (16, 8)), ("w1[0,2]", (0, 4)), ("h[1]", (8, 4))]
)
def test_the_edges_of_sources_that_are_weighed_together(name, counts):
    """Each of 2 + 1 inputs has paths over 2 units of h, twice into both of y."""
    network = load(JOINED)[0]
    whole, through, around = (
        paths(network, wrt=["a", "b"], top=ALL, part=part).sums
        for part in (Part(), Part(through=(name,)), Part(avoid=(name,)))
    )
    for subject, count in zip("ab", counts):
        assert (through[subject].count, around[subject].count) == (count, whole[subject].count - count)
        parts = [*through[subject].top, *around[subject].top]
        assert sorted(map(spelled, parts)) == sorted(map(spelled, whole[subject].top))
        assert len(parts) == {"a": 16, "b": 8}[subject]


@pytest.mark.parametrize("wide", [False, True])
def test_sums_of_which_a_length_leaves_the_range_are_in_extended_range(wide, monkeypatch):
    """A path of 10⁻⁴⁰⁰ beside one of 1: the gradient is in float64."""
    if wide:
        monkeypatch.setattr("gradcalc.analysis.path_analysis.FEW_WEIGHTS", -1)
        monkeypatch.setattr("gradcalc.analysis.point.THIN", 0)
    skip = {"from": "h1", "to": "y"}
    spec = {"input": 1, "loss": "output", "activation": "identity", "weights": [1, 1e-200, 1e-200], "skips": [skip]}
    found = paths(load(spec)[0], wrt=["w1"])
    one, other = found.sums["w1"].by_length
    assert found.arithmetic == "extended" and (one.length, one.contribution) == (1, 1)
    assert abs(other.magnitude / Decimal("1e-400") - 1) < Decimal("1e-14")
    assert paths(load(spec | {"weights": [1, 1e-100, 1e-200]})[0], wrt=["w1"]).arithmetic == "float64"


@pytest.mark.parametrize(("of", "said"), [(None, "L"), ("h", "Σh"), ("h[1]", "h[1]"), ("g", "g"), ("y", "y")])
def test_of_what_the_derivative_is(of, said):
    layers = [{"name": "g", "weight": 2}, {"name": "h", "weight": [[1], [2]]}, {"name": "y", "weight": [[1, 2]]}]
    found = paths(load({"input": 1, "target": 1, "layers": layers})[0], wrt=["x"], part=Part(of=of))
    assert found.sums["x"].of == said


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (Part(through=["q"]), "--through q: no node or edge has that name; names are x, h1, h2, y, w1, w2, w3, w_r"),
        (Part(avoid=["w9"]), "--avoid w9: no node or edge has that name; names are x, h1, h2, y, w1, w2, w3, w_r"),
        (Part(of="q"), "--of q: no node has that name; names are x, h1, h2, y"),
    ],
)
def test_parts_that_no_name_stands_for(part, message):
    with pytest.raises(UsageError) as error:
        paths(load("residual")[0], part=part)
    assert str(error.value) == message


def test_a_mean_of_more_paths_than_float64_counts():
    assert mean_magnitude(3.0, 4) == 0.75 and mean_magnitude(Decimal(3), 10**400) == Decimal(3) / 10**400
    assert mean_magnitude(1.5, 10**400) == Decimal("1.5e-400")
