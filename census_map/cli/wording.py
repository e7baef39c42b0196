"""
What the command line says of itself, in the language in force: its help pages, and words that it cannot read.

Typer's own texts are English sentences that no catalogue can reach. So its classes of a command and of a group are
given our pages here, and what its parser refuses is said anew, from the parameter that the refusal names.
"""

import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from difflib import get_close_matches
from enum import Enum
from typing import Any

import typer
from rich.cells import cell_len
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from census_map.errors import InputError
from census_map.i18n import _

_FOUND = ContextVar("fault found by the verb that runs", default=False)
_WIDEST_PAGE = 100
_NARROWEST_COLUMN = 20
# A word or a single Chinese character, with the marks that may not end or begin a line.
_PIECE = re.compile(r"[（“]*(?:[!-~]+|\S)[，。、；：？）”]*\s*")


def find_fault() -> None:
    """Note that the verb that runs has found a fault in what it was given: it goes on, and its exit status is 1."""
    _FOUND.set(True)


class Verb(TyperCommand):
    """A verb of the program."""

    allow_extra_args = True  # so that they are refused here, by name

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """
        Read the words after the verb.

        Raises
        ------
        InputError
            They are not what the verb takes.
        """
        try:
            rest = super().parse_args(ctx, args)
        except typer.TyperException as error:
            raise refused(ctx, _fault(error, self.get_params(ctx))) from error
        if rest:
            extra = _(", ").join(f"“{word}”" for word in rest)
            raise refused(ctx, _("More was given than the command takes: {words}.").format(words=extra))
        return rest

    def invoke(self, ctx: Any) -> Any:
        """Do what the verb does; exit status 1 where a fault was found on the way."""
        _FOUND.set(False)
        done = super().invoke(ctx)
        if _FOUND.get():
            raise typer.Exit(1)
        return done

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the page of the verb: how it is called, what it does, what it takes."""
        formatter.write(_page(self, ctx, ()))


class Group(TyperGroup):
    """A group of verbs; alone it shows its page."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """
        Read the words up to the verb.

        Raises
        ------
        InputError
            They are not what the group takes.
        """
        try:
            return super().parse_args(ctx, args or ["--help"])
        except typer.TyperException as error:
            raise refused(ctx, _fault(error, self.get_params(ctx))) from error

    def invoke(self, ctx: Any) -> Any:
        """
        Run the verb.

        Raises
        ------
        InputError
            There is none among the words.
        """
        try:
            return super().invoke(ctx)
        except typer.Abort:  # in a question; typer's word for Ctrl+C there, and for the end of what is typed
            raise KeyboardInterrupt from None
        except typer.TyperException as error:
            raise refused(ctx, _("No command was given.")) from error

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """
        Find the verb.

        Raises
        ------
        InputError
            There is none of this name.
        """
        if self.get_command(ctx, args[0]) is None:
            near = get_close_matches(args[0], self.list_commands(ctx))
            alike = _("There is no command “{name}”. Is “{near}” meant?")
            pattern = alike if near else _("There is no command “{name}”.")
            raise refused(ctx, pattern.format(name=args[0], near="".join(near[:1])))
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the page of the group, with its verbs."""
        verbs = [(name, self.commands[name].get_short_help_str(limit=200)) for name in self.list_commands(ctx)]
        formatter.write(_page(self, ctx, verbs))


def with_meanings(titles: Mapping[str, str]) -> str:
    """List words that may be typed, each with its title, which is translated here."""
    return _(", ").join(_("{word} ({meaning})").format(word=word, meaning=_(title)) for word, title in titles.items())


def refused(ctx: Any, fault: str) -> InputError:
    """Make the refusal of words that cannot be read: what is wrong with them, and where to look."""
    return InputError(_("{fault} See “{command} --help”.").format(fault=fault, command=ctx.command_path))


def _fault(error: typer.TyperException, parameters: Iterable[Any]) -> str:
    """Say what the parser could not read; typer's refusals differ by what they name."""
    parameter = getattr(error, "param", None)
    if parameter is not None:
        return _missing(parameter) if hasattr(error, "param_type") else _wrong_value(error, parameter)
    name = getattr(error, "option_name", None)
    if name is None:
        return _("The words after the command cannot be read.")
    options = {word: option for option in parameters for word in (*option.opts, *option.secondary_opts)}
    if name not in options:
        near = get_close_matches(name, [word for word in options if word.startswith("-")])
        pattern = _("There is no option “{name}”. Is “{near}” meant?") if near else _("There is no option “{name}”.")
        return pattern.format(name=name, near="".join(near[:1]))
    if options[name].is_flag:
        return _("The option “{name}” takes no value.").format(name=name)
    return _("The option “{name}” needs a value: {value}.").format(name=name, value=_metavar(options[name]))


