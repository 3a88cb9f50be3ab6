"""What a loss is beside its exactness: conventions, domains, options, other arithmetics, formulas of a person's own."""

import math
import pickle
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st
from losses.reference import DERIVATIVES, VALUES, mp

from gradcalc.activations import ACTIVATIONS
from gradcalc.arithmetic.multiprecision import MpFunctions
from gradcalc.errors import DomainError
from gradcalc.expressions import decimal_functions
from gradcalc.expressions.expression import FormulaError
from gradcalc.losses import ALIASES, LOSSES, bind, from_formula, options_by_name


def test_every_loss_of_the_specification():
    assert set(LOSSES) == set(VALUES)


@pytest.mark.parametrize(
    ("name", "ys", "ts", "derivatives"),
    [
        ("mae", [1.0, 2.0], [1.0, 1.0], [0.0, 0.5]),
        ("hinge", [1.0, 0.5, 2.0], [1.0, 1.0, 1.0], [0.0, -1 / 3, 0.0]),
        ("hinge", [-1.0], [-1.0], [0.0]),
    ],
)
def test_at_a_kink_the_derivative_is_0(name, ys, ts, derivatives):
    loss = bind(name)
    assert loss.derivatives(ys, ts) == derivatives
    assert loss.is_kink(ys, ts) == [y == t if name == "mae" else y * t == 1 for y, t in zip(ys, ts)]


def test_the_hinge_sees_its_kink_through_the_rounding_of_the_product():
    y, t = 3.0, 1 / 3  # their product is 1 in doubles, and 1 − 2^−54 in truth
    assert y * t == 1.0
    assert bind("hinge").value([y], [t]) == 2.0**-54
    assert bind("hinge").derivatives([y], [t]) == [-t]
    assert bind("hinge").is_kink([y], [t]) == [False]


@pytest.mark.parametrize(
    "name", ["mse", "sse", "half_sse", "huber", "log_cosh", "bce", "cross_entropy", "nll", "kl", "poisson", "output"]
)
def test_smooth_losses_say_so(name):
    assert bind(name).is_kink is None


@pytest.mark.parametrize("name", [name for name, row in LOSSES.items() if row.takes == "any number"])
def test_losses_that_are_least_at_the_target_say_so(name):
    row = LOSSES[name]
    assert row.least_at_target == all(row.derivatives([t], [t]) == [0] for t in (-2.5, 0.0, 0.1, 3.0))


def test_what_a_loss_applies_itself_another_leaves_to_the_network():
    for row in LOSSES.values():
        for activation, other in row.applies.items():
            zs, ts = [0.3], [1.0]
            if row.classes:
                zs, ts = [0.3, -1.2, 0.7], [0.0, 1.0, 0.0]
            ys = ACTIVATIONS[activation].value(zs) if row.classes else [ACTIVATIONS[activation].value(zs[0])]
            assert row.value(zs, ts) == pytest.approx(LOSSES[other].value(ys, ts), rel=1e-14)
    assert {name for name, row in LOSSES.items() if row.takes == "logits"} == {
        name for name, row in LOSSES.items() if row.applies
    }


def test_mazurs_loss():
    """Matt Mazur, "A Step by Step Backpropagation Example": the outputs and the total error of the forward pass."""
    loss = bind("half_sse")
    assert loss.value([0.75136507, 0.772928465], [0.01, 0.99]) == pytest.approx(0.298371109, rel=1e-8)
    assert loss.derivatives([0.75136507], [0.01]) == [pytest.approx(0.74136507)]


@pytest.mark.parametrize(
    ("name", "y", "t", "said"),
    [
        ("bce", 1.5, 1.0, "from 0 to 1, and this one is 1.5"),
        ("bce", -0.5, 0.0, "from 0 to 1, and this one is -0.5"),
        ("bce", 1.0000000000002, 1.0, "from 0 to 1, and this one is 1.0000000000002"),
        ("bce", 0.0, 1.0, "logarithm of an output, and this one is 0"),
        ("bce", 1.0, 0.5, "bce takes the logarithm of 1 − an output, and this one is 1"),
        ("bce", 1.0, 0.0, "bce takes the logarithm of 1 − an output, and this one is 1"),
        ("bce", math.nan, 0.5, "from 0 to 1"),
        ("nll", 0.0, 1.0, "nll takes the logarithm of an output, and this one is 0"),
        ("nll", -2.0, 0.5, "this one is -2"),
        ("kl", -2.0, 0.5, "kl takes the logarithm of an output"),
        ("kl", 0.5, -1.0, "kl takes the logarithm of a target, and this one is -1"),
        ("poisson", 0.0, 1.0, "poisson takes the logarithm"),
    ],
)
def test_outside_the_domain(name, y, t, said):
    np = pytest.importorskip("numpy")
    loss = bind(name)
    for ask in (loss.value, loss.derivatives):
        with pytest.raises(DomainError, match=said):
            ask([y], [t])
    for ask in filter(None, (loss.values, loss.all_derivatives)):
        with pytest.raises(DomainError, match=said):
            ask(np.array([[0.5], [y]]), np.array([[1.0], [t]]))


