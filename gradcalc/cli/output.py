"""What a run prints: a report in its format and style, to its stream or file; warnings and errors to standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from os.path import exists
from typing import TYPE_CHECKING, Any, TextIO

from gradcalc.errors import GradcalcError, LimitError, SpecError, UsageError
from gradcalc.report.report import Report, Style, format_module, formats
from gradcalc.report.text import printable, width

if TYPE_CHECKING:
    from gradcalc.cli.commands.draw_command import Shown
    from gradcalc.cli.options import Output


MOST_WARNINGS = 10
STANDARD_INPUT = STANDARD_OUTPUT = "-"
WHEN_COLORED = ("auto", "always", "never")


def deliver(answer: Report | str | bytes, output: Output) -> int:
    """Write what a command answers, a report, a text or, into a file, a picture; the exit status."""
    to_file = output.file not in (None, STANDARD_OUTPUT)
    if isinstance(answer, bytes):
        write_file([answer], str(output.file))
        return 0
    if isinstance(answer, str):
        chunks, is_plain = iter([answer]), False
    else:
        from shutil import get_terminal_size

        warn(answer.warnings, output.quiet)
        terminal = not to_file and sys.stdout.isatty()
        style = Style(
            digits=output.digits,
            width=get_terminal_size().columns if terminal else None,
            color=colored(output.color, terminal),
            all_rows=output.all_rows,
            legend=not output.no_legend,
            standalone=output.standalone,
            ascii=not to_file and not is_unicode(sys.stdout),
        )
        name = choose_format(output)
        chunks, is_plain = format_module(name).render(answer, style), name == "table"
    if to_file:
        write_file(chunks, str(output.file))
    else:
        write_out(chunks, is_plain)
    return 0 if isinstance(answer, str) else answer.status()


def check(output: Output, is_report: bool) -> None:
    """Refuse, before anything is computed, a format, a colour or a folder that there is not, and an option that changes
    nothing in the format; raises UsageError."""
    if output.file is not None:
        from gradcalc.report.files import check_folder

        check_folder("--output", output.file)
    if not is_report:
        return
    name = choose_format(output)
    if output.color not in WHEN_COLORED:
        raise UsageError(f"--color {output.color} is not one of {', '.join(WHEN_COLORED)}")
    given = {
        f"--digits {output.digits}": ("digits", output.digits != Style().digits),
        "--all": ("all_rows", output.all_rows),
        "--no-legend": ("legend", output.no_legend),
        "--standalone": ("standalone", output.standalone),
        "--color always": ("color", output.color == "always"),
    }
    for option, (part, is_given) in given.items():
        if is_given and part not in format_module(name).HEEDS:
            heeding = [other for other in formats() if part in format_module(other).HEEDS]
            raise UsageError(f"{option} changes nothing in {name}; it is for {', '.join(heeding)}")


def keep_apart(written: Mapping[str, str | None], sources: Sequence[str | None]) -> None:
    """Refuse to write over a spec that is read, or two things into one file; `written` are files by their options.

    Raises UsageError. Symbolic and hard links are followed; a device takes whatever it gets.
    """
    files = {option: path for option, path in written.items() if path and (os.path.isfile(path) or not exists(path))}
    taken = dict.fromkeys(descriptor(sys.stdout), "standard output")
    if not (files or taken):
        return
    specs = {source: source for source in sources if source and os.path.isfile(source)}
    if STANDARD_INPUT in sources:
        specs |= dict.fromkeys(descriptor(sys.stdin), "standard input")
    for option, path in files.items():
        for other, what in specs.items():
            if is_same(path, other):
                same = "" if path == what else f" ({what})"
                raise UsageError(f"{option} {path}: is the spec itself{same}, and would be lost; name another file")
        for other, what in taken.items():
            if is_same(path, other):
                raise UsageError(f"{option} {path}: {what} goes there, too; name another file")
        taken[path] = option
    for other, what in specs.items():
        if any(is_same(name, other) for name in descriptor(sys.stdout)):
            raise UsageError(f"standard output goes into the spec itself, {what}; name another file")


def is_same(one: str, other: str) -> bool:
    """Whether two paths are one file, by whatever links; of files that are not there yet, whether they will be."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return os.path.realpath(one) == os.path.realpath(other)


