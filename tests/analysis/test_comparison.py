"""Networks side by side: the published values, ratios of any size, what answers to what, and the profile by layer."""

from __future__ import annotations

from decimal import Context, Decimal
from math import inf, log10
from typing import Any

import pytest
from mpmath import MPContext, mpf

from gradcalc import language
from gradcalc.analysis.comparison import (
    Comparison,
    NamedNetwork,
    Profile,
    compare,
    log10_rate,
    powers_of_ten,
    profile,
    ratio,
)
from gradcalc.analysis.point import point
from gradcalc.cli.options import Changes
from gradcalc.errors import DomainError, SpecError, UsageError
from gradcalc.parallel.networks_compared import networks_to_compare


def compared(*sources: str, vary: str = "", wrt: tuple[str, ...] = (), **changes: object) -> Comparison:
    networks, differ, _ = networks_to_compare(sources, Changes(**changes), [vary] if vary else [])  # type: ignore[arg-type]
    return compare(networks, wrt=wrt, differ=differ)


def near(value: float) -> object:
    return pytest.approx(value, rel=1e-13, abs=0)


def test_the_residual_net_beside_itself_without_its_skip() -> None:
    found = compared("residual")
    given, plain = found.networks
    assert (given.loss, plain.loss) == (near(0.22474309029744466), near(0.23733926355982646))
    assert given.gradients["w1"] == near(-0.0030212381210528165)
    assert plain.gradients["w1"] == near(-7.582885583984374e-05)
    assert found.ratios["w1"] == (1, near(39.842855171570825))
    assert found.ratios["w_r"] == (1, None)
    assert (given.paths.count("w1"), plain.paths.count("w1")) == (2, 1)
    assert given.paths.share("w1") == near(0.9756261440350323)
    path = given.paths.path("w1")
    assert path is not None and path.through == ("w_r",)


@pytest.mark.parametrize(
    ("name", "given", "plain"),
    [
        ("deep", -6.1859889336199905e-16, -2.8821134193176646e-37),
        ("resnet", -0.0003113148315331363, -1.0476141892597753e-13),
    ],
)
def test_forty_layers(name: str, given: float, plain: float) -> None:
    found = compared(name)
    assert [side.gradients["w1"] for side in found.networks] == [near(given), near(plain)]


def test_a_thousand_layers_are_numbers_beyond_doubles() -> None:
    given, plain = compared("deep", settings=["layers[0].repeat=999"]).networks
    assert plain.log10["w1"] == pytest.approx(-911.9703, abs=1e-4)
    assert given.log10["w1"] == pytest.approx(-345.2788, abs=1e-4)
    assert given.paths.count("w1") == 2**499


def test_several_specs_and_their_names() -> None:
    assert [side.name for side in compared("plain", "residual").networks] == ["plain", "residual"]
    assert [side.name for side in compared("plain", "plain").networks] == ["plain (1)", "plain (2)"]
    assert [side.short for side in compared("plain", vary="w1=0.1,0.2").networks] == ["w1=0.1", "w1=0.2"]


def test_a_skips_own_weight_may_be_set_where_the_plain_network_lacks_it() -> None:
    given, plain = compared("residual", settings=["w_r=0.5"]).networks
    assert given.gradients["w1"] != near(-0.0030212381210528165)
    assert plain.gradients["w1"] == near(-7.582885583984374e-05)


