"""What holds of every spec: of random ones that are right, and of malformed ones."""

import copy
import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from specs import judged, network

from gradcalc.network.network import Layer, Network

ACTIVATIONS = ["sigmoid", "tanh", {"name": "leaky_relu", "alpha": 0.2}, "prelu", "softmax"]


@st.composite
def layers(draw: Any, source: str, columns: int, alike: list[str]) -> tuple[dict[str, Any], int]:
    """A layer that reads `source`, joined with one of those `alike` in width, and the width it has."""
    repeat = draw(st.sampled_from([1, 1, 2, 3]))
    rows = columns if repeat > 1 else draw(st.integers(1, 3))
    weight, made = draw(
        st.sampled_from(
            [
                ({"weight": 0.25}, columns),
                ({"weight": "1/3", "bias": 1}, columns),
                ({}, columns),
                ({"weight": [[0.5] * columns for _ in range(rows)]}, rows),
                ({"weight": {"init": "normal"}, "width": rows, "bias": {"init": "uniform"}}, rows),
            ]
        )
    )
    layer = {"from": source, "activation": draw(st.sampled_from(ACTIVATIONS)), **weight}
    if repeat > 1:
        return {**layer, "repeat": repeat, "share": draw(st.booleans())}, made
    if draw(st.booleans()):
        layer["from"] = [source, draw(st.sampled_from(alike))]
        layer["join"] = draw(st.sampled_from(["sum", "multiply", "max", "min", "mean"]))
    return layer, made


@st.composite
def specs(draw: Any) -> dict[str, Any]:
    """A spec that is right: widths from 1 to 3, ties, repeats, joins, skips, drawn values."""
    widths, names, found = [draw(st.integers(1, 3))], ["x"], []
    for _ in range(draw(st.integers(1, 5))):
        alike = [name for name, width in zip(names, widths) if width == widths[-1]]
        layer, made = draw(layers(names[-1], widths[-1], alike))
        found.append(layer)
        for _ in range(layer.get("repeat", 1)):
            names.append(f"h{len(names)}")
            widths.append(made)
    names[-1] = "y"
    skips = draw(st.lists(skip_between(names, widths), max_size=3))
    return {
        "input": [0.5] * widths[0],
        "loss": "output",
        "layers": found,
        "skips": skips,
        "seed": draw(st.integers(0, 9)),
    }


@st.composite
def skip_between(draw: Any, names: list[str], widths: list[int]) -> dict[str, Any]:
    source = draw(st.integers(0, len(names) - 2))
    to = draw(st.integers(source + 1, len(names) - 1))
    skip = {"from": names[source], "to": names[to], "into": draw(st.sampled_from(["output", "preactivation"]))}
    drawn = widths[source] != widths[to] or draw(st.booleans())
    return {**skip, "weight": {"init": "normal"}} if drawn else skip


def width_after(built: Network, layer: Layer) -> int:
    """The layer's width, worked out from its edges and weights alone."""
    parts = []
    for edge in layer.edges:
        shape = () if edge.parameter is None else built.parameters[edge.parameter].shape
        parts.append(shape[0] if shape else built.nodes[edge.source].width)
    joined = sum(parts) if layer.join == "concat" else parts[0]
    assert layer.join == "concat" or set(parts) == {joined}
    shape = () if layer.weight is None else built.parameters[layer.weight].shape
    return layer.activation.width(shape[0] if shape else joined)


@given(specs())
def test_names_are_unique_and_widths_consistent(spec):
    built = network(spec)
    names = [named.name for named in (*built.nodes, *built.parameters)]
    assert len(set(names)) == len(names)
    for position, layer in enumerate(built.layers, 1):
        number = position - 1 + len(built.inputs)
        assert (layer.position, layer.width) == (position, width_after(built, layer))
        for edge in (*layer.edges, *layer.into_preactivation, *layer.into_output):
            assert edge.source < number
            if edge.parameter is not None:
                assert edge.label == built.parameters[edge.parameter].name
        identities = [edge for edge in (*layer.into_preactivation, *layer.into_output) if edge.parameter is None]
        assert len({edge.label for edge in identities}) == len(identities)
        for edge in identities:
            between = f"skip {built.nodes[edge.source].name}→{layer.name}"
            count = sum(edge.source == other.source for other in identities)
            assert edge.label in (between, *(f"{between} {number}" for number in range(2, count + 1)))


@given(specs())
def test_values_have_their_shapes(spec):
    for parameter in network(spec).parameters:
        shape, value = parameter.shape, parameter.value
        found = (
            ()
            if isinstance(value, float)
            else (len(value), len(value[0]))
            if isinstance(value[0], list)
            else (len(value),)
        )
        assert found == shape


@given(specs())
def test_parameters_are_numbered_by_layer_then_skips(spec):
    built = network(spec)
    kinds = [parameter.kind for parameter in built.parameters]
    assert sorted(kinds, key=lambda kind: kind == "skip") == kinds
    used = []
    for layer in built.layers:
        own = [layer.weight, *(edge.parameter for edge in layer.edges)]
        used += [number for number in (*own, layer.bias, layer.alpha) if number is not None]
    firsts = list(dict.fromkeys(used))
    assert firsts == list(range(len(firsts)))


@given(specs())
def test_the_same_spec_gives_the_same_network(spec):
    assert network(spec).parameters == network(copy.deepcopy(spec)).parameters


def plain(layer: Layer) -> tuple[Any, ...]:
    """The layer with its activation as printed, for functions compare by identity."""
    return (*layer._replace(activation=None), layer.activation.text)


