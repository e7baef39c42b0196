"""
What a map file is, by its ending and its first bytes alike, and what may be read of it.

A file is looked at here before GDAL sees it: GDAL goes by content alone, and some contents are no maps but orders to
read other files or to ask a server. Only the kinds of files that the program promises are taken, each with what shows
that it is one. Sizes are looked at before anything is unpacked.
"""

import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from census_map.errors import InputError
from census_map.exchange.geopackage_file import require_geopackage
from census_map.exchange.packed import Packed, look_into
from census_map.exchange.shapefile_set import ShapefileSet, shapefile_of
from census_map.i18n import _
from census_map.system_faults import system_fault

_HEAD = 2**16
_MARKERS = re.compile(
    rb"<OGRVRT|<OGRWFS|<OGRCSW|<VRTDataset|<GDAL_W|<WCS_|<WMTS|<WFS_Cap|gdal_streamed_alg", re.IGNORECASE
)
_DECLARATIONS = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_LETTER_ESCAPED = re.compile(rb"\\u00(?:[46][1-9a-f]|[57][0-9a])", re.IGNORECASE)  # nobody writes letters so
_CRS_KEY = re.compile(rb"""["']crs["']\s*(.)\s*([^\s])?""", re.IGNORECASE | re.DOTALL)
_NAME = rb"""(?:[0-9]+|"(?:http://www\.opengis\.net/def/crs/[\w./]*|[^"\\/?#]*)")"""
_TYPE = rb""""type"\s*:\s*"(?:name|EPSG)\""""
_CALLED = rb""""properties"\s*:\s*\{\s*"(?:name|code)"\s*:\s*""" + _NAME + rb"\s*\}"
_CRS_NAMED = re.compile(
    rb"""["']crs["']\s*:\s*\{\s*(?:"""
    + _TYPE
    + rb"\s*,\s*"
    + _CALLED
    + rb"|"
    + _CALLED
    + rb"\s*,\s*"
    + _TYPE
    + rb")\s*\}",
    re.IGNORECASE,
)
_OTHER_WORDS = (b"coordrefsys", b"conformsto")
_LOOK_FOR = (b"crs", b"\\u00", b"<", b"gdal_streamed_alg", *_OTHER_WORDS)
_SLICE, _LONGEST_WORD = 2**22, 32
_FIELD_GEOMETRY = re.compile(rb"""\"geometry"\s*:\s*[^\s{n]""")
_OTHER_SYSTEM = re.compile(rb"""["'](?:coordRefSys|conformsTo)["']\s*:""", re.IGNORECASE)

# Ending → what the first bytes must be. XML may begin with a mark, a declaration or remarks.
_TEXTS = {".geojson": "json", ".json": "json", ".kml": "xml", ".gml": "xml", ".tab": "tab", ".dxf": "dxf"}
_ROOTS = {".kml": re.compile(rb"<(?:\w+:)?kml[\s>]"), ".gml": re.compile(rb"opengis\.net/gml|<gml:")}
_APART = frozenset({".kml", ".gml", ".tab", ".dxf"})
_ENDINGS = (".gpkg", ".shp", ".dbf", ".zip", ".fgb", *_TEXTS)
_FGB_HEADER_MOST = 10 * 2**20


@dataclass(frozen=True)
class JsonLook:
    """
    What was seen of a GeoJSON.

    Attributes
    ----------
    names_no_system
        Whether it leaves its coordinate system out.
    field_geometry
        Whether it seems to have a property that is called geometry.
    """

    names_no_system: bool = False
    field_geometry: bool = False


@dataclass(frozen=True)
class MapFile:
    """
    A map file that may be read.

    Attributes
    ----------
    path
        As it was named.
    address
        What GDAL is given: absolute.
    ending
        In small letters; of a packed file the ending of what is in it.
    apart
        Whether it is read in a process of its own, because its reader is known to be led into long work.
    shapefiles
        The tables of its shapefiles, by name of layer; empty for other files.
    seen
        What was seen of a GeoJSON.
    """

    path: Path
    address: str
    ending: str
    apart: bool = False
    shapefiles: tuple[ShapefileSet, ...] = ()
    seen: JsonLook = JsonLook()


def open_map(path: Path) -> MapFile:
    """
    Look at a file before it is read as a map.

    Raises
    ------
    InputError
        It is no file that is promised to be read, not what its ending says, follows a link elsewhere, is incomplete, or
        would fill the memory.
    """
    ending = path.suffix.lower()
    if path.is_dir() or ending not in _ENDINGS:
        raise InputError(
            _("“{file}” is no map file that is read ({endings}): export it from QGIS as a GeoPackage.").format(
                file=path.name, endings=" ".join(_ENDINGS)
            )
        )
    try:
        return _opened(path, ending)
    except OSError as error:
        raise InputError(
            _("“{file}” cannot be opened: {fault}.").format(file=path.name, fault=system_fault(error))
        ) from error


