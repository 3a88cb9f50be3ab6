"""Training: the parameters of a network moved step by step along the gradient of its own loss.

With the gradient g of a number p, its learning rate η and its weight decay λ,

    sgd    g ← g + λp;  v ← μv + g;  p ← p − ηv                                   (Polyak 1964: μ is the momentum)
    adam   g ← g + λp;  m ← β₁m + (1 − β₁)g;  v ← β₂v + (1 − β₂)g²;
           p ← p − η·m̂/(√v̂ + ε)  with  m̂ = m/(1 − β₁ᵗ),  v̂ = v/(1 − β₂ᵗ)         (Kingma & Ba 2015, algorithm 1)
    adamw  p ← p − ηλp, then adam without λ                                       (Loshchilov & Hutter 2019)

in step t, counted from 1. Before all that, a gradient whose norm over all trained parameters is above `clip_norm` is
scaled to it, and to maximize the loss g is taken with the other sign.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from math import hypot, isfinite, prod
from typing import TYPE_CHECKING, Any

from gradcalc.analysis.point import is_narrow
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.scalar_point import compiled, point_at, weight_list
from gradcalc.errors import DomainError, UsageError
from gradcalc.network.graph import Graph, graph
from gradcalc.network.network import NO_CONSTANTS, Network, Value, entries, entry_name
from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.analysis.conditions import Condition

Block = Any
"""What is updated at once: a number of a narrow network, or the array of a whole parameter."""
OPTIMIZERS = ("sgd", "adam", "adamw")
ROWS = 20  # steps that a history has, where nothing else is asked for


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


class State:
    """What an optimizer remembers of every block, from step to step."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.updates = 0
        self._first: dict[int, Block] = {}
        self._second: dict[int, Block] = {}

    def update(self, blocks: Mapping[int, Block], gradients: Sequence[Block]) -> dict[int, Update]:
        """The next update of every block, by its place."""
        rule, scale = self.optimizer, -1.0 if self.optimizer.maximize else 1.0
        self.updates += 1
        if rule.clip_norm is not None:
            size = hypot(*(size_of(gradients[place]) for place in blocks))
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


class Step(Record):
    """The network after so many steps: its loss, and the norm of the gradient of every parameter."""

    step: int
    loss: float
    norms: Mapping[str, float]


class Training(Record):
    """What `train` found. `stopped` says why it ended before its last step: None, "until" or "diverged", and `reason`
    with which numbers; the network is the last one that is finite."""

    before: Network
    after: Network
    optimizer: Optimizer
    online: bool
    steps: int  # that were made
    wanted: int
    loss_before: float
    loss_after: float
    gradients: Mapping[str, Value]  # at the parameters after the last step
    history: tuple[Step, ...]
    updates: Mapping[str, Update]  # the last one of every number, "w1[0,1]", of a narrow network
    stopped: str | None = None
    reason: str = ""

    @property
    def parameters(self) -> Mapping[str, Value]:
        """The values after the last step, by name."""
        return {parameter.name: parameter.value for parameter in self.after.parameters}


class ScalarPass:
    """Loss and gradient of a narrow network again and again: its topology is compiled once. Blocks are numbers, those
    of the parameters one after the other."""

    def __init__(self, laid: Graph) -> None:
        self._topology = compiled(laid, Double)
        linear = self._topology.linear
        assert linear is not None
        first, places = linear.dag.inner, range(1, len(weight_list(laid, Double)))
        self._uses = [[use - first for use in linear.uses(place)] for place in places]

    def __call__(self, blocks: Sequence[float]) -> tuple[float, list[float]]:
        """The loss and ∂L/∂ every block. Raises DomainError, OverflowError."""
        at = point_at(self._topology, [1.0, *blocks])
        products = [example.products for example in at.examples]
        gradients = [sum(of[use] for of in products for use in uses) for uses in self._uses]
        return at.loss, gradients  # type: ignore[return-value]  # it has a loss


