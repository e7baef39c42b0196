"""The files of one shapefile: whether they belong together, and in which encoding their texts are, even cut ones."""

import codecs
import contextlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np

from census_map.errors import InputError
from census_map.i18n import _
from census_map.roster.encoding import probably_big5

_CHINESE = re.compile("[\u3400-\u9fff]")
_CHUNK = 2**22
_ENOUGH = 2**25  # bytes of different texts beyond ASCII; what these are, the others are
_NAME_WIDTH = 10  # bytes of a field's name; GDAL itself cuts there, inside a character too
_CODE_PAGES = {"65001": "utf-8", "936": "gbk", "54936": "gb18030", "950": "big5", "88591": "iso-8859-1"}
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs"}  # what programs that name the narrow one write


@dataclass(frozen=True)
class Part:
    """
    One file of a shapefile.

    Attributes
    ----------
    name
        As the user knows it.
    size
        In bytes.
    open
        Opens it for reading from the start.
    """

    name: str
    size: int
    open: Callable[[], IO[Any]]


@dataclass(frozen=True)
class ShapefileSet:
    """
    A shapefile that may be read.

    Attributes
    ----------
    layer
        Its name.
    encoding
        Of its texts; None: as GDAL finds it.
    cut
        Whether texts or names of fields end inside a character, as programs cut them at the width of the field; they
        are then read byte for byte and decoded by `decoded`.
    notices
        What a person should know, in the user's language.
    prj
        Name of the file with its coordinate system, or None.
    """

    layer: str
    encoding: str | None = None
    cut: bool = False
    notices: tuple[str, ...] = ()
    prj: str | None = None


def shapefile_of(path: Path) -> ShapefileSet:
    """
    Look at the files of a shapefile that lie beside each other.

    Raises
    ------
    InputError
        As `look_at_set` says.
    """
    beside = [each for each in path.parent.iterdir() if each.stem == path.stem and each.is_file()]
    parts = {each.suffix.lower(): Part(each.name, each.stat().st_size, partial(each.open, "rb")) for each in beside}
    return look_at_set(path.stem, parts, path.name)


