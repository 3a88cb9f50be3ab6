"""Skips by themselves and across every k layers: their ends, weights, and what is refused."""

import pytest
from specs import CHAIN, errors, network, parameters, skips, warnings

SQUARE = [[1.0, 2.0], [3.0, 4.0]]


def chain(*widths, skip, **top):
    """Layers of these widths, the first entry that of the input, and one skip."""
    layers = [{"weight": [[1.0] * a] * b} for a, b in zip(widths, widths[1:])]
    return {"input": [1.0] * widths[0], "loss": "output", "layers": layers, "skips": skip, **top}


def test_an_identity_is_no_parameter():
    built = network({**CHAIN, "skips": [{"from": "x", "to": "y"}]})
    assert len(built.parameters) == 3
    assert skips(built) == [("x", "y", "preactivation", "skip x→y")]


def test_identities_between_the_same_nodes_are_told_apart():
    edge = {"from": "h1", "to": "y"}
    assert skips(network({**CHAIN, "skips": [edge, edge, {**edge, "into": "output"}]})) == [
        ("h1", "y", "preactivation", "skip h1→y"),
        ("h1", "y", "preactivation", "skip h1→y 2"),
        ("h1", "y", "output", "skip h1→y 3"),
    ]


def test_skips_enter_outputs_too_and_keep_their_order():
    both = [
        {"from": "h1", "to": "y", "into": "output"},
        {"from": "x", "to": "y", "weight": 2},
        {"from": "h2", "to": "y", "into": "preactivation"},
    ]
    assert skips(network({**CHAIN, "skips": both})) == [
        ("x", "y", "preactivation", "w_x_y"),
        ("h2", "y", "preactivation", "skip h2→y"),
        ("h1", "y", "output", "skip h1→y"),
    ]


@pytest.mark.parametrize(
    ("weight", "widths", "shape"),
    [(2, (2, 3, 2), ()), ([[1, 2]], (2, 3, 1), (1, 2)), ([1, 2], (2, 1, 1), (1, 2)), ([1, 2], (1, 3, 2), (2, 1))],
)
def test_forms_of_a_skip_weight(weight, widths, shape):
    built = network(chain(*widths, skip=[{"from": "x", "to": "y", "weight": weight}]))
    assert (built.parameters[-1].kind, built.parameters[-1].shape) == ("skip", shape)


def test_a_skip_may_use_an_entry():
    built = network({**CHAIN, "parameters": {"W": 3}, "skips": [{"from": "x", "to": "y", "weight": "W"}]})
    assert skips(built) == [("x", "y", "preactivation", "W")]
    assert list(parameters(built)) == ["W", "w1", "w2", "w3"]


def test_maxout_takes_a_skip_before_and_after_in_different_widths():
    layer = {"weight": [[1, 2]] * 4, "activation": {"name": "maxout", "pieces": 2}}
    before = {"from": "x", "to": "y", "weight": [[1, 2]] * 4}
    after = {"from": "x", "to": "y", "into": "output"}
    built = network({"input": [1, 2], "loss": "output", "layers": [layer], "skips": [before, after]})
    assert [place for _, _, place, _ in skips(built)] == ["preactivation", "output"]


def ends(built):
    return [(source, to) for source, to, _, _ in skips(built)]


@pytest.mark.parametrize(
    ("every", "found"),
    [
        ({"every": 1}, [("x", "h1"), ("h1", "h2"), ("h2", "h3"), ("h3", "h4"), ("h4", "y")]),
        ({"every": 2}, [("x", "h2"), ("h2", "h4")]),
        ({"every": 5}, [("x", "y")]),
        ({"every": 2, "start": "h1"}, [("h1", "h3"), ("h3", "y")]),
        ({"every": 2, "start": "h2"}, [("h2", "h4")]),
        ({"every": 6}, []),
        ({"every": 2, "until": "h2"}, [("x", "h2")]),
        ({"every": 1, "start": "h1", "until": "h4"}, [("h1", "h2"), ("h2", "h3"), ("h3", "h4")]),
        ({"every": 2, "start": "h2", "until": "h3"}, []),
        ({"every": 2, "start": "h3", "until": "x"}, []),
    ],
)
def test_blocks(every, found):
    assert ends(network({"input": 1, "target": 1, "weights": [1] * 5, "skips": every})) == found


