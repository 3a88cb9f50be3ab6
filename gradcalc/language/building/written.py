"""Layers and activations as the spec writes them, before they are unrolled and given their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradcalc.activations import Activation, bind, from_formula
from gradcalc.errors import SpecPath
from gradcalc.language.building.parameters import Described, Description, Pool
from gradcalc.language.building.values import entries, read_option
from gradcalc.language.known_names import JOINS
from gradcalc.language.problems import Problems
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
        """All layers in order, of whichever form the spec has; [] where it has none."""
        layers, weights, biases = map(self._data.get, ("layers", "weights", "biases"))
        if isinstance(layers, list):
            return [self._layer(raw, ("layers", i)) for i, raw in enumerate(layers)]
        if layers is None and weights is None and biases is not None:
            self._problems.error(("biases",), "biases needs weights beside it", "key")
        return self._short(weights, biases) if isinstance(weights, list) else []

    def _short(self, weights: list[Any], biases: Any) -> list[WrittenLayer]:
        """One weight and one bias a layer; TOML has no null, so the text "null" is one."""
        if not isinstance(biases, list):
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
            return WrittenLayer(at, vague=True)
        get, read = raw.get, self._pool.read
        weight, activation, reads, parts = get("weight"), get("activation"), get("from"), None
        weight_at, bias_at = (*at, "weight"), (*at, "bias")
        if isinstance(weight, dict) and self._problems.bad((*at, "width")):
            weight = None  # what init would draw depends on a width that is not known
        weight, bias = read(weight, weight_at), read(get("bias"), bias_at)
        bound = self.default if activation is None else self._activation(activation, (*at, "activation"))
        if isinstance(reads, dict):
            describe = self._pool.describe
            parts = {node: None if raw is None else describe(raw, (*at, "from", node)) for node, raw in reads.items()}
        name, width, join, repeat = get("name"), get("width"), get("join"), get("repeat")
        return WrittenLayer(
            at,
            weight,
            weight_at,
            bias,
            bias_at,
            bound,
            name if type(name) is str else None,
            reads,
            parts,
            width if type(width) is int else None,
            JOINS.aliases.get(join, join) if type(join) is str else None,
            repeat if type(repeat) is int and repeat > 0 else 1,
            get("share") is True,
            weight is None and self._problems.bad(at),
        )

    def _activation(self, raw: Any, at: SpecPath) -> LayerActivation | None:
        """The activation at this place, None for a mistake; alpha is an option of some, and a parameter of prelu."""
        if isinstance(raw, str):
            if raw not in self._named:
                bound = self._bind(raw, {}, at)
                self._named[raw] = bound and LayerActivation(bound)
            return self._named[raw]
        if not isinstance(raw, dict):
            return None
        name, formula = raw.get("name"), raw.get("formula")
        if isinstance(formula, str):
            return self._formula(formula, (*at, "formula"))
        if not isinstance(name, str):
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
            return None
        except ValueError as error:
            option = next((option for option in options if f"{option} " in str(error)), None)
            self._problems.error(at if option is None else (*at, option), str(error))
        return None

    def _formula(self, text: str, at: SpecPath) -> LayerActivation | None:
        from gradcalc.expressions.expression import FormulaError

        try:
            if text not in self._bound:
                self._bound[text] = from_formula(text)
            return LayerActivation(self._bound[text])
        except FormulaError as error:
            self._problems.error(at, str(error), span=(error.start, error.end))
            return None
