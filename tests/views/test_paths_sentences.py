"""What `paths` says in words, and of whom: parts, zeros, spread, many gradients at once, numbers of any size."""

from __future__ import annotations

from decimal import Decimal
from math import comb
from typing import Any

import pytest
from path_specs import BATCH, BLOCKS, CANCELLING, DEAD, TIED

from gradcalc import language
from gradcalc.analysis.path_analysis import paths
from gradcalc.analysis.results import LengthTerm, Part, PathAnalysis, PathSums, mean_magnitude
from gradcalc.arithmetic.extended import Extended
from gradcalc.expressions.numerals import superscript
from gradcalc.report.report import Style, format_module
from gradcalc.views.paths_page import report


def asked(data: Any, *names: str, **options: Any) -> PathAnalysis:
    return paths(language.load(data)[0], wrt=names, **options)


def page(analysis: PathAnalysis, every: bool = False) -> str:
    return "".join(format_module("table").render(report(analysis, every=every), Style(all_rows=every)))


def by_hand(value: Any, *terms: LengthTerm, arithmetic: str = "float64") -> PathAnalysis:
    """Sums of positive contributions."""
    count = sum(term.count for term in terms)
    sums = PathSums("w1", count, value, value, 1.0, 1.0, Decimal(2), terms, ())
    return PathAnalysis(language.load("residual")[0], arithmetic, None, {"w1": sums})


def term(length: int, count: int, contribution: Any) -> LengthTerm:
    """The paths of one length, alike."""
    with Extended.context():
        return LengthTerm(length, count, contribution, contribution, mean_magnitude(contribution, count))


def test_a_part_is_not_called_the_gradient() -> None:
    text = page(asked("deep", "w1", part=Part(through=("h10",), avoid=("h20",))))
    assert text.splitlines()[0].endswith(" · paths through h10, not through h20")
    text = page(asked("deep", "w1", part=Part(through=("h10",), avoid=("h21",))))
    assert "∂L/∂w1, paths through h10, not through h21: −" in text and "∂L/∂w1 = " not in text
    assert "\n∂L/∂w1 by path length, paths through h10, not through h21\n" in text
    assert "\nThe 10 largest of 262144 paths of ∂L/∂w1 through h10, not through h21\n" in text
    assert "% of this part of ∂L/∂w1 comes through paths of length" in text
    assert "Effective number of these paths: " in text


def test_a_part_without_paths_has_none() -> None:
    text = page(asked("residual", "w3", part=Part(through=("h1",))))
    assert text.splitlines()[1:] == ["∂L/∂w3, paths through h1: 0, there is no such path"]
    assert "∂h1/∂w2 = 0: no path from w2 to h1" in page(asked("residual", "w2", part=Part(of="h1")))


def test_from_a_node_it_is_that_nodes_derivative() -> None:
    text = page(asked("residual", "w1", part=Part(of="h2")))
    assert "∂h2/∂w1 = 0.00311505, from a single path of length 1" in text
    assert "\nThe path of ∂h2/∂w1\n" in text
    assert text.startswith("residual · sigmoid · derivatives of h2\n")
    assert page(asked("mazur", "w1", part=Part(of="h"))).startswith("mazur · sigmoid · derivatives of Σh\n")
    assert page(asked("mazur", "w1", part=Part(of="h[1]"))).startswith("mazur · sigmoid · derivatives of h[1]\n")


def test_zeros_are_explained() -> None:
    assert "Every path of ∂L/∂w1 has a factor of 0: h1 is inactive (z = −0.5)." in page(asked(DEAD, "w1"))
    assert "Every path of ∂h1/∂w1 has a factor of 0: h1 is inactive (z = −0.5)." in page(
        asked(DEAD, "w1", part=Part(of="h1"))
    )
    assert "Every such path of ∂L/∂w1 has a factor of 0." in page(asked(DEAD, "w1", part=Part(through=("h2",))))
    text = page(asked(CANCELLING, "x"))
    assert "Effective number of paths: 2.00 (2^1.00, from the entropy" in text
    assert "The contributions cancel: their sum is 0 in float64." in text
    assert " share of Σ|contribution|\n" in text and "50.0 %" in text


def test_why_all_contribute_0_is_told_of_the_digits_that_were_asked_for() -> None:
    spec = {"input": 100, "target": 1, "weights": [1], "activation": "sigmoid"}
    start = "Every path of ∂L/∂w1 has a factor of 0: y rounds to its target"
    assert f"{start} in float64" in page(asked(spec, "w1"))
    assert f"{start} with 30 decimal digits" in page(asked(spec, "w1", dps=30))


