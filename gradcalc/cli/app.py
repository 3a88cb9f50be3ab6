"""The Typer application: it collects the commands, one file each in `commands/`, and loads the one that is called.

Annotations are not postponed here, nor in the commands: Typer reads them, and would have to compile them first.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

import gradcalc
from gradcalc.errors import UsageError

if TYPE_CHECKING:
    from gradcalc.report.report import Report

COMMANDS = os.path.join(os.path.dirname(__file__), "commands")
ENDING = "_command.py"
HELP = {"help_option_names": ["-h", "--help"]}

COMPLETING = "_GRADCALC_COMPLETE"  # the variable in which a shell asks for completions


class Command(TyperCommand):
    """A command whose help is plain text, with its examples; an option that takes one value is given once."""

    examples: tuple[tuple[str, str], ...] = ()
    glossary: Callable[[], Mapping[str, Sequence[tuple[str, str]]]] = dict

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the page that `--help` prints."""
        from gradcalc.cli.help import command_page

        formatter.write(command_page(self, ctx))

    def make_parser(self, ctx: Any) -> Any:
        """A parser that refuses an option which would displace one before it."""
        parser = super().make_parser(ctx)
        parse = parser.parse_args

        def parse_once(args: list[str]) -> Any:
            found = parse(args=args)
            given: list[Any] = [param for param in found[2] if param.param_type_name == "option"]
            for param in given:
                takes_one = not (param.multiple or param.is_flag or ctx.resilient_parsing)
                if takes_one and (times := given.count(param)) > 1:
                    raise UsageError(f"{max(param.opts, key=len)} is given {times} times, and takes one value")
            return found

        parser.parse_args = parse_once  # type: ignore[method-assign]
        return parser


class Commands(TyperGroup):
    """The files of `commands/` as commands: a name becomes a module only when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Every command's name, in alphabetical order."""
        return sorted(file.removesuffix(ENDING) for file in os.listdir(COMMANDS) if file.endswith(ENDING))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, None where there is no such file."""
        if cmd_name not in self.commands and cmd_name in self.list_commands(ctx):
            command = build(cmd_name)
            if COMPLETING in os.environ:
                from gradcalc.cli.completion import complete_values

                complete_values(command)
            self.add_command(command)
        return self.commands.get(cmd_name)

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command line, or answer a shell that asks for completions."""
        if COMPLETING in os.environ:
            from gradcalc.cli.completion import join_words

            join_words(os.environ)
        return super().main(*args, **extra)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments after the program's name: `help compute` is `compute --help`."""
        if args[:1] == ["help"] and not ctx.resilient_parsing:
            args = [*args[1:2], "--help"]
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is called; a misspelt one is an error that suggests the nearest."""
        is_word = args[0] == "-" or not args[0].startswith("-")
        if is_word and self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            from gradcalc.cli.help import unknown_command

            ctx.fail(unknown_command(args, self.list_commands(ctx)))
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the page that `--help` prints."""
        from gradcalc.cli.help import program_page

        formatter.write(program_page(self, ctx))


def build(name: str) -> Command:
    """The Typer command of a file: its function `command`, its examples, its options spread out."""
    module: Any = __import__(f"gradcalc.cli.commands.{name}_command", fromlist=["command"])
    single = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    single.command(name, cls=Command, context_settings=HELP)(spread(module.command))
    command = typer.main.get_command(single)
    assert isinstance(command, Command)
    command.examples = module.EXAMPLES
    command.glossary = getattr(module, "glossary", dict)
    return command


def spread(function: "Callable[..., Report | str | bytes]") -> Callable[..., int]:
    """The function as Typer calls it: option records spread into their fields, the report delivered."""
    command = function.__module__.rpartition(".")[2].removesuffix(ENDING.removesuffix(".py"))
    declared = signature(function).parameters.values()
    records = {given.name: given.annotation for given in declared if hasattr(given.annotation, "_field_defaults")}

    def call(**values: Any) -> int:
        from gradcalc.cli.options import Output
        from gradcalc.cli.output import STANDARD_OUTPUT, check, deliver, keep_apart

        for name, record in records.items():
            values[name] = record(*[values.pop(field) for field in record._fields])
        output = values.get("output") or Output(file=values.get("file"), quiet=values.get("quiet", False))
        check(output, "output" in values)
        written = {f"--{option}": values.get(option) for option in ("plot", "resume", "save", "trace")}
        file = None if output.file == STANDARD_OUTPUT else output.file
        keep_apart({"--output": file, **written}, [*(values.get("sources") or []), values.get("source")])
        if output.quiet or not sys.stderr.isatty():
            return deliver(function(**values), output)
        from gradcalc.report.progress import progress

        with progress(command):
            return deliver(function(**values), output)

    options = []
    for given in declared:
        record = records.get(given.name)
        fields = {given.name: given.annotation} if record is None else record.__annotations__
        defaults = {given.name: given.default} if record is None else record._field_defaults
        for field, annotation in fields.items():
            options.append(Parameter(field, Parameter.KEYWORD_ONLY, default=defaults[field], annotation=annotation))
    call.__name__, call.__doc__ = function.__name__, function.__doc__
    call.__signature__ = Signature(options)  # type: ignore[attr-defined]
    return call


app = typer.Typer(
    name="gradcalc",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=HELP,
)


def print_version(asked: bool) -> None:
    """`gradcalc 0.1.0`, and nothing more."""
    if asked:
        typer.echo(f"gradcalc {gradcalc.__version__}")
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A gradient calculator: every path of the chain rule, with its share of the gradient."""
