"""What every command returns: facts, which JSON prints, and blocks, which eyes read."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gradcalc.record import Record

if TYPE_CHECKING:
    from gradcalc.blocks import Block, Table


class Deferred(Mapping[str, Any]):
    """Facts that are made when they are asked for: what a person reads needs none of them."""

    def __init__(self, make: Callable[[], Mapping[str, Any]]) -> None:
        self._make = make
        self._made: Mapping[str, Any] | None = None

    @property
    def _facts(self) -> Mapping[str, Any]:
        if self._made is None:
            self._made = self._make()
        return self._made

    def __getitem__(self, key: str) -> Any:
        return self._facts[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)


class Report(Record):
    """Facts for scripts, blocks for people. `blocks` is called only by a format that shows them."""

    facts: Mapping[str, Any]
    blocks: "Callable[[], Iterable[Block]]"
    records: Callable[[], Iterable[Mapping[str, Any]]] | None = None  # the lines of jsonl; None: the facts as one line
    table: "Callable[[], Table] | None" = None  # what csv prints; None: the blocks' table marked csv
    program: Callable[[], str] | None = None  # what the python format prints; None: the report is no program
    status: int = 0
    warnings: tuple[str, ...] = ()


class Style(Record):
    """How a format shows a report."""

    digits: int = 6
    width: int | None = None  # columns of a terminal; None in a pipe or a file
    color: bool = False
    all_rows: bool = False
