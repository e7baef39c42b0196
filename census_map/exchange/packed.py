"""A zip that holds a map: what is in it, and how large it is, before anything is unpacked."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from census_map.errors import InputError
from census_map.exchange.shapefile_set import Part, ShapefileSet, look_at_set
from census_map.i18n import _

MEMBERS = (".gpkg", ".geojson", ".json", ".fgb", ".kml", ".gml")
_HEAD = 2**16
_LARGE = 256 * 2**20  # bytes; up to here nobody minds
_MOST = 4 * 2**30
_TIGHTEST = 100  # times smaller than unpacked: maps that people pack are 2 to 20
_MOST_MEMBERS = 20_000
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError, ValueError)


@dataclass(frozen=True)
class Packed:
    """
    What a zip holds.

    Attributes
    ----------
    path
        The zip.
    shapefiles, folder
        Its shapefiles, and the folder inside in which they lie; empty where it holds none.
    member
        Otherwise the one other map in it.
    head
        The first bytes of that.
    """

    path: Path
    shapefiles: tuple[ShapefileSet, ...] = ()
    folder: str = ""
    member: str | None = None
    head: bytes = b""

    def whole(self) -> bytes:
        """Unpack the member."""
        assert self.member is not None
        with _reading(self.path), zipfile.ZipFile(self.path) as archive:
            return archive.read(self.member)


def look_into(path: Path) -> Packed:
    """
    Look into a zip.

    Raises
    ------
    InputError
        It is damaged, locked, holds no map or several, or would unpack to more than memory can bear.
    """
    with _reading(path), zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if _counts(member.filename)]
        if len(members) > _MOST_MEMBERS:
            raise _too_large(path)
        if any(member.flag_bits & 1 for member in members):
            raise InputError(_("“{file}” is locked with a password: unpack it first.").format(file=path.name))
        tables = _shapefiles(members)
        others = [member for member in members if PurePosixPath(member.filename).suffix.lower() in MEMBERS]
        if tables:
            folders = {str(PurePosixPath(name).parent) for name in tables}
            if len(folders) > 1:
                raise _several(path, sorted(tables))
            parts = {stem: _parts(archive, beside) for stem, beside in tables.items()}
            _require_size(path, [member for beside in tables.values() for member in beside])
            sets = tuple(look_at_set(PurePosixPath(stem).name, found, path.name) for stem, found in parts.items())
            folder = folders.pop()
            return Packed(path, sets, "" if folder == "." else folder)
        if len(others) > 1:
            raise _several(path, [member.filename for member in others])
        if not others:
            raise InputError(_("“{file}” holds no map: choose another file.").format(file=path.name))
        _require_size(path, others)
        with archive.open(others[0]) as file:
            return Packed(path, member=others[0].filename, head=file.read(_HEAD))


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        raise InputError(
            _("“{file}” cannot be unpacked: it is damaged or incomplete; copy it again.").format(file=path.name)
        ) from error


def _counts(name: str) -> bool:
    """Tell whether a member may be part of a map: no folder, nothing hidden, nothing outside the zip."""
    path = PurePosixPath(name)
    inside = not name.startswith(("/", "\\")) and ".." not in path.parts and not any(c in name for c in '\\:{}"')
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return inside and not hidden and not name.endswith("/") and name.isprintable()


def _shapefiles(members: list[zipfile.ZipInfo]) -> dict[str, list[zipfile.ZipInfo]]:
    """Give the shapefiles: name without ending → the members that belong to it. Tables alone count where no .shp is."""
    stems: dict[str, list[zipfile.ZipInfo]] = {}
    for member in members:
        stems.setdefault(str(PurePosixPath(member.filename).with_suffix("")), []).append(member)
    for wanted in (".shp", ".dbf"):
        found = {
            stem: beside
            for stem, beside in stems.items()
            if any(member.filename.lower().endswith(wanted) for member in beside)
        }
        if found:
            return found
    return {}


def _parts(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> dict[str, Part]:
    return {
        PurePosixPath(member.filename).suffix.lower(): Part(
            PurePosixPath(member.filename).name, member.file_size, partial(archive.open, member)
        )
        for member in members
    }


def _require_size(path: Path, members: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(member.file_size for member in members)
    tight = unpacked > _LARGE and unpacked > _TIGHTEST * max(1, path.stat().st_size)
    if tight or unpacked > _MOST:
        raise _too_large(path)


def _too_large(path: Path) -> InputError:
    text = _("“{file}” would unpack to far more than a map holds: get it again from its source, or unpack it first.")
    return InputError(text.format(file=path.name))


def _several(path: Path, names: list[str]) -> InputError:
    return InputError(
        _("“{file}” holds several maps ({names}): unpack it, and choose one of them.").format(
            file=path.name, names=", ".join(names[:5]) + (" …" if len(names) > 5 else "")
        )
    )
