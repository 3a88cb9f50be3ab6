"""A gradient calculator: every path of the chain rule, with its share of the gradient.

    >>> import gradcalc
    >>> network = gradcalc.load("residual")
    >>> found = gradcalc.compute(network)
    >>> round(found.gradients["w1"], 8)
    -0.00302124
    >>> [(path.through, round(path.share, 3)) for path in found.paths["w1"].top]
    [(('w_r',), 0.976), (('w2', 'w3'), 0.024)]

Errors that a caller can cause derive from `gradcalc.GradcalcError`: SpecError, UsageError, DomainError, LimitError.
Nothing is loaded before it is asked for: importing the package costs next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # what `typing.TYPE_CHECKING` is, without importing typing
if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
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


def load(spec: str | os.PathLike[str] | Mapping[str, Any], **options: Any) -> Network:
    """The network of a spec: a file's path, "-" for standard input, the name of a built-in example, or plain data.

    Options are those of the command line: `input`, `weights`, `biases`, `target`, `activation`, `loss` as text,
    `skips` and `settings` ("KEY=VALUE") as tuples of text, `no_skips`. Raises SpecError, whose text is the whole
    report.
    """
    from gradcalc import language

    overrides = language.Overrides(**options) if options else None
    network, _ = language.load(spec, overrides)
    return network


def compute(
    network: Network, *, wrt: Sequence[str] = (), top: int = 10, of: str | None = None, dps: int | None = None
) -> Computation:
    """Forward values, the loss, every gradient and the `top` largest paths of each, as `gradcalc compute` has them.

    `wrt` names parameters, entries ("w1[0,1]"), nodes or units, `*` and `?` being wild; `of` names the node that is
    differentiated in place of the loss; `dps` computes with that many decimal digits in place of float64. Raises
    UsageError, DomainError or LimitError.
    """
    from gradcalc.analysis.computation import compute as answer

    return answer(network, wrt=wrt, top=top, of=of, dps=dps)


def gradients(network: Network) -> dict[str, Any]:
    """Every gradient as a NumPy array in its parameter's shape, and nothing else: for wide networks at about the cost
    of NumPy by hand. Decimals where float64 cannot hold a gradient. Raises as `compute` does.
    """
    from gradcalc.analysis.point import gradients as answer

    return answer(network)


def paths(
    network: Network,
    *,
    wrt: Sequence[str] = (),
    top: int = 10,
    through: Sequence[str] = (),
    avoid: Sequence[str] = (),
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

    return answer(network, wrt=wrt, top=top, part=Part(tuple(through), tuple(avoid), of), dps=dps, unit=unit)


def explain(
    network: Network,
    *,
    wrt: Sequence[str] = (),
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

    return answer(network, wrt=wrt, top=top, of=of, symbolic=symbolic, dps=dps, forward=forward, decimals=decimals)


def compare(*networks: Network, wrt: Sequence[str] = (), dps: int | None = None) -> Comparison:
    """Networks side by side, as `gradcalc compare` has them: the loss and every gradient of each, norms, log10,
    numbers of paths, and ratios to the first. Raises UsageError, DomainError or LimitError.
    """
    from gradcalc.analysis.comparison import compare as answer
    from gradcalc.parallel.networks_compared import named_networks

    return answer(named_networks(networks), wrt=wrt, dps=dps)


def sweep(
    spec: str | os.PathLike[str] | Mapping[str, Any],
    vary: Mapping[str, Sequence[Any]],
    *,
    show: Sequence[str] = (),
    without_skips: bool = False,
    jobs: int = 1,
    dps: int | None = None,
) -> Sweep:
    """A network at every value of one key or two, {"depth": [3, 10, 40]}, as `gradcalc sweep` has it: `rows` are
    computed when they are asked for, each with the columns of `show` (by default the loss and the first gradient) and,
    `without_skips`, what they are in the plain network. Raises SpecError or UsageError; a point that fails is a row
    with its reason.
    """
    from gradcalc import language
    from gradcalc.parallel.sweep_run import SweepRun

    against = "no-skips" if without_skips else None
    return SweepRun.planned(language.read(spec), vary, against, show, (), dps).run(jobs)
