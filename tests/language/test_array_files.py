"""Arrays in files: read as NumPy and safetensors write them, refused where they are broken or would have to be run."""

from __future__ import annotations

import json
import pickle
import zipfile
from io import BytesIO
from pathlib import Path
from struct import pack
from typing import Any

import numpy as np
import pytest

from gradcalc.errors import UsageError
from gradcalc.language.array_files import read_npz, read_safetensors

ARRAYS = [
    np.array([[1.5, -2.25, 3.0], [0.1, 1e-7, 65504.0]]),
    np.array([[1.5, -2.25, 3.0], [0.1, 1e-7, 65504.0]], np.float32),
    np.array([1.5, -2.25, 0.1], np.float16),
    np.array(0.1, np.float32),
    np.array([[1, -2], [3, 4]], np.int64),
    np.asfortranarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
    np.array([1.5, 0.1], ">f8"),
]


def archive(**arrays: Any) -> bytes:
    file = BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


@pytest.mark.parametrize("array", ARRAYS)
def test_npz_is_read_as_numpy_writes_it(array: Any) -> None:
    (found,) = read_npz(archive(w1=array), "a.npz")
    assert found.name == "w1"
    assert found.numbers == array.tolist()
    assert found.dtype == (array.dtype.name if array.dtype.name.startswith("float") else "float64")


def test_a_compressed_archive_is_read_too() -> None:
    file = BytesIO()
    np.savez_compressed(file, a=ARRAYS[0], b=ARRAYS[1])
    assert [one.name for one in read_npz(file.getvalue(), "a.npz")] == ["a", "b"]


def tensors(named: dict[str, tuple[str, list[int], bytes]], **more: Any) -> bytes:
    header, data = dict(more), b""
    for name, (dtype, sizes, raw) in named.items():
        header[name] = {"dtype": dtype, "shape": sizes, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    return pack("<Q", len(text)) + text + data


def test_safetensors_is_read_by_its_description() -> None:
    """https://huggingface.co/docs/safetensors, "Format"."""
    raw = tensors(
        {
            "0.weight": ("F32", [2, 2], np.float32([[1, 2], [3, 0.1]]).tobytes()),
            "0.bias": ("F64", [2], np.float64([0.5, 0.1]).tobytes()),
            "half": ("F16", [1], np.float16([0.1]).tobytes()),
            "brain": ("BF16", [2], pack("<2H", 0x3F80, 0xC048)),  # 1.0 and −3.125
            "whole": ("I32", [], pack("<i", -7)),
        },
        __metadata__={"format": "pt"},
    )
    found = {one.name: (one.numbers, one.dtype) for one in read_safetensors(raw, "a.safetensors")}
    assert found == {
        "0.weight": ([[1, 2], [3, float(np.float32(0.1))]], "float32"),
        "0.bias": ([0.5, 0.1], "float64"),
        "half": ([float(np.float16(0.1))], "float16"),
        "brain": ([1.0, -3.125], "bfloat16"),
        "whole": (-7.0, "float64"),
    }


GOOD = tensors({"w": ("F32", [2], pack("<2f", 1, 2))})
BROKEN = {
    "short": (b"abc", "is too short"),
    "long header": (pack("<Q", 2**40) + b"{}", "its header would have 1,099,511,627,776 bytes"),
    "cut": (GOOD[:-1], "not where its header says"),
    "no JSON": (pack("<Q", 4) + b"{{{{", "is not that of a safetensors file"),
    "list": (pack("<Q", 2) + b"[]", "is not that of a safetensors file"),
    "deep": (pack("<Q", 100_000) + b"[" * 100_000, "is not that of a safetensors file"),
    "type": (tensors({"w": ("F8_E4M3", [1], b"a")}), "of type F8_E4M3, which is not read"),
    "type no text": (tensors({"w": (["F32"], [1], b"abcd")}), "which is not read"),
    "shape": (tensors({"w": ("F32", [-1, -1], b"abcd")}), "a shape in it is none"),
    "large": (tensors({"w": ("F32", [2**40], b"abcd")}), "more than 4,000,000 numbers"),
    "size": (tensors({"w": ("F32", [2], b"abcd")}), "or not as many"),
    "empty": (tensors({"w": ("F32", [0], b"")}), "w is empty"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_safetensors_file_is_refused(name: str) -> None:
    raw, message = BROKEN[name]
    with pytest.raises(UsageError) as error:
        list(read_safetensors(raw, "a.safetensors"))
    assert message in str(error.value)


def zipped(**files: bytes) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, raw in files.items():
            made.writestr(name, raw)
    return file.getvalue()


def npy(header: str, data: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + pack("<H", len(header)) + header.encode() + data


BAD_ARCHIVES = {
    "no zip": (b"PK\x03\x04 and more", "is no .npz archive that can be read"),
    "pickle": (archive(w=np.array([{}], object)), "would have to be unpickled"),
    "no npy": (zipped(w=pickle.dumps(1)), "w is no array in NumPy's format"),
    "program": (zipped(w=npy("__import__('os').getcwd()")), "w is no array in NumPy's format"),
    "deep": (zipped(w=npy("(" * 60_000)), "w is no array in NumPy's format"),
    "type": (archive(w=np.array([1j])), "of type <c16, which is not read"),
    "text": (archive(w=np.array(["a"])), "which is not read"),
    "size": (zipped(w=npy("{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}", b"1234")), "has not as many"),
    "bomb": (zipped(w=b"\0" * 50_000_000), "unpacks to more than"),
}


@pytest.mark.parametrize("name", BAD_ARCHIVES)
def test_a_bad_archive_is_refused(name: str) -> None:
    raw, message = BAD_ARCHIVES[name]
    with pytest.raises(UsageError) as error:
        list(read_npz(raw, "a.npz"))
    assert message in str(error.value)


def test_files_are_read_by_their_extension(tmp_path: Path) -> None:
    from gradcalc.language.given import claims

    (tmp_path / "a.npz").write_bytes(archive(w1=np.float32([[1, 2]])))
    (tmp_path / "a.safetensors").write_bytes(GOOD)
    found = claims([str(tmp_path / "a.npz"), str(tmp_path / "a.safetensors")])
    assert [(one.name, one.data, one.dtype) for one in found] == [("w1", [[1, 2]], "float32"), ("w", [1, 2], "float32")]
