"""Training: the parameters of a network moved step by step along the gradient of its own loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import nsmallest
from math import isfinite, prod
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from gradcalc.analysis.optimizers import Block, Optimizer, State, Update
from gradcalc.analysis.point import is_narrow, point, refuse_without_loss
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.scalar_point import compiled, point_at, shaped, weight_list
from gradcalc.errors import DomainError, LimitError, UsageError
from gradcalc.network.graph import Graph, graph
from gradcalc.network.network import NO_CONSTANTS, Network, Value, entries, entry_name, norm, numbers
from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.analysis.conditions import Condition

MOST_UPDATES = 8  # numbers of a wide network whose last update is told
ROWS = 20  # steps that a history has, where nothing else is asked for


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
    loss_before: float
    loss_after: float
    gradients: Mapping[str, Value]  # at the parameters after the last step
    history: tuple[Step, ...]
    trained: int  # how many numbers are
    updates: Mapping[str, Update]  # the last one of every number, "w1[0,1]"; of a wide network of those that moved most
    until: tuple[str, ...] = ()  # the conditions where it was to end
    stopped: str | None = None
    reason: str = ""
    clipped: bool = False  # whether clip_norm scaled a gradient

    @property
    def parameters(self) -> Mapping[str, Value]:
        """The values after the last step, by name; a number where a parameter has one entry."""
        return {one.name: shaped(numbers(one.value), one.shape) for one in self.after.parameters}

    @property
    def in_range(self) -> bool:
        """Whether no number of the pass after the last step overflows or underflows in float64."""
        try:
            return point(self.after).arithmetic.name == Double.name
        except (DomainError, LimitError):
            return False


class ScalarPass:
    """Loss and gradient of a narrow network again and again: its topology is compiled once. Blocks are numbers, those
    of the parameters one after the other: `spans` says which are whose."""

    def __init__(self, laid: Graph) -> None:
        self._topology = compiled(laid, Double)
        linear = self._topology.linear
        assert linear is not None
        self.blocks: list[Block] = weight_list(laid, Double)[1:]
        in_p = map(self._topology.layout.entries, _parameters(laid))  # where the first stands for the constant 1
        self.spans = [range(span.start - 1, span.stop - 1) for span in in_p]
        first = linear.dag.inner
        self._uses = [[use - first for use in linear.uses(place)] for place in range(1, len(self.blocks) + 1)]

    def __call__(self, blocks: Sequence[float]) -> tuple[float, list[float]]:
        """The loss and ∂L/∂ every block. Raises DomainError, OverflowError."""
        at = point_at(self._topology, [1.0, *blocks])
        products = [example.products for example in at.examples]
        gradients = [sum(of[use] for of in products for use in uses) for uses in self._uses]
        return at.loss, gradients  # type: ignore[return-value]  # it has a loss

    def entries(self, blocks: Sequence[float], number: int) -> list[float]:
        """The entries of a parameter, row by row."""
        span = self.spans[number]
        return list(blocks[span.start : span.stop])

    def updates(self, updates: Mapping[int, Update], names: Sequence[Sequence[str]]) -> dict[str, Update]:
        """The updates by the names of the entries."""
        flat = [name for own in names for name in own]
        return {flat[place]: update for place, update in updates.items()}


class ArrayPass:
    """The same of a wide network; a block is a parameter's array."""

    def __init__(self, laid: Graph) -> None:
        from gradcalc.engine.array_forward import ArrayKind, parameter_arrays
        from gradcalc.network.linear_graph import layer_linear_graph

        self._graph, self._linear = laid, layer_linear_graph(laid)
        self.blocks: list[Block] = parameter_arrays(laid, ArrayKind(Double))
        self.spans = [range(number, number + 1) for number in _parameters(laid)]

    def __call__(self, blocks: Sequence[Any]) -> tuple[float, list[Any]]:
        """The loss and ∂L/∂ every block. Raises DomainError."""
        from gradcalc.engine.array_point import array_point_at

        at = array_point_at(self._graph, Double, self._linear, blocks)
        shapes = (parameter.shape for parameter in self._graph.network.parameters)
        places = map(self._linear.parameter, range(len(blocks)))
        return float(at.loss), [at.adjoint_of(place).reshape(shape) for place, shape in zip(places, shapes)]

    def entries(self, blocks: Sequence[Any], number: int) -> list[float]:
        """The entries of a parameter, row by row."""
        found: list[float] = blocks[number].ravel().tolist()
        return found

    def updates(self, updates: Mapping[int, Update], names: Sequence[Sequence[str]]) -> dict[str, Update]:
        """The updates of the entries that moved most, by their names."""
        import numpy as np

        moved = []
        for number, update in updates.items():
            sizes = np.abs(update.after - update.before)
            for entry in np.argsort(-sizes.ravel(), kind="stable")[:MOST_UPDATES]:
                index = tuple(map(int, np.unravel_index(entry, sizes.shape)))
                moved.append((-float(sizes[index]), number, int(entry), index))
        largest = sorted(nsmallest(MOST_UPDATES, moved), key=itemgetter(1, 2))
        return {names[number][entry]: updates[number].of_entry(index) for _, number, entry, index in largest}


