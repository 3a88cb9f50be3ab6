"""How parameters follow their gradients: the rules of optimizers.

With the gradient g of a number p, its learning rate η and its weight decay λ,

    sgd    g ← g + λp;  v ← μv + g;  p ← p − ηv                                   (Polyak 1964: μ is the momentum)
    adam   g ← g + λp;  m ← β₁m + (1 − β₁)g;  v ← β₂v + (1 − β₂)g²;
           p ← p − η·m̂/(√v̂ + ε)  with  m̂ = m/(1 − β₁ᵗ),  v̂ = v/(1 − β₂ᵗ)         (Kingma & Ba 2015, algorithm 1)
    adamw  p ← p − ηλp, then adam without λ                                       (Loshchilov & Hutter 2019)

in step t, counted from 1. Before all that, a gradient whose norm over all trained parameters is above `clip_norm` is
scaled to it, and to maximize the loss g is taken with the other sign.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import hypot, isfinite
from typing import Any

from gradcalc.errors import UsageError
from gradcalc.network.network import Index
from gradcalc.records import Record

Block = Any
"""What is updated at once: a number of a narrow network, or the array of a whole parameter."""
OPTIMIZERS = ("sgd", "adam", "adamw")


class Optimizer(Record):
    """How the parameters follow the gradient; `momentum` is of sgd, `beta1`, `beta2` and `epsilon` are of Adam."""

    name: str = "sgd"
    lr: float = 0.01
    momentum: float = 0.0
    weight_decay: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    clip_norm: float | None = None
    maximize: bool = False

    @property
    def rests(self) -> bool:
        """Whether a parameter with the gradient 0 stays where it is: nothing is remembered, and nothing decays."""
        return self.name == "sgd" and not self.momentum and not self.weight_decay


OF_ADAM = ("beta1", "beta2", "epsilon")


def optimizer(**given: Any) -> Optimizer:
    """The optimizer that options describe; None is not given. Raises UsageError for a number that makes no sense, and
    for one that the optimizer does not read."""
    name = given.get("optimizer") or "sgd"
    if name not in OPTIMIZERS:
        raise UsageError(f"--optimizer {name}: takes {', '.join(OPTIMIZERS)}")
    for option, value in given.items():
        shown = f"--{option.replace('_', '-')} {value}"
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            continue
        if not isfinite(value) or value < 0 or (value == 0 and option == "clip_norm"):
            raise UsageError(f"{shown}: takes a {'positive ' * (option == 'clip_norm')}number from 0 on")
        if option in ("momentum", "beta1", "beta2") and value >= 1:
            raise UsageError(f"{shown}: takes a number from 0 to 1, 1 excluded")
        if option in OF_ADAM and name == "sgd":
            raise UsageError(f"{shown}: has no effect, it is for adam and adamw")
        if option == "momentum" and name != "sgd":
            raise UsageError(f"{shown}: has no effect, it is for sgd; {name} has --beta1")
    return Optimizer(name, **{key: value for key, value in given.items() if key != "optimizer" and value is not None})


class Update(Record):
    """One update of a number, or of an array of them: what the optimizer computed, in this order."""

    number: int  # t, counted from 1
    before: Block  # p
    gradient: Block  # as the loss has it
    scale: float  # by which it was multiplied: 1, less where it was clipped, negative to maximize
    used: Block  # g, with that factor, and with weight decay where the optimizer adds it
    first: tuple[Block, Block]  # v of sgd, m of Adam: before and after
    second: tuple[Block, Block] | None  # v of Adam, None of sgd
    after: Block

    def of_entry(self, index: Index) -> Update:
        """That of one entry, of an update of an array."""

        def entry(part: Any) -> Any:
            if isinstance(part, tuple):
                return tuple(map(entry, part))
            return part[index].item() if getattr(part, "ndim", 0) else part

        return Update(*map(entry, self))


class State:
    """What an optimizer remembers of every block, from step to step."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.updates = 0
        self.clipped = False  # ever
        self._first: dict[int, Block] = {}
        self._second: dict[int, Block] = {}

    def update(self, blocks: Mapping[int, Block], gradients: Sequence[Block]) -> dict[int, Update]:
        """The next update of every block, by its place."""
        rule, scale = self.optimizer, -1.0 if self.optimizer.maximize else 1.0
        self.updates += 1
        if rule.clip_norm is not None:
            size = hypot(*(size_of(gradients[place]) for place in blocks))
            self.clipped |= size > rule.clip_norm
            scale *= min(1.0, rule.clip_norm / size) if size else 1.0
        return {place: self._updated(place, block, gradients[place], scale) for place, block in blocks.items()}

    def _updated(self, place: int, p: Block, gradient: Block, scale: float) -> Update:
        rule, t = self.optimizer, self.updates
        g = gradient if scale == 1.0 else scale * gradient
        if rule.weight_decay and rule.name != "adamw":
            g = g + rule.weight_decay * p
        first, second = self._first.get(place, 0.0), self._second.get(place, 0.0)
        if rule.name == "sgd":
            self._first[place] = v = rule.momentum * first + g
            return Update(t, p, gradient, scale, g, (first, v), None, p - rule.lr * v)
        self._first[place] = m = rule.beta1 * first + (1 - rule.beta1) * g
        self._second[place] = v = rule.beta2 * second + (1 - rule.beta2) * g * g
        mean, spread = m / (1 - rule.beta1**t), v / (1 - rule.beta2**t)
        left = p - rule.lr * rule.weight_decay * p if rule.name == "adamw" else p
        after = left - rule.lr * mean / (spread**0.5 + rule.epsilon)
        return Update(t, p, gradient, scale, g, (first, m), (second, v), after)


def size_of(block: Block) -> float:
    """The norm of a number or of an array."""
    return abs(block) if isinstance(block, (int, float)) else float(hypot(*block.ravel().tolist()))
