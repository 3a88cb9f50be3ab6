"""Mistakes of meaning: where each is reported, and what is said; all of them in one pass, none twice."""

import pytest
from specs import CHAIN, errors

import gradcalc
from gradcalc import language as specs_room
from gradcalc.errors import SpecError

SQUARE = [[1.0, 2.0], [3.0, 4.0]]
WEIGHT = "a weight has one row per output unit and one column per input unit"
BIAS = "a bias is one number per unit, or one for all of them"


def layered(*layers, **top):
    return {"input": [1, 2], "loss": "output", "layers": list(layers), **top}


TABLE = [
    # weights
    (
        layered({"weight": [[1, 2], [3, 4], [5, 6], [7, 8]]}, {"weight": [[1, 2, 3], [4, 5, 6]]}),
        ("layers", 1, "weight"),
        f"is 2×3 (out×in) but h1 has 4 units; {WEIGHT}",
    ),
    (
        {**CHAIN, "input": {"a": [1, 2], "b": 1}, "weights": [[[1, 2]]]},
        ("weights", 0),
        f"is 1×2 (out×in) but concat of a, b has 3 units; {WEIGHT}",
    ),
    (
        layered({"weight": SQUARE}, {"from": {"x": [[1, 2, 3]]}}),
        ("layers", 1, "from", "x"),
        f"is 1×3 (out×in) but x has 2 units; {WEIGHT}",
    ),
    (
        layered({"weight": [1, 2, 3]}),
        ("layers", 0, "weight"),
        "is a flat list of 3 but x has 2 units; a flat list is one row of as many entries as its source has units, "
        "or one column on a source of one unit",
    ),
    (
        layered({"weight": [[1, 2], [3]]}),
        ("layers", 0, "weight", 1),
        "has 1 entry but the first row has 2; all rows are equally long",
    ),
    (
        layered({"weight": [[1, 2]], "repeat": 40}),
        ("layers", 0, "weight"),
        f"is 1×2 (out×in) but h1 has 1 unit; {WEIGHT}",
    ),
    (
        layered({"weight": [[1, 2]], "repeat": 40, "share": True}),
        ("layers", 0, "weight"),
        f"is 1×2 (out×in), shared by the copies, but h1 has 1 unit; {WEIGHT}",
    ),
    ({**CHAIN, "weights": ["abc"]}, ("weights", 0), '"abc" is neither a number nor an entry of parameters'),
    (
        {**CHAIN, "parameters": {"Wx": 1}, "weights": ["Wx", "Wxx"]},
        ("weights", 1),
        '"Wxx" is neither a number nor an entry of parameters; did you mean "Wx"?',
    ),
    (
        {**CHAIN, "weights": ["0.5"]},
        ("weights", 0),
        '"0.5" is neither a number nor an entry of parameters; a number stands without quotes',
    ),
    # biases and widths
    (
        layered({"weight": SQUARE, "bias": [1, 2, 3]}),
        ("layers", 0, "bias"),
        f"has 3 entries but the layer has 2 units; {BIAS}",
    ),
    (layered({"weight": SQUARE, "bias": SQUARE}), ("layers", 0, "bias"), f"is 2×2 (out×in), which is a weight; {BIAS}"),
    (
        {**CHAIN, "biases": [1, 2]},
        ("biases",),
        "has 2 entries for 3 layers; it has one bias per layer, null where there is none",
    ),
    (
        layered({"weight": SQUARE, "width": 3}),
        ("layers", 0, "width"),
        "is 3 but its weights, sources and activation make 2 units",
    ),
    # joins
    (
        layered({"weight": [1, 2]}, {"from": ["x", "h1"]}),
        ("layers", 1, "from"),
        "has sources of unequal width: x has 2 units, h1 has 1 unit; all joins but concat need equal widths",
    ),
    (
        layered({"weight": [1, 2]}, {"from": {"x": SQUARE, "h1": 1}, "join": "max"}),
        ("layers", 1, "from"),
        "has sources of unequal width: the part from x has 2 units, the part from h1 has 1 unit; "
        "all joins but concat need equal widths",
    ),
    (
        {**layered({"join": "mean"}), "input": {"a": 1, "b": [1, 2]}},
        ("layers", 0, "join"),
        "has sources of unequal width: a has 1 unit, b has 2 units; all joins but concat need equal widths",
    ),
    (layered({"from": "q"}), ("layers", 0, "from"), '"q" is no node; the nodes are x, y'),
    (layered({"name": "a"}, {"from": "h1"}), ("layers", 1, "from"), '"h1" is no node; layer 1 is called "a"'),
    (layered({"from": ["x", "hh"]}), ("layers", 0, "from", 1), '"hh" is no node; the nodes are x, y'),
    # init
    (
        layered({"weight": {"init": "normal"}}),
        ("layers", 0, "weight"),
        "needs the layer's width: init has to know how many units to draw weights for",
    ),
    (
        layered({"weight": SQUARE, "bias": {"init": "he_normal"}}),
        ("layers", 0, "bias", "init"),
        f'"he_normal" is for weights, {BIAS}; zeros, ones, constant, uniform, normal, torch_linear are for both',
    ),
    (
        layered({"weight": {"init": "normal", "std": -1}, "width": 2}),
        ("layers", 0, "weight", "std"),
        "is negative; a standard deviation is not",
    ),
    (
        layered({"weight": {"init": "uniform", "low": 2}, "width": 2}),
        ("layers", 0, "weight", "low"),
        "low is 2, above high, 1",
    ),
    (
        layered({"weight": {"init": "uniform", "low": -1.7e308, "high": 1.7e308}, "width": 2}),
        ("layers", 0, "weight", "high"),
        "is too far from low: their difference is beyond the largest double",
    ),
    (
        layered({"weight": {"init": "constant"}, "width": 2}),
        ("layers", 0, "weight"),
        "needs the value of its init constant",
    ),
    # inputs
    (
        {**CHAIN, "input": {"a": [[1], [2]], "b": [[1]]}, "target": [[1, 1], [1, 1]]},
        ("input", "b"),
        "is a batch of 1 example but input.a is a batch of 2 examples; "
        "all inputs are batches of equal length, or none is",
    ),
    (
        {**CHAIN, "input": {"a": 1, "b": [[1]]}, "target": [1, 1]},
        ("input", "b"),
        "is a batch of 1 example but input.a is one example; all inputs are batches of equal length, or none is",
    ),
    (
        {**CHAIN, "input": [[1], [2, 3]], "target": [1, 1]},
        ("input", 1),
        "has 2 entries but the first row has 1; all rows are equally long",
    ),
    # activations
    ({**layered({"activation": {"name": "maxout", "pieces": 3}})}, ("layers", 0, "activation"), None),
    # limits
    (
        layered({"weight": 1, "repeat": 10**9}),
        ("layers", 0, "repeat"),
        "takes the network past 1,000,000 layers, the most that one may have; repeat less often",
    ),
    (
        layered({"weight": {"init": "normal"}, "width": 10**9}),
        ("layers", 0, "weight"),
        "takes the network past 10,000,000 parameters; use narrower or fewer layers, or tie their weights with share",
    ),
    (
        layered({"weight": 1, "name": "r", "repeat": 600_000}, {"weight": 1, "repeat": 600_000}),
        ("layers", 1, "repeat"),
        "takes the network past 1,000,000 layers, the most that one may have; repeat less often",
    ),
]


