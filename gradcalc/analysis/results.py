"""What an analysis answers with: typed, immutable, numbers as the arithmetic left them.

Shapes: a value is a number where the node has one unit (the weight one entry) and the network is no batch; otherwise
lists, [units] or [out][in]; in a batch values of nodes are [examples][units]. Numbers are floats, or Decimals / mpf
where float64 cannot go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from gradcalc.analysis.kinks import Kink
from gradcalc.network.linear_graph import EdgeLabel
from gradcalc.network.network import Index, Network, Value
from gradcalc.records import Record


class NodeValues(Record):
    """The forward pass at one node; an input has an output alone."""

    output: Value
    activation: str | None = None
    preactivation: Value = None
    derivative: Value = None  # σ′(z); the Jacobian [out][in] where the activation couples units
    kinks: Sequence[Kink] = ()  # on which its units stand

    @property
    def kink(self) -> bool:
        """Whether it stands on any."""
        return bool(self.kinks)


class Adjoints(Record):
    """What the backward pass finds at one node: ∂L/∂output, and δ = ∂L/∂z where the node is a layer."""

    output: Value
    delta: Value = None


class Path(Record):
    """One product of the chain rule. `share` = ⟨contribution, gradient⟩/⟨gradient, gradient⟩, None where that is 0."""

    nodes: tuple[str, ...]
    through: tuple[str, ...]
    length: int
    contribution: Value
    share: Any = None
    at: str | None = None  # the layer or edge of the use, where a tied parameter has several
    example: int | None = None
    entry: str | None = None  # which of the gradient's entries, where it has several and the path is of one


class Paths(Record):
    """The paths of one gradient: how many there are, and the largest of them."""

    count: int  # type: ignore[assignment]  # the field's name; nobody counts in a tuple of unlike things
    top: Sequence[Path]
    exact: bool = True  # False where a search found the top paths, and larger ones may exist


class LossValue(Record):
    """The loss: `value` the total, `formula` as printed."""

    name: str
    value: Any
    formula: str


class Computation(Record):
    """What `compute` found. Without a target loss, backward, gradients, log10 and paths are None."""

    network: Network
    arithmetic: str  # "float64", "extended", "50 decimal digits"
    loss: LossValue | None
    forward: Mapping[str, NodeValues]
    backward: Mapping[str, Adjoints] | None
    gradients: Mapping[str, Value] | None
    log10: Mapping[str, float | None] | None
    paths: Mapping[str, Paths] | None
    warnings: tuple[str, ...] = ()


Term = tuple[int, int, Value, Any]  # length, count, contribution, magnitude
Found = tuple[Any, Callable[[], list[EdgeLabel]]]  # a contribution, and what makes the labels of its path
Largest = tuple[int, Index, Found]  # the example, the entry (or unit) of the gradient, the contribution with its path


class Part(Record):
    """Which paths: those through and not through some nodes or edges, of a node or unit in place of the loss."""

    through: Sequence[str] = ()
    avoid: Sequence[str] = ()
    of: str | None = None

    def __str__(self) -> str:
        return ", ".join([f"through {name}" for name in self.through] + [f"not through {name}" for name in self.avoid])


WHOLE = Part()


Signs = Literal["same", "same or 0", "opposite"]
"""What two contributions to one entry may have: both are of one sign, or either may be 0, or some are opposite."""


class LengthTerm(Record):
    """The paths of one length: how many, what they sum to (in the gradient's shape), and their summed magnitude."""

    length: int
    count: int  # type: ignore[assignment]  # the field's name; nobody counts in a tuple of unlike things
    contribution: Value
    magnitude: Any
    mean_magnitude: Any  # of one path; in a batch over the paths of every example


def mean_magnitude(magnitude: Any, count: int) -> Any:
    """magnitude / count; a count may be outside the range of float64 where the magnitude is not."""
    try:
        return magnitude / count
    except OverflowError:
        from decimal import Decimal

        return Decimal(magnitude) / count


class PathSums(Record):
    """One gradient as a sum over paths. Of a matrix, count and magnitude are summed over the entries."""

    name: str
    count: int  # type: ignore[assignment]  # the field's name; nobody counts in a tuple of unlike things
    value: Value
    magnitude: Any
    cancellation: Any  # magnitude / Σ|entries of value|; None where the value is 0
    entropy: float | None  # bits; None where the magnitude is 0
    effective_paths: Any  # 2^entropy; None likewise, a Decimal outside the range of float64
    by_length: tuple[LengthTerm, ...]
    top: Sequence[Path]
    signs: Signs = "same"
    largest: Any = None  # the share of the largest path in the magnitude; None where that is 0
    of: str = "L"  # whose derivative it is: the loss, a node or unit, or Σ of a node of several units
    count_of_entry: int | None = None  # of one example; None where entries differ


QuantityKind = Literal["gradient", "delta", "output", "preactivation", "derivative", "loss"]
Left = Literal["rounding", "0", "no digit", "few digits", "no value"]
"""What rounding has left of a number: digits of one that is 0; 0 of one that is not; of others no right digit, or fewer
than six; numbers at all of a network that has none with more digits."""


class RoundedGradient(Record):
    """A gradient, a number of the forward pass or the loss, or some entries of it, and what rounding has `left` of it:
    `dps` digits show what it is; of one that is 0 `to_digits` and rounding, they leave at `most` so much."""

    name: str  # of a parameter, a node or an entry; nothing of the loss; why a network has no value
    kind: QuantityKind
    entries: tuple[Index, ...]  # () of the whole
    left: Left
    dps: int
    to_digits: int
    most: Any


class PathAnalysis(Record):
    """What `paths` found; `part` says which part of the paths, "" for all. `loss` is None without a target."""

    network: Network
    arithmetic: str
    loss: LossValue | None
    sums: Mapping[str, PathSums]
    part: str = ""
    unit: str = "layers"  # in which lengths are measured: "layers" or "blocks"
    kinks: Sequence[Kink] = ()
    rounded: Sequence[RoundedGradient] = ()
    warnings: tuple[str, ...] = ()
