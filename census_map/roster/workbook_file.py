"""
A workbook file written row by row: hundreds of thousands of rows in seconds, and no more memory than a slice of them.

Only what lists need: texts, numbers, five formats of cells, and print set-up (Office Open XML, ECMA-376 part 1).
Every text is written as a text: nothing can become a formula, a link or a number. Nothing goes through a temporary
folder; the file takes the place of an older one only when it is complete.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from census_map.targets import result_file

# Indexes of the formats in `_STYLES`.
TITLE, NOTE, HEADER, CELL, TOTAL = 1, 2, 3, 4, 5
_SLICE = 4000
_LONGEST = 32000  # characters of one cell
_LEVEL = 3  # of compression: a third of the time of the best, a tenth more to store
_ODD = re.compile(r"[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")
_NAMES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_FONT = '<font>{0}<sz val="{1}"/><name val="SimSun"/><family val="2"/></font>'
_SIDES = "".join(f'<{side} style="thin"><color auto="1"/></{side}>' for side in ("left", "right", "top", "bottom"))
_PLAIN = 'numFmtId="0" fontId="0" fillId="0" borderId="0"'
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="5">'
    + "".join(_FONT.format(*font) for font in (("", 10), ("<b/>", 14), ("<i/>", 10), ("<b/>", 10), ("", 10)))
    + '</fonts><fills count="3"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFEEEEEE"/><bgColor indexed="64"/></patternFill></fill>'
    f'</fills><borders count="2"><border/><border>{_SIDES}</border></borders>'
    f'<cellStyleXfs count="1"><xf {_PLAIN}/></cellStyleXfs><cellXfs count="6"><xf {_PLAIN}/>'
    '<xf numFmtId="0" fontId="1" applyFont="1" applyAlignment="1">'
    '<alignment horizontal="center" vertical="center"/></xf>'
    '<xf numFmtId="0" fontId="2" applyFont="1" applyAlignment="1"><alignment horizontal="center"/></xf>'
    '<xf numFmtId="0" fontId="3" fillId="2" borderId="1" applyFont="1" applyFill="1" applyBorder="1" '
    'applyAlignment="1"><alignment horizontal="center" vertical="center" wrapText="1"/></xf>'
    '<xf numFmtId="0" fontId="4" borderId="1" applyFont="1" applyBorder="1" applyAlignment="1">'
    '<alignment vertical="center" wrapText="1"/></xf>'
    '<xf numFmtId="0" fontId="3" borderId="1" applyFont="1" applyBorder="1"/></cellXfs></styleSheet>'
)


class SheetFile:
    """One sheet while it is written, from the top to the bottom; given by `WorkbookFile.sheet`."""

    def __init__(self, write: Any, letters: Sequence[str]) -> None:
        self._write = write
        self._letters = letters
        self.rows = 0

    def row(self, values: Sequence[Any], form: int, *, height: float | None = None) -> None:
        """Write one row in one format; None leaves a framed cell empty."""
        self.table([[value] for value in values], form, height=height)

    def table(self, columns: Sequence[Sequence[Any]], form: int, *, height: float | None = None) -> None:
        """Write rows, given as columns of equal length."""
        tall = "" if height is None else f' ht="{height}" customHeight="1"'
        cells = [
            _cells(values, letter, self.rows + 1, form) for letter, values in zip(self._letters, columns, strict=False)
        ]
        rows = zip(*cells, strict=True)
        while part := list(islice(rows, _SLICE)):
            first = self.rows + 1
            self._write("".join(f'<row r="{n}"{tall}>{"".join(row)}</row>' for n, row in enumerate(part, start=first)))
            self.rows += len(part)


class WorkbookFile:
    """A workbook while it is written; given by `new_workbook_file`."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self._names: list[str] = []
        self._defined: list[str] = []

    @contextmanager
    def sheet(self, name: str, widths: Sequence[float], *, frozen: int, title_rows: int) -> Iterator[SheetFile]:
        """
        Add a sheet.

        Parameters
        ----------
        name
            At most 31 characters, as a spreadsheet allows them.
        widths
            Of the columns, in characters.
        frozen
            Rows that stay in sight; the last of them is repeated on every printed page.
        title_rows
            The first rows that span all columns.
        """
        number, letters = len(self._names) + 1, [column_letters(at) for at in range(len(widths))]
        self._names.append(name)
        with self._archive.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as file:

            def write(text: str) -> None:
                file.write(text.encode())

            columns = "".join(
                f'<col min="{at}" max="{at}" width="{width}" customWidth="1"/>' for at, width in enumerate(widths, 1)
            )
            write(
                f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews>'
                f'<sheetView workbookViewId="0"><pane ySplit="{frozen}" topLeftCell="A{frozen + 1}" '
                f'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>{columns}</cols><sheetData>'
            )
            sheet = SheetFile(write, letters)
            yield sheet
            merged = "".join(f'<mergeCell ref="A{row}:{letters[-1]}{row}"/>' for row in range(1, title_rows + 1))
            write(
                f'</sheetData><mergeCells count="{title_rows}">{merged}</mergeCells>'
                '<pageMargins left="0.6" right="0.6" top="0.6" bottom="0.7" header="0.3" footer="0.3"/>'
                '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>'
                "<headerFooter><oddFooter>&amp;C&amp;P / &amp;N</oddFooter></headerFooter></worksheet>"
            )
        quoted = _escaped("'" + name.replace("'", "''") + "'")
        for kind, area in (
            ("Print_Area", f"$A$1:${letters[-1]}${max(sheet.rows, frozen)}"),
            ("Print_Titles", f"${frozen}:${frozen}"),
        ):
            self._defined.append(
                f'<definedName name="_xlnm.{kind}" localSheetId="{number - 1}">{quoted}!{area}</definedName>'
            )

    def finish(self) -> None:
        """Write the parts that name the sheets."""
        numbers = range(1, len(self._names) + 1)
        parts = [(f"xl/worksheets/sheet{n}.xml", f"{_TYPE}.worksheet+xml") for n in numbers]
        parts += [("xl/workbook.xml", f"{_TYPE}.sheet.main+xml"), ("xl/styles.xml", f"{_TYPE}.styles+xml")]
        overrides = "".join(f'<Override PartName="/{part}" ContentType="{kind}"/>' for part, kind in parts)
        sheets = "".join(
            f'<sheet name="{_escaped(name, quotes=True)}" sheetId="{n}" r:id="rId{n}"/>'
            for n, name in zip(numbers, self._names, strict=True)
        )
        linked = [(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in numbers]
        for name, text in {
            "xl/styles.xml": _STYLES,
            "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><bookViews><workbookView/>'
            f"</bookViews><sheets>{sheets}</sheets><definedNames>{''.join(self._defined)}</definedNames></workbook>",
            "xl/_rels/workbook.xml.rels": _relations([*linked, ("rIdStyles", "styles", "styles.xml")]),
            "_rels/.rels": _relations([("rId1", "officeDocument", "xl/workbook.xml")]),
            "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>',
        }.items():
            self._archive.writestr(name, text.encode())


@contextmanager
def new_workbook_file(path: Path, *, names: bool = False) -> Iterator[WorkbookFile]:
    """
    Write a workbook; see `WorkbookFile.sheet`.

    Parameters
    ----------
    path
        The file; it takes the place of an older one only when it is complete.
    names
        It holds names: only its user may read it, then and later.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    with result_file(path, secret=names) as draft, ZipFile(draft, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        book = WorkbookFile(archive)
        yield book
        book.finish()


def column_letters(at: int) -> str:
    """Name a column (from 0) as spreadsheets do: A, Z, AA."""
    letters = ""
    while at >= 0:
        letters = chr(65 + at % 26) + letters
        at = at // 26 - 1
    return letters


def _relations(linked: Sequence[tuple[str, str, str]]) -> str:
    inner = "".join(
        f'<Relationship Id="{name}" Type="{_OFFICE}/{kind}" Target="{target}"/>' for name, kind, target in linked
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{inner}</Relationships>'


def _cells(values: Sequence[Any], letter: str, first: int, form: int) -> Iterator[str]:
    """Write the cells of one column; a text that comes again is escaped once."""
    known: dict[str, str] = {}
    end = "</t></is></c>"
    for row, value in enumerate(values, start=first):
        if value is None:
            yield f'<c r="{letter}{row}" s="{form}"/>'
        elif isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value):
            yield f'<c r="{letter}{row}" s="{form}"><v>{value}</v></c>'
        else:
            text = value if type(value) is str else str(value)
            if text not in known:
                known[text] = _escaped(text[:_LONGEST])
            yield f'<c r="{letter}{row}" s="{form}" t="inlineStr"><is><t xml:space="preserve">{known[text]}{end}'


def _escaped(text: str, *, quotes: bool = False) -> str:
    """Escape a text for XML; characters that XML lacks are written as spreadsheets do (_x0001_)."""
    escaped = _ODD.sub(_escape, text) if _ODD.search(text) else text
    return escaped.replace('"', "&quot;") if quotes else escaped


def _escape(match: re.Match[str]) -> str:
    found = match[0]
    if found in _NAMES:
        return _NAMES[found]
    # A text that looks like such an escape gets its underscore escaped, so that it is read as it stands.
    return f"_x{ord(found):04X}_" if len(found) == 1 else f"_x005F{found}"
