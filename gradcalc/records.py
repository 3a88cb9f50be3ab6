"""Immutable records at a tenth of a NamedTuple's cost, and the collector at rest while many are made.

A NamedTuple compiles a constructor and the text of every annotation, 0.15 ms a class; a run of a second's tenth
defines seventy of them. A Record is the same tuple with named fields, and to a type checker it is a NamedTuple.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import repeat
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

Kind = TypeVar("Kind", bound=tuple[Any, ...])
ANSWERS = frozenset(
    {"Network", "Computation", "PathAnalysis", "Explanation", "Comparison", "Sweep", "GradientCheck", "Diagnosis"}
    | {"GivenCheck", "Precision", "Training"}
)
"""The records that the functions of the package answer with: in one line, and in a notebook as a page of `views/`."""

if TYPE_CHECKING:
    from typing import NamedTuple as Record
else:
    from collections import _tuplegetter
    from functools import partial

    new = tuple.__new__

    class RecordType(type):
        """Turns the annotations of a class into the fields of a tuple."""

        def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> type:
            """The class, with a getter for each field, in their order."""
            fields = tuple(namespace.get("__annotations__", ()))
            if fields:
                defaults = {field: namespace[field] for field in fields if field in namespace}
                first, rest = len(fields) - len(defaults), tuple(defaults.values())
                namespace["_field_defaults"] = defaults
                namespace["_tails"] = {first + given: rest[given:] for given in range(len(rest) + 1)}
                namespace["_fields"] = namespace["__match_args__"] = fields
                namespace.update((field, _tuplegetter(number, None)) for number, field in enumerate(fields))
            namespace["__slots__"] = ()
            made = type.__new__(mcs, name, bases, namespace)
            made._make = partial(new, made)  # from a value for every field, at a third of what a call costs
            return made

    class Record(tuple, metaclass=RecordType):
        """A tuple whose fields have names."""

        _fields = ()
        _field_defaults: ClassVar[dict[str, Any]] = {}
        _tails: ClassVar[dict[int, tuple[Any, ...]]] = {0: ()}  # by how many values are given the defaults of the rest

        def __new__(cls, *values: Any, **named: Any) -> Record:
            """The record of these values, in the order of the fields or by name; what is left out has its default."""
            if not named:
                try:
                    return new(cls, values + cls._tails[len(values)])
                except KeyError:
                    pass
            return new(cls, values + cls._rest(len(values), named))

        @classmethod
        def _rest(cls, given: int, named: dict[str, Any]) -> tuple[Any, ...]:
            """The values of the fields after the first `given`."""
            defaults, fields = cls._field_defaults, cls._fields[given:]
            try:
                rest = tuple([named.pop(field) if field in named else defaults[field] for field in fields])
            except KeyError as missing:
                raise TypeError(f"{cls.__name__}() is missing {missing}") from None
            if named or given > len(cls._fields):
                raise TypeError(f"{cls.__name__}() takes {', '.join(cls._fields)}, not {', '.join(named) or 'more'}")
            return rest

        def _replace(self, **changes: Any) -> Record:
            """The record with some values changed."""
            made = self._make(map(changes.pop, self._fields, self))
            if changes:
                raise TypeError(f"{type(self).__name__} has {', '.join(self._fields)}, not {', '.join(changes)}")
            return made

        def _asdict(self) -> dict[str, Any]:
            """The values by name."""
            return dict(zip(self._fields, self))

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

        def __repr__(self) -> str:
            kind = type(self).__name__
            if kind in ANSWERS:
                return f"{kind}({_named(self)}: {', '.join(self._fields)})"
            named = ", ".join(f"{field}={value!r}" for field, value in zip(self._fields, self))
            return f"{kind}({named})"

        def _repr_html_(self) -> str | None:
            """What a notebook shows of an answer; None of other records."""
            return _in_notebook(self, "html")

        def _repr_markdown_(self) -> str | None:
            """The same where it shows Markdown."""
            return _in_notebook(self, "markdown")

    def _named(record: Any) -> str:
        """What an answer is about: the name of its network, or of several."""
        fields = record._fields
        found = next(getattr(record, field) for field in ("name", "network", "before", "networks") if field in fields)
        names = (
            [found] if isinstance(found, str) else [one.name for one in (found if "networks" in fields else [found])]
        )
        return ", ".join(repr(name)[1:-1] for name in names)  # on one line, whatever is in it

    def _in_notebook(record: Any, form: str) -> str | None:
        if type(record).__name__ not in ANSWERS:
            return None
        module: Any = __import__("gradcalc.views.notebook", fromlist=[form])  # above this room, and loaded if asked for
        shown: str | None = getattr(module, form)(record)
        return shown


def of_rows(kind: type[Kind], rows: Iterable[Iterable[Any]]) -> Iterator[Kind]:
    """A record of the values of each row, a fifth sooner than by its `_make`."""
    return map(tuple.__new__, repeat(kind), rows)


@contextmanager
def uncollected() -> Iterator[None]:
    """Within it nobody looks for what could be freed: among a million new records that takes longer than making them,
    and none of them is garbage."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


__all__ = ["Record", "of_rows", "uncollected"]
