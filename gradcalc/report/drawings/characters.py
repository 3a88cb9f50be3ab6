"""A drawing in the characters of a terminal: a line for each node, from top to bottom, and one for each edge into it.

An edge from the node right above runs straight down; every other one runs in a lane at the left, which all edges of its
source share. What a path takes for at least half of the gradient is drawn heavy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcalc.records import Record
from gradcalc.report.ascii import to_ascii
from gradcalc.report.drawings.drawing import Drawing, DrawnEdge, DrawnNode, share_text
from gradcalc.report.report import Bar
from gradcalc.report.text import bar, pad, printable, width, wrap

BLUE, ORANGE, FAINT, BOLD, PLAIN = "\x1b[34m", "\x1b[33m", "\x1b[2m", "\x1b[1m", "\x1b[0m"
HALF = 0.5  # the share of the gradient from which an edge is drawn heavy
LANE = 2  # columns of a lane
LONGEST_NAME = 16  # columns of names that what stands beside them is aligned after
BAR = 12  # columns of a bar that is all of the gradient
FEWEST_COLUMNS = 20  # of text, however narrow the terminal is
LONGEST_LABEL = 36  # columns of labels that shares stand aligned after
MOST_COLUMNS = 10_000  # of a line in a pipe
SIGNS = {"down": "│", "across": "─", "start": "╭", "tee": "├", "end": "╰", "first": "╮", "join": "┤"}
HEAVY_SIGNS = {"down": "┃", "across": "━", "start": "┏", "tee": "┣", "end": "┗", "first": "┓", "join": "┫"}
SIMPLE = {name: "|" if name == "down" else "-" if name == "across" else "+" for name in SIGNS}
SIMPLE_HEAVY = {name: "#" if name != "across" else "=" for name in SIGNS}


class Look(Record):
    """How a terminal shows it: so many columns (None: as many as there are), in colour, in which characters."""

    columns: int | None = None
    color: bool = False
    ascii: bool = False


PIPE = Look()


def characters(drawing: Drawing, look: Look = PIPE) -> str:
    """The drawing, its title above it and its notes beneath."""
    columns = look.columns or MOST_COLUMNS
    title = [printable(line) for line in wrap(drawing.title, columns)]
    legend = ["Heavy lines: half of the gradient or more comes through them."] if drawing.is_lit else []
    legend += ["▒ the opposite sign to the gradient"] if drawing.has_opposite else []
    notes = [line for note in [*drawing.notes, *legend] for line in wrap(note, columns)]
    bold = [f"{BOLD}{line}{PLAIN}" if look.color else line for line in title]
    body = [line.rstrip() for line in Terminal(drawing, look).lines()]
    lines = [*bold, "", *body, *([""] if notes else []), *map(printable, notes)]
    return "\n".join(to_ascii(line) if look.ascii else line for line in lines) + "\n"


class Terminal:
    """One drawing, line by line. A lane is in use from the line of its source to that of its last edge."""

    def __init__(self, drawing: Drawing, look: Look) -> None:
        self._look = look
        order = reading_order(drawing)
        place = {node: number for number, node in enumerate(order)}
        self._nodes = [drawing.nodes[node] for node in order]
        self._into: list[list[DrawnEdge]] = [[] for _ in order]
        for edge in drawing.edges:
            moved = edge._replace(source=place[edge.source], target=place[edge.target])
            self._into[moved.target].append(moved)
        for edges in self._into:
            edges.sort(key=lambda edge: -edge.source)
        self._is_lit = drawing.is_lit
        self._lanes = lanes(self._into, (look.columns or MOST_COLUMNS) // 3 // LANE)
        self._graph = LANE * (max(self._lanes.values(), default=-1) + 1)
        self._ahead: dict[int, list[DrawnEdge]] = {}  # of every lane in use, by its source, the edges still to come
        names = [width(node.lines[0].line) for node in self._nodes]
        self._name = max((size for size in names if size <= LONGEST_NAME), default=0)
        self._label = max((width(told(edge, self._nodes)) for edges in self._into for edge in edges), default=0)
        self._light, self._heavy = (SIMPLE, SIMPLE_HEAVY) if look.ascii else (SIGNS, HEAVY_SIGNS)

    def lines(self) -> Iterator[str]:
        """All of them."""
        for number, node in enumerate(self._nodes):
            is_fed = False
            for edge in self._into[number]:
                yield from self._edge_lines(edge, is_fed)
                is_fed = True
            yield from self._node_lines(number, node)

    def _edge_lines(self, edge: DrawnEdge, is_fed: bool) -> Iterator[str]:
        """An edge into a node, the first of them or one that joins others."""
        signs = self._heavy if is_heavy([edge]) else self._light
        cells = [*self._cells(), signs["down"]]
        if edge in self._ahead.get(edge.source, ()):
            ahead = self._ahead[edge.source]
            ahead.remove(edge)
            column = self._column(edge.source)
            cells[column + 1 : -1] = [signs["across"] if sign == " " else sign for sign in cells[column + 1 : -1]]
            lane = self._heavy if is_heavy([edge, *ahead]) else self._light
            cells[column] = lane["tee" if ahead else "end"]
            cells[-1] = signs["join" if is_fed else "first"]
            if not ahead:
                del self._ahead[edge.source]
        label = told(edge, self._nodes)
        if self._is_lit and edge.share is not None and edge.kind != "loss":
            label = f"{pad(label, min(self._label, LONGEST_LABEL))}  {share_columns(edge.share)}"
        yield from self._text("".join(cells), label, self._tint(edge), [*self._cells(), signs["down"]])

    def _node_lines(self, number: int, node: DrawnNode) -> Iterator[str]:
        """A node, and where its lane starts."""
        cells = [*self._cells(), " "]
        if number in self._lanes:
            ahead = [
                edge for edges in self._into for edge in edges if edge.source == number and edge.target > number + 1
            ]
            signs = self._heavy if is_heavy(ahead) else self._light
            column = self._column(number)
            cells[column] = signs["start"]
            cells[column + 1 : -2] = [signs["across"] if sign == " " else sign for sign in cells[column + 1 : -2]]
            self._ahead[number] = ahead
        name, *rest = node.lines
        texts = sorted(rest, key=lambda text: text.kind != "value")
        shown = "  ".join([pad(name.line, self._name), *(text.line for text in texts)])
        yield from self._text("".join(cells[:-1]), shown, BOLD if node.is_lit else "", [*self._cells(), " "])

    def _cells(self) -> list[str]:
        """The lanes in use, and the column between them and the nodes."""
        cells = [" "] * (self._graph + 1)
        for source, ahead in self._ahead.items():
            cells[self._column(source)] = (self._heavy if is_heavy(ahead) else self._light)["down"]
        return cells

    def _column(self, source: int) -> int:
        return self._graph - LANE * (self._lanes[source] + 1)

    def _tint(self, edge: DrawnEdge) -> str:
        if not self._is_lit or edge.kind == "loss":
            return ""
        return FAINT if not edge.share else BLUE if edge.share > 0 else ORANGE

    def _text(self, before: str, text: str, tint: str, after: Sequence[str]) -> Iterator[str]:
        """A line, or several where the terminal is narrower; lanes go on beside them."""
        text = to_ascii(printable(text)) if self._look.ascii else printable(text)
        room = MOST_COLUMNS if self._look.columns is None else max(self._look.columns - len(after) - 2, FEWEST_COLUMNS)
        for row, line in enumerate(wrap(text.rstrip(), room)):
            shown = f"{tint}{line}{PLAIN}" if tint and self._look.color and line else line
            yield f"{before if not row else ''.join(after)}{'' if before[-1:] == ' ' or not line else '  '}{shown}"


def is_heavy(edges: Sequence[DrawnEdge]) -> bool:
    """Whether half of the gradient comes through these edges of one lane together."""
    return abs(sum(edge.share for edge in edges if edge.share is not None)) >= HALF


def share_columns(share: float) -> str:
    """A share, and a bar of it."""
    return f"{pad(share_text(share).line, 8, 'right')}  {bar(Bar(share), BAR)}"


def told(edge: DrawnEdge, nodes: Sequence[DrawnNode]) -> str:
    """What stands beside an edge: its label, and of one that runs in a lane where it comes from."""
    parts = [text.line for text in edge.label if text.kind != "share"]
    if edge.target > edge.source + 1:
        skip = "skip " * (edge.kind == "skip")
        parts.append(f"{skip}from {nodes[edge.source].lines[0].line.rpartition(' … ')[2]}")
    elif edge.kind == "skip":
        parts.append("skip")
    return "  ".join(parts)


def reading_order(drawing: Drawing) -> list[int]:
    """The nodes from top to bottom: those that nothing leads to right before the first that reads them."""
    fed, before = {edge.target for edge in drawing.edges}, dict[int, int]()
    for edge in drawing.edges:
        if edge.source not in fed:
            before[edge.source] = min(before.get(edge.source, edge.target), edge.target)
    return sorted(range(len(drawing.nodes)), key=lambda node: (before.get(node, node), node not in before, node))


def lanes(into: Sequence[Sequence[DrawnEdge]], most: int) -> dict[int, int]:
    """The lane of every node that edges lead from past the next one: the shortest in the lanes next to the nodes. Where
    there are more than there is room for, the longest have none."""
    last: dict[int, int] = {}
    for edge in (edge for edges in into for edge in edges):
        if edge.target > edge.source + 1:
            last[edge.source] = max(last.get(edge.source, 0), edge.target)
    taken: list[list[tuple[int, int]]] = []
    found: dict[int, int] = {}
    for source in sorted(last, key=lambda source: (last[source] - source, source)):
        end = last[source]
        free = (n for n, spans in enumerate(taken) if all(end <= one or two <= source for one, two in spans))
        lane = next(free, len(taken))
        if lane < most:
            taken[lane : lane + 1] = [[*(taken[lane] if lane < len(taken) else []), (source, end)]]
            found[source] = lane
    return found
