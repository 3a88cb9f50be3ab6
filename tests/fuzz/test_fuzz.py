"""Random command lines end in an answer or in an error that says why, never in a mistake of the program's own."""

from __future__ import annotations

from typing import Any

import pytest
from fuzz.command_lines import CommandLine
from fuzz.search import Tally, attempt, here, in_files, judged

SEED = 14


def faults(tally: Tally) -> list[str]:
    return [f"{fault.kind} (--seed {SEED} --only {fault.number})\n{fault.text}" for fault in tally.faults]


def accepted(tally: Tally) -> float:
    return sum(map(tally.accepted.__getitem__, ("ordinary", "extreme"))) / sum(tally.statuses.values())


@pytest.mark.parametrize("first", range(1, 21, 10))
def test_random_command_lines(first: int) -> None:
    tally = Tally()
    for number in range(first, first + 10):
        attempt(SEED, number, tally)
    assert not tally.faults, faults(tally)


@pytest.mark.slow
@pytest.mark.parametrize("first", [21, 1000, 1100])
def test_many_random_command_lines(first: int) -> None:
    tally = Tally()
    for number in range(first, first + 100):
        attempt(SEED, number, tally)
    assert not tally.faults, faults(tally)
    assert accepted(tally) > 0.5


FOUND: dict[str, tuple[str, dict[str, Any]]] = {
    "a bias of all units before a norm, of whose gradient rounding alone is left": (
        "explain spec --wrt P0 --set P0=710 --format python",
        {
            "input": [[-0.2610030706243603, -0.014329580348004094], ["-1/7", 0.19037871033776868]],
            "layers": [
                {"weight": [[-1.07, 88.7], [2.04, 0.64], [-0.05, 0.59]], "bias": "P0", "activation": "layer_norm"},
                {"activation": "hard_swish"},
            ],
            "loss": "sse",
            "target": [[-0.32, -0.33, 2.03], [0.73, 1.99, 1.66]],
            "parameters": {"P0": 1.4503582395087},
        },
    ),
    "weights near the end of float64 that the certificate moves beyond it": (
        "explain spec --wrt w2",
        {"input": -0.49, "target": 1, "activation": "softplus", "weights": [-1.7e308, 16, 0, 709.7]},
    ),
    "numbers that a loss scale takes out of the range of float64": (
        "precision spec --loss-scale 65536 --format json",
        {
            "input": {"a": 0, "b": 2},
            "target": 2,
            "loss": "mae",
            "layers": [
                {"from": ["a", "b"], "join": "min", "activation": "tanh"},
                {"weight": -1.7e308, "activation": "identity"},
            ],
        },
    ),
    "gradients that no float64 holds, on what looks like a kink": (
        "check spec --format json",
        {
            "input": [0.1, 1e308, 3e-9],
            "target": 0,
            "loss": "sse",
            "layers": [
                {"weight": [[1e308, -746, 1e160]], "activation": "cos"},
                {"from": {"h1": 36.8, "x": [[-1.7e308, 0.5, 0.46]]}, "join": "multiply", "activation": "sin"},
            ],
        },
    ),
    "a loss of logits that are infinite in float64": (
        "diagnose spec --tries 0 --format csv",
        {
            "input": [[1e300, 1], [1, 1e308]],
            "loss": "nll",
            "target": [[0.5], [-1]],
            "layers": [
                {"weight": [[0.1, -745.2]], "activation": "layer_norm"},
                {"weight": 1, "activation": "log_softmax"},
            ],
            "skips": [{"from": "x", "to": "h1", "into": "output", "weight": [[1e160, 9e15]]}],
        },
    ),
    "an alpha that a list of weights has no place for": (
        "train spec --steps 2 --save trained.json",
        {"input": 1, "target": 1, "activation": "prelu", "weights": [-2, -2, 0.3]},
    ),
    "a norm of numbers of more than a million powers of ten": (
        "draw spec --format text --values forward --units",
        {
            "input": [[1], [2]],
            "target": [1, 1],
            "layers": [{"weight": [[1], [2]]}, {"weight": [[1e9, 1]], "activation": "exp"}],
        },
    ),
    "a condition on a norm that no float64 holds": (
        "check spec --require norm(*)<10 --require loss<3 --format json",
        {"input": 1e200, "target": 0, "activation": "identity", "weights": [1e100, 1e10]},
    ),
    "a long chain of tanh through SymPy": (
        "check spec --format json",
        {
            "input": [0.64, -0.83],
            "loss": "output",
            "activation": "tanh",
            "skips": {"every": 4},
            "weights": [31, 12, 37, 13, 28, 19, 43, 38, 1e-9, 34, 19],
        },
    ),
    "a wide layer with such weights": (
        "explain spec --wrt w1",
        {
            "input": [1, 2],
            "target": 1,
            "activation": "relu",
            "layers": [{"weight": [[1.7e308, 1.0]] * 140}, {"weight": [[0.1] * 140]}],
        },
    ),
    "the gradient of a unit of a batch, all of it 0": (
        "compute spec --wrt h1[0]",
        {"input": [[1], [2], [3]], "layers": [{"weight": 1, "activation": "sign"}, {"weight": 0}], "loss": "output"},
    ),
    "weights whose sum overflows, under theory": (
        "sweep spec --vary seed=1..3 --theory",
        {
            "input": [1, -1],
            "target": 1,
            "activation": "tanh",
            "layers": [{"weight": [[1.7e308] * 2] * 16}, {"weight": {"init": "normal"}, "width": 1}],
        },
    ),
    "exact constants beside numbers that have hundreds of digits as fractions": (
        "explain spec --wrt b1 --symbolic",
        {
            "input": "-1/3 + 1/5",
            "target": "1/3",
            "layers": [{"weight": 0.7, "bias": [5e-324], "activation": {"name": "rms_norm", "eps": 1e160}}],
        },
    ),
    "weights drawn beyond float64": (
        "compute spec",
        {"input": [1, 2], "target": 1, "layers": [{"weight": {"init": "xavier_uniform", "gain": 1e308}, "width": 1}]},
    ),
    "a gradient of hinge that is the integer 0": (
        "train spec --steps 2",
        {"input": 2, "target": 1, "loss": "hinge", "activation": "identity", "weights": [2, 2]},
    ),
    "selu before a loss, in low precision": (
        "precision spec --simulate --dtype bfloat16",
        {"input": 0.5, "target": 1, "activation": "selu", "weights": [0.2, 0.1]},
    ),
    "skips across every block, trained, beside one whose weight is tied": (
        "train spec --steps 1 --save trained.yaml",
        {
            "input": 0.5,
            "target": 1,
            "weights": [0.2, 0.1, 0.3],
            "parameters": {"P": 0.3},
            "skips": [{"every": 2, "weight": 0.5}, {"from": "x", "to": "h1", "into": "output", "weight": "P"}],
        },
    ),
    "a number that rounds beyond float64": (
        "compute spec --format markdown --digits 1",
        {"input": 1, "target": 1, "activation": "identity", "weights": [1.7e308, 1]},
    ),
    "a sine of 10^300, of which a program in float64 has no digit": (
        "explain spec --wrt P --dps 30 --format python",
        {
            "input": 0.3,
            "target": 1,
            "parameters": {"P": -1},
            "activation": "sin",
            "layers": [{"weight": "10^300", "bias": "P", "activation": "softplus"}, {"weight": 1}],
        },
    ),
    "a skip behind a softmax, whose derivative is no number for each unit": (
        "check spec --got L=0.25",
        {
            "input": [1.9, 0.3],
            "target": -0.28,
            "layers": [
                {"weight": [[0.85, 0.2], [0.1, -0.4]], "activation": "softmax"},
                {"weight": [[0.8, 0.1]], "activation": "tanh"},
            ],
            "skips": [{"from": "x", "to": "h1", "into": "output"}],
        },
    ),
    "mean-field theory of numbers whose squares no float64 holds": (
        "sweep spec --vary seed=0..1 --show w2 --theory",
        {
            "input": [1, 1e160],
            "target": 1,
            "layers": [
                *[{"weight": {"init": "normal"}, "width": 9, "activation": "relu"}] * 2,
                {"weight": {"init": "normal"}, "width": 1, "activation": "identity"},
            ],
        },
    ),
    "mean-field theory of a network beside one whose weights have a variance of 10^600": (
        "compare spec --theory",
        {
            "input": [0.5, -0.2],
            "target": [1, 0],
            "activation": "hard_swish",
            "layers": [
                {"weight": {"init": "normal", "std": 1e300}, "width": 9},
                {"weight": {"init": "normal"}, "width": 2},
            ],
            "skips": [{"from": "x", "to": "y"}],
        },
    ),
    "a formula that is NaN at infinity": (
        "compute spec",
        {"input": 1e308, "target": 1, "layers": [{"weight": 1, "activation": {"formula": "log(1 + x^2)"}}]},
    ),
}


SLOW = {
    "a wide layer with such weights", "a long chain of tanh through SymPy",
    "a bias of all units before a norm, of whose gradient rounding alone is left",
}  # fmt: skip


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in FOUND])
def test_what_was_found_once(name: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    arguments, spec = FOUND[name]
    line = CommandLine(arguments.split(), [spec], True)
    given = in_files(line)
    assert judged(line, given, here(given)) == ("", "")