@pytest.mark.parametrize(
    ("spec", "path", "message"),
    TABLE,
    ids=lambda value: ".".join(map(str, value))[:40] if isinstance(value, tuple) else "",
)
def test_one_mistake_is_one_problem(spec, path, message):
    ((found, said),) = errors(spec)
    assert found == path
    assert message is None or said == message


def test_all_mistakes_are_found_in_one_pass():
    spec = {
        "input": {"a": [1, 2], "t": 1},
        "target": {"q": 1, "out": [1, 2, 3]},
        "parameters": {"W": [[1, 2, 3]], "pi": 3},
        "layers": [
            {"name": "h", "weight": "W", "bias": [1, 2]},
            {"name": "h", "weight": "V"},
            {"name": "out", "from": ["h", "nowhere"], "weight": {"init": "normal"}},
        ],
        "skips": [{"from": "out", "to": "h", "weight": 1}, {"from": "a", "to": "out"}],
        "frozen": ["b7"],
    }
    assert sorted((path for path, _ in errors(spec)), key=str) == sorted(
        [
            ("input", "t"),
            ("target", "q"),
            ("parameters", "pi"),
            ("layers", 0, "bias"),
            ("layers", 1, "name"),
            ("layers", 1, "weight"),
            ("layers", 2, "from", 1),
            ("layers", 2, "weight"),
            ("skips", 0, "to"),
            ("frozen", 0),
        ],
        key=str,
    )