def look_at_set(layer: str, parts: dict[str, Part], file: str) -> ShapefileSet:
    """
    See that the files of a shapefile belong together, and find the encoding of its texts.

    Parameters
    ----------
    layer
        Its name.
    parts
        Ending in small letters → file.
    file
        What the user named.

    Raises
    ------
    InputError
        A file is missing or shorter than it says; they hold different numbers of rows; or the texts are in Big5 by all
        appearance, and no .cpg file says so.
    """
    shapes = None
    if ".shp" in parts:
        if ".shx" not in parts:
            text = _("“{name}” is missing, without which “{file}” cannot be read: copy it from where the map was made.")
            raise InputError(text.format(name=f"{layer}.shx", file=parts[".shp"].name))
        _length(parts[".shp"])
        shapes = max(0, (_length(parts[".shx"]) - 100) // 8)
    prj = parts[".prj"].name if ".prj" in parts else None
    if ".dbf" not in parts:
        text = _("“{name}” is missing: the map is read without its fields.").format(name=f"{layer}.dbf")
        return ShapefileSet(layer, notices=(text,), prj=prj)
    table = _Table(parts[".dbf"])
    if shapes is not None and shapes != table.rows:
        raise InputError(
            _(
                "“{shp}” holds {shapes} shapes, but “{dbf}” {rows} rows: they do not belong together; copy both again "
                "from the source."
            ).format(shp=parts[".shp"].name, shapes=shapes, dbf=parts[".dbf"].name, rows=table.rows)
        )
    texts = table.texts()
    said = _said(parts.get(".cpg"))
    if said is not None:
        return _as_said(layer, texts, said, parts[".cpg"].name, prj)
    encoding, cut = _found(texts, file, f"{layer}.cpg")
    return ShapefileSet(layer, encoding, cut, prj=prj)


def decoded(text: str, encoding: str) -> str:
    """Decode a text that was read byte for byte (as ISO-8859-1); half a character at its end is left out."""
    return codecs.getincrementaldecoder(encoding)("replace").decode(text.encode("latin-1"), final=False)


def _length(part: Part) -> int:
    """Give the length of a .shp or .shx as it says itself, in bytes, after making sure that it is one and that long."""
    with part.open() as file:
        head = file.read(100)
    said = 2 * int.from_bytes(head[24:28], "big")
    if head[:4] != b"\0\0\x27\x0a" or len(head) < 100:
        raise _broken(part)
    if part.size < said:
        raise _broken(part)
    return said


def _broken(part: Part) -> InputError:
    return InputError(_("“{file}” is damaged or incomplete: copy it again from the source.").format(file=part.name))


class _Table:
    """The table of a shapefile (dBASE III), read in slices."""

    def __init__(self, part: Part) -> None:
        self._part = part
        with part.open() as file:
            head = file.read(32)
            self.rows = int.from_bytes(head[4:8], "little")
            self._start = int.from_bytes(head[8:10], "little")
            self._width = int.from_bytes(head[10:12], "little")
            described = file.read(max(0, self._start - 32))
        if len(head) < 32 or self._start < 33 or self._width < 1:
            raise _broken(part)
        if part.size < self._start + self.rows * self._width:
            raise _broken(part)
        self._fields = list(self._described(described))

    def _described(self, raw: bytes) -> Iterator[tuple[bytes, int, int, bool]]:
        """Give name, place and width of each field, and whether it holds text."""
        place = 1
        for at in range(0, len(raw) - 31, 32):
            if raw[at] == 0x0D:
                return
            name, width = raw[at : at + 11].split(b"\0")[0], raw[at + 16]
            if place + width > self._width:
                raise _broken(self._part)
            yield name, place, width, raw[at + 11 : at + 12] in {b"C", b"M"}
            place += width

    def texts(self) -> set[tuple[bytes, bool]]:
        """Collect texts and names beyond ASCII, each with whether it fills its width and so may have been cut."""
        found = {(name, len(name) >= _NAME_WIDTH) for name, *_rest in self._fields if not name.isascii()}
        size = sum(len(name) for name, _full in found)
        for raw in self._slices():
            if raw.isascii():
                continue
            rows = np.frombuffer(raw, dtype=np.uint8).reshape(-1, self._width)
            for _name, place, width, is_text in self._fields:
                cells = rows[:, place : place + width]
                beyond = (cells > 127).any(axis=1) if is_text and width else np.zeros(0, dtype=bool)
                if beyond.any():
                    values = set(np.ascontiguousarray(cells[beyond]).view(f"S{width}").ravel().tolist())
                    fresh = {(value.rstrip(b" "), len(value.rstrip(b" ")) >= width - 1) for value in values} - found
                    size += sum(len(value) for value, _full in fresh)
                    found |= fresh
            if size > _ENOUGH:
                break
        return found

    def _slices(self) -> Iterator[bytes]:
        step = max(1, _CHUNK // self._width)
        with self._part.open() as file:
            file.read(self._start)
            for first in range(0, self.rows, step):
                yield file.read(min(step, self.rows - first) * self._width)


def _said(cpg: Part | None) -> str | None:
    """Give the encoding that a .cpg file names, as Python knows it; None where there is none, or an unknown one."""
    if cpg is None:
        return None
    with cpg.open() as file:
        word = file.read(64).decode("ascii", errors="ignore").strip().strip('"')
    number = "".join(re.findall(r"\d+", word)) if not word.lower().startswith(("utf", "gb", "big", "iso-8859")) else ""
    with contextlib.suppress(LookupError, ValueError):
        name = codecs.lookup(_CODE_PAGES.get(number, word)).name
        codecs.getincrementaldecoder(name)("strict").decode(b"", final=True).encode(
            name
        )  # no text, no encoding of texts
        return _WIDER.get(name, name)
    return ""


def _as_said(layer: str, texts: set[tuple[bytes, bool]], said: str, cpg: str, prj: str | None) -> ShapefileSet:
    if not said:
        return ShapefileSet(layer, prj=prj)  # GDAL may know the name
    if _decodes(texts, said):
        if _decodes(texts, said, whole=True):
            # Older GDAL leaves the names of fields as they are, unless it is told.
            return ShapefileSet(layer, said if texts and said in {"utf-8", "gb18030"} else None, prj=prj)
        return ShapefileSet(layer, said, cut=True, prj=prj)
    for encoding in ("utf-8", "gb18030"):
        if _decodes(texts, encoding) and _is_chinese(texts, encoding):
            notice = _("“{cpg}” says that texts are in {said}, but they are in {encoding}: they were read as such.")
            told = notice.format(cpg=cpg, said=said.upper(), encoding=encoding.upper())
            return ShapefileSet(layer, encoding, cut=True, notices=(told,), prj=prj)
    told = _("Some texts of “{layer}” cannot be read in the encoding that “{cpg}” names: signs were replaced.")
    return ShapefileSet(layer, said, cut=True, notices=(told.format(layer=layer, cpg=cpg),), prj=prj)


def _found(texts: set[tuple[bytes, bool]], file: str, cpg: str) -> tuple[str | None, bool]:
    """Find the encoding of texts that no .cpg file names, and whether some are cut."""
    if not texts:
        return None, False
    # Some Chinese words of GBK happen to be valid UTF-8, but then of quite another script.
    if _decodes(texts, "utf-8") and _is_chinese(texts, "utf-8"):
        return "utf-8", not _decodes(texts, "utf-8", whole=True)
    whole = [text for text, full in sorted(texts) if not full or _decodes([(text, False)], "big5hkscs")]
    if probably_big5(b" ".join(whole)):
        raise InputError(
            _(
                "The table of “{file}” is probably written in Big5, as used in Taiwan, Hong Kong and Macao: put a file "
                "“{name}” that holds the word BIG5 beside that table."
            ).format(file=file, name=cpg)
        )
    if _decodes(texts, "gb18030") and _is_chinese(texts, "gb18030"):
        return "gb18030", not _decodes(texts, "gb18030", whole=True)
    return None, False


def _decodes(texts: Iterable[tuple[bytes, bool]], encoding: str, *, whole: bool = False) -> bool:
    """Tell whether texts can be read in an encoding; those that fill their width may end inside a character."""
    make = codecs.getincrementaldecoder(encoding)
    try:
        for text, full in texts:
            make("strict").decode(text, final=whole or not full)
    except UnicodeDecodeError:
        return False
    return True


def _is_chinese(texts: Iterable[tuple[bytes, bool]], encoding: str) -> bool:
    make = codecs.getincrementaldecoder(encoding)
    return any(_CHINESE.search(make("ignore").decode(text)) for text, _full in texts)
