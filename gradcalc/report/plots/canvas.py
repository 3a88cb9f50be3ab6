"""What every plot shares: the page, its colours, axes of powers of ten, and the file it is written to.

Magnitudes are drawn as their log10 on a plain axis whose ticks are called 10ⁿ, so that 1e-912 has its place. Colours
are those of Okabe and Ito (2008), distinct to every kind of colour vision; every line has its own marker besides.
Names from a spec may be long: they are wrapped, the page grows with them, and the legend covers nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import chdir, contextmanager, nullcontext, suppress
from math import ceil, floor, log10
from typing import TYPE_CHECKING, Any

from gradcalc.errors import UsageError
from gradcalc.expressions.numerals import superscript
from gradcalc.report.files import check_folder, replacing
from gradcalc.report.text import printable, width, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SETTINGS = ("MPLBACKEND", "MATPLOTLIBRC", "MPLCONFIGDIR")
FONT = "DejaVu Sans"  # which matplotlib brings along: of letters that it lacks a picture has boxes, on every machine
ENDINGS = (".svg", ".png", ".pdf")
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
WIDTH, HEIGHT, DPI = 6.4, 4.2, 150
TITLE, LINES, SIZE = 60, 3, 12  # characters of a title's line, lines of a title, and its size in points
LABEL, ENTRY = 64, 58  # characters of a label along the page, and of a line of an entry of the legend
LINE, ACROSS, SWATCH = 0.2, 80, 9  # inches of a line of text; characters of the width of the legend, and of a swatch
FEW_POWERS, PLAIN, MOST_TICKS = 2, 4, 8
AROUND = 0.05  # powers of ten around a single size in which ticks are on the axis
STEPS = [part * 10**power for power in range(16) for part in (1, 2, 5)]

STYLE = {
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "svg.fonttype": "none",
    "svg.hashsalt": "gradcalc",
    "pdf.fonttype": 42,
    "text.parse_math": False,
}
"""Text in an SVG stays text, and what comes from a spec is never read as mathematics."""


def check(path: str) -> None:
    """Raises UsageError for an ending that is no picture's, or where the folder or matplotlib is missing."""
    if os.path.splitext(path)[1].lower() not in ENDINGS:
        raise UsageError(f"--plot {path}: a picture ends in {', '.join(ENDINGS)}")
    check_folder("--plot", path)
    from importlib.util import find_spec

    if find_spec("matplotlib") is None:
        raise UsageError("--plot needs matplotlib, which the extra `plot` brings: pip install 'gradcalc[plot]'")


