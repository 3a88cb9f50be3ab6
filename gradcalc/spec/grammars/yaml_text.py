"""Reading YAML from libyaml's events: the 1.2 core schema, no tags, no merging, one document, and no recursion.

Aliases share their value; what a text would hold with all of them written out is counted, and bounded.
"""

from __future__ import annotations

from typing import Any

from gradcalc.problems import Problem, SpecPath
from gradcalc.spec.grammars import DEEPEST, NESTED, Reading, Unreadable, fault
from gradcalc.spec.scalars import core_scalar

MOST_VALUES = 20_000_000

TAGGED = "tags are refused, as a spec is plain data; remove the tag"
EXPANDED = "the aliases expand to more than 20 million values; a spec so large is written as arrays, not by repetition"
DOCUMENTS = "a second YAML document begins here; a spec is one document, several are several files"
UNTEXTUAL = "keys are text; write this one in quotes if it is meant"


class _Node:
    """A list or mapping being filled: `size` values in all and `height` levels, aliases counted in full."""

    __slots__ = ("anchor", "data", "height", "key", "key_span", "size", "start")

    def __init__(self, data: Any, anchor: str | None, start: int) -> None:
        self.data = data
        self.anchor = anchor
        self.start = start
        self.key: str | None = None
        self.key_span: tuple[int, int] | None = None
        self.size = 1
        self.height = 1


def read(text: str) -> Reading:
    """The data of a YAML text. Raises Unreadable."""
    composer = Composer(text)
    composer.run()
    return composer.data, tuple(composer.problems)


class Composer:
    """Puts the events of one document together."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.data: Any = None
        self.problems: list[Problem] = []
        self.open: list[_Node] = []
        self.anchors: dict[str, tuple[Any, int, int]] = {}
        self.documents = 0

    def run(self) -> None:
        """Take every event of the text."""
        import yaml

        take = {
            yaml.ScalarEvent: self._scalar,
            yaml.SequenceStartEvent: self._begin_list,
            yaml.MappingStartEvent: self._begin_mapping,
            yaml.SequenceEndEvent: self._end,
            yaml.MappingEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }
        try:
            for event in yaml.parse(self.text, Loader=getattr(yaml, "CLoader", yaml.Loader)):
                if (take_this := take.get(type(event))) is not None:
                    take_this(event)
        except yaml.YAMLError as error:
            from gradcalc.spec.grammars.yaml_faults import explain

            raise explain(error, self.text) from None

    def path(self) -> SpecPath:
        """The path of the value that comes next."""
        return tuple(len(node.data) if type(node.data) is list else node.key or "" for node in self.open)

    def put(self, value: Any, size: int, height: int, start: int, end: int) -> None:
        """Set a finished value into what holds it."""
        if not self.open:
            self.data = value
            return
        holder = self.open[-1]
        holder.size += size
        holder.height = max(holder.height, height + 1)
        if holder.size > MOST_VALUES:
            raise Unreadable(EXPANDED, start)
        if len(self.open) + height > DEEPEST:
            raise Unreadable(NESTED, start)
        if type(holder.data) is list:
            holder.data.append(value)
        elif holder.key is not None:
            holder.data[holder.key] = value
            holder.key = None
        else:
            raise Unreadable(UNTEXTUAL, start)

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            raise Unreadable(DOCUMENTS, event.start_mark.index)

    def _scalar(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        if event.tag is not None:
            raise Unreadable(TAGGED, start)
        value = core_scalar(event.value) if event.implicit[0] else event.value
        if self.open and type(self.open[-1].data) is dict and self.open[-1].key is None:
            self._key(self.open[-1], value, event.value, (start, end))
        else:
            if event.anchor:
                self.anchors[event.anchor] = (value, 1, 0)
            self.put(value, 1, 0, start, end)

    def _key(self, holder: _Node, value: Any, text: str, span: tuple[int, int]) -> None:
        path = (*self.path()[:-1], text)
        if not isinstance(value, str):
            self.problems.append(fault(self.text, path, UNTEXTUAL, span[0]))
        elif text in holder.data:
            self.problems.append(fault(self.text, path, f'duplicate key "{text}"; each key stands once', span[0]))
        holder.key, holder.key_span = text, span

    def _begin_list(self, event: Any) -> None:
        self._begin(event, [])

    def _begin_mapping(self, event: Any) -> None:
        self._begin(event, {})

    def _begin(self, event: Any, data: Any) -> None:
        start = event.start_mark.index
        if event.tag is not None:
            raise Unreadable(TAGGED, start)
        if len(self.open) >= DEEPEST:
            raise Unreadable(NESTED, start)
        if self.open and type(self.open[-1].data) is dict and self.open[-1].key is None:
            raise Unreadable(UNTEXTUAL, start)
        if event.anchor:
            self.anchors.pop(event.anchor, None)
        self.open.append(_Node(data, event.anchor, start))

    def _end(self, event: Any) -> None:
        node = self.open.pop()
        if node.anchor:
            self.anchors[node.anchor] = (node.data, node.size, node.height)
        self.put(node.data, node.size, node.height, node.start, event.end_mark.index)

    def _alias(self, event: Any) -> None:
        start = event.start_mark.index
        if event.anchor not in self.anchors:
            raise Unreadable(f"*{event.anchor} names no anchor that is complete before it", start)
        if self.open and type(self.open[-1].data) is dict and self.open[-1].key is None:
            raise Unreadable(UNTEXTUAL, start)
        self.put(*self.anchors[event.anchor], start, event.end_mark.index)
