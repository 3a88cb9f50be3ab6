"""A spec with some keys left open: the network for every choice of their values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from gradcalc.network import Network
from gradcalc.problems import UsageError
from gradcalc.spec.document import Document


class Variants(NamedTuple):
    """`keys` are as `--set` takes them: paths of the spec, parameters, inputs, `depth`."""

    document: Document
    keys: tuple[str, ...]

    def filled(self, values: Sequence[Any]) -> Document:
        """The spec with these values. Raises UsageError for a key that leads nowhere."""
        document = self.document
        for key, value in zip(self.keys, values, strict=True):
            try:
                document = document.with_value(key, value, f"{key}={value}")
            except LookupError as error:
                raise UsageError(f"{key}={value}: {error.args[0]}") from None
        return document

    def network(self, values: Sequence[Any]) -> Network:
        """The network with these values. Raises SpecError, UsageError."""
        from gradcalc.spec.judging import judge

        return judge(self.filled(values))[0]