def descriptor(stream: TextIO) -> list[str]:
    """The file that a standard stream is, as a path; none where it is a terminal, a pipe or nothing of the system's."""
    try:
        path = f"/dev/fd/{stream.fileno()}"
    except (OSError, ValueError):
        return []
    return [path] if os.path.isfile(path) else []


def refuse_in(output: Output, names: Sequence[str], option: str) -> None:
    """Refuse an option that changes nothing in some formats, where it is one of these that is chosen."""
    if (name := choose_format(output)) in names:
        raise UsageError(f"{option} changes nothing in {name}")


def warn(warnings: Sequence[str], quiet: bool = False) -> None:
    """Print warnings to standard error, unless --quiet; of many the first ten, and how many more there are.

    Those of one spec come cut already, with an eleventh that says how many more there are.
    """
    if warnings and not quiet:
        more = len(warnings) - MOST_WARNINGS
        for warning in warnings if more <= 1 else [*warnings[:MOST_WARNINGS], f"… and {more} more warnings"]:
            print_error("\n".join(map(printable, warning.splitlines())))


def choose_format(output: Output) -> str:
    """The format of a report; raises UsageError."""
    asked = output._replace(format="table") if output.format == "text" else output
    return chosen_format(asked, output.file, "table", formats(), endings)


def endings() -> dict[str, str]:
    """The endings of files, each with the format of reports that it means."""
    return {ending: name for name in formats() for ending in format_module(name).EXTENSIONS}


def chosen_format(
    asked: Output | Shown, file: str | None, usual: str, known: Sequence[str], endings: Callable[[], Mapping[str, str]]
) -> str:
    """The format asked for, else that of the file's ending, else the usual one; raises UsageError, naming those that
    there are."""
    if asked.json and asked.format not in (None, "json"):
        raise UsageError(f"--json and --format {asked.format} contradict each other")
    name = "json" if asked.json else asked.format
    if name is None and file not in (None, STANDARD_OUTPUT):
        ending = os.path.splitext(str(file))[1].lower()
        if ending not in (meanings := endings()):
            has = f"no format ends in {ending}" if ending else "the name has no ending"
            raise UsageError(f"--output {file}: {has}; use {', '.join(meanings)}, or --format")
        return meanings[ending]
    name = name or usual
    if name not in known:
        from gradcalc.language.problems import meant

        raise UsageError(f'no format "{name}"{meant(name, known) or ": there are " + ", ".join(known)}')
    return name


def colored(when: str, terminal: bool) -> bool:
    """Whether to colour: the option, then NO_COLOR, FORCE_COLOR, TERM=dumb, then whether it is a terminal."""
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (terminal and os.environ.get("TERM") != "dumb")


def write_out(chunks: Iterator[str], is_plain: bool) -> None:
    """Write to standard output; where the reader of a pipe has gone, nothing more is written, not even at exit.

    A terminal of an old encoding gets plain text in its own letters; a document is UTF-8 wherever it goes.
    """
    if not is_unicode(sys.stdout):
        stream: Any = sys.stdout
        stream.reconfigure(**({"errors": "backslashreplace"} if is_plain else {"encoding": "utf-8"}))
    try:
        write(chunks, sys.stdout)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write(chunks: Iterable[str], stream: TextIO) -> None:
    """Write and flush each chunk as it comes, so that a pipe sees a row as soon as it is known."""
    for chunk in chunks:
        with progress_paused():
            stream.write(chunk)
            stream.flush()


def progress_paused() -> AbstractContextManager[None]:
    """Within it no line of progress stands where something is written."""
    shown = sys.modules.get("gradcalc.report.progress")  # loaded where there is a terminal
    return nullcontext() if shown is None else shown.without_progress()


