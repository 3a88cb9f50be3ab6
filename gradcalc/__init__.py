"""A gradient calculator: every path of the chain rule, with its share of the gradient.

    >>> import gradcalc
    >>> network = gradcalc.load("residual")
    >>> found = gradcalc.compute(network)
    >>> round(found.gradients["w1"], 8)
    -0.00302124
    >>> [(path.through, round(path.share, 3)) for path in found.paths["w1"].top]
    [(('w_r',), 0.976), (('w2', 'w3'), 0.024)]

Errors that a caller can cause derive from `gradcalc.GradcalcError`: SpecError, UsageError, DomainError, LimitError; an
argument of a wrong kind is a UsageError that says what was expected.
Nothing is loaded before it is asked for: importing the package costs next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # what `typing.TYPE_CHECKING` is, without importing typing
if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping
    from typing import Any

    from gradcalc.analysis.comparison import Comparison
    from gradcalc.analysis.results import Computation, PathAnalysis
    from gradcalc.analysis.sweep import Sweep
    from gradcalc.derivation.explanation import Explanation
    from gradcalc.errors import DomainError, GradcalcError, LimitError, SpecError, UsageError
    from gradcalc.network.network import Network

__all__ = [
    "DomainError",
    "GradcalcError",
    "LimitError",
    "SpecError",
    "UsageError",
    "__version__",
    "compare",
    "compute",
    "explain",
    "gradients",
    "load",
    "paths",
    "sweep",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """The errors, loaded when they are named; raises AttributeError for any other name."""
    if name in __all__:
        from gradcalc import errors

        return getattr(errors, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load(
    spec: str | os.PathLike[str] | Mapping[str, Any],
    *,
    input: Any = None,
    weights: Any = None,
    biases: Any = None,
    target: Any = None,
    activation: Any = None,
    loss: Any = None,
    skips: str | Iterable[str] = (),
    no_skips: bool = False,
    settings: str | Iterable[str] = (),
) -> Network:
    """The network of a spec: a file's path, "-" for standard input, the name of a built-in example, or plain data.

    Options are those of the command line: `input` to `loss` as text or as data, `skips` ("FROM:TO=WEIGHT") and
    `settings` ("KEY=VALUE") as text, one or several. Raises SpecError, whose text is the whole report, and UsageError.
    """
    from gradcalc import language

    values = (input, weights, biases, target, activation, loss)
    repeated = _names("skips", skips), _flag("no_skips", no_skips), _names("settings", settings)
    network, _ = language.load(_spec(spec), language.Overrides(*values, *repeated))
    return network


def compute(
    network: Network, *, wrt: str | Iterable[str] = (), top: int = 10, of: str | None = None, dps: int | None = None
) -> Computation:
    """Forward values, the loss, every gradient and the `top` largest paths of each, as `gradcalc compute` has them.

    `wrt` names parameters, entries ("w1[0,1]"), nodes or units, `*` and `?` being wild; `of` names the node that is
    differentiated in place of the loss; `dps` computes with that many decimal digits in place of float64. Raises
    UsageError, DomainError or LimitError.
    """
    from gradcalc.analysis.computation import compute as answer

    return answer(
        _network(network),
        wrt=_names("wrt", wrt),
        top=_whole("top", top),
        of=_name("of", of),
        dps=_optional("dps", dps, 1),
    )


def gradients(network: Network) -> Mapping[str, Any]:
    """Every gradient as a NumPy array in its parameter's shape, and nothing else: for wide networks at about the cost
    of NumPy by hand. None can be written to. Decimals where float64 cannot hold a gradient. Raises as `compute` does.
    """
    from gradcalc.analysis.point import gradients as answer

    return answer(_network(network))


def paths(
    network: Network,
    *,
    wrt: str | Iterable[str] = (),
    top: int = 10,
    through: str | Iterable[str] = (),
    avoid: str | Iterable[str] = (),
    of: str | None = None,
    dps: int | None = None,
    unit: str = "layers",
) -> PathAnalysis:
    """Gradients as sums over paths: counts, the `top` largest, sums by length, entropy and cancellation.

    Only paths through all nodes and edges of `through` and none of `avoid`; `of` names the node that is differentiated
    in place of the loss; `unit` "blocks" measures lengths in residual blocks passed. Raises as `compute` does.
    """
    from gradcalc.analysis.path_analysis import paths as answer
    from gradcalc.analysis.results import Part

    return answer(
        _network(network),
        wrt=_names("wrt", wrt),
        top=_whole("top", top),
        part=Part(_names("through", through), _names("avoid", avoid), _name("of", of)),
        dps=_optional("dps", dps, 1),
        unit=unit,
    )


def explain(
    network: Network,
    *,
    wrt: str | Iterable[str] = (),
    top: int = 10,
    of: str | None = None,
    symbolic: bool = False,
    dps: int | None = None,
    forward: bool = False,
    decimals: int | None = None,
) -> Explanation:
    """The derivation of each gradient, as `gradcalc explain` has it: steps with their rules, terms, closed form.

    Each is checked against the engine at six points. Formulas are trees; `derivation.symbolic.as_sympy` makes SymPy
    expressions of them, `writing` text. Raises as `compute` does.
    """
    from gradcalc.derivation.explain import explain as answer

    return answer(
        _network(network),
        wrt=_names("wrt", wrt),
        top=_whole("top", top, 1),
        of=_name("of", of),
        symbolic=_flag("symbolic", symbolic),
        dps=_optional("dps", dps, 1),
        forward=_flag("forward", forward),
        decimals=_optional("decimals", decimals, 0),
    )


def compare(*networks: Network, wrt: str | Iterable[str] = (), dps: int | None = None) -> Comparison:
    """Networks side by side, as `gradcalc compare` has them: the loss and every gradient of each, norms, log10,
    numbers of paths, and ratios to the first. Raises UsageError, DomainError or LimitError.
    """
    from gradcalc.analysis.comparison import compare as answer
    from gradcalc.parallel.networks_compared import named_networks

    if not networks:
        raise _wrong("compare", "two networks or more", networks)
    return answer(
        named_networks([_network(network) for network in networks]),
        wrt=_names("wrt", wrt),
        dps=_optional("dps", dps, 1),
    )


def sweep(
    spec: str | os.PathLike[str] | Mapping[str, Any],
    vary: Mapping[str, str | Iterable[Any]],
    *,
    show: str | Iterable[str] = (),
    without_skips: bool = False,
    jobs: int = 1,
    dps: int | None = None,
) -> Sweep:
    """A network at every value of one key or two, {"depth": [3, 10, 40]} or {"w1": "0..2:0.1"}, as `gradcalc sweep` has
    it: `rows` are computed when they are asked for, each with the columns of `show` (by default the loss and the first
    gradient) and, `without_skips`, what they are in the plain network; by `jobs` processes, -1 for all processors.
    Raises SpecError or UsageError; a point that fails is a row with its reason.
    """
    from gradcalc import language
    from gradcalc.parallel.sweep_run import SweepRun, chosen_axes

    axes = chosen_axes(_axes(vary))
    against = "no-skips" if _flag("without_skips", without_skips) else None
    plan = SweepRun.planned(
        language.read(_spec(spec)), axes, against, _names("show", show), (), _optional("dps", dps, 1)
    )
    return plan.run(_whole("jobs", jobs, -1) or 1)


# What arguments are: of another kind each is one error that says what was expected.


def _wrong(argument: str, expected: str, given: Any) -> Exception:
    from gradcalc.errors import UsageError
    from gradcalc.language.problems import kind_of

    return UsageError(f"{argument} takes {expected}, not {kind_of(given)}")


def _network(given: Any) -> Network:
    from gradcalc.network.network import Network

    if not isinstance(given, Network):
        raise _wrong("network", "what gradcalc.load returns", given)
    return given


def _spec(given: Any) -> Any:
    from collections.abc import Mapping
    from os import PathLike

    if not isinstance(given, (str, PathLike, Mapping)):
        raise _wrong("spec", "a file's path, the name of a built-in example or a mapping of keys", given)
    return given


def _name(argument: str, given: Any) -> str | None:
    if given is not None and not isinstance(given, str):
        raise _wrong(argument, "a name", given)
    return given


def _names(argument: str, given: Any) -> tuple[str, ...]:
    if given is None or isinstance(given, str):
        return () if given is None else (given,)
    try:
        names = tuple(given)
    except TypeError:
        raise _wrong(argument, "a text or several", given) from None
    if not all(isinstance(name, str) for name in names):
        raise _wrong(argument, "a text or several", given)
    return names


def _whole(argument: str, given: Any, least: int = 0) -> int:
    from operator import index

    if not isinstance(given, bool) and hasattr(given, "__index__") and index(given) >= least:
        return index(given)
    raise _wrong(argument, f"a whole number from {least} on", given)


def _optional(argument: str, given: Any, least: int) -> int | None:
    return None if given is None else _whole(argument, given, least)


def _flag(argument: str, given: Any) -> bool:
    if not isinstance(given, bool):
        raise _wrong(argument, "True or False", given)
    return given


def _axes(given: Any) -> dict[str, list[Any]]:
    """Every key with its values, those of a text read as the command line reads them."""
    from collections.abc import Mapping

    from gradcalc.language.ranges import values_of

    if not isinstance(given, Mapping):
        raise _wrong("vary", "a mapping of one key or two to their values", given)
    axes = {}
    for key, values in given.items():
        try:
            axes[key] = values_of(values, f"vary {key}={values}") if isinstance(values, str) else list(values)
        except TypeError:
            raise _wrong(f"vary {key}", "several values", values) from None
    return axes
