"""Numbers that others have published for small networks, each with its source."""

import pytest

from gradcalc.analysis.computation import compute
from gradcalc.analysis.path_analysis import paths
from gradcalc.language import load

EXACT = 1e-14


def network(spec):
    return load(spec)[0]


def near(value, relative=EXACT):
    return pytest.approx(value, rel=relative, abs=0)


def without_skips(name):
    found = network(name)
    bare = [layer._replace(into_preactivation=(), into_output=()) for layer in found.layers]
    return found._replace(layers=tuple(bare))


def test_residual_net():
    """The question this calculator began with: printed as L = 0.2247, ∂L/∂w1 = −0.00295 − 0.000074."""
    found = compute(network("residual"))
    assert found.loss.value == near(0.22474309029744466)
    over_the_skip, through_h2 = found.paths["w1"].top
    assert over_the_skip.contribution == near(-0.002947598898254406)
    assert through_h2.contribution == near(-0.00007363922279841091)
    assert (over_the_skip.through, through_h2.nodes) == (("w_r",), ("h1", "h2", "y"))
    assert found.gradients["w1"] == near(-0.0030212381210528165)
    assert f"{found.loss.value:.4f}" == "0.2247"
    assert f"{over_the_skip.contribution:.5f}" == "-0.00295"
    assert f"{through_h2.contribution:.6f}" == "-0.000074"


def test_residual_net_without_its_skip():
    """The same net, the skip taken away: the gradient is 39.84 times smaller."""
    for bare in (without_skips("residual"), network("plain")):
        found = compute(bare)
        assert found.loss.value == near(0.23733926355982646)
        assert found.gradients["w1"] == near(-7.582885583984374e-05)


def test_mazur():
    """Matt Mazur, "A Step by Step Backpropagation Example" (2015)."""
    found = compute(network("mazur"), wrt=["w1[0,0]", "w2[0,0]"])
    assert found.loss.value == pytest.approx(0.298371109, abs=5e-10)
    assert found.gradients["w2[0,0]"] == pytest.approx(0.082167041, abs=5e-10)
    assert found.gradients["w1[0,0]"] == pytest.approx(0.000438568, abs=5e-10)
    first, second = found.paths["w1[0,0]"].top
    assert first.contribution == pytest.approx(0.0006683960, abs=5e-11)
    assert second.contribution == pytest.approx(-0.0002298283, abs=5e-11)
    assert (first.nodes, second.nodes) == (("h[0]", "o[0]"), ("h[0]", "o[1]"))
    assert (first.through, second.through) == (("w2[0,0]",), ("w2[1,0]",))


def test_mazur_after_one_step():
    """One step with rate 0.5, biases fixed; Mazur prints 0.291027924, which his own weights do not give."""
    before = network("mazur")
    gradients = compute(before).gradients
    assert [one.name for one in before.parameters if one.frozen] == ["b1", "b2"]
    moved = [
        one if one.frozen else one._replace(value=descended(one.value, gradients[one.name], 0.5))
        for one in before.parameters
    ]
    assert compute(before._replace(parameters=tuple(moved))).loss.value == near(0.29102777369359933)


def descended(value, gradient, rate):
    return [[v - rate * g for v, g in zip(*rows)] for rows in zip(value, gradient)]


def test_deep_net():
    """Forty sigmoid layers: identity skips into every second preactivation slow the vanishing."""
    assert compute(network("deep")).gradients["w1"] == near(-6.1859889336199905e-16, 1e-13)
    assert compute(without_skips("deep")).gradients["w1"] == near(-2.8821134193176646e-37, 1e-13)


def test_residual_blocks():
    """Forty tanh layers in blocks h + f(h): a path that nothing attenuates (He et al., "Identity Mappings", 2016)."""
    assert compute(network("resnet")).gradients["w1"] == near(-0.0003113148315331363, 1e-13)
    assert compute(without_skips("resnet")).gradients["w1"] == near(-1.0476141892597753e-13, 1e-13)


def test_recurrent_net():
    """Two steps of a recurrent net (Elman, "Finding Structure in Time", 1990), unrolled: weights are used twice."""
    found = compute(network("rnn"))
    assert found.loss.value == near(0.09938075343913763)
    assert found.gradients["Wx"] == near(-0.8334791554740275)
    assert found.gradients["Wh"] == near(-0.15880242066120803)
    assert found.gradients["b"] == near(-0.48983811517424475)
    assert found.gradients["Wy"] == near(-0.37784371922228854)


def test_circuit():
    """f = (x + y)·z at (−2, 5, −4): Stanford CS231n, "Backpropagation, Intuitions"."""
    found = compute(network("circuit"))
    assert found.loss.value == -12
    assert found.forward["f"].output == -12
    assert dict(found.gradients) == {"x": -4, "y": -4, "z": 3}


def residual_blocks(blocks):
    """h ↦ h + f(h), one unit wide."""
    return network(
        {
            "input": 0.5,
            "target": 1,
            "activation": "tanh",
            "layers": [{"weight": 0.5, "repeat": blocks}],
            "skips": {"every": 1, "into": "output"},
        }
    )


def test_paths_of_residual_blocks():
    """Veit, Wilber, Belongie, "Residual Networks Behave Like Ensembles of Relatively Shallow Networks" (2016), fig. 6:
    of the 2^54 paths of 54 blocks most have 19 to 35, while those of 5 to 17, which carry the gradient, are 0.45 %."""
    sums = paths(residual_blocks(54), wrt=["x"]).sums["x"]
    assert sums.count == 2**54
    counts = {term.length: term.count for term in sums.by_length}
    assert sum(counts.values()) == 2**54
    assert sorted(counts) == list(range(55))
    assert round(100 * sum(counts[n] for n in range(19, 36)) / 2**54, 1) == 98.0
    assert round(100 * sum(counts[n] for n in range(5, 18)) / 2**54, 4) == 0.4537


def test_a_value_used_twice_adds():
    """b = a + a has rate 2: micrograd's early bug set it to 1 (A. Karpathy, "The spelled-out intro to neural networks
    and backpropagation", 2022)."""
    found = compute(
        network(
            {
                "input": {"a": 3},
                "loss": "output",
                "activation": "identity",
                "layers": [{"name": "b", "from": ["a"]}],
                "skips": [{"from": "a", "to": "b"}],
            }
        )
    )
    assert found.loss.value == 6
    assert found.gradients == {"a": 2}
    assert found.paths["a"].count == 2


def test_apples():
    """Two apples at 100 with a tax of 1.1 cost 220: K. Saitoh, "Deep Learning from Scratch" (2016), ch. 5."""
    found = compute(
        network(
            {
                "input": {"price": 100, "number": 2, "tax": 1.1},
                "loss": "output",
                "activation": "identity",
                "layers": [
                    {"name": "apples", "from": ["price", "number"], "join": "multiply"},
                    {"name": "total", "from": ["apples", "tax"], "join": "multiply"},
                ],
            }
        )
    )
    assert found.loss.value == near(220)
    assert found.gradients == {"price": near(2.2), "number": near(110), "tax": near(200)}
