"""A spec that has been read: its data, its source, what options changed in it, and its variants for chosen keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from gradcalc.errors import Problem, SpecError, SpecPath, UsageError
from gradcalc.language.grammars import DEEPEST, NESTED, NOT_FINITE, Refused
from gradcalc.network.network import Network
from gradcalc.records import Record
from gradcalc.report.json_numbers import written


def plain_data(value: Any, depth: int = 0) -> Any:
    """The value with mappings as dict, sequences and arrays as list, numbers as int or float. Raises SpecError.

    Arrays and numbers of NumPy (and of what has `tolist`) are taken as they print; the value itself is not changed.
    """
    if depth > DEEPEST:
        raise SpecError(f"spec: error: {NESTED}")
    if isinstance(value, Mapping):
        return {str(key): plain_data(item, depth + 1) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain_data(item, depth + 1) for item in value]
    if hasattr(value, "tolist"):
        return plain_data(value.tolist(), depth + 1)
    if isinstance(value, float) and not isfinite(value):
        return Refused.because(str(value), NOT_FINITE)
    if isinstance(value, int | float | str) and type(value) not in (bool, int, float, str, Refused):
        return next(plain(value) for plain in (bool, int, float, str) if isinstance(value, plain))
    return value


NOTHING: Mapping[Any, Any] = {}


class Document(Record):
    """Never changed in place: what is set is set in a copy that shares all the rest."""

    name: str  # the default of `name`: the file's stem, "stdin" or "network"
    data: Any  # lists, mappings, numbers, text, true, false and null
    format: str = "mapping"  # "yaml", "toml", "json"; "mapping" for data, "options" where there is no spec
    source: str = "spec"  # as problems are labelled: "net.yaml"
    text: str = ""
    values: Mapping[str, Any] = NOTHING  # of parameters, by the names they get: {"w1": 0.3, "w2[0,1]": 1}
    origins: Mapping[SpecPath, str] = NOTHING  # the option that a value came by: {("loss",): "--loss msee"}
    problems: tuple[Problem, ...] = ()  # found while reading
    thinned: bool = False  # skips or layers have been dropped: what froze them then names nothing, rightly

    def replace(self, path: SpecPath, value: Any, origin: str | None = None) -> Document:
        """The document with another value at a path of the data; a key that is missing is added.

        Raises LookupError with a message where the path leads through what holds no such thing, or the value would
        displace one that an option has given already.
        """
        from gradcalc.language.key_path import added, put

        data = put(self.data, path, value)
        if origin is None:
            return self._replace(data=data)
        at = added(self.data, path)
        self.refuse_displaced(at)
        return self._replace(data=data, origins={**self.origins, at: origin})

    def refuse_displaced(self, path: SpecPath) -> None:
        """Raises LookupError where an option has given a value at this path, or within it, already."""
        for given, option in self.origins.items():
            if given[: len(path)] == path:
                raise LookupError(f"{option} has set that already; give one of the two")

    def with_value(self, key: str, value: Any, origin: str | None = None) -> Document:
        """The document with a key, a parameter, an input or the `depth` set, by the rules of `--set`.

        Raises LookupError with a message where the key leads nowhere.
        """
        from gradcalc.language.key_path import set_key

        return set_key(self, key, value, origin)

    def without_skips(self) -> Document:
        """The plain network."""
        return self._replace(data={key: value for key, value in self.data.items() if key != "skips"}, thinned=True)


NOT_COMPUTED = frozenset(("name", "notes", "frozen"))
"""Keys that no number depends on."""


class Variants(Record):
    """A spec with some keys left open: the network for every choice of their values, with or without its skips.

    `keys` are as `--set` takes them: paths of the spec, parameters, inputs, `depth`.
    """

    document: Document
    keys: tuple[str, ...]
    plain: bool = False  # without skips

    def network(self, values: Sequence[Any]) -> Network:
        """The network with these values. Raises SpecError, UsageError."""
        from gradcalc.language.checker import judge

        document = self.filled(values)
        network = judge(document)[0]
        return judge(without_skips(document, network))[0] if self.plain else network

    def filled(self, values: Sequence[Any]) -> Document:
        """The spec with these values, its skips included. Raises UsageError for a key that leads nowhere."""
        document = self.document
        for key, value in zip(self.keys, values, strict=True):
            if key in NOT_COMPUTED:
                raise UsageError(f"{key}={written(value)}: has no effect, no number depends on `{key}`")
            try:
                document = document.with_value(key, value, f"{key}={written(value)}")
            except LookupError as error:
                raise UsageError(f"{key}={written(value)}: {error.args[0]}") from None
        return document


def without_skips(document: Document, network: Network) -> Document:
    """The spec without its skips, nor the values that were set of the skips' own weights; `network` has them still."""
    gone = {parameter.name for parameter in network.parameters if parameter.kind == "skip"}
    values = {name: value for name, value in document.values.items() if name.partition("[")[0] not in gone}
    return document.without_skips()._replace(values=values)
