"""
Look at a workbook before it is given to its reader: what it is by its bytes, how far it reaches, what is hidden in it.

The reader lays out every cell between the first and the last that is filled. One stray cell in the far corner makes
that seventeen thousand million, and the reader takes the whole program down with it; what the file says of its own
size (its dimension, the sizes in its archive) may be wrong. So the cells are looked through as they are, in pieces.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree as ET
from zipfile import BadZipFile, ZipFile, ZipInfo

from census_map.errors import InputError
from census_map.i18n import _
from census_map.roster.likely_names import shown_file
from census_map.roster.workbook_file import column_letters

MOST_CELLS = 30_000_000  # a county's roster of a million rows has two thirds of that
_MOST_BYTES = 1_500_000_000  # of what an archive holds, unpacked; a county's roster of a million rows has half of that
_SMALL = 4_000_000  # bytes of a member that is read whole
_PIECE = 1 << 20
_WIDE = 28  # columns; with the most rows there are, that is more than is allowed
_ROW_NUMBER = re.compile(rb'<row r="(\d+)"')
_ROW = re.compile(rb"<row\b[^>]*>")
# A fixed beginning is found many times faster; programs that write it otherwise are met below.
_NUMBER = re.compile(rb' r="(\d+)"')
_FAR_COLUMN = re.compile(rb' r="([A-Z]{2,3})\d')
_FAR_ROW = re.compile(rb' r="[A-Z]{1,3}(\d{6,7})"')
_ODD_ROW = re.compile(rb"<\w+:row\b")
_ODD_QUOTES = re.compile(rb"\s+r\s*=\s*['\"]([A-Z]*\d+)['\"]")
_HIDDEN = re.compile(rb"\bhidden=[\"'](?:1|true)[\"']")
_SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_LINK = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


@dataclass(frozen=True)
class Facts:
    """
    What a workbook says that its reader does not tell.

    Attributes
    ----------
    hidden_rows
        Numbers (from 1) of the hidden rows of each sheet, by its title.
    from_1904
        Days are counted from 1904-01-01, as old programs on the Mac did.
    """

    hidden_rows: dict[str, tuple[int, ...]]
    from_1904: bool = False


def kind_by_content(path: Path, head: bytes) -> str:
    """
    Tell what a workbook is by its bytes, whatever its name ends in.

    Parameters
    ----------
    head
        Its first eight bytes.

    Returns
    -------
    kind
        `xlsx`, `other` (another archive: xlsb, ods), `old` (xls and files under a password) or empty text for none.
    """
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "old"
    if not head.startswith(b"PK"):
        return ""
    try:
        with ZipFile(path) as archive:
            return "xlsx" if "xl/workbook.xml" in archive.namelist() else "other"
    except (BadZipFile, OSError, ValueError, NotImplementedError):
        return "other"


def look_into(path: Path, kind: str) -> Facts:
    """
    Look through a workbook that is an archive.

    Raises
    ------
    InputError
        It would fill the memory: a cell stands far from all others, or it unpacks to far more than any list has.
    BadZipFile
        It is no sound archive.
    """
    with ZipFile(path) as archive, path.open("rb") as raw:
        if sum(info.file_size for info in archive.infolist()) > _MOST_BYTES:
            raise _too_large(path)
        if kind != "xlsx":
            return Facts({})
        budget = [_MOST_BYTES]
        sheets, from_1904 = _sheets(archive, path)
        hidden = {}
        for info in archive.infolist():
            titles = [title for title, member in sheets if member == info.filename]
            pieces = _unpacked(raw, info, path, budget)
            if titles:
                hidden[titles[0]], wide = _look_through(pieces, path)
                if wide:
                    _look_for_far_rows(_unpacked(raw, info, path, budget), wide, path)
            elif info.filename.endswith(".xml"):
                for _piece in pieces:
                    pass
    return Facts(hidden, from_1904)


def _sheets(archive: ZipFile, path: Path) -> tuple[list[tuple[str, str]], bool]:
    """List title and member of each sheet, and tell whether days are counted from 1904."""
    book = _parsed(archive, "xl/workbook.xml", path)
    links = {link.get("Id"): link.get("Target") or "" for link in _parsed(archive, "xl/_rels/workbook.xml.rels", path)}
    sheets = []
    for sheet in [*book.iter(f"{_SPREADSHEET}sheet"), *book.iter(f"{_STRICT}sheet")]:
        target = links.get(sheet.get(_LINK) or sheet.get(_STRICT_LINK), "")
        member = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        sheets.append((sheet.get("name") or "", member.replace("xl/../", "")))
    settings = [*book.iter(f"{_SPREADSHEET}workbookPr"), *book.iter(f"{_STRICT}workbookPr")]
    return sheets, any(setting.get("date1904") in ("1", "true") for setting in settings)


def _parsed(archive: ZipFile, member: str, path: Path) -> ET.Element:
    try:
        with archive.open(member) as file:
            content = file.read(_SMALL)
    except KeyError as error:
        raise BadZipFile(member) from error
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content or len(content) == _SMALL:
        raise _too_large(path)
    try:
        return ET.fromstring(content)  # noqa: S314  no entities, see above
    except (ET.ParseError, LookupError) as error:  # the latter: an encoding that there is not
        raise BadZipFile(member) from error


def _unpacked(raw: BinaryIO, info: ZipInfo, path: Path, budget: list[int]) -> Iterator[bytes]:
    """Unpack a member piece by piece; what the archive says of its size is not believed."""
    raw.seek(info.header_offset + 26)
    lengths = raw.read(4)
    if len(lengths) < 4:
        raise BadZipFile(info.filename)
    raw.seek(sum(struct.unpack("<HH", lengths)), 1)
    left = info.compress_size
    inflater = zlib.decompressobj(-15) if info.compress_type else None
    try:
        while left > 0:
            packed = raw.read(min(left, _PIECE // 8))
            if not packed:
                break
            left -= len(packed)
            while packed:
                piece = inflater.decompress(packed, _PIECE) if inflater else packed
                packed = inflater.unconsumed_tail if inflater else b""
                budget[0] -= len(piece)
                if budget[0] < 0:
                    raise _too_large(path)
                yield piece
    except zlib.error as error:
        raise BadZipFile(info.filename) from error


def _look_through(pieces: Iterator[bytes], path: Path) -> tuple[tuple[int, ...], int]:
    """
    Find the hidden rows of a sheet; refuse it where its cells reach too far.

    Returns
    -------
    hidden, wide
        Numbers of the rows, and the number of columns where that is so large that a single far row is too much.
    """
    hidden: list[int] = []
    last_row, last_column, count = 0, 26, 0
    for part in _whole_tags(pieces):
        numbers = _ROW_NUMBER.findall(part)
        count += len(numbers)
        if b" hidden=" in part or len(numbers) != part.count(b"<row"):
            tags = _ROW.findall(part)
            numbers = _NUMBER.findall(b"".join(tags))
            hidden += _hidden_rows(tags)
        last_row = max([last_row, *map(int, numbers)])
        last_column = max([last_column, *map(_column_number, set(_FAR_COLUMN.findall(part)))])
        _check_extent(max(last_row, count), last_column, path)
    return tuple(hidden), last_column if last_column > _WIDE else 0


def _look_for_far_rows(pieces: Iterator[bytes], columns: int, path: Path) -> None:
    """Refuse a wide sheet one of whose cells says that it stands in another row than that around it."""
    for part in _whole_tags(pieces):
        _check_extent(max([0, *map(int, set(_FAR_ROW.findall(part)))]), columns, path)


def _check_extent(rows: int, columns: int, path: Path) -> None:
    if rows * columns > MOST_CELLS:
        raise InputError(
            _(
                "“{file}”: a cell stands far from all others, in row {row} or column {column} (often a blank): "
                "delete the empty rows and columns up to there, and save it again."
            ).format(file=shown_file(path.name), row=rows, column=column_letters(columns - 1))
        )


def _whole_tags(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Cut the text of a sheet so that no tag is torn, and bring it into the spelling that nearly all programs use."""
    rest, odd = b"", None
    for piece in pieces:
        part = rest + piece if rest else piece
        cut = part.rfind(b"<")
        part, rest = (part[:cut], part[cut:]) if cut > 0 and len(part) - cut < _PIECE else (part, b"")
        if odd is None:
            odd = any(sign in part for sign in (b"r='", b"r =", b"\nr=", b"\tr=", b":row"))
        yield _ODD_ROW.sub(b"<row", _ODD_QUOTES.sub(rb' r="\1"', part)) if odd else part
    yield rest


def _hidden_rows(tags: list[bytes]) -> list[int]:
    found = []
    for tag in tags:
        number = _NUMBER.search(tag) if _HIDDEN.search(tag) else None
        if number:
            found.append(int(number[1]))
    return found


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _too_large(path: Path) -> InputError:
    return InputError(
        _("“{file}” unpacks to far more than a list can hold: save it again with the spreadsheet program.").format(
            file=shown_file(path.name)
        )
    )
