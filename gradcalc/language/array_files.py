"""Arrays in files, by the standard library alone: safetensors, and NumPy's npz and npy. Nothing in them is executed.

safetensors: 8 bytes with the length of a JSON header, the header ({name: {dtype, shape, data_offsets}}), raw data, all
little-endian (https://huggingface.co/docs/safetensors). npz: a zip archive of npy files, each a magic string, the
length of a header that is a Python literal ({'descr', 'fortran_order', 'shape'}), raw data (NumPy Enhancement Proposal
1).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from math import prod
from struct import error as StructError
from struct import iter_unpack, unpack_from
from typing import Any

from gradcalc.errors import UsageError
from gradcalc.records import Record

LARGEST_HEADER = 2**20
MOST_NUMBERS = 4_000_000
MOST_ARRAYS = 10_000
PICKLED = "holds Python objects, which would have to be unpickled, and a pickle can run any code; it is not opened"


class StoredArray(Record):
    """A name with its numbers as nested lists, and the format they are stored in: "float32"; whole numbers count as
    float64."""

    name: str
    numbers: Any
    dtype: str


class Kind(Record):
    """How a type of numbers is stored: its size in bytes, `struct`'s code, and the format that its digits are of."""

    size: int
    code: str
    dtype: str = "float64"


INTEGERS = (("8", 1, "bB"), ("16", 2, "hH"), ("32", 4, "iI"), ("64", 8, "qQ"))
SAFETENSORS = {
    "F64": Kind(8, "d"),
    "F32": Kind(4, "f", "float32"),
    "F16": Kind(2, "e", "float16"),
    "BF16": Kind(2, "H", "bfloat16"),
    **{sign + bits: Kind(size, code) for bits, size, codes in INTEGERS for sign, code in zip("IU", codes)},
}
NUMPY = {
    "f8": Kind(8, "d"),
    "f4": Kind(4, "f", "float32"),
    "f2": Kind(2, "e", "float16"),
    **{f"{sign}{size}": Kind(size, code) for _, size, codes in INTEGERS for sign, code in zip("iu", codes)},
}


def read_safetensors(raw: bytes, label: str) -> Iterator[StoredArray]:
    """The arrays of a safetensors file. Raises UsageError."""
    if len(raw) < 8:
        raise UsageError(f"{label}: is too short for a safetensors file, which begins with the length of its header")
    (length,) = unpack_from("<Q", raw)
    if length > LARGEST_HEADER or 8 + length > len(raw):
        raise UsageError(f"{label}: its header would have {length:,} bytes; is it a safetensors file, and whole?")
    try:
        header = json.loads(raw[8 : 8 + length].decode())
        described = {
            name: (one["dtype"], one["shape"], one["data_offsets"])
            for name, one in header.items()
            if name != "__metadata__"
        }
    except (ValueError, RecursionError, TypeError, AttributeError, KeyError):
        raise UsageError(f"{label}: its header is not that of a safetensors file") from None
    data = raw[8 + length :]
    check_total(label, [sizes for _, sizes, _ in described.values()])
    for name, (dtype, sizes, offsets) in described.items():
        kind = SAFETENSORS.get(dtype) if isinstance(dtype, str) else None
        if kind is None:
            raise UsageError(
                f"{label}: {name} is of type {dtype}, which is not read; it may be {', '.join(SAFETENSORS)}"
            )
        if not (isinstance(offsets, list) and len(offsets) == 2 and all(map(is_whole, offsets))):
            raise UsageError(f"{label}: {name} has no two data_offsets")
        start, end = offsets
        if not start <= end <= len(data) or end - start != prod(sizes) * kind.size:
            raise UsageError(f"{label}: the data of {name} are not where its header says, or not as many")
        yield StoredArray(name, nested(label, name, data[start:end], kind, sizes, "<"), kind.dtype)