def write_file(chunks: Iterable[str | bytes], path: str) -> None:
    """Write to a file, whole or not at all; a device or a pipe sees each chunk as it comes."""
    from gradcalc.report.files import replacing

    with replacing(path) as file:
        for chunk in chunks:
            file.write(chunk if isinstance(chunk, bytes) else chunk.encode())
            file.flush()


COLUMNS, WIDEST = 80, 160  # of messages, and of those that show a line of a spec
INTERNAL, INTERRUPTED = 70, 130


def report_error(error: BaseException, arguments: Sequence[str] = ()) -> int:
    """Print what went wrong and return the exit status; SystemExit, which completion raises, goes through."""
    match error:
        case SystemExit():
            raise error
        case KeyboardInterrupt():
            return print_message("interrupted", INTERRUPTED)
        case SpecError():
            return print_message(str(error), error.status, WIDEST)
        case GradcalcError() if error.status != INTERNAL:
            return print_message(f"error: {error}", error.status, COLUMNS)
        case _ if hasattr(error, "format_message"):  # a command line that Typer refused
            from gradcalc.cli.help import usage_error

            return print_message(usage_error(error), UsageError.status)
        case OSError() if error.errno is not None:
            reason = (error.strerror or str(error)).lower()
            return print_message(f"error: {error.filename or 'standard output'}: {reason}", UsageError.status, COLUMNS)
        case MemoryError():
            return print_message("error: not enough memory for this network", LimitError.status)
    return report_internal_error(error, arguments)


def report_internal_error(error: BaseException, arguments: Sequence[str]) -> int:
    """Print what to report of a mistake of ours, or the traceback where GRADCALC_DEBUG asks for it; return 70."""
    if os.environ.get("GRADCALC_DEBUG"):
        from traceback import format_exception

        return print_message("".join(format_exception(error)), INTERNAL)
    import shlex

    import gradcalc

    version = ".".join(map(str, sys.version_info[:3]))
    report = (
        f"error: {type(error).__name__}: {error}".splitlines()[0],
        "This is a mistake of gradcalc's own. Please report it with:",
        f"  version       gradcalc {gradcalc.__version__}, Python {version}, {sys.platform}",
        f"  command line  {shlex.join(['gradcalc', *arguments])}",
        "  spec          the files that the command line names",
        "  traceback     what the same command prints with GRADCALC_DEBUG=1",
    )
    return print_message("\n".join(report), INTERNAL)


def print_message(message: str, status: int, columns: int | None = None) -> int:
    """Print the message, its control characters escaped, in lines of at most so many columns; return the status."""
    lines = [printable(line) for line in message.splitlines()]
    print_error("\n".join(lines if columns is None else [wrap_words(line, columns) for line in lines]))
    return status


def wrap_words(text: str, columns: int = COLUMNS) -> str:
    """The text in lines of at most so many columns; a longer word, such as a path, stays whole, up to the width at
    which the lines of all messages are cut."""
    if len(text) <= columns or width(text) <= columns:
        return text
    from textwrap import wrap

    from gradcalc.language.problems import cut

    lines = wrap(text, columns, break_long_words=False, break_on_hyphens=False)
    return "\n".join(cut(line, WIDEST) for line in lines)


def print_error(text: str) -> None:
    """Print to standard error, in letters that it can take and, in a terminal, in lines that it holds but for excerpts
    of a spec, which begin with spaces; where nobody reads it any more the status remains."""
    if sys.stderr.isatty():
        from shutil import get_terminal_size

        columns = get_terminal_size().columns
        text = "\n".join(line if line[:1] == " " else wrap_words(line, columns) for line in text.split("\n"))
    if not is_unicode(sys.stderr):
        from gradcalc.report.ascii import to_ascii

        text = to_ascii(text)
    with suppress(OSError), progress_paused():
        print(text, file=sys.stderr, flush=True)


def is_unicode(stream: TextIO) -> bool:
    """Whether a stream takes every letter."""
    return (stream.encoding or "utf-8").lower().startswith("utf")
