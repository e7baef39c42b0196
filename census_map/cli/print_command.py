"""`census-map print`: the sheets of mini-areas as PDF files."""

from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from census_map.cli.opening import open_workspace
from census_map.cli.progress import progress_bar
from census_map.cli.saying import say
from census_map.errors import WorkspaceError
from census_map.i18n import _, ngettext
from census_map.progress import remember
from census_map.sheets.render import print_workspace
from census_map.targets import check_folder


class SheetKind(StrEnum):
    """Kinds of sheets."""

    MINI_AREA = "mini_area"


class PaperSize(StrEnum):
    """Formats that may be insisted on."""

    A4 = "A4"
    A3 = "A3"


def print_sheets(
    workspace: Annotated[Path, typer.Argument(metavar=_("WS.gpkg"), help=_("The workspace."))],
    *,
    out: Annotated[Path, typer.Option("--out", metavar=_("DIR"), help=_("Folder for the PDF files."))],
    sheet: Annotated[  # noqa: ARG001  there is one kind so far
        SheetKind, typer.Option("--sheet", metavar=_("KIND"), help=_("Kind of sheet."))
    ] = SheetKind.MINI_AREA,
    area: Annotated[
        list[str] | None,
        typer.Option("--area", metavar=_("CODE"), help=_("Code of a mini-area or census area; repeatable.")),
    ] = None,
    book: Annotated[bool, typer.Option("--book", help=_("One file a census area."))] = False,
    paper: Annotated[
        PaperSize | None, typer.Option("--paper", metavar="A4|A3", help=_("Insist on this paper."))
    ] = None,
    drafter: Annotated[str, typer.Option("--drafter", metavar=_("NAME"), help=_("Name of who drew the map."))] = "",
) -> None:
    """Print; buildings that no map has room for are named on their sheet and here."""
    check_folder(out, read=(workspace,))
    with open_workspace(workspace):
        pass  # a wrong file is refused at once, before QGIS starts
    with progress_bar(_("Printing")) as report:
        printed = print_workspace(
            workspace, out, areas=area or (), book=book, paper=paper or "", drafter=drafter, report=report
        )
    if not area:
        with suppress(WorkspaceError), open_workspace(workspace) as opened:
            remember(opened, "print", sheets=printed.sheets)
    say(
        ngettext("{n} sheet", "{n} sheets", printed.sheets).format(n=printed.sheets)
        + ", "
        + ngettext("{n} page", "{n} pages", printed.pages).format(n=printed.pages)
        + f": {out}"
    )
    for notice in printed.notices:
        say(f"! {notice}")
    for code, numbers in printed.missing.items():
        say(
            _("{code}: no room on the map for building {numbers}; the sheet says so.").format(
                code=code, numbers=", ".join(numbers)
            )
        )
