"""Layers and activations as the spec writes them, before they are unrolled and given their numbers."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

from gradcalc.activations import Activation, bind, from_formula
from gradcalc.errors import SpecPath
from gradcalc.language.building.parameters import Described, Describer, Description
from gradcalc.language.building.values import entries, read_option
from gradcalc.language.known_names import JOINS
from gradcalc.language.problems import Reporter, kind_of
from gradcalc.records import Record


class LayerActivation(Record):
    """An activation bound to its options, and the value of prelu's parameter as written, None where it has none."""

    bound: Activation
    alpha: Any = None
    alpha_at: SpecPath = ()


class Activations:
    """Binds activations, those that are the same only once."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._by_name: dict[str, LayerActivation | None] = {}
        self._known: dict[Hashable, Activation] = {}

    def read(self, raw: Any, at: SpecPath) -> LayerActivation | None:
        """The activation at this place; None where there is a mistake, which is reported."""
        if isinstance(raw, dict):
            return self._formula(raw["formula"], at) if raw.get("formula") is not None else self._options(raw, at)
        if not isinstance(raw, str):
            self._reporter.error(at, f"{kind_of(raw)} is no activation")
            return None
        if raw not in self._by_name:
            bound = self._bound(raw, {}, at)
            self._by_name[raw] = bound and LayerActivation(bound)
        return self._by_name[raw]

    def _options(self, raw: Mapping[str, Any], at: SpecPath) -> LayerActivation | None:
        """{name, alpha, …}: alpha is an option of some activations, and a parameter of prelu."""
        name = raw.get("name")
        if not isinstance(name, str):
            self._reporter.error(at, "needs the name of an activation, or a formula")
            return None
        given = {key: value for key, value in raw.items() if key != "name" and value is not None}
        alpha = given.pop("alpha", None)
        plain = self._with_numbers(name, given, at)
        if alpha is None or plain is None:
            return plain and LayerActivation(plain)
        if plain.parametric:
            return LayerActivation(plain, alpha, (*at, "alpha"))
        bound = self._with_numbers(name, {key: raw[key] for key in raw if key == "alpha" or key in given}, at)
        return bound and LayerActivation(bound)

    def _with_numbers(self, name: str, given: Mapping[str, Any], at: SpecPath) -> Activation | None:
        options: dict[str, float] = {}
        for key, value in given.items():
            number = value if type(value) is int else read_option(value, (*at, key), self._reporter)
            if number is None:
                return None
            options[key] = number
        return self._bound(name, options, at)

    def _bound(self, name: str, options: Mapping[str, float], at: SpecPath) -> Activation | None:
        try:
            return self._once((name, *options.items()), lambda: bind(name, options))
        except KeyError:
            from gradcalc.language.known_names import activations

            self._reporter.error(at, activations().unknown("activation", name))
        except ValueError as error:
            option = next((option for option in options if f"{option} " in str(error)), None)
            self._reporter.error(at if option is None else (*at, option), str(error))
        return None

    def _once(self, key: Hashable, make: Callable[[], Activation]) -> Activation:
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]

    def _formula(self, text: Any, at: SpecPath) -> LayerActivation | None:
        from gradcalc.expressions.expression import FormulaError

        at = (*at, "formula")
        if not isinstance(text, str):
            self._reporter.error(at, f"{kind_of(text)} is no formula")
            return None
        try:
            return LayerActivation(self._once(text, lambda: from_formula(text)))
        except FormulaError as error:
            self._reporter.error(at, str(error), span=(error.start, error.end))
            return None


Kind = TypeVar("Kind")


class Written(Record):
    """One layer of the spec; `at` is its place there, and each part's place is told by its description."""

    at: SpecPath
    weight: Described | None = None
    weight_at: SpecPath = ()
    bias: Described | None = None
    bias_at: SpecPath = ()
    activation: LayerActivation | None = None  # None: a mistake
    name: str | None = None
    reads: Any = None
    parts: Mapping[str, Description | None] | None = None  # of a `from` mapping
    width: int | None = None
    join: str | None = None
    repeat: int = 1
    share: bool = False
    vague: bool = False  # its width may not be taken for what was meant


ALONE = (None, None, None, None, None, 1, False, False)
"""What a layer of the short form has for everything but weight, bias and activation."""


