"""The columns of a sweep: `loss`, `w1` (its gradient), `norm:w1`, `log10:w1`, `cancellation:w1`, …, theory among them.

One row a quantity: what it is asked of, and how it is read from a network at its point.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from gradcalc.analysis.computation import gradient, printed
from gradcalc.analysis.path_list import GradientPaths, share_along
from gradcalc.analysis.point import Point, Subject, point, subjects
from gradcalc.arithmetic.float_formats import FORMATS
from gradcalc.arithmetic.float_formats import listed as formats
from gradcalc.errors import DomainError, LimitError, UsageError, similar
from gradcalc.network.network import Network, norm, power_of_ten, unit_name
from gradcalc.records import Record
from gradcalc.report.text import listed


class SweepColumn(Record):
    """`quantity` of `of`; `name` is what rows and headings call it."""

    name: str
    quantity: str
    of: str = ""
    path: tuple[str, ...] = ()  # the nodes of the path that a share is of


class Quantity(Record):
    """How a column is read; `of` says what it needs a name of: "", "gradient" (optional), "gradient!", "node!",
    "format!"."""

    form: str  # as somebody asks for it
    about: str  # what it is
    heading: str  # of its column, by the name that it is of, the gradient of that and its path; "∇L" without a name
    read: Callable[[Point, SweepColumn], Any]
    logarithmic: bool = False  # drawn on a logarithmic axis
    of: str = "gradient!"
    example: str = "w1"  # a name that it may be of


def column(text: str) -> SweepColumn:
    """The column that `--show` asks for. Raises UsageError."""
    head, _, rest = text.partition(":")
    if head not in QUANTITIES:
        if rest:
            near = " or ".join(similar(head, QUANTITIES))
            hint = f"did you mean {near}?" if near else f"there are {', '.join(QUANTITIES)}"
            raise UsageError(f"--show {text}: there is no quantity {head}; {hint}")
        head, rest = ("loss", "") if text == "loss" else ("gradient", text)
    name, _, path = rest.partition(":")
    needs = QUANTITIES[head].of
    if needs.endswith("!") and not name:
        what, named = ("format", QUANTITIES[head]) if needs == "format!" else ("parameter", QUANTITIES["norm"])
        raise UsageError(f"--show {text}: of what? Name a {what}, such as {head if text else 'norm'}:{named.example}")
    if name and not needs:
        raise UsageError(f"--show {text}: there is one {head}, of the whole network: --show {head}")
    if bool(path) != (head == "share"):
        raise UsageError(f"--show {text}: a share is of a path, such as share:w1:h1-y")
    nodes = tuple(node.strip() for node in path.replace("→", "-").replace(">", "-").split("-")) if path else ()
    canonical = ":".join(filter(None, (head, name, "-".join(nodes))))
    return SweepColumn(canonical, head, name, nodes)


def columns(show: Sequence[str], wrt: Sequence[str], network: Network | None) -> tuple[SweepColumn, ...]:
    """What was asked for; else the loss and the gradient of the first parameter, or those of `wrt`."""
    asked = [column(text) for text in show]
    if network is not None and (wrt or not show):
        chosen = subjects(network, wrt)
        names = [subject.name for subject in (chosen if wrt else chosen[:1])]
        asked = [*([] if show else [column("loss")]), *asked, *(column(f"gradient:{name}") for name in names)]
    return tuple({one.name: one for one in asked}.values()) or (column("loss"),)


def read(at: Point, one: SweepColumn) -> Any:
    """The value of a column. Raises UsageError for a name that the network does not have."""
    return QUANTITIES[one.quantity].read(at, one)


def check(asked: Sequence[SweepColumn], networks: Sequence[Network]) -> None:
    """Raises UsageError for a column that none of the networks has."""
    for one in asked:
        faults = [fault(network, one) for network in networks]
        if all(faults):
            raise UsageError(faults[0] or "")


def fault(network: Network, one: SweepColumn) -> str | None:
    """Why a network does not have a column."""
    asked = (one.of,) if one.quantity == "output" else one.path
    kind = "unit" if any("[" in name for name in one.path) else "node"
    known = [node.name for node in network.nodes] if asked else []
    if kind == "unit":
        known = [unit_name(node.name, unit, node.width) for node in network.nodes for unit in range(node.width)]
    unknown = next((name for name in asked if name not in known), None)
    if unknown is not None:
        return f"--show {one.name}: there is no {kind} {unknown}; {kind}s are {listed(known)}"
    if one.quantity == "output" or not one.of:
        return None
    if one.quantity == "window":
        return None if one.of in FORMATS else f"--show {one.name}: there is no format {one.of}; there are {formats()}"
    try:
        found = subjects(network, [one.of])
    except UsageError as error:
        return str(error).replace(f"--wrt {one.of}", f"--show {one.name}", 1)
    if len(found) > 1:
        return f"--show {one.name}: a column is of one gradient, and {one.of} names {len(found)}"
    return None


def subject(at: Point, one: SweepColumn) -> Subject:
    """The parameter, entry, node or unit that a column is of."""
    found = fault(at.graph.network, one)
    if found:
        raise UsageError(found)
    return subjects(at.graph.network, [one.of])[0]


def _gradient(at: Point, one: SweepColumn) -> Any:
    return gradient(at, subject(at, one))


def _norm(at: Point, one: SweepColumn) -> Any:
    """‖∂L/∂w‖; without a name over all parameters together."""
    if one.of:
        return norm(_gradient(at, one))
    return norm([norm(gradient(at, each)) for each in subjects(at.graph.network)])


def _paths(at: Point, one: SweepColumn) -> GradientPaths:
    chosen = subject(at, one)
    return GradientPaths(at, [chosen], {chosen.name: gradient(at, chosen)}, 1)


def _spread(at: Point, one: SweepColumn) -> Any:
    from gradcalc.analysis.path_analysis import spread

    return getattr(spread(at, subject(at, one)), one.quantity)


def _bound(at: Point, one: SweepColumn) -> Any:
    from gradcalc.theory.bounds import bounds

    found = bounds(at)
    return None if found is None else found.of(subject(at, one))


def _mean_field(at: Point, one: SweepColumn) -> Any:
    from gradcalc.theory.mean_field import expected_log10

    expected = expected_log10(at, subject(at, one))
    return None if expected is None else power_of_ten(expected)


def _blocks(at: Point, one: SweepColumn) -> Any:
    """How many blocks of a residual network a gradient comes through, on average; None in other networks."""
    from gradcalc.theory.binomial import binomial

    found = binomial(at, subject(at, one))
    if found is None:
        return None
    return found.measured if one.quantity == "blocks" else found.expected


def _window(at: Point, one: SweepColumn) -> Any:
    from gradcalc.analysis.precision import log2_window

    return log2_window(at, one.of)


def _output(at: Point, one: SweepColumn) -> Any:
    for number, node in enumerate(at.graph.network.nodes):
        if node.name == one.of:
            return printed(at.graph.network, at.output(number))
    raise UsageError(fault(at.graph.network, one) or "")


QUANTITIES: dict[str, Quantity] = {
    "loss": Quantity("loss", "The loss.", "loss", lambda at, one: at.loss, True, ""),
    "gradient": Quantity("w1", "The gradient ∂L/∂w1, gradient:w1 in full.", "{}", _gradient, True),
    "norm": Quantity(
        "norm:w1", "‖∂L/∂w1‖; norm alone is that of all parameters together.", "‖{}‖", _norm, True, "gradient"
    ),
    "log10": Quantity(
        "log10:w1",
        "log10 of the norm ‖∂L/∂w1‖.",
        "log₁₀|{}|",
        lambda at, one: at.arithmetic.log10(_norm(at, one)),
        of="gradient",
    ),
    "paths": Quantity(
        "paths:w1", "The number of paths of ∂L/∂w1.", "paths of {}", lambda at, one: _paths(at, one).count(one.of), True
    ),
    "largest": Quantity(
        "largest:w1",
        "The share of the largest path in ∂L/∂w1.",
        "share of the largest path in {}",
        lambda at, one: _paths(at, one).share(one.of),
    ),
    "share": Quantity(
        "share:w1:h1-y",
        "The share of the paths along these nodes in ∂L/∂w1.",
        "share of {path} in {}",
        lambda at, one: share_along(at, subject(at, one), one.path, _gradient(at, one)),
    ),
    "magnitude": Quantity(
        "magnitude:w1", "Σ|contribution| over all paths of ∂L/∂w1.", "Σ|contribution| to {}", _spread, True
    ),
    "cancellation": Quantity(
        "cancellation:w1",
        "Σ|contribution| / |Σ contribution|, 1 where no two paths cancel.",
        "cancellation in {}",
        _spread,
    ),
    "entropy": Quantity(
        "entropy:w1",
        "Entropy of the |contribution| shares of the paths, in bits.",
        "entropy of the paths of {}, bits",
        _spread,
    ),
    "effective_paths": Quantity(
        "effective_paths:w1",
        "The effective number of paths, 2^entropy.",
        "effective number of paths of {}",
        _spread,
        True,
    ),
    "bound": Quantity(
        "bound:w1", "Theory: a bound of |∂L/∂w1| by |weights| and max |σ′|.", "bound on |{}|", _bound, True
    ),
    "mean_field": Quantity(
        "mean_field:w1",
        "Theory: ‖∂L/∂w1‖ that mean-field theory expects of random weights.",
        "‖{}‖ by mean-field theory",
        _mean_field,
        True,
    ),
    "blocks": Quantity(
        "blocks:w1", "The mean number of residual blocks on a path of ∂L/∂w1.", "mean blocks on a path of {}", _blocks
    ),
    "binomial": Quantity(
        "binomial:w1",
        "Theory: the mean number of blocks on a path by the binomial law.",
        "expected blocks on a path of {}",
        _blocks,
    ),
    "window": Quantity(
        "window:float16",
        "log₂ of the largest loss scale that keeps the backward pass in float16, over the least; negative: none does.",
        "log₂ window of {of}",
        _window,
        of="format!",
        example="float16",
    ),
    "output": Quantity("output:y", "The output of a node.", "{of}", _output, of="node!"),
}


def size(value: Any) -> Any:
    """A value as one number: itself, or the norm of a list."""
    return norm(value) if isinstance(value, list) else value


THEORIES = {"bound": ("gradient", "norm"), "mean_field": ("gradient", "norm"), "binomial": ("blocks",)}
"""Columns that are theory, and which quantities they are of."""

RESIDUAL = ("blocks", "binomial")  # what networks without skips have none of


def with_theory(asked: Sequence[SweepColumn], networks: Sequence[Network]) -> tuple[SweepColumn, ...]:
    """The columns, after every gradient what theory says of it: mean-field theory of dense networks, else a bound, and
    of residual ones through how many blocks it comes. `networks` are some of those that are asked about."""
    from gradcalc.theory.mean_field import is_dense

    quantity = "mean_field" if any(map(is_dense, networks)) else "bound"
    found: list[SweepColumn] = []
    for one in asked:
        found.append(one)
        if one.quantity in THEORIES[quantity] and one.of:
            found.append(column(f"{quantity}:{one.of}"))
            for network in networks:
                with suppress(DomainError, LimitError, UsageError):
                    if read(point(network), column(f"blocks:{one.of}")) is not None:
                        found += [column(f"{part}:{one.of}") for part in RESIDUAL]
                        break
    return tuple(dict.fromkeys(found))
