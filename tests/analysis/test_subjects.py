"""What `--wrt` names: entries of numbers too, where a number is a weight between single units or a bias of one."""

import pytest
from specs import network

from gradcalc.analysis.computation import compute
from gradcalc.analysis.point import in_place_of_loss, is_narrow, nearest, subjects
from gradcalc.errors import UsageError
from gradcalc.network.graph import graph

NARROW = {"input": 1, "target": 1, "layers": [{"weight": 0.5, "bias": 0.1}, {"weight": [1, 2]}, {"weight": [1, 2]}]}


def test_a_number_between_single_units_has_one_entry():
    found = compute(network(NARROW), wrt=["w1", "w1[0,0]", "b1[0]"])
    assert list(found.gradients) == ["w1", "w1[0,0]", "b1[0]"]
    assert found.gradients["w1[0,0]"] == found.gradients["w1"]
    assert [path.nodes for path in found.paths["w1[0,0]"].top] == [("h1", "h2[1]", "y"), ("h1", "h2[0]", "y")]


@pytest.mark.parametrize("pattern", ["w1[0]", "w1[0,1]", "b1[0,0]"])
def test_and_no_other(pattern):
    with pytest.raises(UsageError, match="no such entry"):
        compute(network(NARROW), wrt=[pattern])


def test_a_number_may_be_an_entry_of_a_weight_and_of_a_bias():
    layers = [{"weight": "v", "bias": 1}, {"weight": 2, "bias": "v", "activation": {"name": "prelu", "alpha": "a"}}]
    built = network({"input": 1, "target": 1, "parameters": {"v": 0.5, "a": 0.25}, "layers": layers})
    assert [one.name for one in subjects(built, ["v[*]"])] == ["v[0]", "v[0,0]"]
    assert [(one.name, one.entry) for one in subjects(built, ["a[*]", "w2[*]"])] == [
        ("a[0]", (0,)),
        ("w2[0,0]", (0, 0)),
    ]


@pytest.mark.parametrize("pattern", ["w1[0,0]", "b1[0]"])
def test_a_number_that_stands_for_several_entries_has_none(pattern):
    layers = [{"weight": 0.5, "bias": "b1"}]
    wide = {"input": [1, 2], "target": [1, 2], "parameters": {"b1": 0.1}, "layers": layers}
    with pytest.raises(UsageError, match="no such entry"):
        compute(network(wide), wrt=[pattern])


WIDE = {
    "input": {"a": [1, 2], "b": 3},
    "target": [1, 2],
    "parameters": {"T": [[1, 2], [3, 4]], "s": 0.5},
    "layers": [
        {"from": {"a": "T", "b": [[1], [2]]}, "bias": [1, 2], "name": "h"},
        {"weight": "T", "bias": "s", "activation": "prelu", "name": "y"},
    ],
    "skips": [{"from": "b", "to": "y", "weight": [[1], [2]]}],
}


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["T"], ["T"]),
        (["T[*]"], ["T[0,0]", "T[0,1]", "T[1,0]", "T[1,1]"]),
        (["T[1,*]", "T[?,0]"], ["T[1,0]", "T[1,1]", "T[0,0]"]),
        (["T[0, 1]", "h[1]", "b[0]"], ["T[0,1]", "h[1]", "b[0]"]),
        (["b*[0]"], ["b1[0]", "b[0]"]),
        (["a", "a"], ["a"]),
        (["?"], ["T", "s", "a", "b", "h", "y"]),
    ],
)
def test_what_patterns_name(patterns, expected):
    assert [subject.name for subject in subjects(network(WIDE), patterns)] == expected


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("T[2,0]", "--wrt T[2,0]: T has no such entry; indices count from 0, and T is 2×2 (out×in)"),
        ("b1[2]", "--wrt b1[2]: b1 has no such entry; indices count from 0, and b1 is 2"),
        ("h[2]", "--wrt h[2]: h has no such entry; indices count from 0, and h has 2 units"),
        ("b[1]", "--wrt b[1]: b has no such entry; indices count from 0, and b has 1 unit"),
        ("s[0]", "--wrt s[0]: s has no such entry; indices count from 0, and s is a number"),
        ("q[0]", "--wrt q[0]: no parameter or node has that name; names are T, s, w1_b, b1, alpha2, w_b_y, a, b, h, y"),
    ],
)
def test_what_no_pattern_names(pattern, message):
    with pytest.raises(UsageError) as error:
        subjects(network(WIDE), [pattern])
    assert str(error.value) == message


def test_without_patterns_every_parameter_or_else_the_inputs():
    assert [one.name for one in subjects(network(NARROW))] == ["w1", "b1", "w2", "w3"]
    assert [one.name for one in subjects(network({"input": {"a": 1, "b": 2}, "layers": [{"from": ["a", "b"]}]}))] == [
        "a",
        "b",
    ]


WIDER = {"input": [1] * 6, "target": [1] * 4, "layers": [{"weight": [[1] * 6] * 4}]}


@pytest.mark.parametrize(
    ("spec", "few", "narrow"),
    [
        (WIDER, 28, True),  # 6 × 4 weights and the 4 units that are activated
        (WIDER, 27, False),
        (WIDER | {"input": [[1] * 6] * 2, "target": [[1] * 4] * 2}, 56, True),
        (WIDER | {"input": [[1] * 6] * 2, "target": [[1] * 4] * 2}, 55, False),
        ({"input": [1] * 5, "target": [1] * 4, "layers": [{"weight": [[1] * 5] * 4}]}, -1, True),  # 8 a node
        ({"input": [1] * 12, "target": [1] * 12, "layers": [{"weight": 2}]}, 24, True),
        ({"input": [1] * 13, "target": [1] * 13, "layers": [{"weight": 2}]}, 24, False),
    ],
)
def test_few_numbers_are_computed_as_such(spec, few, narrow):
    assert is_narrow(graph(network(spec)), few) is narrow


@pytest.mark.parametrize(("units", "narrow"), [(10_000, True), (10_001, False)])
def test_20000_numbers_are_few(units, narrow):
    """Of each unit what is weighed, and what is activated."""
    assert is_narrow(graph(network({"input": [1] * units, "layers": [{"weight": 2}]}))) is narrow


def test_a_node_in_place_of_the_loss():
    of = network(WIDE)
    assert in_place_of_loss(of, None) is of
    for name, text in (("h", "L = Σh"), ("b", "L = b")):
        found = in_place_of_loss(of, name)
        assert (found.loss.text, found.of, found.targets) == (text, [one.name for one in of.nodes].index(name), ())
    with pytest.raises(UsageError, match=r"--of h\[0\]: is a unit; .* --of h$"):
        in_place_of_loss(of, "h[0]")
    with pytest.raises(UsageError, match=r"--of q: no node has that name; names are a, b, h, y$"):
        in_place_of_loss(of, "q")


def test_twelve_names_are_told_and_no_more():
    names = [f"node{number}" for number in range(12)]
    assert nearest("q", names) == "names are " + ", ".join(names)
    assert nearest("q", [*names, "another"]) == "names are " + ", ".join(names) + ", …"
    assert nearest("node11x", names).startswith("did you mean node11")