def read_npz(raw: bytes, label: str) -> Iterator[StoredArray]:
    """The arrays of a .npz archive. Raises UsageError."""
    from io import BytesIO
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(BytesIO(raw)) as archive:
            members = archive.infolist()
            if len(members) > MOST_ARRAYS or sum(one.file_size for one in members) > 8 * MOST_NUMBERS + LARGEST_HEADER:
                raise UsageError(f"{label}: unpacks to more than {MOST_NUMBERS:,} numbers")
            for one in members:
                yield read_npy(archive.read(one), label, one.filename.removesuffix(".npy"))
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise UsageError(f"{label}: is no .npz archive that can be read: {error}") from None


def read_npy(raw: bytes, label: str, name: str) -> StoredArray:
    """One array of an archive. Raises UsageError."""
    from ast import literal_eval

    try:
        if raw[:6] != b"\x93NUMPY":
            raise ValueError
        (length,), start = (
            unpack_from("<H", raw, 8) if raw[6] == 1 else unpack_from("<I", raw, 8),
            10 if raw[6] == 1 else 12,
        )
        if length > LARGEST_HEADER:
            raise ValueError
        header = literal_eval(raw[start : start + length].decode("latin-1"))
        descr, by_columns, sizes = header["descr"], header["fortran_order"], list(header["shape"])
    except (ValueError, TypeError, KeyError, IndexError, SyntaxError, StructError, MemoryError, RecursionError):
        raise UsageError(f"{label}: {name} is no array in NumPy's format") from None
    if not isinstance(descr, str) or "O" in descr:
        raise UsageError(f"{label}: {name} {PICKLED}")
    kind = NUMPY.get(descr[1:])
    if kind is None:
        raise UsageError(f"{label}: {name} is of type {descr}, which is not read; save it as float64 or float32")
    check_total(label, [sizes])
    order = ">" if descr[0] == ">" else "<"
    data = raw[start + length :]
    if len(data) != prod(sizes) * kind.size:
        raise UsageError(f"{label}: {name} has not as many numbers as its header says")
    if by_columns is True and len(sizes) == 2:
        turned = nested(label, name, data, kind, sizes[::-1], order)
        return StoredArray(name, [list(row) for row in zip(*turned)], kind.dtype)
    return StoredArray(name, nested(label, name, data, kind, sizes, order), kind.dtype)


def is_whole(number: Any) -> bool:
    """Whether it is a number of things."""
    return isinstance(number, int) and not isinstance(number, bool) and number >= 0


def check_total(label: str, shapes: Sequence[Any]) -> None:
    """Refuse shapes that are none, and more numbers than are read; raises UsageError."""
    if len(shapes) > MOST_ARRAYS:
        raise UsageError(f"{label}: holds more than {MOST_ARRAYS:,} arrays")
    for sizes in shapes:
        if not isinstance(sizes, list) or len(sizes) > 8 or not all(map(is_whole, sizes)):
            raise UsageError(f"{label}: a shape in it is none")
    if sum(map(prod, shapes)) > MOST_NUMBERS:
        raise UsageError(f"{label}: holds more than {MOST_NUMBERS:,} numbers")


def nested(label: str, name: str, data: bytes, kind: Kind, sizes: Sequence[int], order: str) -> Any:
    """Raw numbers as nested lists."""
    if not prod(sizes):
        raise UsageError(f"{label}: {name} is empty")
    read: Callable[[Any], float] = from_bfloat16 if kind.dtype == "bfloat16" else float
    found: list[Any] = [read(x) for (x,) in iter_unpack(order + kind.code, data)]
    for size in sizes[:0:-1]:
        found = [found[start : start + size] for start in range(0, len(found), size)]
    return found if sizes else found[0]


def from_bfloat16(bits: int) -> float:
    """A bfloat16 is the upper half of a float32."""
    from struct import pack

    (value,) = unpack_from("<f", pack("<I", bits << 16))
    return float(value)
