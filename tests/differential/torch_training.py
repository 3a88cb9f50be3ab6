"""`gradcalc train` against PyTorch's optimizers in double precision: the loss and every parameter after 100 steps.

    python -m tests.differential.torch_training [--print]

Five networks of the spec language, each with SGD (momentum and weight decay), Adam and AdamW. The values of PyTorch
that `tests/analysis/test_training.py` holds are what `--print` writes (PyTorch 2.13.0, CPU).
"""

import sys
from typing import Any

import torch

import gradcalc

from .plain_spec import forward, read
from .torch_operations import TorchOperations, tensor
from .training_networks import NETWORKS, RULES, STEPS


def by_torch(spec: dict[str, Any], rule: dict[str, Any]) -> tuple[float, dict[str, Any]]:
    """The loss and the parameters after the steps, by `torch.optim`."""
    plan = read(spec)
    inputs = {name: tensor(value).detach() for name, value in plan.inputs.items()}
    parameters = {name: tensor(value) for name, value in plan.parameters.items()}
    common = {"lr": rule["lr"], "weight_decay": rule["weight_decay"]}
    if rule["optimizer"] == "sgd":
        optimizer: Any = torch.optim.SGD(list(parameters.values()), momentum=rule["momentum"], **common)
    else:
        kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[rule["optimizer"]]
        betas = rule.get("beta1", 0.9), rule.get("beta2", 0.999)
        optimizer = kind(list(parameters.values()), betas=betas, eps=rule.get("epsilon", 1e-8), **common)
    for _ in range(STEPS):
        optimizer.zero_grad()
        forward(plan, TorchOperations(), inputs, parameters).loss.backward()
        optimizer.step()
    loss = forward(plan, TorchOperations(), inputs, parameters).loss
    return loss.item(), {name: value.detach() for name, value in parameters.items()}


def main() -> int:
    worst = 0.0
    for name, spec in NETWORKS.items():
        for kind, rule in RULES.items():
            loss, parameters = by_torch(spec, rule)
            found = gradcalc.train(gradcalc.load(spec), steps=STEPS, **rule)
            differences = [abs(found.loss_after - loss) / abs(loss)]
            for parameter, value in parameters.items():
                ours = torch.tensor(found.parameters[parameter]).reshape(value.shape)
                differences.append(((ours - value).abs().max() / value.abs().max()).item())
            worst = max(worst, *differences)
            if "--print" in sys.argv:
                total = sum(value.sum().item() for value in parameters.values())
                squares = sum((value**2).sum().item() for value in parameters.values())
                print(f'    ("{name}", "{kind}"): ({loss!r}, {total!r}, {squares!r}),')
            else:
                print(f"{name:10} {kind:6} L = {loss:.12g}, differs by {max(differences):.1e}")
    print(f"the worst relative difference: {worst:.1e}", file=sys.stderr)
    return int(worst > 1e-10)


if __name__ == "__main__":
    sys.exit(main())