@pytest.mark.parametrize(
    ("skip", "widths", "found"),
    [
        ({"every": 1}, (3, 2, 2, 2), [("h1", "h2"), ("h2", "y")]),
        ({"every": 2}, (3, 2, 2, 2), [("h1", "y")]),
        ({"every": 1, "weight": 2}, (3, 2, 2), [("h1", "y")]),
        ({"every": 1, "weight": SQUARE}, (1, 2, 2), [("h1", "y")]),
        ({"every": 1, "weight": [5, 6]}, (2, 1), [("x", "y")]),
        ({"every": 1, "weight": {"init": "normal"}}, (3, 2, 2), [("x", "h1"), ("h1", "y")]),
    ],
)
def test_blocks_begin_at_the_input_only_where_widths_allow(skip, widths, found):
    assert ends(network(chain(*widths, skip=skip))) == found


def test_blocks_begin_at_the_first_layer_where_there_are_several_inputs():
    spec = {"input": {"a": 1, "b": 2}, "loss": "output", "weights": [1, 1, 1], "skips": {"every": 1}}
    assert ends(network(spec)) == [("h1", "h2"), ("h2", "y")]
    assert ends(network({**spec, "skips": {"every": 1, "start": "h2"}})) == [("h2", "y")]


def test_a_named_input_may_be_the_start():
    layers = [{"from": "a", "weight": 1}, {"weight": 1}, {"from": ["h2", "b"]}]
    spec = {"input": {"a": 1, "b": 2}, "loss": "output", "layers": layers, "skips": {"every": 2, "start": "b"}}
    assert ends(network(spec)) == [("b", "h2")]


def test_a_number_gives_each_skip_its_own_parameter_and_a_name_ties_them():
    spec = {"input": 1, "target": 1, "weights": [1, 1], "parameters": {"W": 3}}
    own = network({**spec, "weights": ["W", 1], "skips": {"every": 1, "weight": 0.5}})
    assert list(parameters(own)) == ["W", "w2", "w_x_h1", "w_h1_y"]
    tied = network({**spec, "skips": {"every": 1, "weight": "W"}})
    assert [label for *_, label in skips(tied)] == ["W", "W"]
    named = network({**spec, "weights": ["W", 1], "skips": {"every": 1, "weight": {"value": 0.5, "name": "V"}}})
    assert list(parameters(named)) == ["W", "w2", "V"]
    assert [label for *_, label in skips(named)] == ["V", "V"]


def test_single_skips_and_blocks_in_one_list():
    both = [{"every": 2, "weight": 2}, {"from": "x", "to": "y", "weight": 3}]
    built = network({"input": 1, "target": 1, "weights": [1] * 4, "skips": both})
    assert list(parameters(built))[4:] == ["w_x_h2", "w_h2_y", "w_x_y"]


CYCLE = "a skip goes to a layer that comes after its source"


@pytest.mark.parametrize(
    ("skip", "where", "message"),
    [
        ({"from": "y", "to": "h1"}, "to", f"y → h1 closes the cycle h1 → h2 → y → h1; {CYCLE}"),
        ({"from": "h2", "to": "h2"}, "to", f"h2 → h2 closes the cycle h2 → h2; {CYCLE}"),
        ({"from": "h1", "to": "x"}, "to", "x is an input; a skip goes to a layer"),
        ({"from": "h3", "to": "y"}, "from", '"h3" is no node; layer 3 is called "y"'),
        ({"from": "q", "to": "y"}, "from", '"q" is no node; the nodes are x, h1, h2, y'),
        (
            {"from": "h1", "to": "y", "weight": {"value": 1, "name": "p"}, "name": "q"},
            "name",
            "is q but the weight is named p; name it once",
        ),
        (
            {"from": "h1", "to": "y", "weight": 1, "name": "h2"},
            "name",
            '"h2" is already given by weights[1]; names are unique',
        ),
    ],
)
def test_skips_that_lead_nowhere(skip, where, message):
    assert errors({**CHAIN, "skips": [skip]}) == [(("skips", 0, where), message)]


