"""A spec with some keys left open: the network for every choice of their values, with or without its skips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcalc.network import Network
from gradcalc.problems import UsageError
from gradcalc.record import Record
from gradcalc.spec.document import Document
from gradcalc.text.notation import written


class Variants(Record):
    """`keys` are as `--set` takes them: paths of the spec, parameters, inputs, `depth`."""

    document: Document
    keys: tuple[str, ...]
    plain: bool = False  # without skips

    def network(self, values: Sequence[Any]) -> Network:
        """The network with these values. Raises SpecError, UsageError."""
        from gradcalc.spec.judging import judge

        document = self.filled(values)
        network = judge(document)[0]
        return judge(without_skips(document, network))[0] if self.plain else network

    def filled(self, values: Sequence[Any]) -> Document:
        """The spec with these values, its skips included. Raises UsageError for a key that leads nowhere."""
        document = self.document
        for key, value in zip(self.keys, values, strict=True):
            try:
                document = document.with_value(key, value, f"{key}={written(value)}")
            except LookupError as error:
                raise UsageError(f"{key}={written(value)}: {error.args[0]}") from None
        return document


def without_skips(document: Document, network: Network) -> Document:
    """The spec without its skips, nor the values that were set of the skips' own weights; `network` has them still."""
    gone = {parameter.name for parameter in network.parameters if parameter.kind == "skip"}
    kept = {name: value for name, value in document.values.items() if name.partition("[")[0] not in gone}
    return document.without_skips()._replace(values=kept)