@pytest.mark.parametrize(
    ("sources", "vary", "message"),
    [
        (("plain",), None, "no skips"),
        (("plain",), "w1=1", "two values"),
        (("plain",), "w1=1,1", "two values"),
        (("plain",), "depth=3,4", "depth needs"),
        (("plain", "deep"), "w1=1,2", "--vary makes variants of one"),
    ],
)
def test_what_cannot_be_compared(sources: tuple[str, ...], vary: str | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        compared(*sources, vary=vary)


def test_a_variant_that_is_no_network_is_a_spec_error() -> None:
    with pytest.raises(SpecError, match="activation"):
        compared("plain", vary="activation=sigmoid,nope")


def test_without_a_target_there_is_nothing_to_compare() -> None:
    network = language.load({"input": 1, "weights": [1, 2]})[0]
    with pytest.raises(UsageError, match="no target"):
        compare([NamedNetwork("a", "a", network), NamedNetwork("b", "b", network)])


def test_a_name_has_to_be_in_one_of_the_networks() -> None:
    assert compared("plain", "residual", wrt=("w_r",)).names == ("w_r",)
    with pytest.raises(UsageError, match="nothing"):
        compared("plain", "residual", wrt=("nothing",))


def test_networks_of_different_depth_answer_to_each_other_from_the_output() -> None:
    rows = compared("deep", vary="depth=3,5").rows
    assert rows[0] == ("w3", "w5")
    assert rows[:3] == (("w3", "w5"), ("w2", "w4"), ("w1", "w3"))
    assert (None, "w1") in rows
    assert compared("deep", vary="depth=3,5", wrt=("w1",)).rows == (("w1", "w1"),)


def test_rows_of_a_layer_begin_with_its_weights() -> None:
    first = {"input": 1, "target": 0, "layers": [{"weight": 1, "bias": 1}, {"weight": 1, "bias": 2}]}
    second = {"input": 1, "target": 0, "weights": [1, 1, 1], "skips": [{"from": "h1", "to": "y", "weight": 2}]}
    networks = [language.load(data)[0] for data in (first, second)]
    rows = compare([NamedNetwork(str(number), str(number), network) for number, network in enumerate(networks)]).rows
    told = [("w2", "w3"), ("b2", None), (None, "w_h1_y"), ("w1", "w2"), ("b1", None), (None, "w1")]
    assert rows == tuple(told)


def test_ratios_of_any_size() -> None:
    assert ratio(3.0, 2.0) == 1.5
    assert ratio(None, 2.0) is None
    assert ratio(1.0, 0.0) is None
    assert ratio(0.0, 1.0) == 0
    assert f"{ratio(1e200, 1e-200):.3e}" == "1.000e+400"
    exact = MPContext()
    exact.dps = 40
    assert float(ratio(exact.mpf(3), 2.0)) == float(ratio(Decimal(3), exact.mpf(2))) == 1.5
    assert ratio(exact.mpf(1), exact.mpf(3)) == exact.mpf(1) / 3


def test_the_skip_slows_what_vanishes() -> None:
    """From 8.2 to 2.2 times per layer in `deep`; ∂L/∂z of a chain shrinks by |w|·σ′ each layer."""
    given, plain = (profile(side.at) for side in compared("deep").networks)
    assert given.log10_rate == pytest.approx(-log10(2.198), abs=1e-3)
    assert plain.log10_rate == pytest.approx(-log10(8.163), abs=1e-3)
    assert plain.nodes[0] == "y" and plain.nodes[-1] == "h1"


def test_a_rate_is_the_geometric_mean_of_the_factors_between_hidden_layers() -> None:
    assert log10_rate([9.0, 2.0, 1.75, 0.5]) == pytest.approx(-0.75)
    assert log10_rate([9.0, 2.0, 0.5]) == -1.5
    assert log10_rate([2.0, None, 0.5]) is None
    assert log10_rate([2.0, 1.0]) is None and log10_rate([1.0]) is None
    assert log10_rate([log10(2) * n for n in range(5)]) == pytest.approx(log10(2))


def test_a_rate_is_stated_only_where_it_describes_the_course() -> None:
    def rate(*sizes: float) -> float | None:
        return Profile(tuple(map(str, sizes)), sizes, sizes).log10_rate

    assert rate(0.0, -1.0, -2.0, -6.9, -6.0) == pytest.approx(-5 / 3)
    assert rate(0.0, -1.0, -2.0, -7.1, -6.0) is None
    assert rate(0.0, -4.0, -4.4, -4.8, -5.2) is None  # most of it at the output
    assert rate(0.0, 1.1, -2.0, -3.0) is None
    assert rate(0.0, -4.0, -3.5, -3.2) is None  # hidden layers go the other way


def test_a_rate_has_the_digits_that_logarithms_have_not() -> None:
    """The log10 of such sizes, a float64, is a multiple of 1/8."""
    hidden = {f"h{n}": Decimal(f"{2**n}e-900000000000000") for n in (4, 3, 2, 1)}
    found = Profile.of({"y": 1.0} | hidden)
    assert log10_rate(found.relative) == pytest.approx(-log10(2), rel=1e-12)
    assert log10_rate(found.log10) != pytest.approx(-log10(2), rel=0.01)
    assert Profile.of(hidden).rise == pytest.approx(-3 * log10(2), rel=1e-12)


def test_extremes_are_told_by_the_sizes_where_logarithms_are_the_same() -> None:
    far, numbers = Decimal("1e4000000000000"), ("2e20", "2.92605547e18", "2.92605546e18", "3e22", "1e22")
    sizes = {f"h{n}": Context(Emax=10**15).multiply(Decimal(number), far) for n, number in enumerate(numbers)}
    assert Profile.of(sizes).extremes == (("smallest", 2), ("largest", 3))
    assert Profile.of({"y": 1.0, "h2": 1.0 - 1e-15, "h1": 1.0}).extremes == ()
    assert Profile.of({"y": 1.0}).extremes == ()
    for size, told in ((10**-5e-10, (("smallest", 1),)), (10**-5e-11, ()), (10**5e-10, (("largest", 1),))):
        assert Profile.of({"y": 1.0, "h2": size, "h1": 1.0}).extremes == told
    assert Profile.of({"y": 1.0, "h2": 0.5, "h1": 0.5}).extremes == ()  # as at one of the ends


def test_rates_per_layer_of_any_size() -> None:
    tiny = {"input": 1, "target": 0, "weights": [1e-308] * 8}
    assert profile(point(language.load(tiny)[0])).log10_rate == pytest.approx(-log10(4) - 308, abs=0.01)


def test_rows_of_networks_of_different_depth_by_kind_and_by_place() -> None:
    """From the output back: what `parameters` name, weights, bias, alpha, then skips, each in the order of its layer;
    a tied weight stands where it is used nearest to the output, and what no layer of another has stands alone."""
    prelu = {"name": "prelu", "alpha": 0.1}
    deep = {
        "input": {"a": 1, "b": 2},
        "target": 0,
        "parameters": {"T": 0.5},
        "layers": [
            {"name": "g", "from": {"a": 1, "b": 2}, "bias": 1, "activation": prelu},
            {"name": "h", "weight": "T", "bias": 1},
            {"name": "y", "weight": "T"},
        ],
        "skips": [{"from": "a", "to": "y", "weight": 1}, {"from": "g", "to": "y", "weight": 1, "into": "output"}],
    }
    flat = {
        "input": 1,
        "target": 0,
        "parameters": {"S": 0.5, "R": 1},
        "layers": [{"name": "y", "weight": "S", "bias": 1, "activation": prelu}],
        "skips": [{"from": "x", "to": "y", "weight": 1}, {"from": "x", "to": "y", "weight": "R"}],
    }
    networks = [language.load(data)[0] for data in (deep, flat)]
    found = compare([NamedNetwork(name, name, network) for name, network in zip("df", networks)])
    y = [("T", "S"), (None, "R"), (None, "b1"), (None, "alpha1"), ("w_a_y", "w_x_y"), ("w_g_y", None)]
    h, g = [("b2", None)], [("w1_a", None), ("w1_b", None), ("b1", None), ("alpha1", None)]
    assert found.rows == (*y, *h, *g)


@pytest.mark.parametrize(
    ("one", "other", "quotient"),
    [
        (6.0, 3.0, 2.0),
        (2e-10, 1e290, 2e-300),
        (5e-11, 1e290, Decimal("5e-301")),
        (5e299, 1.0, 5e299),
        (1e290, 5e-11, Decimal("2e300")),
        (1e300, 1e-300, Decimal("1e600")),
        (0.0, 3.0, 0.0),
        (0.0, 0.0, None),
        (3.0, 0.0, None),
        (None, 3.0, None),
        (3.0, None, None),
        (inf, 3.0, None),
        (3.0, inf, None),
        (Decimal("1e-400"), 2.0, Decimal("5e-401")),
        (2.0, Decimal("1e-400"), Decimal("2e400")),
        (mpf(3), mpf(4), mpf("0.75")),
        (mpf(3), 4.0, Decimal("0.75")),
    ],
)
def test_ratios_of_numbers_of_any_size(one: Any, other: Any, quotient: Any) -> None:
    found = ratio(one, other)
    if isinstance(quotient, Decimal):
        assert isinstance(found, Decimal) and abs(found / quotient - 1) < Decimal("1e-15")
    else:
        assert found == quotient and type(found) is type(quotient)


@pytest.mark.parametrize(
    ("one", "other", "powers"),
    [
        (1000.0, 0.1, 4.0),
        (1e-300, 1e300, -600.0),
        (0.0, 1.0, None),
        (1.0, 0.0, None),
        (Decimal("1e400"), Decimal("1e-100"), 500.0),
        (Decimal(0), Decimal(1), None),
        (Decimal(1), Decimal(0), None),
    ],
)
def test_powers_of_ten_between_numbers(one: Any, other: Any, powers: float | None) -> None:
    assert powers_of_ten(one, other) == powers


@pytest.mark.parametrize(
    ("sizes", "rise", "rate"),
    [
        ((0.0, -1.0, -2.0, -3.0), -3.0, -1.0),
        ((0.0, 0.0, -2.0), -2.0, None),  # −2 a layer makes −4
        ((0.0, 0.0, -1.0), -1.0, -1.0),  # −1 a layer makes −2, one power of ten off
        ((0.0, 0.5, -1.0), -1.0, None),
        ((0.0, -1.0, 1.01, -3.0), -3.0, None),  # a layer more than a power of ten above both
        ((0.0, -1.0, 1.0, -3.0), -3.0, -1.0),
        ((0.0, 0.0, -4.1, 0.0, -3.0), -3.0, None),
        ((0.0, 1.0, -1.0), -1.0, None),
        ((0.0, None, -2.0), -2.0, None),
        ((None, -1.0, -2.0), None, None),
        ((0.0, -1.0), -1.0, None),
    ],
)
def test_a_rate_is_told_where_it_describes_the_course(sizes: Any, rise: float | None, rate: float | None) -> None:
    course = Profile(tuple(f"h{n}" for n in range(len(sizes), 0, -1)), sizes, sizes)
    assert (course.rise, course.log10_rate) == (rise, rate)


@pytest.mark.parametrize(
    ("last", "first", "rise"),
    [(-999.0, -999.5, -0.5), (-1000.0, -999.5, -2.5), (999.0, 1000.0, -2.5), (-2.0, 3.0, 5.0), (None, 1000.0, None)],
)
def test_far_logarithms_leave_the_rise_to_the_quotients(last: Any, first: Any, rise: float | None) -> None:
    assert Profile(("y", "h1"), (last, first), (0.5, -2.0)).rise == rise


def test_an_error_names_the_network() -> None:
    with pytest.raises(DomainError, match=r'^activation={"formula": "log\(x\)"}: h1: ln of -0.5'):
        compared("plain", vary="activation=tanh,{formula: log(x)}", settings=("weights[0]=-1",))
