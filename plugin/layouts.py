"""
Printing: sheets composed by the library, drawn with QGIS print layouts into PDF files.

QGIS draws in the main thread only. `printing` therefore hands over control after every sheet, so that a dock can run
it from a timer; `print_sheets` runs it to the end and reports.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from qgis.core import QgsProject

from census_map.drafts import told
from census_map.file_names import FileNames, told_names
from census_map.i18n import _
from census_map.sheets.mini_area import Imprint, choose_mini_areas, mini_area_sheet
from census_map.sheets.sheet import Sheet
from census_map.sheets.township import Township
from census_map.targets import check_folder
from census_map.task import Report, silent

from .drawing.backdrop import Backdrop
from .drawing.page import Pages, PdfFile


@dataclass(frozen=True)
class Printed:
    """
    One sheet that has been drawn.

    Attributes
    ----------
    code
        Of the mini-area.
    file
        The PDF it stands in; a book is there only when its last sheet has been drawn.
    title
        What the PDF is called after: the code of the mini-area, or in a book of its census area.
    pages
        Of this sheet.
    missing
        Numbers of buildings that no map shows; they are named on the sheet.
    done, total
        Sheets drawn so far, and in all.
    """

    code: str
    file: Path
    title: str
    pages: int
    missing: tuple[str, ...]
    done: int
    total: int


def styles_folder() -> Path:
    """Give the folder of the print layouts."""
    return Path(str(files("census_map_styles")))


def compose_sheets(
    township: Township, imprint: Imprint, codes: Iterable[str] = (), *, report: Report = silent
) -> list[Sheet]:
    """
    Decide what stands on the sheets; touches nothing of QGIS, so it may run in a background task.

    Parameters
    ----------
    township, imprint
        What to print, and date, drafter and paper.
    codes
        Of mini-areas or census areas; none for all.
    report
        Progress, and the way to cancel.
    """
    chosen = choose_mini_areas(township, codes)
    sheets = []
    for number, uid in enumerate(chosen):
        report(number / len(chosen), str(township.mini_areas.loc[uid, "code"]))
        sheets.append(mini_area_sheet(township, uid, imprint))
    return sheets


def printing(
    township: Township, sheets: Iterable[Sheet], total: int, out: Path, *, book: bool = False
) -> Iterator[Printed]:
    """
    Draw sheets one by one; closing the generator early leaves only whole files.

    Parameters
    ----------
    township
        Whose layers are shown.
    sheets
        In the order of their codes; may be composed while drawing goes on.
    total
        How many there are.
    out
        Folder; made if missing.
    book
        One file a census area instead of one a mini-area.
    """
    check_folder(out)
    with told(out):
        out.mkdir(parents=True, exist_ok=True)
    project = QgsProject()
    pages = Pages(Backdrop(township, project), styles_folder())
    names = FileNames(".pdf", nameless="sheet")
    file: PdfFile | None = None
    title = ""
    try:
        for number, sheet in enumerate(sheets, start=1):
            wanted = sheet.census_area if book else sheet.code
            if file is not None and wanted != title:
                file.finish()
                file = None
            title = wanted
            file = file or PdfFile(out / names.new(title), title)
            place = file.path
            pages.draw(sheet, file)
            if not book or number == total:
                file.finish()
                file = None
            yield Printed(sheet.code, place, title, sheet.pages, sheet.missing, number, total)
        if file is not None:
            file.finish()
            file = None
    finally:
        if file is not None:
            file.discard()
        pages.close()
        project.clear()


def print_sheets(
    township: Township,
    out: Path,
    imprint: Imprint,
    codes: Iterable[str] = (),
    *,
    book: bool = False,
    report: Report = silent,
) -> list[Printed]:
    """
    Print the sheets of mini-areas.

    Parameters
    ----------
    township, out, imprint, codes, book
        As in `printing` and `compose_sheets`.
    report
        Progress, and the way to cancel: after `Cancelled` only whole files are left.
    """
    chosen = choose_mini_areas(township, codes)
    sheets = (mini_area_sheet(township, uid, imprint) for uid in chosen)
    printed = []
    steps = printing(township, sheets, len(chosen), out, book=book)
    try:
        report(0.0, "")
        for step in steps:
            printed.append(step)
            report(step.done / step.total, _("sheet {code}").format(code=step.code))
    finally:
        steps.close()
    return printed


def name_notices(printed: Iterable[Printed]) -> list[str]:
    """Say which files are called otherwise than what they are of."""
    return told_names((step.title, step.file.name) for step in printed)
