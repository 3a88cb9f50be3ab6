"""Help, usage errors and shell completion as plain text that reads well at 80 columns; loaded only when asked for."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator, Sequence
from typing import Any

from gradcalc.report.text import pad, printable, width, wrap

# Help and usage errors as plain text that reads well at 80 columns; loaded only when somebody asks or mistypes.


COLUMNS = 80


TERMS = 24


def program_page(group: Any, ctx: Any) -> str:
    """`gradcalc --help`: what it is, the commands, the options."""
    commands = [(name, group.get_command(ctx, name)) for name in group.list_commands(ctx)]
    lines = ["Usage: gradcalc COMMAND [SPEC] [OPTIONS]", "", *paragraphs(group.help), "", "Commands:"]
    for name, command in commands:
        lines += entry(name, first_sentence(command.help), 12)
    lines += ["", "Options:", *option_lines(group.get_params(ctx), ctx), "", *EPILOG]
    return "\n".join(lines)


EPILOG = (
    "`gradcalc COMMAND --help` explains a command, with examples.",
    "Exit status: 0 done, 1 the answer is no, 2 the spec or the command line is",
    "wrong, 3 a limit was reached, 130 interrupted.",
)


def command_page(command: Any, ctx: Any) -> str:
    """`gradcalc COMMAND --help`: usage, what it does, its options by section, its examples."""
    lines = [usage(command, ctx), "", *paragraphs(command.help)]
    for section, params in sections(command.get_params(ctx)).items():
        lines += ["", f"{section}:", *option_lines(params, ctx)]
    return "\n".join([*lines, "", "Examples:", *examples(command.examples)])


def usage(command: Any, ctx: Any) -> str:
    """`Usage: gradcalc compute [SPEC] [OPTIONS]`."""
    arguments = [param.make_metavar(ctx) for param in command.params if param.param_type_name == "argument"]
    dots = ["..." if param.nargs == -1 else "" for param in command.params if param.param_type_name == "argument"]
    shown = [f"[{name}]{more}" for name, more in zip(arguments, dots, strict=True)]
    return " ".join(["Usage:", ctx.command_path, *shown, "[OPTIONS]"])


def sections(params: Sequence[Any]) -> dict[str, list[Any]]:
    """The parameters by the section that their declaration names, arguments first."""
    grouped: dict[str, list[Any]] = {}
    for param in sorted(params, key=lambda param: param.param_type_name != "argument"):
        default = "Arguments" if param.param_type_name == "argument" else "Options"
        grouped.setdefault(param.rich_help_panel or default, []).append(param)
    return grouped


def option_lines(params: Sequence[Any], ctx: Any) -> Iterator[str]:
    """One entry for each option that is not hidden."""
    for param in params:
        if not param.hidden:
            yield from entry(declaration(param, ctx), param.help or "", TERMS)


def declaration(param: Any, ctx: Any) -> str:
    """`-o, --output FILE`."""
    if param.param_type_name == "argument":
        return str(param.make_metavar(ctx))
    names = ", ".join(sorted(param.opts, key=len))
    return names if param.is_flag else f"{names} {param.make_metavar(ctx)}"


def entry(term: str, text: str, columns: int) -> list[str]:
    """A term and its explanation beside it, or beneath it where the term is long."""
    lines = [f"  {' ' * columns}{line}" for line in wrap(text, COLUMNS - columns - 2)]
    if width(term) < columns - 1:
        return [f"  {pad(term, columns)}{lines[0].lstrip()}", *lines[1:]]
    return [f"  {term}", *lines]


def paragraphs(text: str | None) -> Iterator[str]:
    """A docstring's paragraphs, wrapped."""
    blocks = inspect.cleandoc(text or "").split("\n\n")
    for number, block in enumerate(blocks):
        if number:
            yield ""
        yield from wrap(" ".join(block.split()), COLUMNS)


def examples(lines: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Command lines, each beneath what it shows."""
    for command, shows in lines:
        yield f"  # {shows}"
        yield f"  {command}"


def first_sentence(text: str | None) -> str:
    """What a command does, in one line of the list of commands."""
    return " ".join((text or "").split("\n\n")[0].split()).rstrip(".")


def unknown_command(name: str, known: Sequence[str]) -> str:
    """The message for a command that does not exist."""
    return f'no command "{name}"' + suggestion(name, known)


def suggestion(name: str, known: Sequence[str]) -> str:
    """`; did you mean "compute"?`, where something is near."""
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    return f'; did you mean "{near[0]}"?' if near else ""


def usage_error(error: Any) -> str:
    """A command line that was refused: what is wrong, what was probably meant, where the help is."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return str(error.message)
    ctx = getattr(error, "ctx", None)
    path = ctx.command_path if ctx else "gradcalc"
    return f"error: {printable(problem(error))}\nTry '{path} --help'."


def problem(error: Any) -> str:
    """The message in our own words, where Typer's are not plain."""
    if hasattr(error, "possibilities"):
        near = f'; did you mean "{error.possibilities[0]}"?' if error.possibilities else ""
        return f"no option {error.option_name}{near}"
    message = str(error.format_message()).rstrip(".")
    return message[:1].lower() + message[1:]


# What a shell offers when TAB is pressed: built-in examples and spec files, formats.


ENDINGS = (".yaml", ".yml", ".toml", ".json")


def specs(incomplete: str) -> list[str]:
    """Examples, spec files and folders that begin so."""
    from gradcalc.language import examples as examples_language

    return [name for name in (*examples_language(), *files(incomplete)) if name.startswith(incomplete)]


def files(incomplete: str) -> list[str]:
    """The spec files of the folder that is being typed, and its folders."""
    folder = os.path.dirname(incomplete)
    with os.scandir(folder or ".") as entries:
        found = [(entry.name, entry.is_dir()) for entry in entries if not entry.name.startswith(".")]
    wanted = [name + "/" * is_folder for name, is_folder in found if is_folder or name.endswith(ENDINGS)]
    return sorted(os.path.join(folder, name) for name in wanted)


def formats(incomplete: str) -> list[str]:
    """Formats that begin so."""
    from gradcalc.report.formats import names

    return [name for name in names() if name.startswith(incomplete)]
