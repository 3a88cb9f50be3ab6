"""Help and usage errors as plain text that reads well at 80 columns; loaded only when somebody asks or mistypes."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gradcalc.cli.output import COLUMNS, is_unicode, wrap_words
from gradcalc.errors import similar
from gradcalc.report.ascii import to_ascii
from gradcalc.report.text import listed, pad, printable, width, wrap

TERMS = 24

STATUSES = (
    ("0", "Done."),
    ("1", "The answer is no: a check failed."),
    ("2", "The spec or the command line is wrong."),
    ("3", "A limit was reached (time, size, an exponent beyond ±10^15); the message says where."),
    ("70", "An internal error: a mistake of gradcalc's own; the message says what to report."),
    ("130", "Interrupted."),
)

SPEC_ENDINGS = (".yaml", ".yml", ".toml", ".json")


def program_page(group: Any, ctx: Any) -> str:
    """`gradcalc --help`: what it is, the commands, the options."""
    commands = [(name, group.get_command(ctx, name)) for name in group.list_commands(ctx)]
    lines = ["Usage: gradcalc COMMAND [SPEC] [OPTIONS]", "", *paragraphs(group.help), "", "Commands:"]
    for name, command in commands:
        does = " ".join((command.help or "").split("\n\n")[0].split())
        lines += entry(name, does.rstrip("."), 12)
    lines += entry("help", "Explain a command, with examples: gradcalc help compute", 12)
    lines += ["", "Options:", *option_lines(group.get_params(ctx), ctx), "", "Exit status:"]
    for status, meaning in STATUSES:
        lines += entry(status, meaning, 12)
    return readable(lines)


def command_page(command: Any, ctx: Any) -> str:
    """`gradcalc COMMAND --help`: usage, what it does, its options by section, its examples."""
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    shown = [f"[{param.make_metavar(ctx)}]{'...' * (param.nargs == -1)}" for param in arguments]
    lines = [" ".join(["Usage:", ctx.command_path, *shown, "[OPTIONS]"]), "", *paragraphs(command.help)]
    sections: dict[str, list[Any]] = {"Arguments": arguments} if arguments else {}
    for param in command.get_params(ctx):
        if param not in arguments:
            sections.setdefault(param.rich_help_panel or "Options", []).append(param)
    for section, params in sections.items():
        lines += ["", f"{section}:", *option_lines(params, ctx)]
    glossary: Mapping[str, Sequence[tuple[str, str]]] = command.glossary()
    for section, terms in glossary.items():
        lines += ["", f"{section}:", *(line for term, text in terms for line in entry(term, text, TERMS))]
    lines += ["", "Examples:"]
    for example, shows in command.examples:
        lines += [f"  # {shows}", f"  {example}"]
    return readable(lines)


def readable(lines: Sequence[str]) -> str:
    """The page in letters that standard output can take."""
    page = "\n".join(lines)
    return page if is_unicode(sys.stdout) else to_ascii(page)


def option_lines(params: Sequence[Any], ctx: Any) -> Iterator[str]:
    """One entry for each option that is not hidden: `-o, --output FILE`, and what it does."""
    for param in params:
        if param.hidden:
            continue
        words = [", ".join(sorted(param.opts, key=len))] if param.param_type_name == "option" else []
        if not words or not param.is_flag:
            words.append(str(param.make_metavar(ctx)))
        yield from entry(" ".join(words), with_choices(param.help or "", ctx.command.name), TERMS)


def with_choices(text: str, command: str) -> str:
    """The explanation of an option with every choice that it names by a placeholder."""
    from gradcalc.language.known_names import activations, losses

    choices: Mapping[str, Callable[[], Sequence[str]]] = {
        "{activations}": lambda: activations().canonical,
        "{losses}": lambda: losses().canonical,
        "{formats}": lambda: formats_of(command),
    }
    for placeholder, known in choices.items():
        if placeholder in text:
            text = text.replace(placeholder, ", ".join(known()))
    return text


def formats_of(command: str) -> list[str]:
    """The formats that a command prints: of a derivation Python too, of the language two, of a drawing its own."""
    from gradcalc.report.report import formats

    if command == "draw":
        return ["text", "svg", "png", "mermaid", "dot", "json"]
    if command == "schema":
        return ["json", "markdown"]
    return [name for name in formats() if name != "python" or command == "explain"]


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


def unknown_command(arguments: Sequence[str], known: Sequence[str]) -> str:
    """The message for a command that does not exist; a spec in its place is one that is to be computed."""
    from shlex import join

    from gradcalc.language import examples
    from gradcalc.language.problems import meant

    name = arguments[0]
    if name in examples() or name == "-" or name.lower().endswith(SPEC_ENDINGS) or os.path.isfile(name):
        return f'"{name}" is a spec, not a command; did you mean "{join(["gradcalc", "compute", *arguments])}"?'
    near = similar(name, [*known, "help", *examples()])
    if near and near[0] in examples():
        return f'no command "{name}"; did you mean "{join(["gradcalc", "compute", near[0], *arguments[1:]])}"?'
    return f'no command "{name}"' + (meant(name, [*known, "help"]) or f"; commands are {', '.join(known)}")


def usage_error(error: Any) -> str:
    """A command line that was refused: what is wrong, what was probably meant, where the help is."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return str(error.message)
    ctx = getattr(error, "ctx", None)
    path = ctx.command_path if ctx else "gradcalc"
    return "\n".join([wrap_words(f"error: {printable(problem(error))}"), f"Try '{path} --help'."])


def problem(error: Any) -> str:
    """The message in our own words, where Typer's are not plain."""
    if hasattr(error, "possibilities"):
        return f"no option {error.option_name}{meant_option(error)}"
    message = str(error.format_message()).rstrip(".")
    if extra := message.partition("Got unexpected extra argument(s) (")[2]:
        return f"unexpected argument {extra.rstrip(')')}"
    return message[:1].lower() + message[1:]


def has_option(command: Any, name: str) -> bool:
    """Whether a command has an option of that name."""
    return any(name in param.opts for param in command.params)


def meant_option(error: Any) -> str:
    """What was probably meant by an option that is not there: one of another command, or of one that comes after it."""
    name, ctx = error.option_name, error.ctx
    if ctx is None:
        return ""
    group, known = (ctx.parent or ctx).command, [opt for param in ctx.command.params for opt in param.opts]
    if ctx.parent is None:
        if has_option(group.get_command(ctx, "compute"), name):
            return f"; options stand after the command: gradcalc compute {name} …"
    elif having := [one for one in group.list_commands(ctx) if has_option(group.get_command(ctx, one), name)]:
        return f"; {listed(having)} {'has' if len(having) == 1 else 'have'} it"
    near = similar(name.lstrip("-"), [*(opt[2:] for opt in known if opt[:2] == "--"), "version", "help"])
    return f'; did you mean "--{near[0]}"?' if near else ""
