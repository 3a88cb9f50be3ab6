"""Columns of a sweep: how they are asked for, and that each is what `compute` and `paths` say."""

from __future__ import annotations

from typing import Any

import pytest

from gradcalc import language
from gradcalc.analysis.path_analysis import paths
from gradcalc.analysis.point import point
from gradcalc.analysis.quantities import QUANTITIES, check, column, columns, read, with_theory
from gradcalc.errors import UsageError
from gradcalc.language.document import Variants


def value(text: str, source: Any = "residual") -> Any:
    return read(point(language.load(source)[0]), column(text))


def test_path_sums_are_those_of_paths() -> None:
    for source, name in (("residual", "w1"), ("mazur", "w1"), ("rnn", "Wh")):
        sums = paths(language.load(source)[0], wrt=[name], top=0).sums[name]
        for part in ("magnitude", "cancellation", "entropy", "effective_paths"):
            assert value(f"{part}:{name}", source) == pytest.approx(getattr(sums, part), rel=1e-12)


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