@pytest.mark.parametrize(
    ("name", "y", "t", "value", "derivative"),
    [
        ("bce", 0.0, 0.0, 0.0, 1.0),
        ("bce", 1.0, 1.0, 0.0, -1.0),
        ("nll", 0.0, 0.0, 0.0, 0.0),
        ("kl", 0.0, 0.0, 0.0, 0.0),
        ("kl", 0.3, 0.0, 0.0, 0.0),
        ("poisson", 0.0, 0.0, 0.0, 1.0),
    ],
)
def test_a_target_of_0_asks_for_no_logarithm(name, y, t, value, derivative):
    loss = bind(name)
    assert (loss.value([y], [t]), loss.derivatives([y], [t])) == (value, [derivative])
    assert math.copysign(1, loss.value([y], [t])) == 1


def test_overflow_is_infinite_and_raises_nothing():
    early = bind("bce").after("sigmoid")
    assert early.derivatives([800.0], [0.0]) == [math.inf]
    assert early.value([800.0], [0.0]) == 800.0
    assert bind("nll").after("softmax").derivatives([0.0, 900.0], [1.0, 0.0]) == [-math.inf, 0.0]
    assert bind("mse").value([1e200, 1.0], [0.0, 0.0]) == math.inf
    assert bind("sse").value([1.2e154, 1.2e154], [0.0, 0.0]) == math.inf
    assert bind("output").value([1e308, 1e308], []) == math.inf


def test_options_scale_and_reduction():
    loss = bind("huber", reduction="sum", scale=-2, options={"delta": 0.5})
    assert loss.text == "huber(delta=0.5, reduction=sum, scale=-2)"
    assert (loss.reduction, loss.scale, loss.options) == ("sum", -2.0, {"delta": 0.5})
    assert loss.value([3.0], [1.0]) == -2 * 0.5 * (2 - 0.25)
    assert loss.derivatives([3.0, 1.1], [1.0, 1.0]) == [-0.5, pytest.approx(-0.1)]
    assert bind("huber").text == "huber"
    assert bind("huber").options == {"delta": 1.0}


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("huber", {"options": {"delta": 0.0}}, "delta is a positive number"),
        ("huber", {"options": {"beta": 1.0}}, 'huber has no option "beta"; it has delta'),
        ("mse", {"options": {"delta": 1.0}}, "it has none"),
        ("mse", {"reduction": "none"}, 'reduction is "mean" or "sum"'),
        ("mse", {"scale": math.inf}, "scale is a finite number"),
    ],
)
def test_bad_settings(name, settings, said):
    with pytest.raises(ValueError, match=said):
        bind(name, **settings)


def test_an_unknown_name():
    with pytest.raises(KeyError):
        bind("msee")


@pytest.mark.parametrize("name", [*LOSSES, "(y - t)^4"])
def test_losses_pickle(name):
    row = LOSSES.get(name) or from_formula(name)
    for scale, written in ((1.0, ""), (-2.5, "as written")):
        options = {} if scale == 1 else dict.fromkeys(row.options, 0.5)
        made = from_formula(name, "sum", scale) if name not in LOSSES else bind(name, "sum", scale, options)
        made = made._replace(written=written) if written else made
        again = pickle.loads(pickle.dumps(made))
        for part in ("name", "term", "text", "reduction", "scale", "given", "options", "written"):
            assert getattr(again, part) == getattr(made, part)
        assert again.value([0.25, 0.5], [0.5, 0.75]) == made.value([0.25, 0.5], [0.5, 0.75])
        assert (made.text == written) == bool(written)


def test_other_names():
    for alias, name in ALIASES.items():
        assert bind(alias).name == name and alias in LOSSES[name].all_aliases
    assert {ALIASES[name] for name in ("l1", "smooth_l1", "kl_div", "logcosh")} == {"mae", "huber", "kl", "log_cosh"}
    with pytest.raises(ValueError, match="smooth_l1 has no options; write huber"):
        bind("smooth_l1", options={"delta": 2.0})
    assert bind("huber_loss", options={"delta": 2.0}).options == {"delta": 2.0}
    known = options_by_name()
    assert set(known) == {*LOSSES, *ALIASES}
    taking = {name for name, options in known.items() if options}
    assert taking == {"huber", "huber_loss"} and known["huber"] == known["huber_loss"] == {"delta": 1.0}


def test_what_a_loss_takes():
    assert {name for name in LOSSES if bind(name).classes} == {"cross_entropy", "nll", "kl"}
    assert {name for name in LOSSES if not bind(name).takes_target} == {"output"}
    assert {name for name in LOSSES if bind(name).flat} == {"hinge"}
    assert {name for name in LOSSES if not bind(name).per_unit} == {"cross_entropy"}


def test_which_losses_read_preactivations():
    reads = {
        name: [a for a in ("identity", "sigmoid", "softmax", "log_softmax") if bind(name).after(a)] for name in LOSSES
    }
    both = ["softmax", "log_softmax"]
    assert {name: found for name, found in reads.items() if found} == {
        "bce": ["sigmoid"],
        "nll": both,
        "kl": both,
        "cross_entropy": both,
    }


