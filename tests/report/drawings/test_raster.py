"""PNG: the page of the SVG at twice its size, always the same bytes."""

from __future__ import annotations

import struct

import pytest
from drawings import drawn

pytest.importorskip("matplotlib")

from gradcalc.language import build, read
from gradcalc.report.drawings.raster import PIXELS, png
from gradcalc.report.drawings.svg import page


@pytest.mark.slow
def test_a_picture_is_as_large_as_its_page_and_the_same_every_time() -> None:
    picture = drawn(build(read("residual"))[0], "w1")
    first = png(picture)
    assert first.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", first[16:24])
    whole = page(picture)
    assert abs(width - PIXELS * whole.width) <= 2
    assert abs(height - PIXELS * whole.height) <= 2
    assert png(picture) == first
