"""Columns of a sweep: how they are asked for, and that each is what `compute` and `paths` say."""

from __future__ import annotations

from typing import Any

import pytest

from gradcalc import language
from gradcalc.analysis.path_analysis import paths
from gradcalc.analysis.point import point, subjects
from gradcalc.analysis.quantities import QUANTITIES, check, column, columns, read, with_theory
from gradcalc.errors import UsageError
from gradcalc.language.document import Variants
from gradcalc.theory.bounds import bounds
from gradcalc.theory.mean_field import expected_log10


def value(text: str, source: Any = "residual") -> Any:
    return read(point(language.load(source)[0]), column(text))


def test_path_sums_are_those_of_paths() -> None:
    for source, name in (("residual", "w1"), ("mazur", "w1"), ("rnn", "Wh")):
        sums = paths(language.load(source)[0], wrt=[name], top=0).sums[name]
        for part in ("magnitude", "cancellation", "entropy", "effective_paths"):
            assert value(f"{part}:{name}", source) == pytest.approx(getattr(sums, part), rel=1e-12)


def test_a_window_is_as_wide_as_that_of_precision() -> None:
    assert value("window:float16") == pytest.approx(16.076 + 4.307, abs=0.002)
    assert value("window:bfloat16") == pytest.approx(128.071 + 116.307, abs=0.002)
    assert value("window:float16", {"input": 1, "target": 1, "activation": "identity", "weights": [1]}) is None


def test_shares() -> None:
    assert value("share:w1:h1-y") == pytest.approx(0.9756261440350323, rel=1e-13)
    assert value("share:w1:h1 → h2 → y") == pytest.approx(0.02437385596496767, rel=1e-12)
    assert value("share:w1:h1>h2") == 0
    assert value("share:w1[0,0]:h[0]>o[0]", "mazur") == pytest.approx(0.0006683960 / 0.000438568, rel=1e-5)
    assert value("share:w1[0,0]:h[0]>o[1]", "mazur") == pytest.approx(-0.0002298283 / 0.000438568, rel=1e-5)
    assert value("largest:w1") == pytest.approx(0.9756261440350323, rel=1e-13)
    assert value("paths:w1") == 2
    assert value("share:x:x>h1>y") == pytest.approx(0.9756261440350323, rel=1e-13)


def test_shares_of_a_matrix_add_up() -> None:
    spec_of = {
        "input": [0.2, -0.4],
        "target": [1, 0],
        "layers": [{"weight": [[0.1, 0.2], [0.3, 0.4]]} for _ in range(3)],
        "skips": [{"from": "h1", "to": "y"}],
    }
    assert value("share:w1:h1>y", spec_of) + value("share:w1:h1>h2>y", spec_of) == pytest.approx(1)