def _parameters(laid: Graph) -> range:
    return range(len(laid.network.parameters))


class Trainer:
    """A network whose parameters are moved: their values now, in blocks, the loss there and the gradients."""

    def __init__(self, network: Network, online: bool = False) -> None:
        refuse_without_loss(network, "no loss to train on")
        laid = graph(network)
        if all(parameter.frozen for parameter in network.parameters):
            raise UsageError("nothing to train: " + ("all is frozen" if network.parameters else "there is no weight"))
        self._network = network
        make: type[ScalarPass] | type[ArrayPass] = ScalarPass if is_narrow(laid) else ArrayPass
        self._whole: Any = make(laid)
        apart = online and network.examples > 1
        self._passes = [make(graph(one)) for one in examples_of(network)] if apart else [self._whole]
        pairs = zip(network.parameters, self._whole.spans)
        self._trained = [place for parameter, span in pairs if not parameter.frozen for place in span]
        self._blocks: list[Block] = self._whole.blocks
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
        return Step(number, self.loss, {name: norm(value) for name, value in self.gradients_by_name().items()})

    def values_by_name(self) -> dict[str, Value]:
        """The parameters now; a number where one has one entry, as everywhere in results."""
        return self._by_name(self._blocks)

    def gradients_by_name(self) -> dict[str, Value]:
        """Their gradients likewise."""
        return self._by_name(self._gradients)

    def updates_by_name(self) -> dict[str, Update]:
        """The last updates of what is trained, by entry: "w1", "w2[0,1]"; of a wide network of what moved most."""
        names = [[entry_name(one, index) for index, _ in entries(one.value)] for one in self._network.parameters]
        found: dict[str, Update] = self._whole.updates(self._updates, names)
        return found

    def network_now(self) -> Network:
        """The network with its values now; the exact constants of what was moved are no more."""
        moved = []
        for one, value in zip(self._network.parameters, self.values_by_name().values()):
            for _ in one.shape if prod(one.shape) == 1 else ():  # one entry in the rows or the list that it stands in
                value = [value]
            moved.append(one if one.frozen else one._replace(value=value, exact=NO_CONSTANTS))
        return self._network._replace(parameters=tuple(moved))

    def _by_name(self, blocks: Sequence[Block]) -> dict[str, Value]:
        every = enumerate(self._network.parameters)
        return {one.name: shaped(self._whole.entries(blocks, number), one.shape) for number, one in every}


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
    for one in until:
        one.refuse_unknown([parameter.name for parameter in network.parameters])
    trainer, state = Trainer(network, online), State(optimizer)
    every = every or round_step(-(-steps // ROWS))
    trainer.start()
    first, history, done, stopped, reason = trainer.loss, [trainer.step(0)], 0, None, ""
    while True:
        if seen is not None:
            seen(done, trainer)
        gradients = trainer.gradients_by_name() if until else {}
        if until and all(condition.holds(trainer.loss, gradients) for condition in until):
            stopped, reason = "until", " and ".join(one.text for one in until)
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
    trained = sum(prod(one.shape) for one in network.parameters if not one.frozen)
    found = network, after, optimizer, online, done, first, trainer.loss, gradients, tuple(history), trained
    return Training(*found, trainer.updates_by_name(), tuple(one.text for one in until), stopped, reason, state.clipped)


def examples_of(network: Network) -> Iterator[Network]:
    """Every example of a batch as a batch of one."""
    for number in range(network.examples):

        def of_one(given: Any, number: int = number) -> Any:
            exact = {(0, unit): text for (example, unit), text in given.exact.items() if example == number}
            return given._replace(rows=[given.rows[number]], exact=exact)

        inputs, targets = map(of_one, network.inputs), map(of_one, network.targets)
        yield network._replace(inputs=tuple(inputs), targets=tuple(targets), examples=1)


def round_step(least: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, … that is not below a number."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power >= least:
                return factor * power
        power *= 10


def is_finite(block: Block) -> bool:
    """Whether a number, or all of an array, is finite."""
    if isinstance(block, float):
        return isfinite(block)
    import numpy as np

    return bool(np.isfinite(block).all())