def _missing(parameter: Any) -> str:
    if isinstance(parameter, TyperOption):
        call = f"{parameter.opts[0]} {_metavar(parameter)}"
        return _("The option “{name}” is missing: {help}").format(name=call, help=parameter.help)
    return _("“{name}” is missing: {help}").format(name=_metavar(parameter), help=parameter.help)


def _wrong_value(error: typer.TyperException, parameter: Any) -> str:
    kind = parameter.type_descriptor
    if kind.choices:
        wanted = _("one of {choices}").format(choices=_(", ").join(_text(choice) for choice in kind.choices))
    else:
        wanted = {int: _("a whole number"), float: _("a number")}.get(kind.annotation, _metavar(parameter))
    name = parameter.opts[0] if isinstance(parameter, TyperOption) else _metavar(parameter)
    reasons: list[dict[str, Any]] = getattr(error.__cause__, "errors", list)()
    given = reasons[0]["input"] if reasons else "…"
    return _("“{name}” takes {wanted}, not “{given}”.").format(name=name, wanted=wanted, given=given)


def _page(command: Any, ctx: Any, verbs: Sequence[tuple[str, str]]) -> str:
    parameters = [parameter for parameter in command.get_params(ctx) if not parameter.hidden]
    arguments = [(_metavar(each), _explained(each)) for each in parameters if isinstance(each, TyperArgument)]
    options = [(_names(each), _explained(each)) for each in parameters if isinstance(each, TyperOption)]
    usage = [ctx.command_path, _("[OPTIONS]"), *(piece for each in parameters for piece in each.get_usage_pieces(ctx))]
    if isinstance(command, Group):
        usage.append(_("COMMAND …"))
    head = [_("Usage: {words}").format(words=" ".join(usage)), command.help or ""]
    sections = ((_("Arguments"), arguments), (_("Options"), options), (_("Commands"), verbs))
    return _laid_out(head, [(title, rows) for title, rows in sections if rows])


def _laid_out(head: Iterable[str], sections: Iterable[tuple[str, Sequence[tuple[str, str]]]]) -> str:
    """Lay a page out in the width of the terminal."""
    width = min(shutil.get_terminal_size().columns, _WIDEST_PAGE)
    lines = ["\n".join(_filled(text, width)) + "\n" for text in head if text]
    for title, rows in sections:
        lines.append(_("{title}:").format(title=title))
        first = max(cell_len(name) for name, _text in rows)
        for name, text in rows:
            begin, *rest = _filled(text, max(_NARROWEST_COLUMN, width - first - 4))
            lines.append(f"  {name}{' ' * (first - cell_len(name))}  {begin}")
            lines += [" " * (first + 4) + line for line in rest]
        lines.append("")
    return "\n".join(lines).rstrip("\n")


def _filled(text: str, width: int) -> list[str]:
    """Break a text into lines: between Chinese characters as well, never within a word."""
    lines = [""]
    for piece in _PIECE.findall(text):
        if lines[-1] and cell_len(lines[-1] + piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def _names(option: TyperOption) -> str:
    short_first = [sorted(words, key=len) for words in (option.opts, option.secondary_opts) if words]
    names = " / ".join(", ".join(words) for words in short_first)
    return names if option.is_flag else f"{names} {_metavar(option)}"


def _metavar(parameter: Any) -> str:
    return parameter.metavar or _("VALUE")


def _explained(parameter: Any) -> str:
    if "--help" in parameter.opts:
        return _("Show this page.")
    default = _default(parameter)
    notes = [_("[required]")] if parameter.required else []
    notes += [_("[default: {value}]").format(value=default)] if default else []
    return "  ".join([parameter.help or "", *notes])


def _default(parameter: Any) -> str:
    value = parameter.default
    if isinstance(parameter, TyperOption) and parameter.is_flag:
        chosen = parameter.opts if value else parameter.secondary_opts
        return chosen[0].removeprefix("--") if parameter.secondary_opts else ""
    return "" if value is None else _text(value)


def _text(value: object) -> str:
    return str(value.value if isinstance(value, Enum) else value)