class ArrayPass:
    """The same of a wide network; a block is a parameter's array."""

    def __init__(self, laid: Graph) -> None:
        from gradcalc.network.linear_graph import layer_linear_graph

        self._graph, self._linear = laid, layer_linear_graph(laid)

    def __call__(self, blocks: Sequence[Any]) -> tuple[float, list[Any]]:
        """The loss and ∂L/∂ every block. Raises DomainError."""
        from gradcalc.engine.array_point import array_point_at

        at = array_point_at(self._graph, Double, self._linear, blocks)
        shapes = (parameter.shape for parameter in self._graph.network.parameters)
        places = map(self._linear.parameter, range(len(blocks)))
        return float(at.loss), [at.adjoint_of(place).reshape(shape) for place, shape in zip(places, shapes)]


class Trainer:
    """A network whose parameters are moved: their values now, in blocks, the loss there and the gradients."""

    def __init__(self, network: Network, online: bool = False) -> None:
        laid = graph(network)
        if not laid.ends():
            raise UsageError("there is no target, so there is no loss to train on; --target gives one")
        if all(parameter.frozen for parameter in network.parameters):
            raise UsageError("nothing to train: " + ("all is frozen" if network.parameters else "there is no weight"))
        self._network, self._is_narrow = network, is_narrow(laid)
        make: Callable[[Graph], Any] = ScalarPass if self._is_narrow else ArrayPass
        self._whole = make(laid)
        apart = online and network.examples > 1
        self._passes = [make(graph(one)) for one in examples_of(network)] if apart else [self._whole]
        if self._is_narrow:
            self._blocks: list[Block] = weight_list(laid, Double)[1:]
            sizes = [prod(parameter.shape) for parameter in network.parameters]
        else:
            from gradcalc.engine.array_forward import ArrayKind, parameter_arrays

            self._blocks = parameter_arrays(laid, ArrayKind(Double))
            sizes = [1] * len(self._blocks)
        self._spans = [range(end - size, end) for size, end in zip(sizes, accumulate(sizes))]
        pairs = zip(network.parameters, self._spans)
        self._trained = [place for parameter, span in pairs if not parameter.frozen for place in span]
        self._gradients: list[Block] = []
        self._updates: dict[int, Update] = {}
        self.loss = 0.0

    def start(self) -> None:
        """Compute loss and gradients at the first values. Raises DomainError where they are not finite."""
        self.loss, self._gradients = self._whole(self._blocks)
        if not (isfinite(self.loss) and all(map(is_finite, self._gradients))):
            raise DomainError("the loss or a gradient is beyond the range of float64 before the first step")

    def advance(self, state: State) -> str:
        """One step; "", or what is no longer finite: then nothing is moved."""
        blocks, updates = list(self._blocks), self._updates
        try:
            for one in self._passes:
                gradients = self._gradients if one is self._whole else one(blocks)[1]
                updates = state.update({place: blocks[place] for place in self._trained}, gradients)
                for place, update in updates.items():
                    blocks[place] = update.after
            if not all(is_finite(blocks[place]) for place in self._trained):
                return "a parameter left the range of float64"
            loss, gradients = self._whole(blocks)
        except (DomainError, OverflowError) as error:
            return f"the loss had no value: {error}"
        if not isfinite(loss):
            return f"the loss became {loss:g}"
        if not all(map(is_finite, gradients)):
            return "a gradient left the range of float64"
        self._blocks, self._updates, self.loss, self._gradients = blocks, updates, loss, gradients
        return ""

    def step(self, number: int) -> Step:
        """Where the training is after so many steps."""
        sizes = [hypot(*(size_of(self._gradients[place]) for place in span)) for span in self._spans]
        return Step(number, self.loss, dict(zip((one.name for one in self._network.parameters), sizes)))

    def values_by_name(self) -> dict[str, Value]:
        """The parameters now."""
        return self._by_name(self._blocks)

    def gradients_by_name(self) -> dict[str, Value]:
        """Their gradients."""
        return self._by_name(self._gradients)

    def updates_by_name(self) -> dict[str, Update]:
        """The last update of every number of a narrow network that is trained: "w1", "w2[0,1]"."""
        if not self._is_narrow:
            return {}
        pairs = zip(self._network.parameters, self._spans)
        names = [entry_name(one, index) for one, _ in pairs for index, _ in entries(one.value)]
        return {names[place]: update for place, update in self._updates.items()}

    def network_now(self) -> Network:
        """The network with its values now; the exact constants of what was moved are no more."""
        pairs = zip(self._network.parameters, self.values_by_name().values())
        moved = (one if one.frozen else one._replace(value=value, exact=NO_CONSTANTS) for one, value in pairs)
        return self._network._replace(parameters=tuple(moved))

    def _by_name(self, blocks: Sequence[Block]) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for parameter, span in zip(self._network.parameters, self._spans):
            if not self._is_narrow:
                found[parameter.name] = blocks[span.start].tolist()
            elif len(parameter.shape) == 2:
                columns = parameter.shape[1]
                starts = range(span.start, span.stop, columns)
                found[parameter.name] = [blocks[start : start + columns] for start in starts]
            else:
                found[parameter.name] = blocks[span.start : span.stop] if parameter.shape else blocks[span.start]
        return found