def _opened(path: Path, ending: str) -> MapFile:
    address = str(path.absolute())
    if ending == ".zip":
        return _packed(path, look_into(path))
    if ending in {".shp", ".dbf"}:
        found = shapefile_of(path)
        return MapFile(path, address, ending, shapefiles=(found,))
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if ending == ".gpkg":
        _require(head.startswith(b"SQLite format 3\0"), path, ending)
        require_geopackage(path)
        return MapFile(path, address, ending)
    if ending in {".geojson", ".json"}:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            return MapFile(path, address, ending, seen=_look_at_json(path, ending, head, whole))
    _require_content(path, ending, head)
    return MapFile(path, address, ending, apart=ending in _APART)


def _packed(path: Path, packed: Packed) -> MapFile:
    """Look at what is in a packed file: its shapefiles, or the one map."""
    archive = f"/vsizip/{{{path.absolute()}}}"
    if packed.shapefiles:
        folder = packed.folder
        return MapFile(path, f"{archive}/{folder}".rstrip("/"), ".shp", shapefiles=packed.shapefiles)
    assert packed.member is not None
    ending = Path(packed.member).suffix.lower()
    seen = JsonLook()
    if ending in {".geojson", ".json"}:
        seen = _look_at_json(path, ending, packed.head, packed.whole())
    elif ending == ".gpkg":
        _require(packed.head.startswith(b"SQLite format 3\0"), path, ending)
    else:
        _require_content(path, ending, packed.head)
    # Nothing but GDAL can look into a database that is packed.
    apart = ending in _APART or ending == ".gpkg"
    return MapFile(path, f"{archive}/{packed.member}", ending, apart=apart, seen=seen)


def _require(is_one: bool, path: Path, ending: str) -> None:  # noqa: FBT001
    if not is_one:
        raise InputError(
            _("“{file}” is not what its name says, a {ending} file: get it again from its source.").format(
                file=path.name, ending=ending
            )
        )


def _require_content(path: Path, ending: str, head: bytes) -> None:
    """Make sure that the first bytes are those of the ending."""
    if ending == ".fgb":
        size = int.from_bytes(head[8:12], "little")
        _require(head[:3] == head[4:7] == b"fgb" and len(head) > 12 and size <= _FGB_HEADER_MOST, path, ending)
        return
    _require(not _MARKERS.search(head), path, ending)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if ending in _ROOTS:
        _require(text.startswith(b"<") and _ROOTS[ending].search(head) is not None, path, ending)
        _require(not _DECLARATIONS.search(head), path, ending)
    elif ending == ".tab":
        folded = head.lower()
        alone = not any(word in folded for word in (b"open table", b"create view", b"isseamless"))
        _require(text.lower().startswith(b"!table") and alone, path, ending)
    else:
        binary = head.startswith(b"AutoCAD Binary DXF")
        _require(binary or (b"SECTION" in head and b"\0" not in head), path, ending)


def _look_at_json(path: Path, ending: str, head: bytes, whole: "mmap.mmap | bytes") -> JsonLook:
    """
    Make sure that a GeoJSON is one and names its system, if any, in words.

    Raises
    ------
    InputError
        It is none, or its system is a link, which GDAL would follow.
    """
    _require(head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"), path, ending)
    linked, unsaid = False, True
    for word, place in _places(whole):
        if word == b"\\u00":
            linked = linked or _LETTER_ESCAPED.match(whole, place) is not None
        elif word == b"crs":
            key = _CRS_KEY.match(whole, max(0, place - 1))
            if key is None or key.group(1) in {b",", b"}", b"]"}:  # part of a longer word, or a value
                continue
            after, value = key.groups()
            unsaid = unsaid and value != b"{"
            harmless = after == b":" and value not in {b"{", b"[", b"/", None}
            linked = linked or not (harmless or _CRS_NAMED.match(whole, key.start()))
        elif word in _OTHER_WORDS:
            _require(_OTHER_SYSTEM.match(whole, max(0, place - 1)) is None, path, ending)
        else:
            _require(_MARKERS.match(whole, place) is None, path, ending)
    if linked:
        raise InputError(
            _(
                "“{file}” names its coordinate system by a link or in an unusual way, which is not followed: export it "
                "from QGIS as a GeoPackage."
            ).format(file=path.name)
        )
    return JsonLook(unsaid, _FIELD_GEOMETRY.search(whole) is not None)


def _places(whole: "mmap.mmap | bytes") -> Iterator[tuple[bytes, int]]:
    """Give the places of words that are worth a look, in small letters; plain search is fast where patterns are not."""
    for start in range(0, len(whole), _SLICE):
        lowered = whole[start : start + _SLICE + _LONGEST_WORD].lower()
        for word in _LOOK_FOR:
            at = lowered.find(word)
            while at >= 0:
                yield word, start + at
                at = lowered.find(word, at + 1)
