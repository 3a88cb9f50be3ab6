"""Computations written out by hand, for the rooms that only show them: the residual net of the contract's example."""

from __future__ import annotations

from typing import Any

from gradcalc import activations as activations
from gradcalc import losses as losses
from gradcalc.analysis.results import Adjoints, Computation, LossValue, NodeValues, Path, Paths
from gradcalc.network.network import Edge, Input, Layer, Network, Parameter, Target

FORWARD = {
    "x": NodeValues(0.5),
    "h1": NodeValues(0.52497918747894, "sigmoid", 0.1, 0.24937604019289197),
    "h2": NodeValues(0.5131214662275662, "sigmoid", 0.052497918747894, 0.24982782712403884),
    "y": NodeValues(0.5259292349264251, "sigmoid", 0.10381006537065063, 0.24932767477613027),
}

BACKWARD = {
    "y": Adjoints(-0.9481415301471499, -0.2363979230702711),
    "h2": Adjoints(-0.023639792307027112, -0.005905877945728152),
    "h1": Adjoints(-0.024230380101599926, -0.006042476242105633),
    "x": Adjoints(-0.0012084952484211267),
}

GRADIENTS = {
    "w1": -0.0030212381210528165,
    "w2": -0.003100463005298157,
    "w3": -0.1213008488989689,
    "w_r": -0.12410398957513989,
}

LOG10 = {"w1": -2.5198150441461813, "w2": -2.5085734462846884, "w3": -0.9161361598024473, "w_r": -0.9062142569974966}

PATHS = {
    "w1": Paths(
        2,
        (
            Path(("h1", "y"), ("w_r",), 1, -0.002947598898254406, 0.9756261440350323),
            Path(("h1", "h2", "y"), ("w2", "w3"), 2, -7.363922279841091e-05, 0.02437385596496767),
        ),
    ),
    "w2": Paths(1, (Path(("h2", "y"), ("w3",), 1, GRADIENTS["w2"], 1.0),)),
    "w3": Paths(1, (Path(("y",), (), 0, GRADIENTS["w3"], 1.0),)),
    "w_r": Paths(1, (Path(("y",), (), 0, GRADIENTS["w_r"], 1.0),)),
}


def residual_network(**changes: Any) -> Network:
    """y = σ(w3·h2 + w_r·h1) with its numbers."""
    sigmoid = activations.bind("sigmoid")
    weights = {"w1": 0.2, "w2": 0.1, "w3": 0.1}
    parameters = [Parameter(name, "weight", (1, 1), [[value]]) for name, value in weights.items()]
    layers = [
        Layer(name, i + 1, 1, (Edge(i, i, f"w{i + 1}"),), "sum", None, None, sigmoid, None)
        for i, name in enumerate(("h1", "h2", "y"))
    ]
    layers[-1] = layers[-1]._replace(into_preactivation=(Edge(1, 3, "w_r"),))
    network = Network(
        name="residual",
        activation="sigmoid",
        loss=losses.bind("mse"),
        inputs=(Input("x", 1, [[0.5]]),),
        layers=tuple(layers),
        parameters=(*parameters, Parameter("w_r", "skip", (1, 1), [[0.1]])),
        targets=(Target(3, [[1.0]], 1),),
        batch=False,
        examples=1,
    )
    return network._replace(**changes)


def residual(**changes: Any) -> Computation:
    """What `compute` finds of the residual net, with the values of the contract."""
    computation = Computation(
        network=residual_network(),
        arithmetic="float64",
        loss=LossValue("mse", 0.22474309029744466, "(y - t)^2"),
        forward=FORWARD,
        backward=BACKWARD,
        gradients=GRADIENTS,
        log10=LOG10,
        paths=PATHS,
    )
    return computation._replace(**changes)


def without_target() -> Computation:
    """The same net where nothing says what its output should be."""
    network = residual_network(targets=())
    return residual(network=network, loss=None, backward=None, gradients=None, log10=None, paths=None)
