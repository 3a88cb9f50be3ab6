"""What `paths` says in words, and of whom: parts, zeros, spread, many gradients at once, numbers of any size."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from computations import residual_network
from path_specs import BATCH, BLOCKS, CANCELLING, DEAD, TIED

from gradcalc import language
from gradcalc.expressions.numerals import superscript
from gradcalc.questions.parts import Part
from gradcalc.questions.paths import paths
from gradcalc.report.formats import load
from gradcalc.report.report import Style
from gradcalc.results import LengthTerm, PathAnalysis, PathSums
from gradcalc.views.paths_page import report


def asked(data: Any, *names: str, **options: Any) -> PathAnalysis:
    return paths(language.load(data)[0], wrt=names, **options)


def page(analysis: PathAnalysis, every: bool = False) -> str:
    return "".join(load("table")(report(analysis, every=every), Style(all_rows=every)))


def by_hand(total: Any, *terms: LengthTerm, arithmetic: str = "double") -> PathAnalysis:
    """Sums of positive contributions."""
    count = sum(term.count for term in terms)
    sums = PathSums("w1", count, total, total, 1.0, 1.0, Decimal(2), terms, ())
    return PathAnalysis(residual_network(), arithmetic, {"w1": sums})


def test_a_part_is_not_called_the_gradient() -> None:
    text = page(asked("deep", "w1", part=Part(through=("h10",), avoid=("h21",))))
    assert "deep · sigmoid · mse · paths through h10, not through h21" in text
    assert "∂L/∂w1 by paths through h10, not through h21: −" in text and "∂L/∂w1 = " not in text
    assert "% of this part of ∂L/∂w1 arrives by paths of length" in text


def test_a_part_without_paths_has_none() -> None:
    text = page(asked("residual", "w3", part=Part(through=("h1",))))
    assert text.splitlines()[1:] == ["∂L/∂w3 by paths through h1: 0, for there is no such path"]
    assert "∂h1/∂w2 = 0, for there is no path" in page(asked("residual", "w2", part=Part(of="h1")))


def test_from_a_node_it_is_that_nodes_derivative() -> None:
    text = page(asked("residual", "w1", part=Part(of="h2")))
    assert "∂h2/∂w1 = 0.00311505, the sum of 1 path" in text
    assert "The largest of ∂h2/∂w1" in text


def test_zeros_are_explained() -> None:
    assert "Every path of ∂L/∂w1 has a factor of 0." in page(asked(DEAD, "w1"))
    assert "Every such path of ∂L/∂w1 has a factor of 0." in page(asked(DEAD, "w1", part=Part(through=("h2",))))
    text = page(asked(CANCELLING, "x"))
    assert "Entropy 1 bit: the 2 paths carry it evenly; they cancel altogether." in text
    assert "of Σ|path|" in text and "50.0 %" in text


@pytest.mark.parametrize(
    ("weight", "said"),
    [
        (1.0, "Entropy 1 bit: the 2 paths carry it evenly; no two of them cancel."),
        (1e-4, " bits: one of the 2 paths carries nearly all; no two of them cancel."),
        (0.5, "Entropy 0.918 bits: as if 1.89 of the 2 paths carried it evenly; no two of them cancel."),
        (-0.25, "carried it evenly; much cancels, Σ|path| is 1.67 times |their sum|."),
        (-0.1, "carried it evenly; little cancels, Σ|path| is 1.22 times |their sum|."),
    ],
)
def test_how_evenly_two_paths_carry_it(weight: float, said: str) -> None:
    """y = h + w·h: shares 1/(1+w) and w/(1+w)."""
    skip = {"from": "h1", "to": "y", "weight": weight}
    net = {"input": 1, "loss": "output", "activation": "identity", "weights": [1.0, 1.0], "skips": [skip]}
    assert said in page(asked(net, "w1"))


def test_many_gradients_are_a_table_with_the_first_of_them_taken_apart() -> None:
    text = page(asked("mazur"))
    assert text.count(" by path length") + text.count("The largest of") == 1
    assert text.count("\nThe largest of ∂L/∂w1\n") == 1
    assert [line.split()[0] for line in text.splitlines() if line.startswith(" ∂L/∂")] == [
        *("∂L/∂w1", "∂L/∂b1", "∂L/∂w2", "∂L/∂b2")
    ]
    every = page(asked("mazur"), every=True)
    assert all(f"The largest of ∂L/∂{name}" in every for name in ("w1", "b1", "w2", "b2"))


def test_in_the_table_all_are_norms_and_shares_of_the_magnitude_where_some_are_matrices() -> None:
    """The bias is one number: its sum has a sign, and its largest path a share of it; beside norms neither is told."""
    analysis = asked(BATCH, top=1)
    lines = {line.split()[0]: line for line in page(analysis).splitlines() if line.startswith(" ∂L/∂")}
    sums = analysis.sums["b1"]
    assert sums.total < 0 and sums.cancellation > 1.01
    assert f"∂L/∂b1  {abs(sums.total):.6g}" in lines["∂L/∂b1"].replace("0 ", " ")
    for name, one in analysis.sums.items():
        share = 100 * abs(one.top[0].contribution) / one.magnitude
        assert lines[f"∂L/∂{name}"].split()[-2] == f"{share:.1f}"


def test_columns_are_explained_and_those_that_were_not_asked_for_are_not_there() -> None:
    ranked, unranked = page(asked("residual")), page(asked("residual", top=0))
    assert "largest: the share of the largest path in Σ|path|." in ranked
    assert "effective: how many paths of one size would carry as much, 2^entropy; cancels:" in unranked
    assert "largest" not in unranked


def test_two_paths_that_would_read_alike_name_their_weights() -> None:
    text = page(asked("resnet", "w1", top=3))
    assert "w2, w41, 19 skips" in text
    assert "w2, w3, w4, w41, 18 skips" in text and "w2, w5, w6, w41, 18 skips" in text
    assert "4 weights" not in text


def test_a_tied_weight_tells_which_use_a_path_starts_at() -> None:
    rows = [line for line in page(asked(TIED, "w")).splitlines() if line.startswith((" h", " y "))]
    assert [row.split("  ")[0] for row in rows] == [" y", " h2 → y", " h1 → h2 → y"]


def test_counts_beyond_doubles_beside_doubles() -> None:
    text = page(by_hand(0.75, LengthTerm(1, 10**320, 0.5, 0.5), LengthTerm(2, 3 * 10**320, 0.25, 0.25)))
    assert " 1       1×10³²⁰  5×10⁻³²¹" in text
    assert " 2       3×10³²⁰  8.333×10⁻³²²" in text


@pytest.mark.parametrize("sign", ["", "-"])
def test_exponents_beyond_those_of_decimals(sign: str) -> None:
    """Python's own Decimals end at a million."""
    one, three, four = (Decimal(f"{digit}e{sign}1050000") for digit in (1, 3, 4))
    text = page(by_hand(four, LengthTerm(1, 2, one, one), LengthTerm(2, 4, three, three), arithmetic="extended"))
    exponent = superscript(f"{sign}1050000")
    assert f" 1       2      5×10{superscript(int(f'{sign}1050000') - 1)}" in text
    assert f" 2       4      7.5×10{superscript(int(f'{sign}1050000') - 1)}" in text
    assert text.count(f"×10{exponent}") == 3
    assert " 25.0 %" in text and " 75.0 %" in text
    assert "beyond the range of doubles" in text


def test_a_mean_has_all_digits_before_the_point() -> None:
    terms = [LengthTerm(1801, 1, 1.0, 1.0), LengthTerm(4500, 1, 1e-30, 1e-30)]
    assert "their mean, weighted by magnitude, is 1801." in page(by_hand(1.0, *terms))


def test_other_arithmetics_are_named() -> None:
    assert "Computed with 30 digits." in page(asked("residual", "w1", dps=30))
    assert "digits" not in page(asked(BLOCKS, "w1"))
