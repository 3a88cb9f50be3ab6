"""What `gradcalc.check(network, got=…)` takes in Python: text as on the command line, mappings and pairs of names with
numbers, lists, NumPy arrays and tensors of any framework, and functions that return such.

Arrays are known by what they can do (`detach`, `tolist`, `dtype`, `__array__`), so that no framework is imported. A
trainable tensor stands for its `.grad`, as `model.named_parameters()` gives it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from os import PathLike, fspath
from typing import Any

from gradcalc.arithmetic.float_formats import BITS
from gradcalc.errors import UsageError
from gradcalc.language.given import Claim, claims, stated
from gradcalc.network.network import Network

EXPECTED = "a mapping of names to numbers or arrays, pairs of these, text as --got takes it, or a function"


def claims_in(got: Any, network: Network) -> list[Claim]:
    """All that is given. Raises UsageError for what is none of these."""
    if isinstance(got, str | PathLike):
        return claims([fspath(got)], "got")
    if callable(got) and not isinstance(got, Mapping):
        return [claim._replace(dtype=claim.dtype or "float64") for claim in claims_in(called(got, network), network)]
    if not isinstance(got, Iterable):
        raise UsageError(f"got takes {EXPECTED}, not {got!r:.60}")
    items = list(got.items() if isinstance(got, Mapping) else got)
    if items and all(isinstance(item, str) for item in items):
        return claims(items, "got")
    found: dict[str, Claim] = {}
    for item in items:
        if not (isinstance(item, tuple | list) and len(item) == 2 and isinstance(item[0], str)):
            raise UsageError(f"got takes {EXPECTED}, not {item!r:.60}")
        if item[0] in found:
            raise UsageError(f"got: {item[0]} is given twice")
        found[item[0]] = claim_of(*item)
    if not found:
        raise UsageError("got: nothing is given")
    return list(found.values())


def claim_of(name: str, value: Any) -> Claim:
    """A name with a number, an array or a formula."""
    if isinstance(value, str):
        return stated(name, value, "got")
    value = gradient_of(name, value)
    if hasattr(value, "detach"):
        value = value.detach()
    if not hasattr(value, "tolist") and hasattr(value, "__array__"):
        value = value.__array__()
    if hasattr(value, "tolist"):
        dtype = str(getattr(value, "dtype", "")).rpartition(".")[2]
        return Claim(name, plain(name, value.tolist()), dtype if dtype in BITS else "float64", origin="got")
    return Claim(name, texts(name, value), origin="got")


def gradient_of(name: str, value: Any) -> Any:
    """The gradient of a trainable tensor, anything else itself."""
    if not (getattr(value, "requires_grad", False) and getattr(value, "is_leaf", False)):
        return value
    if value.grad is None:
        raise UsageError(f"got: {name} has no .grad yet; call backward() on the loss first")
    return value.grad


def plain(name: str, value: Any) -> Any:
    """Nested lists of floats."""
    if isinstance(value, list):
        return [plain(name, part) for part in value]
    if isinstance(value, int | float):
        return float(value)
    raise UsageError(f"got: {name} holds {value!r:.60}, which is no real number")


def texts(name: str, value: Any) -> Any:
    """Nested lists of numbers as texts: the digits that Python shows are those that count."""
    if isinstance(value, list | tuple):
        return [texts(name, part) for part in value]
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not (isinstance(value, int | float | Decimal) or hasattr(value, "__float__")):
        raise UsageError(f"got: {name} holds {value!r:.60}, which is no real number")
    return str(value if isinstance(value, int | Decimal) else float(value))


def called(backward: Callable[..., Any], network: Network) -> Any:
    """What a backward pass answers to parameters, inputs and targets: mappings of names to floats and NumPy arrays,
    those of nodes [units] or in a batch [examples, units]."""
    import numpy as np

    def arrays(named: Iterable[tuple[str, Any]]) -> dict[str, Any]:
        return {name: np.array(value, float) if isinstance(value, list) else float(value) for name, value in named}

    def node(rows: list[list[float]]) -> Any:
        return rows if network.batch else rows[0] if len(rows[0]) > 1 else rows[0][0]

    parameters = arrays((one.name, one.value) for one in network.parameters)
    inputs = arrays((one.name, node(one.rows)) for one in network.inputs)
    targets = arrays((network.nodes[one.node].name, node(one.rows)) for one in network.targets)
    return backward(parameters, inputs, targets)