def test_sizes() -> None:
    assert value("norm:w1") == abs(value("w1"))
    assert value("norm") == pytest.approx(sum(value(f"w{n}") ** 2 for n in (1, 2, 3, "_r")) ** 0.5)
    assert value("log10:w1") == pytest.approx(-2.5198150414461814)
    assert value("output:y") == pytest.approx(0.5259292349264251)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nrom:w1", "did you mean norm"),
        ("cancellation", "of what"),
        ("share:w1", "a share is of a path"),
        ("w1:h1>y", "no quantity"),
        ("loss:w1", "one loss"),
    ],
)
def test_what_cannot_be_asked(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        column(text)


def test_names_that_are_not_there() -> None:
    for text in ("w9", "output:h9", "log10:w*", "share:w1:h1>h9>y", "share:w1:h1>y[2]"):
        with pytest.raises(
            UsageError, match=r"--show (gradient:)?(w9|output:h9|log10:w\*|share:).*(w3|names 4|are x, h1)"
        ):
            value(text)


def test_a_column_has_to_be_in_one_of_the_networks() -> None:
    shallow, deep = (Variants(language.read("deep"), ("depth",)).network((depth,)) for depth in (3, 20))
    check(columns(["w5", "share:w1:h1>h2>h4>y"], (), None), [shallow, deep])
    with pytest.raises(UsageError, match="w5"):
        check(columns(["w5"], (), None), [shallow, shallow])


def test_the_default_is_the_loss_and_the_first_gradient() -> None:
    network = language.load("residual")[0]
    assert [one.name for one in columns((), (), network)] == ["loss", "gradient:w1"]
    assert [one.name for one in columns((), ("w2", "w3"), network)] == ["loss", "gradient:w2", "gradient:w3"]
    assert [one.name for one in columns(("w1",), ("w2",), network)] == ["gradient:w1", "gradient:w2"]
    assert [one.name for one in with_theory(columns(("w1",), (), network), [network])] == ["gradient:w1", "bound:w1"]
    assert all(name in QUANTITIES for name in ("loss", "gradient", "share"))


def test_theory_stands_after_each_gradient() -> None:
    shallow, deep = (Variants(language.read("deep"), ("depth",)).network((depth,)) for depth in (3, 20))
    asked = columns(("loss", "w1", "log10:w2"), (), None)
    told = ["loss", "gradient:w1", "bound:w1", "log10:w2"]
    assert [one.name for one in with_theory(asked, [shallow])] == told
    told[3:3] = ["blocks:w1", "binomial:w1"]
    assert [one.name for one in with_theory(asked, [shallow, deep])] == told


def test_blocks_are_those_of_residual_networks() -> None:
    assert value("blocks:w1", "resnet") == pytest.approx(1.148, abs=1e-3)
    assert value("binomial:w1", "deep") == pytest.approx(1.083, abs=1e-3)
    assert value("blocks:w1", "plain") is None


DENSE = {
    "input": [0.5] * 24,
    "target": [0.2] * 24,
    "activation": "tanh",
    "seed": 3,
    "layers": [{"weight": {"init": "xavier_normal"}, "width": 24}] * 3,
}


def test_theory_is_that_of_the_rooms_of_theory() -> None:
    at = point(language.load(DENSE)[0])
    (w1,) = subjects(at.graph.network, ["w1"])
    expected, law = expected_log10(at, w1), bounds(at)
    assert expected is not None and law is not None
    assert value("mean_field:w1", DENSE) == pytest.approx(10**expected)
    assert value("bound:w1", DENSE) == law.of(w1)
    assert value("mean_field:w1") is None
    assert value("bound:w1", {"input": 1, "target": 0, "activation": "exp", "weights": [1, 2]}) is None


@pytest.mark.slow
def test_of_a_network_of_arrays_too() -> None:
    """Wider than is computed unit by unit."""
    layers = [
        {"weight": {"init": "normal", "std": 0.1}, "width": 150},
        {"weight": {"init": "normal", "std": 0.1}, "width": 1},
    ]
    wide = {"input": [0.5] * 150, "target": 1, "activation": "tanh", "seed": 1, "layers": layers}
    sums = paths(language.load(wide)[0], wrt=["w1"], top=1).sums["w1"]
    for part in ("magnitude", "cancellation", "entropy", "effective_paths"):
        assert value(f"{part}:w1", wide) == pytest.approx(getattr(sums, part), rel=1e-12)
    assert value("paths:w1", wide) == 1 and value("largest:w1", wide) == pytest.approx(1)
    assert value("share:w1:h1-y", wide) == pytest.approx(1) and value("share:w1:h1", wide) == 0
    assert value("norm:w1", wide) == pytest.approx(10 ** value("log10:w1", wide))
    assert value("bound:w1", wide) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("w9", "--show gradient:w9: no parameter or node has that name; names are w1, w2, w3, w_r, x, h1, h2, y"),
        ("output:h9", "--show output:h9: there is no node h9; nodes are x, h1, h2 and y"),
        ("log10:w*", "--show log10:w*: a column is of one gradient, and w* names 4"),
        ("norm:h*", "--show norm:h*: a column is of one gradient, and h* names 2"),
        ("share:w1:h1-z-y", "--show share:w1:h1-z-y: there is no node z; nodes are x, h1, h2 and y"),
        ("share:w1:h1[0]-y", "--show share:w1:h1[0]-y: there is no unit h1[0]; units are x, h1, h2 and y"),
        ("w1[1]", "--show gradient:w1[1]: w1 has no such entry; indices count from 0, and w1 is a number"),
    ],
)
def test_what_a_network_does_not_have(text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        value(text)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nrom:w1", "--show nrom:w1: there is no quantity nrom; did you mean norm?"),
        ("cancellation", "--show cancellation: of what? Name a parameter, such as cancellation:w1"),
        ("", "--show : of what? Name a parameter, such as norm:w1"),
        ("loss:w1", "--show loss:w1: there is one loss, of the whole network: --show loss"),
        ("share:w1", "--show share:w1: a share is of a path, such as share:w1:h1-y"),
        ("norm:w1:h1", "--show norm:w1:h1: a share is of a path, such as share:w1:h1-y"),
        ("output", "--show output: of what? Name a parameter, such as output:w1"),
    ],
)
def test_what_no_network_has(text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        column(text)
    assert str(error.value) == message


def test_a_column_has_one_name_however_it_is_asked_for() -> None:
    assert column("w1").name == column("gradient:w1").name == "gradient:w1"
    assert column("share:w1: h1 → y ").name == column("share:w1:h1>y").name == "share:w1:h1-y"
    assert column("loss").name == "loss" and column("norm").name == "norm"
    assert [one.name for one in columns(["w1", "loss", "gradient:w1"], (), None)] == ["gradient:w1", "loss"]
    assert [one.name for one in columns([], (), None)] == ["loss"]


def test_what_may_span_powers_of_ten_is_drawn_by_its_size() -> None:
    """All but logarithms, shares, ratios, bits and numbers of blocks, and outputs, which have signs."""
    others = {"log10", "largest", "share", "cancellation", "entropy", "blocks", "binomial", "window", "output"}
    assert {name for name, one in QUANTITIES.items() if not one.logarithmic} == others