@contextmanager
def picture(path: str, height: float = HEIGHT) -> Iterator[Figure]:
    """A page to draw on, put in the place of the file when it is whole, always in the same bytes. Raises UsageError."""
    check(path)
    kind = os.path.splitext(path)[1].lower().lstrip(".")
    undated: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None, "ModDate": None}, "png": {}}[kind]
    import warnings

    with without_settings():
        import matplotlib
        import matplotlib.font_manager
    from matplotlib.figure import Figure

    style = STYLE if kind == "svg" else STYLE | {"font.family": FONT}
    with matplotlib.rc_context({**matplotlib.rcParamsDefault, **style}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        page = Figure(figsize=(WIDTH, height), layout="constrained")
        yield page
        with replacing(path) as file:
            page.savefig(file, format=kind, dpi=DPI, metadata=undated)


@contextmanager
def without_settings() -> Iterator[None]:
    """Within it matplotlib is imported without the settings of the working directory, the home folder and the
    environment, which may be anybody's, and writes its list of fonts nowhere; where there is one it is read."""
    if "matplotlib" in sys.modules:
        yield
        return
    import atexit
    import logging
    from shutil import copy, rmtree
    from tempfile import mkdtemp

    before = {name: value for name in SETTINGS if (value := os.environ.pop(name, None)) is not None}
    os.environ["MPLCONFIGDIR"] = folder = mkdtemp(prefix="gradcalc-")
    atexit.register(rmtree, folder, ignore_errors=True)
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # how it fares with its list is nobody's concern
    for known in font_lists(before.get("MPLCONFIGDIR")):
        with suppress(OSError):
            copy(known, folder)
    try:
        with chdir(folder) if os.path.exists(os.curdir) else nullcontext():  # it may have been removed
            yield
    finally:
        del os.environ["MPLCONFIGDIR"]
        os.environ.update(before)


def font_lists(folder: str | None) -> list[str]:
    """The lists of fonts that matplotlib has written on this machine, by which it need not look for them."""
    if folder is None:
        home = os.path.expanduser("~")
        caches = os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
        linux = sys.platform.startswith(("linux", "freebsd"))
        folder = os.path.join(caches, "matplotlib") if linux else os.path.join(home, ".matplotlib")
    with suppress(OSError):
        return [entry.path for entry in os.scandir(folder) if entry.name.startswith("fontlist-") and entry.is_file()]
    return []


def entitle(page: Figure, title: str) -> int:
    """The page's title, at its left edge, in lines that the page is wide enough for; wide letters are set smaller.

    Returns how many lines there are beside the first.
    """
    first, *more = wrap(printable(title), TITLE)
    lines = [first, *more] if len(more) < LINES else [first, *more[: LINES - 2], f"{more[LINES - 2]} …"]
    set_title = page.suptitle("\n".join(lines), x=0.01, ha="left", fontsize=SIZE, fontweight="bold")
    wide = set_title.get_window_extent().width / (0.98 * page.bbox.width)
    set_title.set_fontsize(SIZE / max(wide, 1))
    return len(lines) - 1


def broken(text: str, columns: int) -> str:
    """A text in lines of at most so many characters."""
    return "\n".join(wrap(printable(text), columns))


def grow(page: Figure, lines: int) -> None:
    """Makes room for so many lines more."""
    page.set_figheight(page.get_figheight() + LINE * lines)


def gaps(heights: Iterable[float | None]) -> list[float]:
    """The heights, NaN where there is none."""
    return [float("nan") if height is None else height for height in heights]


def color(number: int) -> str:
    """The colour of the line of that number."""
    return COLORS[number % len(COLORS)]


def marker(number: int) -> str:
    """Its marker, so that a colour that comes again comes with another one."""
    return MARKERS[(number + number // len(COLORS)) % len(MARKERS)]


def dots(axes: Axes, lines: Iterable[Iterable[float]], number: int, label: str, **look: Any) -> None:
    """The dots of that number, a line of them for each place on the axis that points down."""
    points = [(size, row) for row, line in enumerate(lines) for size in line]
    axes.plot(
        [size for size, _ in points],
        [row for _, row in points],
        linestyle="",
        marker=marker(number),
        color=color(number),
        label=printable(label),
        **look,
    )


def powers(axis: Any, sizes: Sequence[float], finer: bool = True) -> None:
    """Ticks called 10ⁿ, on an axis of log10s that goes around the sizes; also 2·10ⁿ and 5·10ⁿ where there are few, and
    with `finer` ones 1.3·10ⁿ where sizes are so near to one another that there would be less than two."""
    from matplotlib.ticker import FixedLocator, FuncFormatter

    least, most = min(sizes), max(sizes)
    low, high = floor(least), max(ceil(most), floor(least) + 1)
    step = next(size for size in STEPS if size * MOST_TICKS >= high - low)
    places = [float(place) for place in range(low - low % step, high + step, step)]
    if high - low <= FEW_POWERS:
        around = 0.0 if most > least else AROUND
        units = (1, 2, 5, 10, 20, 50, 100) if finer else ()
        for parts in ((1, 2, 5), *([part / unit for part in range(unit, 10 * unit)] for unit in units)):
            places = [place + log10(part) for place in range(low - 1, high + 1) for part in parts]
            if sum(least - around <= place <= most + around for place in places) >= 2:
                break
        if most > least:  # a tick costs time even where it is not seen
            places = [place for place in places if 2 * least - most <= place <= 2 * most - least]
    axis.set_major_locator(FixedLocator(sorted(places)))
    plain = high - low <= FEW_POWERS and low >= -PLAIN and high <= PLAIN
    axis.set_major_formatter(FuncFormatter(lambda place, _: f"{10**place:.4g}" if plain else power(place)))


def power(place: float) -> str:
    """10⁻⁹¹², 2·10⁻³, 1.3·10⁻³"""
    exponent = floor(place + 1e-9)
    part = f"{10 ** (place - exponent):.3g}"
    return f"10{superscript(exponent)}" if part == "1" else f"{part}·10{superscript(exponent)}"


def whole_numbers(axis: Any) -> None:
    """Ticks at whole numbers, in steps that people count in."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))


def legend(page: Figure, panels: Iterable[Axes]) -> None:
    """What each line is called, beneath the panels, in as many columns as fit, where there is more than one."""
    found: dict[str, Any] = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels()):
            found.setdefault(broken(label, ENTRY), handle)
    if len(found) > 1:
        widest = max(width(line) for label in found for line in label.split("\n"))
        columns = min(ACROSS // (widest + SWATCH), len(found))
        handles, labels = list(found.values()), list(found)
        page.legend(handles, labels, loc="outside lower left", ncols=columns, fontsize=10, handlelength=3.2)
        grow(page, -(-sum(label.count("\n") + 1 for label in labels) // columns))