def test_a_long_cycle_is_named_by_its_ends():
    spec = {"input": 1, "target": 1, "weights": [1] * 50, "skips": [{"from": "y", "to": "h1"}]}
    assert errors(spec) == [(("skips", 0, "to"), f"y → h1 closes the cycle h1 → h2 → h3 → … → h49 → y → h1; {CYCLE}")]


def test_backwards_without_a_way_back_is_no_cycle_and_refused_all_the_same():
    layers = [{"from": "x", "weight": 1, "name": "a"}, {"from": "x", "weight": 1, "name": "b"}, {"from": ["a", "b"]}]
    spec = {"input": 1, "target": 1, "layers": layers, "skips": [{"from": "b", "to": "a"}]}
    assert errors(spec) == [(("skips", 0, "to"), f"b → a goes backwards, b is computed after a; {CYCLE}")]


def test_a_layer_that_reads_a_later_one_names_the_cycle():
    layers = [{"from": ["x", "h2"]}, {"weight": 1}, {"weight": 1}]
    assert errors({"input": 1, "target": 1, "layers": layers}) == [
        (("layers", 0, "from", 1), "h2 → h1 closes the cycle h1 → h2 → h1; a layer reads nodes that come before it")
    ]


@pytest.mark.parametrize(
    ("skip", "path", "message"),
    [
        (
            [{"from": "x", "to": "y"}],
            ("skips", 0),
            "is the identity but x has 2 units and y has 1 unit; widths that differ need a weight, here 1×2 (out×in)",
        ),
        (
            [{"from": "x", "to": "y", "weight": SQUARE}],
            ("skips", 0, "weight"),
            "is 2×2 (out×in) but x has 2 units and y has 1 unit; "
            "a weight has one row per output unit and one column per input unit",
        ),
        (
            [{"from": "x", "to": "y", "weight": 3}],
            ("skips", 0, "weight"),
            "is a number but x has 2 units and y has 1 unit; a number as weight keeps its source's width",
        ),
        (
            [{"from": "x", "to": "y", "weight": [1, 2, 3]}],
            ("skips", 0, "weight"),
            "is a flat list of 3 but x has 2 units; a flat list is one row of as many entries as its source has "
            "units, or one column on a source of one unit",
        ),
        (
            {"every": 1},
            ("skips",),
            "in the block h1 → y it is the identity but h1 has 2 units and y has 1 unit; "
            "widths that differ need a weight, here 1×2 (out×in)",
        ),
        (
            {"every": 1, "weight": [[1, 2], [3, 4]]},
            ("skips", "weight"),
            "in the block h1 → y it is 2×2 (out×in) but h1 has 2 units and y has 1 unit; "
            "a weight has one row per output unit and one column per input unit",
        ),
    ],
)
def test_widths_that_do_not_fit(skip, path, message):
    assert errors(chain(2, 2, 1, skip=skip)) == [(path, message)]


def test_what_is_worth_knowing():
    assert warnings({**CHAIN, "skips": {"every": 4}}) == [
        (("skips", "every"), "is 4 and makes no skip (layers after x: 3)")
    ]
    assert warnings({**CHAIN, "skips": [{"from": "h1", "to": "y", "name": "s"}]}) == [
        (("skips", 0, "name"), "names nothing: a skip without a weight is the identity, not a parameter")
    ]


def test_many_backward_skips_take_linear_time():
    count = 900
    backward = [{"from": "y", "to": f"h{i}"} for i in range(1, count)]
    assert len(errors({"input": 1, "target": 1, "weights": [1] * count, "skips": backward})) == count - 1


def test_until_lets_a_wide_body_have_a_narrow_head():
    wide = {"weight": [[0.1, 0.2], [0.3, 0.4]]}
    body = {"input": [1, 2], "target": 1, "layers": [{**wide, "repeat": 4}, {"weight": [[1, 1]]}]}
    assert "h4 → y" in str(errors({**body, "skips": {"every": 1}}))
    assert ends(network({**body, "skips": {"every": 1, "until": "h4"}})) == [
        ("x", "h1"),
        ("h1", "h2"),
        ("h2", "h3"),
        ("h3", "h4"),
    ]
    assert '"q" is no node' in str(errors({**body, "skips": {"every": 1, "until": "q"}}))
