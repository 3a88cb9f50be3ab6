"""gradcalc in low precision against PyTorch on a CPU, on ten chains of single units, with skips and without.

    python -m tests.differential.low_precision > tests/differential/low_precision.json

PyTorch is no dependency of the project: an environment with it, NumPy, PyYAML, ml_dtypes and this project runs that,
which prints what PyTorch computes, by network and dtype: outputs, ∂L/∂output, δ and gradients. `test_low_precision.py`
holds ours against them. Weights, inputs and every tensor are of the dtype, the loss is computed in float32, as in
automatic mixed precision; `backward` is PyTorch's own.
"""

import json
import sys
from typing import Any

import gradcalc
from gradcalc.network.network import Network

DTYPES = ("float16", "bfloat16")


def chain(
    weights: list[float], activation: str, skips: Any = None, x: float = 0.5, target: float = 1.0
) -> dict[str, Any]:
    spec = {"input": x, "target": target, "activation": activation, "weights": weights}
    return spec if skips is None else {**spec, "skips": skips}


NETWORKS: dict[str, Any] = {
    "residual": "residual",
    "plain": "plain",
    "deep": "deep",
    "resnet": "resnet",
    "tanh": chain([0.9, -1.3, 0.7, 1.1, -0.8, 1.7, 0.4], "tanh", x=0.3, target=-0.2),
    "relu": chain([1.1, 0.9, 1.3, 0.7, 1.9, 0.6], "relu", {"every": 2, "into": "output"}, 0.7, 0.1),
    "sigmoid": chain([4.0, -3.5, 3.0, -2.5, 6.0, -7.0, 5.0, 2.0], "sigmoid", x=0.9, target=0.3),
    "vanishing": chain([0.3] * 24, "tanh", x=0.8, target=0.5),
    "exploding": chain([5.0] * 9, "identity", x=1.5, target=0.0),
    "skips": chain([0.6 + 0.1 * n for n in range(16)], "sigmoid", {"every": 2}, 0.4, 0.9),
}


def by_torch(network: Network, dtype: str) -> dict[str, list[float]]:
    """What PyTorch computes: one number for each node and parameter, in the order of the network."""
    import torch

    kind = getattr(torch, dtype)
    functions = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "identity": lambda z: z * 1}
    weights = [torch.tensor(one.value, dtype=kind, requires_grad=True) for one in network.parameters]
    nodes = [torch.tensor(network.inputs[0].rows[0][0], dtype=kind, requires_grad=True)]
    preactivations = []

    def read(edge: Any) -> Any:
        return nodes[edge.source] if edge.parameter is None else weights[edge.parameter] * nodes[edge.source]

    for layer in network.layers:
        z = read(layer.edges[0])
        for edge in (*layer.edges[1:], *layer.into_preactivation):
            z = z + read(edge)
        z.retain_grad()
        preactivations.append(z)
        output = functions[layer.activation.name](z)
        for edge in layer.into_output:
            output = output + read(edge)
        output.retain_grad()
        nodes.append(output)
    ((target,),) = network.targets[0].rows
    loss = (nodes[-1].float() - torch.tensor(target, dtype=torch.float32)) ** 2
    loss.backward()
    found = {"output": [node.item() for node in nodes], "loss": [loss.item()]}
    found["adjoint"] = [node.grad.item() for node in nodes]
    found["delta"] = [z.grad.item() for z in preactivations]
    found["gradient"] = [weight.grad.item() for weight in weights]
    return found


def main() -> int:
    import torch

    found: dict[str, Any] = {"source": f"PyTorch {torch.__version__} on a CPU"}
    for name, spec in NETWORKS.items():
        found[name] = {dtype: by_torch(gradcalc.load(spec), dtype) for dtype in DTYPES}
    json.dump(found, sys.stdout, indent=1)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
