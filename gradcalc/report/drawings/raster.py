"""PNG, by matplotlib: the page of the SVG in its light colours, two pixels for each of its own."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from gradcalc.errors import UsageError
from gradcalc.report.drawings.columns import LABEL, LABEL_LINE, LINE, SIZES
from gradcalc.report.drawings.drawing import Drawing, DrawnEdge, DrawnText
from gradcalc.report.drawings.layout import MARGIN, Frame, Stroke
from gradcalc.report.drawings.svg import (
    FILLS,
    LIGHT,
    NOTE,
    NOTE_LINE,
    TITLE,
    Page,
    arrow_head,
    edge_color,
    page,
    stroke_width,
)
from gradcalc.report.text import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS = 72  # in an inch: at one pixel a point a size in pixels is one in points
PIXELS = 2


def png(drawing: Drawing) -> bytes:
    """The picture, always the same bytes. Raises UsageError where matplotlib is missing."""
    from importlib.util import find_spec

    if find_spec("matplotlib") is None:
        raise UsageError(
            "PNG needs matplotlib, which the extra `plot` brings: pip install 'gradcalc[plot]'; SVG is not"
        )
    from gradcalc.report.plots.canvas import FONT, STYLE, without_settings

    with without_settings():
        import matplotlib
        from matplotlib.figure import Figure
    import warnings

    whole = page(drawing)
    style = {**matplotlib.rcParamsDefault, **STYLE, "font.family": FONT, "axes.grid": False}
    with matplotlib.rc_context(style), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure = Figure(figsize=(whole.width / POINTS, whole.height / POINTS), facecolor=LIGHT["paper"])
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, whole.width), ylim=(whole.height, 0))
        axes.set_axis_off()
        paint(axes, drawing, whole)
        file = BytesIO()
        figure.savefig(file, format="png", dpi=POINTS * PIXELS, metadata={"Software": None, "Title": drawing.title})
    return file.getvalue()


def paint(axes: Axes, drawing: Drawing, whole: Page) -> None:
    """Heading, edges, boxes, labels, notes."""
    from matplotlib.patches import FancyBboxPatch

    placed = whole.placed
    for row, line in enumerate(whole.heading):
        write(axes, MARGIN, MARGIN + LINE * (row + 0.75), TITLE, DrawnText(line, "name"), ha="left")
    for edge, stroke in zip(drawing.edges, placed.strokes):
        paint_edge(axes, edge, stroke, drawing.is_lit, whole)
    for node, frame in zip(drawing.nodes, placed.boxes):
        left, top = frame.left + whole.left, frame.top + whole.above
        corner = min(frame.height / 2, 14) if node.kind == "input" else 5
        axes.add_patch(
            FancyBboxPatch(
                (left + corner, top + corner),
                frame.width - 2 * corner,
                frame.height - 2 * corner,
                boxstyle=f"round,pad={corner}",
                facecolor=FILLS[node.kind],
                edgecolor=LIGHT["ink" if node.is_lit else "line"],
                linewidth=1.8 if node.is_lit else 1.2,
                linestyle=(0, (4, 3)) if node.kind == "fold" else "-",
            )
        )
        down = top + (frame.height - len(node.lines) * LINE) / 2
        for row, text in enumerate(node.lines):
            write(axes, left + frame.width / 2, down + LINE * (row + 0.75), SIZES[text.kind], text)
    for edge, label in zip(drawing.edges, placed.labels):
        if label is not None:
            paint_label(axes, edge, label, whole)
    for row, line in enumerate(whole.notes):
        place = whole.above + placed.height + NOTE_LINE * (row + 0.75)
        write(axes, MARGIN, place, NOTE, DrawnText(line, "note"), ha="left")


def paint_edge(axes: Axes, edge: DrawnEdge, stroke: Stroke, is_lit: bool, whole: Page) -> None:
    """A line and the head of its arrow."""
    from matplotlib.patches import PathPatch, Polygon
    from matplotlib.path import Path

    def moved(spot: tuple[float, float]) -> tuple[float, float]:
        return spot[0] + whole.left, spot[1] + whole.above

    wide, color = stroke_width(edge), edge_color(edge, is_lit)
    corners: Any = arrow_head(edge, *moved(stroke.end))
    spots, codes = [moved(stroke.start)], [Path.MOVETO]
    for piece in stroke.pieces:
        spots += map(moved, piece)
        codes += [Path.LINETO if len(piece) == 1 else Path.CURVE4] * len(piece)
    spots[-1] = (corners[1][0] + 1, corners[0][1])
    dashes: Any = (0, (7 / wide, 3 / wide)) if is_lit and edge.share and edge.share < 0 else "-"
    line = Path(spots, codes)
    axes.add_patch(
        PathPatch(line, fill=False, edgecolor=color, linewidth=wide, linestyle=dashes, capstyle="butt", zorder=1)
    )
    axes.add_patch(Polygon(corners, facecolor=color, edgecolor="none", zorder=1))


def paint_label(axes: Axes, edge: DrawnEdge, frame: Frame, whole: Page) -> None:
    """The label of an edge, on paper that hides the line beneath it."""
    from matplotlib.patches import Rectangle

    left, top = frame.left + whole.left, frame.top + whole.above
    axes.add_patch(Rectangle((left, top), frame.width, frame.height, facecolor=LIGHT["paper"], zorder=2))
    for row, text in enumerate(edge.label):
        bold = {"fontweight": "bold"} if edge.is_subject else {}
        color = {"color": edge_color(edge, True)} if text.kind == "share" and edge.share else {}
        write(axes, left + frame.width / 2, top + 1 + LABEL_LINE * (row + 0.78), LABEL, text, **bold, **color)


def write(axes: Axes, x: float, y: float, size: float, text: DrawnText, **look: Any) -> None:
    """A line of text on its baseline."""
    told = {"fontweight": "bold"} if text.kind == "name" else {}
    color = LIGHT["quiet" if text.kind in ("note", "share") else "ink"]
    look = {"color": color, "ha": "center", **told, **look}
    axes.text(x, y, printable(text.line), fontsize=size, va="baseline", zorder=3, **look)
