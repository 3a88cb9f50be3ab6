"""What every command returns: facts, which JSON prints, and blocks, which eyes read."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from gradcalc.blocks import Bar as Bar
    from gradcalc.blocks import Block as Block
    from gradcalc.blocks import Cell as Cell
    from gradcalc.blocks import Column as Column
    from gradcalc.blocks import Formula as Formula
    from gradcalc.blocks import Heading as Heading
    from gradcalc.blocks import Note as Note
    from gradcalc.blocks import Percent as Percent
    from gradcalc.blocks import Spark as Spark
    from gradcalc.blocks import Table as Table
    from gradcalc.blocks import Tree as Tree
    from gradcalc.blocks import Words as Words


def __getattr__(name: str) -> Any:
    from gradcalc import blocks

    return getattr(blocks, name)


class Report(NamedTuple):
    """Facts for scripts, blocks for people. `blocks` is called only by a format that shows them."""

    facts: Mapping[str, Any]
    blocks: "Callable[[], Iterable[Block]]"
    records: Callable[[], Iterable[Mapping[str, Any]]] | None = None  # the lines of jsonl; None: the facts as one line
    table: "Callable[[], Table] | None" = None  # what csv prints; None: the blocks' table marked csv
    status: int = 0
    warnings: tuple[str, ...] = ()


class Style(NamedTuple):
    """How a format shows a report."""

    digits: int = 6
    width: int | None = None  # columns of a terminal; None in a pipe or a file
    color: bool = False
    all_rows: bool = False
