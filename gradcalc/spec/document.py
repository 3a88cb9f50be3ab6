"""A spec that has been read: its data, where it came from, and what options changed in it."""

from collections.abc import Mapping
from typing import Any

from gradcalc.problems import Problem, SpecPath
from gradcalc.record import Record

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

    def replace(self, path: SpecPath, value: Any, origin: str | None = None) -> "Document":
        """The document with another value at a path of the data; a key that is missing is added.

        Raises LookupError with a message where the path leads through what holds no such thing.
        """
        from gradcalc.spec.keypath import added, put

        data = put(self.data, path, value)
        origins = self.origins if origin is None else {**self.origins, added(self.data, path): origin}
        return self._replace(data=data, origins=origins)

    def with_value(self, key: str, value: Any, origin: str | None = None) -> "Document":
        """The document with a key, a parameter, an input or the `depth` set, by the rules of `--set`.

        Raises LookupError with a message where the key leads nowhere.
        """
        from gradcalc.spec.keypath import set_key

        return set_key(self, key, value, origin)

    def without_skips(self) -> "Document":
        """The plain network."""
        return self._replace(data={key: value for key, value in self.data.items() if key != "skips"}, thinned=True)
