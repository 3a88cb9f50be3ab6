"""Layers and activations as the spec writes them, before they are unrolled and given their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from gradcalc.activations import Activation, bind, from_formula
from gradcalc.errors import SpecPath
from gradcalc.language.building.parameters import Described, Description, Pool
from gradcalc.language.building.values import entries, read_option
from gradcalc.language.known_names import JOINS, activations
from gradcalc.language.problems import Problems, kind_of
from gradcalc.records import Record


class LayerActivation(Record):
    """An activation bound to its options, and the value of prelu's parameter as written, None where it has none."""

    bound: Activation
    alpha: Any = None
    alpha_at: SpecPath = ()


class WrittenLayer(Record):
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


Kind = TypeVar("Kind")


class LayerReader:
    """Reads the layers of a spec, each once however often it is repeated, and binds every activation once."""

    def __init__(self, data: Mapping[str, Any], pool: Pool, problems: Problems) -> None:
        self._data = data
        self._pool = pool
        self._problems = problems
        self._named: dict[str, LayerActivation | None] = {}
        self._bound: dict[object, Activation] = {}
        self.default = self._activation(data.get("activation", "sigmoid"), ("activation",))

    def layers(self) -> list[WrittenLayer]:
        """All layers in order, of whichever form the spec has; [] where it has none, which is reported."""
        layers, weights, problems = self._data.get("layers"), self._data.get("weights"), self._problems
        beside = [key for key in ("weights", "biases") if self._data.get(key) is not None]
        if layers is not None:
            for key in beside:
                problems.error((key,), f"{key} is the short form of layers; keep one of them", "key")
            if isinstance(layers, list):
                return [self._layer(raw, ("layers", i)) for i, raw in enumerate(layers)]
            problems.error(("layers",), f"needs a list of layers, not {kind_of(layers)}")
        elif weights is not None:
            return self._short(weights, self._data.get("biases"))
        else:
            what = "biases needs weights beside it" if beside else "the spec has no layers; give layers, or weights"
            problems.error(("biases",) if beside else ("layers",), what, "key")
        return []

    def _short(self, weights: Any, biases: Any) -> list[WrittenLayer]:
        """One weight and one bias a layer; TOML has no null, so the text "null" is one."""
        if not isinstance(weights, list):
            self._problems.error(("weights",), f"needs a list with one weight per layer, not {kind_of(weights)}")
            return []
        if not isinstance(biases, list):
            if biases is not None:
                self._problems.error(("biases",), f"needs a list with one bias per layer, not {kind_of(biases)}")
            biases = [None] * len(weights)
        elif len(biases) != len(weights):
            counts = f"has {entries(len(biases))} for {len(weights)} layer{'s' * (len(weights) > 1)}"
            self._problems.error(("biases",), f"{counts}; it has one bias per layer, null where there is none")
        read, default, layers = self._pool.read, self.default, []
        for i, (weight, bias) in enumerate(zip(weights, biases, strict=False)):
            weight_at, bias_at = ("weights", i), ("biases", i)
            described = weight if type(weight) is float else read(weight, weight_at)
            bias = None if bias is None or bias == "null" else read(bias, bias_at)
            layers.append(WrittenLayer(weight_at, described, weight_at, bias, bias_at, default))
        return layers

    def _layer(self, raw: Any, at: SpecPath) -> WrittenLayer:
        if not isinstance(raw, dict):
            self._problems.error(at, f"needs a layer, which is a mapping, not {kind_of(raw)}")
            return WrittenLayer(at, vague=True)
        weight, bias, activation, reads = raw.get("weight"), raw.get("bias"), raw.get("activation"), raw.get("from")
        weight_at, bias_at = (*at, "weight"), (*at, "bias")
        if isinstance(weight, dict) and self._problems.bad((*at, "width")):
            weight = None  # what init would draw depends on a width that is not known
        return WrittenLayer(
            at,
            self._pool.read(weight, weight_at),
            weight_at,
            self._pool.read(bias, bias_at),
            bias_at,
            self.default if activation is None else self._activation(activation, (*at, "activation")),
            self._of_type(str, raw, "name", at),
            reads,
            self._parts(reads, (*at, "from")) if isinstance(reads, dict) else None,
            self._of_type(int, raw, "width", at),
            JOINS.aliases.get(join, join) if (join := self._of_type(str, raw, "join", at)) else None,
            self._of_type(int, raw, "repeat", at) or 1,
            raw.get("share") is True,
            weight is None and self._problems.bad(at),
        )

    def _parts(self, reads: Mapping[str, Any], at: SpecPath) -> Mapping[str, Description | None]:
        """The weights of a `from` mapping, by node; None is the identity."""
        describe = self._pool.describe
        return {node: None if raw is None else describe(raw, (*at, node)) for node, raw in reads.items()}

    def _of_type(self, kind: type[Kind], raw: Mapping[str, Any], key: str, at: SpecPath) -> Kind | None:
        """What stands at a key; None where nothing does, or something of another kind, which is reported."""
        value = raw.get(key)
        if value is None or type(value) is kind:
            return value
        self._problems.error((*at, key), f"needs {kind_of(kind())}, not {kind_of(value)}")
        return None

    def _activation(self, raw: Any, at: SpecPath) -> LayerActivation | None:
        """The activation at this place; None where there is a mistake, which is reported.

        Alpha is an option of some activations, and a parameter of prelu.
        """
        if isinstance(raw, str):
            if raw not in self._named:
                bound = self._bind(raw, {}, at)
                self._named[raw] = bound and LayerActivation(bound)
            return self._named[raw]
        if not isinstance(raw, dict):
            self._problems.error(at, f"{kind_of(raw)} is no activation")
            return None
        if raw.get("formula") is not None:
            return self._formula(raw["formula"], (*at, "formula"))
        name = raw.get("name")
        if not isinstance(name, str):
            self._problems.error(at, "needs the name of an activation, or a formula")
            return None
        options = {key: value for key, value in raw.items() if key != "name" and value is not None}
        bound = self._bind(name, {key: value for key, value in options.items() if key != "alpha"}, at)
        if bound is None or "alpha" not in options:
            return bound and LayerActivation(bound)
        if bound.parametric:
            return LayerActivation(bound, options["alpha"], (*at, "alpha"))
        bound = self._bind(name, options, at)
        return bound and LayerActivation(bound)

    def _bind(self, name: str, given: Mapping[str, Any], at: SpecPath) -> Activation | None:
        options: dict[str, float] = {}
        for key, value in given.items():
            number = value if type(value) is int else read_option(value, (*at, key), self._problems)
            if number is None:
                return None
            options[key] = number
        which = (name, *options.items())
        try:
            if which not in self._bound:
                self._bound[which] = bind(name, options)
            return self._bound[which]
        except KeyError:
            self._problems.error(at, activations().unknown("activation", name))
        except ValueError as error:
            option = next((option for option in options if f"{option} " in str(error)), None)
            self._problems.error(at if option is None else (*at, option), str(error))
        return None

    def _formula(self, text: Any, at: SpecPath) -> LayerActivation | None:
        from gradcalc.expressions.expression import FormulaError

        if not isinstance(text, str):
            self._problems.error(at, f"{kind_of(text)} is no formula")
            return None
        try:
            if text not in self._bound:
                self._bound[text] = from_formula(text)
            return LayerActivation(self._bound[text])
        except FormulaError as error:
            self._problems.error(at, str(error), span=(error.start, error.end))
            return None
