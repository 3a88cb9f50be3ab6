"""Drawings of networks, as `draw` makes them, and what may be asked of every one of them."""

from __future__ import annotations

from itertools import combinations
from typing import Any
from xml.etree import ElementTree

from specs import network

from gradcalc.analysis.computation import compute
from gradcalc.network.network import Network
from gradcalc.report.drawings.drawing import Drawing
from gradcalc.report.drawings.layout import Frame, Layout, layout
from gradcalc.report.drawings.svg import svg
from gradcalc.views.draw_page import AS_DRAWN, DrawingStyle, drawing, lit_up

SVG = "{http://www.w3.org/2000/svg}"


def drawn(net: Network | Any, wrt: str | None = None, style: DrawingStyle = AS_DRAWN) -> Drawing:
    """The drawing of a network or a spec, with the paths of a gradient lit up."""
    net = net if isinstance(net, Network) else network(net)
    found = compute(net, wrt=[wrt] if wrt else ())
    return drawing(found, lit_up(found, wrt) if wrt else None, style)


def collisions(placed: Layout) -> list[tuple[Frame, Frame]]:
    """Boxes and labels that overlap."""
    solid = [*placed.boxes, *(frame for frame in placed.labels if frame is not None)]
    return [(one, other) for one, other in combinations(solid, 2) if one.touches(other)]


def outside(placed: Layout) -> list[Any]:
    """Boxes, labels and lines that are not on the page."""
    frames = [*placed.boxes, *(frame for frame in placed.labels if frame is not None)]
    found: list[Any] = [
        frame
        for frame in frames
        if not (frame.left >= 0 and frame.top >= 0)
        or frame.left + frame.width > placed.width
        or frame.top + frame.height > placed.height
    ]
    spots = (spot for stroke in placed.strokes for spot in stroke.spots())
    return found + [(x, y) for x, y in spots if not (0 <= x <= placed.width and 0 <= y <= placed.height)]


def checked(picture: Drawing) -> ElementTree.Element:
    """The SVG of a drawing that has been looked at: all of it is on the page, and nothing overlaps."""
    placed = layout(picture)
    assert not collisions(placed)
    assert not outside(placed)
    root = ElementTree.fromstring(svg(picture))
    title, description, *_ = root
    assert title.tag == f"{SVG}title"
    assert description.tag == f"{SVG}desc"
    assert (title.text or "").strip()
    assert (description.text or "").strip()
    return root