def test_nothing_is_said_twice():
    spec = {
        **CHAIN,
        "layers": None,
        "weights": [1, {"vlaue": 2}, True],
        "loss": "msee",
        "skips": [{"form": "h1", "to": 3}],
    }
    paths = [path for path, _ in errors(spec)]
    assert len(set(paths)) == len(paths)


def test_what_a_mistake_keeps_from_being_there_is_not_missed_elsewhere():
    spec = {
        "input": [1, 2],
        "loss": "output",
        "layers": [
            {"weight": [[1, 2], [3]], "bias": [1, "oops"]},
            {"wieght": 1},
            {"weight": {"value": [1, 2, 3], "name": "W"}},
        ],
        "skips": [{"from": "q", "to": "y", "weight": 1, "name": "s"}, {"from": "y", "to": "h1", "weight": 1}],
        "frozen": ["w1", "b1", "w2", "W", "s", "w_y_*"],
    }
    found = [path for path, _ in errors(spec, {"w1": 1, "b1[0]": 1, "W": 1, "s": 1})]
    assert sorted(found, key=str) == [
        ("layers", 0, "bias", 1),
        ("layers", 0, "weight", 1),
        ("layers", 1, "wieght"),
        ("skips", 0, "from"),
        ("skips", 1, "to"),
    ]


def test_a_misspelt_weight_leaves_the_width_open():
    found = errors(layered({"wieght": [[1, 2]] * 3}, {"weight": [[1, 2, 3]]}))
    assert [path for path, _ in found] == [("layers", 0, "wieght")]


def test_shape_errors_read_as_in_the_language(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = "input: [1, 2, 3, 4]\nloss: output\nlayers:\n  - {activation: tanh}\n  - {weight: [[1, 2, 3], [4, 5, 6]]}\n"
    (tmp_path / "n.yaml").write_text(text)
    with pytest.raises(SpecError) as caught:
        specs_room.load("n.yaml")
    first = str(caught.value).splitlines()[0]
    assert first == f"n.yaml:5:14: error: layers[1].weight is 2×3 (out×in) but h1 has 4 units; {WEIGHT}"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([1, "x"], r'input\[1500\]\[1\]: "x" is neither a number nor an exact constant'),
        ([1], r"input\[1500\] has 1 entry but the first row has 2"),
        ([], r"input\[1500\] is empty"),
        ([1, float("inf")], r"input\[1500\]\[1\]: inf is not a finite number"),
        ([1, 10**400], r"input\[1500\]\[1\] is beyond the largest double"),
        (2, r"input\[1500\]: the number 2 stands where a list of numbers belongs"),
    ],
)
def test_one_row_among_many_that_are_read_together(row, message):
    with pytest.raises(SpecError, match=message) as error:
        gradcalc.load({"input": [*[[1, 2.5]] * 1500, row, *[[3, 4]] * 1500], "weights": [[[1, 1]]]})
    assert len(error.value.problems) == 1


def test_rows_that_are_read_together_are_those_that_are_given():
    rows = [[n, n / 4] for n in range(2500)]
    rows[1200] = ["1/3", 2**60]
    node = gradcalc.load({"input": rows, "weights": [[[1, 1]]]}).inputs[0]
    assert node.rows[:1200] == rows[:1200] and node.rows[1201:] == rows[1201:]
    assert node.rows[1200] == [1 / 3, float(2**60)]
    assert all(type(number) is float for row in node.rows for number in row)