class Writings:
    """Reads the layers of a spec, each once however often it is repeated."""

    def __init__(self, data: Mapping[str, Any], describer: Describer, activations: Activations, reporter: Reporter):
        self._data = data
        self._describer = describer
        self._activations = activations
        self._reporter = reporter
        self.default = activations.read(data.get("activation", "sigmoid"), ("activation",))

    def layers(self) -> list[Written]:
        """All layers in order, of whichever form the spec has; [] where it has none, which is reported."""
        layers, weights = self._data.get("layers"), self._data.get("weights")
        beside = [key for key in ("weights", "biases") if self._data.get(key) is not None]
        if layers is not None:
            for key in beside:
                self._reporter.error((key,), f"{key} is the short form of layers; keep one of them", "key")
            return self._long(layers)
        if weights is not None:
            return self._short(weights, self._data.get("biases"))
        what = "biases needs weights beside it" if beside else "the spec has no layers; give layers, or weights"
        self._reporter.error(("biases",) if beside else ("layers",), what, "key")
        return []

    def _short(self, weights: Any, biases: Any) -> list[Written]:
        if not isinstance(weights, list):
            self._reporter.error(("weights",), f"needs a list with one weight per layer, not {kind_of(weights)}")
            return []
        if not isinstance(biases, list):
            if biases is not None:
                self._reporter.error(("biases",), f"needs a list with one bias per layer, not {kind_of(biases)}")
            return [self._short_layer(i, weight, None) for i, weight in enumerate(weights)]
        if len(biases) != len(weights):
            counts = f"has {entries(len(biases))} for {len(weights)} layer{'s' * (len(weights) > 1)}"
            self._reporter.error(("biases",), f"{counts}; it has one bias per layer, null where there is none")
        return [self._short_layer(i, *both) for i, both in enumerate(zip(weights, biases, strict=False))]

    def _short_layer(self, i: int, weight: Any, bias: Any) -> Written:
        """One weight and one bias; TOML has no null, so the text "null" is one."""
        weight_at, bias_at = ("weights", i), ("biases", i)
        weight = weight if type(weight) is float else self._describer.read(weight, weight_at)
        bias = None if bias is None or bias == "null" else self._describer.read(bias, bias_at)
        return Written(weight_at, weight, weight_at, bias, bias_at, self.default, *ALONE)

    def _long(self, layers: Any) -> list[Written]:
        if not isinstance(layers, list):
            self._reporter.error(("layers",), f"needs a list of layers, not {kind_of(layers)}")
            return []
        return [self._layer(raw, ("layers", i)) for i, raw in enumerate(layers)]

    def _layer(self, raw: Any, at: SpecPath) -> Written:
        if not isinstance(raw, dict):
            self._reporter.error(at, f"needs a layer, which is a mapping, not {kind_of(raw)}")
            return Written(at, vague=True)
        get = raw.get
        weight, bias, activation, reads = get("weight"), get("bias"), get("activation"), get("from")
        weight_at, bias_at = (*at, "weight"), (*at, "bias")
        if isinstance(weight, dict) and self._reporter.bad((*at, "width")):
            weight = None  # what init would draw depends on a width that is not known
        return Written(
            at,
            self._describer.read(weight, weight_at),
            weight_at,
            self._describer.read(bias, bias_at),
            bias_at,
            self.default if activation is None else self._activations.read(activation, (*at, "activation")),
            self._of_type(str, raw, "name", at),
            reads,
            self._parts(reads, (*at, "from")) if isinstance(reads, dict) else None,
            self._of_type(int, raw, "width", at),
            JOINS.aliases.get(join, join) if (join := self._of_type(str, raw, "join", at)) else None,
            self._of_type(int, raw, "repeat", at) or 1,
            get("share") is True,
            weight is None and self._reporter.bad(at),
        )

    def _parts(self, reads: Mapping[str, Any], at: SpecPath) -> Mapping[str, Description | None]:
        """The weights of a `from` mapping, by node; None is the identity."""
        describe = self._describer.describe
        return {node: None if raw is None else describe(raw, (*at, node)) for node, raw in reads.items()}

    def _of_type(self, kind: type[Kind], raw: Mapping[str, Any], key: str, at: SpecPath) -> Kind | None:
        """What stands at a key; None where nothing does, or something of another kind, which is reported."""
        value = raw.get(key)
        if value is None or type(value) is kind:
            return value
        self._reporter.error((*at, key), f"needs {kind_of(kind())}, not {kind_of(value)}")
        return None
