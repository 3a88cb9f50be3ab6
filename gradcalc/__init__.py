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
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, overload

    from gradcalc.analysis.comparison import Comparison
    from gradcalc.analysis.diagnosis import Diagnosis
    from gradcalc.analysis.gradient_check import GradientCheck
    from gradcalc.analysis.precision import Precision
    from gradcalc.analysis.results import Computation, PathAnalysis
    from gradcalc.analysis.sweep import Sweep
    from gradcalc.analysis.training import Training
    from gradcalc.derivation.explanation import Explanation
    from gradcalc.derivation.given_check import GivenCheck
    from gradcalc.errors import DomainError, GradcalcError, LimitError, SpecError, UsageError
    from gradcalc.network.network import Network
else:
    overload = staticmethod  # any callable would do: what it makes is replaced by the last definition of the name

__all__ = [
    "DomainError",
    "GradcalcError",
    "LimitError",
    "SpecError",
    "UsageError",
    "__version__",
    "check",
    "compare",
    "compute",
    "diagnose",
    "explain",
    "gradients",
    "load",
    "paths",
    "precision",
    "sweep",
    "train",
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

    given = _checked(spec=spec, skips=skips, no_skips=no_skips, settings=settings)
    source, values = given.pop("spec"), (input, weights, biases, target, activation, loss)
    return language.load(source, language.Overrides(*values, **given))[0]


def compute(
    network: Network, *, wrt: str | Iterable[str] = (), top: int = 10, of: str | None = None, dps: int | None = None
) -> Computation:
    """Forward values, the loss, every gradient and the `top` largest paths of each, as `gradcalc compute` has them.

    `wrt` names parameters, entries ("w1[0,1]"), nodes or units, `*` and `?` being wild; `of` names the node that is
    differentiated in place of the loss; `dps` computes with that many decimal digits in place of float64. Raises
    UsageError, DomainError or LimitError.
    """
    from gradcalc.analysis.computation import compute as answer

    return answer(**_checked(network=network, wrt=wrt, top=top, of=of, dps=dps))


def gradients(network: Network) -> Mapping[str, Any]:
    """Every gradient as a NumPy array in its parameter's shape, and nothing else: for wide networks at about the cost
    of NumPy by hand. None can be written to. Decimals where float64 cannot hold a gradient. Raises as `compute` does.
    """
    from gradcalc.analysis.point import gradients as answer

    return answer(**_checked(network=network))


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

    part = Part(**_checked(through=through, avoid=avoid, of=of))
    return answer(part=part, unit=unit, **_checked(network=network, wrt=wrt, top=top, dps=dps))


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

    given = _checked(network=network, wrt=wrt, top=top, of=of, dps=dps)
    return answer(**given, **_checked(symbolic=symbolic, forward=forward, decimals=decimals))


def compare(*networks: Network, wrt: str | Iterable[str] = (), dps: int | None = None) -> Comparison:
    """Networks side by side, as `gradcalc compare` has them: the loss and every gradient of each, norms, log10,
    numbers of paths, and ratios to the first. Raises UsageError, DomainError or LimitError.
    """
    from gradcalc.analysis.comparison import compare as answer
    from gradcalc.parallel.networks_compared import named_networks

    for network in networks or (None,):
        _checked(network=network)
    return answer(named_networks(networks), **_checked(wrt=wrt, dps=dps))


@overload
def check(network: Network, *, require: str | Iterable[str] = ()) -> GradientCheck: ...
@overload
def check(network: Network, *, got: Any) -> GivenCheck: ...
def check(network: Network, *, got: Any = None, require: str | Iterable[str] = ()) -> GradientCheck | GivenCheck:
    """Every gradient against methods that share no backward pass with it, as `gradcalc check` has it: `ok`, and what
    each method found. With `require`, conditions such as "abs(w1) > 1e-6" in their place.

    With `got` numbers that somebody else has: a mapping of names ("w1", "h1", "z_h1", "delta_h1", "dL/dh1", "L") to
    numbers, lists, NumPy arrays or tensors; pairs of these, as `model.named_parameters()` gives them (their `.grad`);
    text or a file as --got takes it; or a function `backward(parameters, inputs, targets)`, called with mappings of
    names to floats and NumPy arrays, that returns such a mapping. Numbers typed in count to the digits they have,
    arrays to those of their format. `first_wrong`, and `hypotheses` that explain all of them, best first. Raises as
    `compute` does.
    """
    given = _checked(network=network, require=require)
    if got is not None:
        from gradcalc.derivation.given_check import check_given
        from gradcalc.errors import UsageError
        from gradcalc.language.given_objects import claims_in

        if given["require"]:
            raise UsageError("got and require are two questions; ask one at a time")
        return check_given(given["network"], claims_in(got, given["network"]))
    from gradcalc.analysis.conditions import condition
    from gradcalc.analysis.gradient_check import check as answer
    from gradcalc.analysis.gradient_check import require_all

    conditions = [condition(text, "require") for text in given["require"]]
    return require_all(given["network"], conditions) if conditions else answer(given["network"])


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
    from gradcalc.language.document import NO_SKIPS
    from gradcalc.parallel.sweep_run import SweepRun, chosen_axes

    given = _checked(spec=spec, vary=vary, show=show, without_skips=without_skips, jobs=jobs, dps=dps)
    against = NO_SKIPS if without_skips else None
    plan = SweepRun.planned(language.read(spec), chosen_axes(given["vary"]), against, given["show"], (), given["dps"])
    return plan.run(given["jobs"])


def diagnose(
    spec: Network | str | os.PathLike[str] | Mapping[str, Any],
    *,
    top: int = 10,
    tries: int | None = None,
    dps: int | None = None,
    **options: Any,
) -> Diagnosis:
    """What is wrong with the gradients of a network, as `gradcalc diagnose` has it: `finding`, the `layers` with their
    labels, the `costs` of one gradient in powers of ten, the reasons of `zeros`, and `remedies`: the `top` changes that
    help most, of at most `tries` that are computed.

    A spec is named as in `load`, with the same `options`; of a network that is built there are no remedies, for they
    change a spec. Raises as `compute` does, and SpecError.
    """
    from gradcalc.errors import UsageError
    from gradcalc.language import Overrides
    from gradcalc.network.network import Network
    from gradcalc.parallel.remedies import diagnosed

    given = _checked(top=top, tries=tries, dps=dps)
    most, repeated = given.pop("tries"), ("skips", "no_skips", "settings")
    if unknown := [option for option in options if option not in Overrides._fields]:
        raise UsageError(f"diagnose has no argument {unknown[0]}")
    options |= _checked(**{option: options[option] for option in repeated if option in options})
    if not isinstance(spec, Network):
        spec = _checked(spec=spec)["spec"]
    elif options:
        raise UsageError(f"{next(iter(options))} changes a spec, and a network is built already")
    return diagnosed(spec, Overrides(**options), most=most, **given)[0]


def precision(
    network: Network,
    dtypes: str | Iterable[str] = "float16",
    *,
    wrt: str | Iterable[str] = (),
    loss_scale: float = 1.0,
    dps: int | None = None,
) -> Precision:
    """Which loss scales keep the whole backward pass in the normal range of each format, and what sets the ends of that
    window, as `gradcalc precision` has it: `formats["float16"].window`.

    `dtypes` are of float32, float16, bfloat16, float8_e4m3fn and float8_e5m2. Raises as `compute` does.
    """
    from gradcalc.analysis.precision import precision as answer

    return answer(**_checked(network=network, dtypes=dtypes, wrt=wrt, loss_scale=loss_scale, dps=dps))


def train(
    network: Network,
    *,
    lr: float = 0.01,
    steps: int = 100,
    optimizer: str = "sgd",
    momentum: float | None = None,
    weight_decay: float = 0.0,
    beta1: float | None = None,
    beta2: float | None = None,
    epsilon: float | None = None,
    clip_norm: float | None = None,
    maximize: bool = False,
    online: bool = False,
    until: str | Iterable[str] = (),
) -> Training:
    """The network trained on its own inputs and targets, as `gradcalc train` has it: loss and gradient norms over the
    steps, the parameters after them, and the network with these, `after`.

    `optimizer` is "sgd", "adam" or "adamw"; `until` stops where conditions such as "loss < 1e-6" hold. Raises
    UsageError, and DomainError where there is no finite gradient to begin with.
    """
    from gradcalc.analysis.conditions import condition
    from gradcalc.analysis.optimizers import optimizer as chosen
    from gradcalc.analysis.training import train as answer

    given = _checked(network=network, steps=steps, online=online, until=until)
    conditions = [condition(text, "until") for text in given.pop("until")]
    rule = {"optimizer": optimizer, "maximize": maximize, "lr": lr, "momentum": momentum, "weight_decay": weight_decay}
    rule |= {"clip_norm": clip_norm, "beta1": beta1, "beta2": beta2, "epsilon": epsilon}
    return answer(optimizer=chosen(**_checked(**rule)), until=conditions, **given)


def _checked(**given: Any) -> dict[str, Any]:
    """The arguments as they are passed on: texts in a tuple, values of keys in lists. Raises UsageError for one of a
    wrong kind, which says what was expected."""
    from collections.abc import Mapping
    from functools import partial
    from os import PathLike

    from gradcalc.errors import UsageError
    from gradcalc.network.network import Network

    sources = "a file's path, the name of a built-in example or a mapping of keys"
    flags = ("symbolic", "forward", "no_skips", "without_skips", "maximize", "online")
    whole = {"top": 0, "dps": 1, "jobs": -1, "steps": 0, "tries": 0}
    real = ("loss_scale", "lr", "momentum", "weight_decay", "beta1", "beta2", "epsilon", "clip_norm")
    optional = ("of", "dps", "decimals", "tries", "momentum", "beta1", "beta2", "epsilon", "clip_norm")
    kinds: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "network": ("what gradcalc.load returns", partial(_instance, Network)),
        "spec": (sources, partial(_instance, (str, PathLike, Mapping))),
        "vary": ("a mapping of one key or two to lists of values", _values),
        **dict.fromkeys(("of", "optimizer"), ("a name", partial(_instance, str))),
        **dict.fromkeys(real, ("a number", _real)),
        "decimals": ("a whole number from 0 to 1,000", partial(_whole, 0, most=1_000)),
        **dict.fromkeys(flags, ("True or False", partial(_instance, bool))),
        **dict.fromkeys(
            ("wrt", "through", "avoid", "show", "skips", "settings", "until", "require", "dtypes"),
            ("a text or several", _texts),
        ),
        **{name: (f"a whole number from {least} on", partial(_whole, least)) for name, least in whole.items()},
    }
    for name, value in given.items():
        expected, read = kinds[name]
        try:
            given[name] = value if value is None and name in optional else read(value)
        except (TypeError, AttributeError, ValueError, OverflowError):
            raise UsageError(f"{name} takes {expected}, not {value!r:.60}") from None
    return given


def _instance(types: Any, given: Any) -> Any:
    if not isinstance(given, types):
        raise TypeError
    return given


def _texts(given: Any) -> tuple[str, ...]:
    texts = (given,) if isinstance(given, str) else () if given is None else tuple(given)
    return tuple(_instance(str, text) for text in texts)


def _real(given: Any) -> float:
    if isinstance(given, (bool, str, bytes)):
        raise TypeError
    return float(given)


def _whole(least: int, given: Any, most: float = float("inf")) -> int:
    from operator import index

    if isinstance(given, bool) or not least <= index(given) <= most:
        raise TypeError
    return index(given)


def _values(given: Any) -> dict[str, list[Any]]:
    """Every key with its values, those of a text read as the command line reads them."""
    from gradcalc.language.ranges import values_of

    option = "vary {}={}".format
    read = {key: values_of(each, option(key, each)) if isinstance(each, str) else each for key, each in given.items()}
    return {key: list(values) for key, values in read.items()}