def train(
    network: Network,
    optimizer: Optimizer,
    steps: int,
    online: bool = False,
    until: Sequence[Condition] = (),
    every: int | None = None,
    seen: Callable[[int, Trainer], object] | None = None,
) -> Training:
    """So many steps of the optimizer: each is one update by the gradient of the loss or, `online`, one for each example
    in their order. It ends early where all conditions of `until` hold, and where a number is no longer finite.

    The history has every `every`-th step. `seen` is called with the number of every step and the trainer.
    Raises UsageError where there is nothing to train, DomainError where there is no finite gradient to begin with.
    """
    trainer, state = Trainer(network, online), State(optimizer)
    every = every or round_step(steps / ROWS)
    trainer.start()
    first, history, done, stopped, reason = trainer.loss, [trainer.step(0)], 0, None, ""
    while True:
        if seen is not None:
            seen(done, trainer)
        if until and all(condition.holds(trainer.loss, trainer.gradients_by_name()) for condition in until):
            stopped, reason = "until", " and ".join(condition.text for condition in until)
        if stopped or done == steps:
            break
        if problem := trainer.advance(state):
            stopped, reason = "diverged", f"in step {done + 1} {problem}"
            break
        done += 1
        if done % every == 0:
            history.append(trainer.step(done))
    if history[-1].step < done:
        history.append(trainer.step(done))
    after, gradients = trainer.network_now(), trainer.gradients_by_name()
    found = network, after, optimizer, online, done, steps, first, trainer.loss, gradients, tuple(history)
    return Training(*found, trainer.updates_by_name(), stopped, reason)


def examples_of(network: Network) -> Iterator[Network]:
    """Every example of a batch as a batch of one."""
    for number in range(network.examples):

        def of_one(given: Any, number: int = number) -> Any:
            exact = {(0, unit): text for (example, unit), text in given.exact.items() if example == number}
            return given._replace(rows=[given.rows[number]], exact=exact)

        inputs, targets = map(of_one, network.inputs), map(of_one, network.targets)
        yield network._replace(inputs=tuple(inputs), targets=tuple(targets), examples=1)


def round_step(least: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, … that is not below a number."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power >= least:
                return factor * power
        power *= 10


def size_of(block: Block) -> float:
    """The norm of a number or of an array."""
    return abs(block) if isinstance(block, (int, float)) else float(hypot(*block.ravel().tolist()))


def is_finite(block: Block) -> bool:
    """Whether a number, or all of an array, is finite."""
    if isinstance(block, float):
        return isfinite(block)
    import numpy as np

    return bool(np.isfinite(block).all())
