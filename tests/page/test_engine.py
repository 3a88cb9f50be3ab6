"""The page computes what the command line computes: every row of activations, joins and losses, and random networks."""

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from page.programs import NODE, computed, run
from strategies import specs

import gradcalc
from gradcalc.activations import ACTIVATIONS
from gradcalc.analysis.point import point
from gradcalc.errors import GradcalcError
from gradcalc.losses import LOSSES
from gradcalc.network.network import Network, numbers
from gradcalc.views.report_page import is_live
from gradcalc.views.report_tables import by_rows

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")
CLOSE = 1e-12
WEIGHTS = [[[0.3, -0.2], [0.5, 0.7], [-0.4, 0.1], [0.6, 0.2]], [[0.1, 0.2, 0.3, 0.4], [-0.3, 0.5, -0.1, 0.2]]]


def size(values: list[Any]) -> float:
    """The largest |value| of those that are finite."""
    return max([abs(float(one)) for one in values if math.isfinite(float(one))], default=0.0)


def assert_same(network: Network, found: dict[str, Any]) -> None:
    """Values, adjoints, gradients and paths as the engine has them, to 1e-12 of the largest value or derivative there
    is: sums of such may cancel."""
    at, answer = point(network), gradcalc.compute(network, top=10)
    nodes = range(len(network.nodes))
    values, adjoints = ([numbers(rule(number)) for number in nodes] for rule in (at.output, at.adjoint))
    gradients = [numbers(at.gradient(number)) for number in range(len(network.parameters))]
    largest = {"value": max(map(size, values)), "derivative": max(map(size, [*adjoints, *gradients]))}

    def same(ours: list[Any], theirs: list[Any], what: str) -> None:
        scale = largest["value" if what.startswith(("output", "loss")) else "derivative"]
        for one, other in zip(map(float, ours), map(float, theirs), strict=True):
            assert one == other or abs(one - other) <= CLOSE * max(scale, 1), (network, what, one, other)

    same([found["loss"]], [at.loss], "loss")
    for number, node in enumerate(network.nodes):
        place = at.graph.outputs[number]
        for example in range(network.examples):
            same(found["values"][example][place], at.output(number)[example], f"output of {node.name}")
            same(found["adjoints"][example][place], at.adjoint(number)[example], f"adjoint of {node.name}")
    for number, parameter in enumerate(network.parameters):
        same(found["gradients"][number], numbers(at.gradient(number)), f"gradient of {parameter.name}")
        if found["paths"] is not None and answer.paths is not None and answer.paths[parameter.name].exact:
            theirs = answer.paths[parameter.name].top
            ours = found["paths"][number]
            sizes = [math.hypot(*map(float, numbers(path.contribution))) for path in theirs]
            same([math.hypot(*map(float, path["contribution"])) for path in ours], sizes, f"paths of {parameter.name}")
            by_name = {(tuple(path["nodes"]), tuple(path["through"]), path["at"]): path for path in ours}
            for path in theirs:
                other = by_name.get((path.nodes, path.through, path.at))
                if other is not None and len(by_name) == len(ours):
                    same(other["contribution"], numbers(path.contribution), f"path {path.nodes}")


def live(spec: dict[str, Any]) -> Network | None:
    """The network of a spec, None where it has no values or a page would not compute it."""
    try:
        network = gradcalc.load(spec)
        return network if is_live(gradcalc.compute(network, top=0)) else None
    except GradcalcError:
        return None


def test_every_activation() -> None:
    specs = [
        {
            "input": [0.5, 1.3],
            "layers": [
                {
                    "name": "h",
                    "weight": WEIGHTS[0],
                    "activation": {"name": name, **more},
                    "bias": [0.1, 0.2, -0.3, 0.4],
                },
                {"name": "y", "weight": [[0.1, 0.2], [-0.3, 0.5]] if more else WEIGHTS[1]},
            ],
            "target": [0.3, 0.2],
        }
        for name in ACTIVATIONS
        for more in ([{"pieces": 2}] if name == "maxout" else [{}])
    ]
    networks = list(map(gradcalc.load, specs))
    for network, found in zip(networks, computed(networks), strict=True):
        assert_same(network, found)


@pytest.mark.slow
def test_every_loss_behind_every_kind_of_output() -> None:
    networks = []
    for name, row in LOSSES.items():
        for output in ("identity", "sigmoid", "softmax", "log_softmax", "softplus"):
            layers = [
                {"name": "h", "weight": WEIGHTS[0], "activation": "tanh"},
                {"name": "y", "weight": WEIGHTS[1], "activation": output},
            ]
            spec: dict[str, Any] = {"input": [0.5, 1.3], "layers": layers, "loss": {"name": name, "scale": 1.5}}
            target = 1 if row.classes else [1, -1] if name == "hinge" else [1, 0.25]
            networks.append(live(spec | ({"target": target} if row.takes_target else {})))
    known = [network for network in networks if network is not None]
    assert {network.loss.name for network in known} == set(LOSSES)
    for network, found in zip(known, computed(known), strict=True):
        assert_same(network, found)


@pytest.mark.slow
def test_random_networks() -> None:
    networks: list[Network] = []

    @settings(max_examples=600, phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None)
    @given(specs())
    def draw(spec: dict[str, Any]) -> None:
        networks.extend(filter(None, [live(spec)]))

    draw()
    for start in range(0, len(networks), 60):
        some = networks[start : start + 60]
        for network, found in zip(some, computed(some), strict=True):
            assert_same(network, found)


def test_examples() -> None:
    networks = [gradcalc.load(name) for name in ("residual", "plain", "deep", "resnet", "mazur", "circuit", "rnn")]
    for network, found in zip(networks, computed(networks), strict=True):
        assert_same(network, found)


LISTS = ([0.5, 1e-7], [0.001, 0.0001, 0.00001], [[0.5, 1e-7], [0.0, 12345.0]], [[1e8, 0.123456789]], [1, 2.5])


def test_lists_have_one_notation_and_are_written_as_python_writes_them() -> None:
    shapes = [[len(one), len(one[0])] if isinstance(one[0], list) else [len(one)] for one in LISTS]
    calls = [rf"entries({numbers(one)}, {shape}, 6, '\n ')" for one, shape in zip(LISTS, shapes)]
    written = run(f"console.log(JSON.stringify([{', '.join(calls)}]))")
    assert written == [by_rows(one, 6) for one in LISTS]
    assert written[:2] == ["[5×10⁻¹; 1×10⁻⁷]", "[0.001; 0.0001; 0.00001]"]
    assert written[2:4] == ["[5×10⁻¹, 1×10⁻⁷;\n 0, 1.2345×10⁴]", "[1×10⁸, 1.23457×10⁻¹]"]