def test_scale_and_reduction_reach_the_form_that_reads_preactivations():
    early = bind("bce", scale=3, reduction="sum").after("sigmoid")
    assert early.reduction == "sum"
    assert early.derivatives([0.0, 0.0], [0.0, 0.0]) == [3.0, 3.0]


def drawn(name):
    """Two units inside the domain of any loss."""
    inside = st.floats(0.01, 0.99)
    return inside if name != "hinge" else st.sampled_from([-0.5, 0.25, 2.0])


@pytest.mark.parametrize("name", VALUES)
@given(data=st.data())
def test_other_arithmetics_agree(name, data):
    ys, ts = ([data.draw(drawn(name)) for _ in range(3)] for _ in range(2))
    loss, many = bind(name, scale=0.5), MpFunctions(60)
    big = [many.number(y) for y in ys], [many.number(t) for t in ts]
    true = [mp.mpf(repr(y)) for y in ys], [mp.mpf(repr(t)) for t in ts]
    value, derivatives = loss.in_arithmetic(many).value(*big), loss.in_arithmetic(many).derivatives(*big)
    assert abs(mp.mpf(value) * 2 - VALUES[name](*true)) < 1e-45 * (1 + abs(value))
    for ours, expected in zip(derivatives, DERIVATIVES[name](*true)):
        assert abs(mp.mpf(ours) * 2 - expected) < 1e-45 * (1 + abs(expected))


def test_decimals():
    with localcontext() as context:
        context.prec = 30
        ys, ts = [Decimal("0.25"), Decimal(2)], [Decimal(1), Decimal(0)]
        value = bind("cross_entropy").in_arithmetic(decimal_functions).value(ys, ts)
        assert abs(value - (1 + Decimal("1.75").exp()).ln()) < Decimal("1e-28")
        mse = bind("mse").in_arithmetic(decimal_functions)
        assert mse.derivatives([Decimal("1e-400")], [Decimal(0)]) == [Decimal("2e-400")]


def test_formulas_are_summed_over_the_units():
    loss = from_formula("(y - t)^2 / 2")
    assert loss.value([0.5, 2.0], [1.0, 1.0]) == 0.625
    assert loss.derivatives([0.5, 2.0], [1.0, 1.0]) == [-0.5, 1.0]
    assert (loss.name, loss.text, loss.formula) == ("(y - t)^2 / 2",) * 3
    assert loss.is_kink is None and not loss.flat and not loss.classes


def test_formulas_with_kinks_domains_and_settings():
    loss = from_formula("abs(y - t) + log(y)", reduction="sum", scale=2)
    assert loss.is_kink([1.0, 2.0], [1.0, 1.0]) == [True, False]
    assert loss.derivatives([1.0], [1.0]) == [2.0]
    assert (loss.reduction, loss.scale) == ("sum", 2.0)
    with pytest.raises(DomainError, match="ln of -1"):
        loss.value([-1.0], [0.0])


def test_formulas_in_other_arithmetics():
    many = MpFunctions(60)
    loss, one, two = from_formula("exp(-y)*t/3").in_arithmetic(many), many.number(1), many.number(2)
    assert abs(loss.value([one], [two]) - 2 * many.exp(-one) / 3) < 1e-49
    assert abs(loss.derivatives([one], [two])[0] + 2 * many.exp(-one) / 3) < 1e-49


@pytest.mark.parametrize("text", ["", "y - x", "y +", "softmax(y)"])
def test_formulas_that_are_none(text):
    with pytest.raises(FormulaError):
        from_formula(text)


@pytest.mark.parametrize("name", ["softmax", None])
def test_kl_of_a_small_target_beside_a_share_as_small(name):
    """t ln(t/p) of t = 1e-130 and p = e^−300: of ln t and ln p, −299 and −300, the first digits cancel."""
    t, z = 1e-130, -300.0
    value = bind("kl").after(name).value([z, 0.0], [t, 0.0]) if name else bind("kl").value([math.exp(z)], [t])
    exact = mp.mpf(t) * (mp.log(mp.mpf(t)) - (mp.mpf(z) if name else mp.log(mp.mpf(math.exp(z)))))
    assert value == pytest.approx(float(exact), rel=3e-15, abs=0)


@pytest.mark.parametrize(
    ("activation", "ys", "ts", "value"),
    [
        ("softmax", [40.0, 0.0], [1.0, 0.0], math.log1p(math.exp(-40))),  # 1/p rounds to 1
        ("softmax", [-800.0, 0.0], [0.5, 0.5], 0.5 * (math.log(0.5) + 800) + 0.5 * math.log(0.5)),  # 1/p overflows
        (None, [5e-324], [0.5], 0.5 * (math.log(0.5) - math.log(5e-324))),  # t/y overflows
        (None, [1e100], [1e-300], 1e-300 * (math.log(1e-300) - math.log(1e100))),  # and underflows
    ],
)
def test_kl_where_a_ratio_says_nothing(activation, ys, ts, value):
    loss = bind("kl").after(activation) if activation else bind("kl")
    assert loss.value(ys, ts) == pytest.approx(value, rel=3e-15, abs=0)