@pytest.mark.parametrize(
    ("weight", "said"),
    [
        (1.0, "Effective number of paths: 2.00 (2^1.00, from the entropy of the |contribution| shares). All"),
        (0.5, "Effective number of paths: 1.89 (2^0.918, from the entropy of the |contribution| shares)."),
        (1e-12, "All contributions have the same sign."),
        (0.0, "All contributions that are not 0 have the same sign."),
        (-0.25, "Contributions of opposite signs cancel: cancellation 1.67 (Σ|contribution| / |Σ contribution|)."),
        (-0.001, "Contributions of opposite signs cancel: Σ|contribution| is 0.2 % larger than |Σ contribution|."),
        (-1e-4, "Contributions of opposite signs cancel: Σ|contribution| is < 0.1 % larger than |Σ contribution|."),
        (-1e-12, "Contributions of opposite signs cancel: Σ|contribution| is < 0.1 % larger than |Σ contribution|."),
        (-1.0, "The contributions cancel: their sum is 0 in float64."),
    ],
)
def test_what_two_paths_have_in_common(weight: float, said: str) -> None:
    """y = h + w·h: shares 1/(1+w) and w/(1+w), also where they are lost in rounding."""
    skip = {"from": "h1", "to": "y", "weight": weight}
    net = {"input": 1, "loss": "output", "activation": "identity", "weights": [1.0, 1.0], "skips": [skip]}
    assert said in page(asked(net, "w1"))


@pytest.mark.parametrize(("sign", "same"), [(1, True), (-1, False)])
def test_signs_in_a_wide_network(sign: int, same: bool) -> None:
    """Two thousand units, each a path; one may have the other sign, and is lost in rounding."""
    pytest.importorskip("numpy")
    weights = [[0.5] * 1999 + [sign * 1e-13]]
    layers = [{"weight": [[1.0, 0.0]] * 2000}, {"weight": weights}]
    net = {"input": [1.0, 1.0], "loss": "output", "activation": "identity", "layers": layers}
    text = page(asked(net, "x[0]", top=1))
    assert ("All contributions that are not 0 have the same sign." in text) is same
    assert ("Contributions of opposite signs cancel" in text) is not same


def test_many_gradients_are_a_table_with_the_first_of_them_by_its_paths() -> None:
    text = page(asked("mazur"))
    assert text.count(" by path length") + text.count(" paths of ∂L/") == 1
    assert text.count("\nThe 8 paths of ∂L/∂w1\n") == 1
    assert [line.split()[0] for line in text.splitlines() if line.startswith(" ∂L/∂")] == [
        *("∂L/∂w1", "∂L/∂b1", "∂L/∂w2", "∂L/∂b2")
    ]
    every = page(asked("mazur"), every=True)
    assert all(f" paths of ∂L/∂{name}\n" in every for name in ("w1", "b1", "w2", "b2"))


def test_in_the_table_all_are_norms_and_shares_of_the_magnitude_where_some_are_matrices() -> None:
    """The bias is one number: its sum has a sign, and its largest path a share of it; beside norms neither is told."""
    analysis = asked(BATCH, top=1)
    lines = {line.split()[0]: line for line in page(analysis).splitlines() if line.startswith(" ∂L/∂")}
    sums = analysis.sums["b1"]
    assert sums.value < 0 and sums.cancellation > 1.01
    assert f"∂L/∂b1    {abs(sums.value):.6g}" in lines["∂L/∂b1"].replace("0 ", " ")
    for name, one in analysis.sums.items():
        share = 100 * abs(one.top[0].contribution) / one.magnitude
        assert lines[f"∂L/∂{name}"].split()[-2] == f"{share:.1f}"


def test_columns_are_explained_and_those_that_say_nothing_are_not_there() -> None:
    ranked, unranked = page(asked("residual")), page(asked("residual", top=0))
    assert "length: layers entered after the parameter's own; " in ranked
    assert "largest share of Σ|contribution|" in ranked
    equal = "how many equal paths have this entropy"
    assert f"; effective paths: 2^entropy of the |contribution| shares, {equal}; " in unranked
    assert "largest" not in unranked and "cancellation" not in unranked and " paths of " not in unranked
    assert " gradient  value  paths  length\n" in page(asked("circuit", top=0))
    assert "length: layers entered after the node." in page(asked("circuit", top=0))


def test_lengths_in_blocks() -> None:
    """19 blocks follow that of w1, and each is passed or skipped."""
    analysis = asked("resnet", "w1", unit="blocks")
    assert [(term.length, term.count) for term in analysis.sums["w1"].by_length] == [
        (k, comb(19, k)) for k in range(20)
    ]
    text = page(analysis)
    assert "Lengths in blocks range from 0 to 19; " in text
    assert "goes past that layer" in page(asked("resnet", "w1")) and "goes past" not in page(asked("deep", "w1"))
    assert "length: residual blocks passed after the parameter's own (block: what a skip crosses)" in text


