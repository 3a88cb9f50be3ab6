"""Stand-ins for standard modules that Typer imports and a run hardly ever uses; each loads when it is used.

Archives, subprocesses, source lines, network addresses: a tenth of the time of a short run went into importing them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

SELDOM_USED = (
    "bz2",
    "fnmatch",
    "ipaddress",
    "linecache",
    "locale",
    "lzma",
    "shellingham",
    "subprocess",
    "textwrap",
    "tokenize",
    "zlib",
)


@contextmanager
def standing_in(names: tuple[str, ...] = SELDOM_USED) -> Iterator[None]:
    """Within the block an import of these modules gives their stand-in; after it, the module itself."""
    standing = {name: stand_in(name) for name in names if name not in sys.modules}
    sys.modules.update(standing)
    try:
        yield
    finally:
        for name, module in standing.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


def stand_in(name: str) -> ModuleType:
    """A module whose attributes are those of the module called `name`, imported when the first of them is asked for."""
    module = ModuleType(name)

    def __getattr__(attribute: str) -> Any:
        if attribute in ("__path__", "__wrapped__"):  # asked for by the import system and by `inspect`, of any module
            raise AttributeError(attribute)
        if sys.modules.get(name) is module:
            del sys.modules[name]
        __import__(name)
        return getattr(sys.modules[name], attribute)

    module.__getattr__ = __getattr__  # type: ignore[method-assign]
    return module