def written_out(spec: dict[str, Any]) -> dict[str, Any]:
    """The same spec, its repeated layers written one by one."""
    layers = []
    for layer in spec["layers"]:
        one = {key: value for key, value in layer.items() if key not in ("repeat", "share")}
        layers.append(one)
        layers += [
            {key: value for key, value in one.items() if key != "from"} for _ in range(layer.get("repeat", 1) - 1)
        ]
    return {**spec, "layers": layers}


@given(specs())
def test_a_repeated_layer_is_the_layer_written_out(spec):
    spec = {**spec, "layers": [{**layer, "share": False} if "repeat" in layer else layer for layer in spec["layers"]]}
    repeated, written = network(spec), network(written_out(spec))
    assert repeated.parameters == written.parameters
    assert list(map(plain, repeated.layers)) == list(map(plain, written.layers))


@given(specs())
def test_sharing_ties_the_copies(spec):
    built = network(spec)
    position = 0
    for layer in spec["layers"]:
        copies = built.layers[position : position + layer.get("repeat", 1)]
        position += len(copies)
        own = [
            (copy.weight if copy.weight is not None else copy.edges[0].parameter, copy.bias, copy.alpha)
            for copy in copies
        ]
        distinct = {numbers for numbers in own if numbers != (None, None, None)}
        assert len(distinct) <= 1 if layer.get("share") else len(distinct) in (0, len(copies))


@given(specs())
def test_draws_are_those_of_one_generator_in_order(spec):
    reference = random.Random(spec["seed"])
    built = network(spec)
    drawn = {
        f"{kind}{i}" for i, layer in enumerate(written_out(spec)["layers"], 1) for kind in "wb" if "init" in str(layer)
    }
    for parameter in built.parameters:
        rows = parameter.shape[0] if len(parameter.shape) == 2 else 1
        columns = parameter.shape[-1] if parameter.shape else 0
        if parameter.kind == "skip" or (parameter.name in drawn and parameter.kind == "weight"):
            assert parameter.value == [[reference.gauss(0, 1) for _ in range(columns)] for _ in range(rows)]
        elif parameter.name in drawn and parameter.kind == "bias":
            assert parameter.value == [reference.uniform(0, 1) for _ in range(columns)]


KEYS = [
    *("input", "target", "activation", "loss", "weights", "biases", "layers", "skips", "parameters", "frozen", "seed"),
    *("name", "from", "weight", "bias", "width", "join", "repeat", "share", "to", "into", "every", "start", "value"),
    *("init", "gain", "low", "high", "std", "formula", "alpha", "pieces", "delta", "reduction", "scale", "x", "h1"),
]
WORDS = [
    "x",
    "h1",
    "h2",
    "y",
    "W",
    "1/3",
    "0.5",
    "pi",
    "sigmoid",
    "maxout",
    "prelu",
    "normal",
    "orthogonal",
    "output",
    "t",
    "",
]
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 4), st.sampled_from([0.5, -1.5, 10**400, 1e300]), st.sampled_from(WORDS)
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=6))
def test_no_data_is_too_malformed(data):
    built, problems = judged(data)
    assert (built is None) == bool(problems.errors)


RICH: list[dict[str, Any]] = [
    {
        "input": {"x1": 1.0, "x2": [2.0, "1/3"]},
        "target": {"y1": 1.0, "y2": [2.0, 3.0]},
        "loss": {"name": "huber", "delta": 0.5, "scale": "1/2", "reduction": "sum"},
        "parameters": {
            "Wx": 0.5,
            "row": [1, 2],
            "b": {"value": 0.1, "frozen": True},
            "D": {"init": "normal", "seed": 3},
        },
        "layers": [
            {"name": "s1", "from": {"x1": "Wx", "x2": "row"}, "bias": "b", "join": "multiply"},
            {"name": "y1", "from": {"s1": "D"}, "width": 1, "activation": {"formula": "x^2"}},
            {"name": "r", "weight": {"init": "orthogonal", "name": "W"}, "width": 1, "repeat": 2, "share": True},
            {
                "name": "y2",
                "from": ["r1", "r2"],
                "join": "concat",
                "activation": {"name": "prelu", "alpha": {"value": [0.1, 0.2], "name": "alphas"}},
            },
        ],
        "skips": [
            {"from": "x2", "to": "y2", "into": "output"},
            {"every": 3, "start": "s1", "weight": {"value": 1, "name": "V"}},
        ],
        "frozen": ["W*", "b"],
        "seed": 4,
    },
    {
        "input": [[1, 2], [3, 4]],
        "target": [0, 1],
        "loss": "cross_entropy",
        "activation": {"name": "maxout", "pieces": 2},
        "weights": [[[1, 2], [3, 4]], ["1/2", "sqrt(2)"], [1, 2, 3, 4]],
        "biases": [None, "null", [1, 2, 3, 4]],
        "skips": {"every": 1, "into": "output", "weight": {"init": "normal"}},
    },
]


@st.composite
def broken(draw: Any) -> dict[str, Any]:
    """A spec that is right but for one value or key somewhere, in place of which is anything."""
    spec = copy.deepcopy(draw(st.sampled_from(RICH) | specs()))
    holder: Any = spec
    while True:
        key = draw(st.sampled_from(list(holder) if isinstance(holder, dict) else range(len(holder))))
        if isinstance(holder[key], (dict, list)) and holder[key] and draw(st.integers(0, 3)):
            holder = holder[key]
        elif isinstance(holder, dict) and draw(st.booleans()):
            holder[draw(st.sampled_from(KEYS + WORDS))] = holder.pop(key)
            return spec
        else:
            holder[key] = draw(ANYTHING)
            return spec


def test_the_specs_that_are_broken_are_right_to_begin_with():
    for spec in RICH:
        network(spec)


@given(broken())
def test_one_bad_value_is_either_right_or_reported(spec):
    built, problems = judged(spec)
    assert (built is None) == bool(problems.errors)