def test_two_paths_that_would_read_alike_name_their_weights() -> None:
    text = page(asked("resnet", "w1", top=3))
    assert "w2, w41, 19 skips" in text
    assert "w2, w3, w4, w41, 18 skips" in text and "w2, w5, w6, w41, 18 skips" in text
    assert "4 weights" not in text


def test_a_tied_weight_tells_which_use_a_path_starts_at() -> None:
    rows = [line for line in page(asked(TIED, "w")).splitlines() if line.startswith((" h", " y "))]
    assert [row.split("  ")[0] for row in rows] == [" y", " h2 → y", " h1 → h2 → y"]


def test_counts_beyond_doubles_beside_doubles() -> None:
    text = page(by_hand(0.75, term(1, 10**320, 0.5), term(2, 3 * 10**320, 0.25)))
    assert " 1       1×10³²⁰  5.000×10⁻³²¹" in text
    assert " 2       3×10³²⁰  8.333×10⁻³²²" in text


@pytest.mark.parametrize("sign", ["", "-"])
def test_exponents_beyond_those_of_decimals(sign: str) -> None:
    """Python's own Decimals end at a million."""
    one, three, four = (Decimal(f"{digit}e{sign}1050000") for digit in (1, 3, 4))
    text = page(by_hand(four, term(1, 2, one), term(2, 4, three), arithmetic="extended"))
    exponent = superscript(f"{sign}1050000")
    assert f" 1       2      5.0×10{superscript(int(f'{sign}1050000') - 1)}" in text
    assert f" 2       4      7.5×10{superscript(int(f'{sign}1050000') - 1)}" in text
    assert text.count(f"×10{exponent}") == 3
    assert " 25.0 %" in text and " 75.0 %" in text
    assert "some contributions are outside the range of float64" in text


def test_a_mean_has_all_digits_before_the_point() -> None:
    terms = [term(1801, 1, 1.0), term(4500, 1, 1e-30)]
    assert "the mean length, weighted by |contribution|, is 1801." in page(by_hand(1.0, *terms))


def test_other_arithmetics_are_named() -> None:
    assert "Computed with 30 decimal digits." in page(asked("residual", "w1", dps=30))
    assert "Computed" not in page(asked(BLOCKS, "w1"))


# How many paths an entry has.


WIDE: dict[str, Any] = {
    "input": [[1, 2], [3, 4], [5, 6]], "target": [[1], [0], [1]], "activation": "tanh",
    "layers": [{"name": "h", "weight": [[0.1, 0.2], [0.3, 0.4]]}, {"weight": [[1, 2], [3, 4]]}, {"weight": [[1, 2]]}],
}  # fmt: skip


def first(data: Any, *names: str, **options: Any) -> str:
    opening = next(line for line in page(asked(data, *names, **options)).splitlines() if line.startswith("‖∂L/∂"))
    return opening.partition("; ")[2]


def test_the_paths_of_one_entry_are_told_apart_from_those_of_all() -> None:
    each = "paths each through single units in each of 3 examples (24 in all), all of length 2"
    assert first(WIDE, "w1") == f"its 4 entries are sums over 2 {each}"
    single = "come from a single path each through single units in each of 3 examples (12 in all), all of length 1"
    assert first(WIDE, "w2") == f"its 4 entries {single}"
    assert "the sum of 2 paths in each of 3 examples (6 in all), all of length 2" in page(asked(WIDE, "w1[0,0]"))
    one = WIDE | {"input": [1, 2], "target": 1}
    assert (
        first(one, "w1") == "its 4 entries are sums over 2 paths each through single units (8 in all), all of length 2"
    )


def test_every_example_has_entries_of_a_node_of_its_own() -> None:
    assert (
        first(WIDE, "h") == "its 6 entries are sums over 2 paths each through single units (12 in all), all of length 2"
    )


def test_entries_that_differ_in_their_paths_are_told_together() -> None:
    text = page(asked(WIDE, "w1", part=Part(("h[0]",))))
    assert "; its 4 entries are sums over paths through single units in each of 3 examples (12 in all)" in text


def test_a_list_that_stops_says_of_how_many_it_is() -> None:
    assert "\nThe 10 largest of 24 paths of ∂L/∂w1 in 3 examples\n" in page(asked(WIDE, "w1"))
    assert "\nThe largest of 24 paths of ∂L/∂w1 in 3 examples\n" in page(asked(WIDE, "w1", top=1))
    assert "\nThe 24 paths of ∂L/∂w1 in 3 examples\n" in page(asked(WIDE, "w1", top=24))
