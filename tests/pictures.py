"""What a picture in SVG holds: its texts, the ticks of its axes, and the places of its markers."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from gradcalc.__main__ import run

SVG = "{http://www.w3.org/2000/svg}"


def parsed(path: Path) -> ElementTree.Element:
    return ElementTree.parse(path).getroot()


def plotted(tmp_path: Path, *arguments: str, status: int = 0) -> ElementTree.Element:
    """What a command draws."""
    path = tmp_path / "picture.svg"
    assert run([*arguments, "--plot", str(path), "--quiet", "-o", str(tmp_path / "out.csv")]) == status
    return parsed(path)


def texts(picture: ElementTree.Element) -> list[str]:
    return ["".join(node.itertext()).strip() for node in picture.iter(f"{SVG}text")]


def group(picture: ElementTree.Element, name: str) -> ElementTree.Element:
    """The group of that name: `axes_1` of the first panel, `legend_1`."""
    return next(node for node in picture.iter(f"{SVG}g") if node.get("id") == name)


def markers(picture: ElementTree.Element, axes: int = 1) -> list[list[tuple[float, float]]]:
    """The places of markers in a panel, line by line: in SVG to the right and down."""
    lines = [node for node in group(picture, f"axes_{axes}") if (node.get("id") or "").startswith("line2d")]
    found = [[(float(use.get("x", 0)), float(use.get("y", 0))) for use in node.iter(f"{SVG}use")] for node in lines]
    return [line for line in found if line]


def ticks(picture: ElementTree.Element, axis: str, axes: int = 1) -> list[str]:
    """What is written at the ticks of axis x or y of a panel."""
    both = [node for node in group(picture, f"axes_{axes}") if (node.get("id") or "").startswith("matplotlib.axis_")]
    groups = [node for node in both["xy".index(axis)] if re.match("[xy]tick_", node.get("id") or "")]
    return [" ".join(texts(tick)) for tick in groups if texts(tick)]
