"""Deep chains, one unit wide or many, far out of the range of float64: every number against the chain rule at 60
digits.
"""

import json
from random import Random

import pytest
from reference.dense import Dense, Exact, drawn, mp, near
from reference.network import flat

from gradcalc.__main__ import run
from gradcalc.analysis.computation import compute
from gradcalc.language import load

DEEP = 2000


def largest(matrix):
    return max(map(abs, flat(matrix)))


def norm(matrix):
    return mp.sqrt(mp.fsum(x * x for x in flat(matrix)))


def check(chain, layers):
    """Every value, the loss, and the gradients by the input and by some layers, with their logarithms."""
    found = compute(load(chain.spec())[0], wrt=["x", *(f"w{n}" for n in layers)], top=1)
    exact = Exact(chain)
    assert found.arithmetic == "extended"
    near([node.output for node in found.forward.values()], exact.values, exact.scales)
    near(found.loss.value, exact.loss)
    gradients = {f"w{n}": (exact.gradient(n), exact.gradient_scale(n)) for n in layers}
    for name, (true, scales) in {"x": (exact.by_input(), exact.adjoint_scales[0]), **gradients}.items():
        near(found.gradients[name], true, scales)
        near(found.paths[name].top[0].contribution, true, scales)
        assert found.log10[name] == pytest.approx(float(mp.log10(norm(true))), rel=1e-13)
    return exact


@pytest.mark.slow
@pytest.mark.parametrize(("activation", "spread"), [("sigmoid", 0.003), ("tanh", 0.0005)])
def test_a_wide_net_of_random_weights_far_below_doubles(activation, spread):
    """200 layers of 64 units: every entry, though products of both signs cancel in each."""
    exact = check(drawn(Random(1), activation, 200, 64, spread), [1, 100, 200])
    assert largest(exact.gradient(1)) < mp.mpf("1e-400")
    assert largest(exact.by_input()) < mp.mpf("1e-400")


@pytest.mark.slow
def test_a_wide_linear_net_whose_values_pass_1e400():
    exact = check(drawn(Random(2), "identity", 50, 64, 1e8), [1, 25, 50])
    assert largest(exact.values[-1]) > mp.mpf("1e400")


def test_a_linear_chain_of_random_weights_whose_values_pass_1e400():
    """Every layer's value and every gradient."""
    generator, depth = Random(3), 250
    weights = [[[generator.choice((-1, 1)) * 10 ** generator.uniform(1, 3)]] for _ in range(depth)]
    exact = check(Dense("identity", weights, [0.3], [1]), range(1, depth + 1))
    assert largest(exact.values[-1]) > mp.mpf("1e400")


def printed(capsys, *arguments):
    """What a command prints as JSON, its numbers as they stand there."""
    assert run([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out, parse_float=mp.mpf)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A plain sigmoid chain of 2,000 layers, weights 1: as a file, and as it is exactly."""
    path = tmp_path_factory.mktemp("plain") / "plain.json"
    path.write_text(json.dumps({"input": 0.5, "target": 1, "activation": "sigmoid", "weights": [1] * DEEP}))
    return str(path), Exact(Dense("sigmoid", [[[1]]] * DEEP, [0.5], [1]))


@pytest.mark.slow
def test_every_gradient_of_a_plain_sigmoid_chain(plain, capsys):
    """The first is that of the project's numbers, −6.0464630558516529e-1298."""
    path, exact = plain
    facts = printed(capsys, "compute", path, "--top", "0")
    assert list(facts["gradients"]) == list(facts["log10"]) == [f"w{n}" for n in range(1, DEEP + 1)]
    near(facts["gradients"]["w1"], mp.mpf("-6.0464630558516529e-1298"))
    true = [exact.gradient(n)[0][0] for n in range(1, DEEP + 1)]
    near(list(facts["gradients"].values()), true)
    logarithms = [mp.log10(abs(x)) for x in true]
    assert list(map(float, facts["log10"].values())) == pytest.approx(list(map(float, logarithms)), rel=1e-14)


@pytest.mark.slow
def test_the_one_path_of_a_plain_sigmoid_chain(plain, capsys):
    """As `compute` and as `paths` print it."""
    path, exact = plain
    true = exact.gradient(1)[0][0]
    shown = printed(capsys, "compute", path, "--wrt", "w1")["paths"]["w1"]["top"]
    sums = printed(capsys, "paths", path, "--wrt", "w1")["wrt"]["w1"]
    assert (len(shown), sums["count"], len(sums["by_length"]), len(sums["top"])) == (1, 1, 1, 1)
    length = sums["by_length"][0]
    near([shown[0]["contribution"], sums["top"][0]["contribution"], sums["value"], length["contribution"]], [true] * 4)
    near([sums["magnitude"], length["magnitude"]], [abs(true)] * 2)
    assert shown[0]["length"] == sums["top"][0]["length"] == length["length"] == DEEP - 1
    near([shown[0]["share"], sums["cancellation"], sums["effective_paths"]], [1] * 3)
    assert sums["entropy"] == pytest.approx(0, abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["compute", "paths", "explain", "draw", "diagnose"])
def test_every_command_answers_for_a_wide_net_of_all_structures_out_of_range(command, tmp_path):
    """Coupled units, pieces, joins, a part of a concatenation, a parametric activation, in arrays."""
    drawn = {"init": "normal", "std": 1e-120}
    spec = {
        "input": [[0.1 * (unit % 7) - 0.3 + example for unit in range(40)] for example in range(4)],
        "target": [[0.5] * 40] * 4,
        "activation": "tanh",
        "layers": [
            {"name": "a", "width": 40, "weight": drawn},
            {"name": "b", "width": 40, "weight": drawn, "activation": {"name": "prelu", "alpha": 0.2}},
            {"name": "c", "from": ["a", "b"], "join": "concat", "activation": "identity"},
            {"name": "d", "width": 40, "weight": drawn, "activation": {"name": "maxout", "pieces": 2}},
            {"name": "e", "from": ["d", "a"], "join": "multiply", "activation": "layer_norm"},
            {"name": "f", "width": 40, "weight": drawn},
        ],
        "skips": [{"from": "x", "to": "f", "weight": 1e-250}],
    }
    path = tmp_path / "net.json"
    path.write_text(json.dumps(spec))
    options = ["-o", str(tmp_path / "net.svg")] if command == "draw" else ["--json"]
    wrt = [] if command == "diagnose" else ["--wrt", "w1"]
    assert run([command, str(path), *wrt, *options]) == 0
