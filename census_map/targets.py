"""
Where results may stand: never over anything that is needed.

That is what they are made from, a township, its vault, a sealed package, and anything of another kind. Every path that
a verb writes goes through `check_outputs` or `check_folder` before any work is done, and every file is written by
`result_file`, which looks once more.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from census_map.drafts import drafted, is_stream, not_written, refusal_of, told
from census_map.errors import InputError
from census_map.i18n import _

PACKAGE_MANIFEST = "manifest.json"
VAULT_ENDING = ".vault"
_DATABASE = b"SQLite format 3\0"
_JOURNALS = ("-wal", "-shm", "-journal")
_MAP = ".gpkg"
# How files begin that no result replaces unless it is of their kind, which its ending tells.
_KINDS = {
    b"PK\x03\x04": (".xlsx", ".qgz"),
    b"%PDF": (".pdf",),
    b"\x89PNG": (".png",),
    b"\xd0\xcf\x11\xe0": (),  # workbooks of old Excel
    b"\x00\x00\x27\x0a": (),  # shapefiles
    b"fgb": (),
}
# Files of one layer that differ in their endings only.
_FAMILIES = (
    frozenset((".shp", ".dbf", ".shx", ".prj", ".cpg", ".qpj", ".qix", ".sbn", ".sbx", ".fbn", ".fbx", ".ain", ".aih")),
    frozenset((".tab", ".dat", ".map", ".id", ".ind")),
    frozenset((".mif", ".mid")),
    frozenset((".csv", ".csvt", ".prj", ".vrt")),
)
_DEEP = 2  # folders of a package lie so deep in it


def check_outputs(
    *outputs: Path | str | None, maps: Iterable[Path | None] = (), read: Iterable[Path | str | None] = ()
) -> None:
    """
    Refuse files that a result cannot or must not be written to, before any work is done.

    A verb that has changed the township and then cannot write its report has done half of what it was asked for.

    Parameters
    ----------
    outputs
        Files to be written; None and `-` stand for none.
    maps
        GeoPackages to be written; they may replace a GeoPackage that is neither a township nor a vault.
    read
        Files that the command reads, also as FILE:layer: none of them is replaced, nor a part of one.

    Raises
    ------
    InputError
        A file that is read, or a workspace or vault, in a package, or of another kind; a folder; in a folder that is
        not there; not to be written; named twice.
    """
    sources = [file for source in read if source is not None for file in _files_of(source)]
    known: list[str] = []
    layers = [path for path in maps if path is not None]
    for output in (*layers, *outputs):
        if output is None or str(output) == "-":
            continue
        path = Path(output)
        if any(is_part_of(path, source) for source in sources):
            raise InputError(
                _("“{file}” is read by this command: choose another name for the result.").format(file=path.name)
            )
        place = os.path.normcase(os.path.realpath(path))
        if place in known:
            raise InputError(
                _("Two results are to be written to “{file}”: choose another name for one.").format(file=path.name)
            )
        with told(path):
            _check_output(path, is_map=output in layers)
        known.append(place)


def check_folder(folder: Path, *, read: Iterable[Path | str | None] = ()) -> None:
    """
    Refuse a folder that results cannot or must not be written into, before any work is done.

    Parameters
    ----------
    folder
        Made later where it is missing.
    read
        What the command reads: no folder that is one source, such as a file geodatabase, is written into.

    Raises
    ------
    InputError
        It is a file, a sealed package, a source; its name cannot be one; it cannot be written into.
    """
    sources = [source for one in read if one is not None for source in _files_of(one)]
    try:
        if folder.exists() and not folder.is_dir():
            raise InputError(_("“{file}” is a file: choose a folder.").format(file=folder.name))
        if any(source.is_dir() and is_part_of(folder, source) for source in sources):
            raise InputError(
                _("“{file}” is read by this command: choose another name for the result.").format(file=folder.name)
            )
        _refuse_package(folder / PACKAGE_MANIFEST, shown=folder.name)
        there = next((place for place in (folder, *folder.absolute().parents) if place.exists()), folder)
        error = refusal_of(there)
    except OSError as fault:
        error = fault
    if error is not None:
        raise not_written(folder, error)


@contextmanager
def result_file(
    path: Path, *, secret: bool = False, is_map: bool = False, failures: tuple[type[Exception], ...] = ()
) -> Iterator[Path]:
    """
    Give a file to write a result to; it takes its place when all is written, and is gone otherwise.

    Parameters
    ----------
    path
        Where it shall stand.
    secret
        It holds names: nobody but its user may read it, at any time.
    is_map
        It is a GeoPackage, and may replace one.
    failures
        Exceptions of the library that writes it, which mean that it cannot be written.

    Raises
    ------
    InputError
        The file is a workspace, a vault, part of a package or of another kind, or nothing can be written there.
    """
    if not is_stream(path):
        with told(path):
            _refuse_kept(path, is_map=is_map)
            _refuse_package(path, shown=path.name)
    with drafted(path, secret=secret, failures=failures) as draft:
        yield draft


def write_text(path: Path, text: str) -> None:
    """
    Write a text file in UTF-8; half a character, such as of a file's name, is written as its number.

    Raises
    ------
    InputError
        As of `result_file`.
    """
    with result_file(path) as draft:
        draft.write_bytes(text.encode(errors="backslashreplace"))


def is_part_of(target: Path, source: Path) -> bool:
    """Tell whether a file is a source, whatever it is called, is its journal, or lies beside it as part of it."""
    resolved, origin = Path(os.path.realpath(target)), Path(os.path.realpath(source))
    if resolved == origin or (origin in resolved.parents and origin.is_dir()):
        return True
    with suppress(OSError):
        if target.samefile(source):
            return True
    if resolved.parent != origin.parent:
        return False
    name, stem = resolved.name.casefold(), resolved.stem.casefold()
    if name in {f"{origin.name}{ending}".casefold() for ending in (*_JOURNALS, ".xml", ".aux.xml")}:
        return True
    ending, own = resolved.suffix.lower(), origin.suffix.lower()
    return stem == origin.stem.casefold() and any(ending in family and own in family for family in _FAMILIES)


def is_township(path: Path) -> bool:
    """Tell whether a file is a workspace, whatever it is called."""
    tables = _tables(path)
    return tables is not None and {"census_area", "mini_area", "meta"} <= tables


def _may_be_replaced(path: Path) -> bool:
    """Tell whether a database is a map that can be made again: neither a township nor a vault, nor one in use."""
    tables = _tables(path)
    kept = ({"census_area", "mini_area", "meta"}, {"vault", "household", "access"})
    return tables is not None and not any(names <= tables for names in kept)


def _tables(path: Path) -> set[str] | None:
    """Name the tables of a database; None where it is none, or cannot be read just now."""
    if path.is_file():
        address = Path(os.path.realpath(path)).as_uri() + "?mode=ro"
        with suppress(sqlite3.Error), closing(sqlite3.connect(address, uri=True)) as file:
            return {name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return None


def _files_of(source: Path | str) -> Iterator[Path]:
    """Give the file of FILE or FILE:layer; a colon may also be part of the name, or follow a drive letter."""
    yield Path(source)
    file, colon, _layer = str(source).rpartition(":")
    if isinstance(source, str) and colon and len(file) > 1:
        yield Path(file)


def _check_output(path: Path, *, is_map: bool) -> None:
    if is_stream(path) and not is_map:
        return
    if not path.parent.is_dir() and not os.path.lexists(path):
        raise InputError(_("The folder of “{file}” is not there: make it, or choose another.").format(file=path.name))
    _refuse_kept(path, is_map=is_map)
    _refuse_package(path, shown=path.name)
    error = refusal_of(path.parent)
    if error is not None:
        raise not_written(path, error)


def _refuse_kept(path: Path, *, is_map: bool) -> None:
    if path.is_dir():
        raise InputError(_("“{file}” is a folder: add the name of a file.").format(file=path.name))
    if path.exists():
        _refuse_what_is_there(path, is_map=is_map)
    parts = tuple(f"{ending}{journal}" for ending in (_MAP, VAULT_ENDING) for journal in _JOURNALS)
    if path.name.lower().endswith((VAULT_ENDING, *parts)):
        raise InputError(
            _("“{file}” is a name of a vault or of a part of a database: choose another name for the result.").format(
                file=path.name
            )
        )


def _refuse_what_is_there(path: Path, *, is_map: bool) -> None:
    if not path.is_file():
        raise InputError(_("“{file}” is no file: choose another name for the result.").format(file=path.name))
    with path.open("rb") as file:
        start = file.read(len(_DATABASE))
    if start == _DATABASE and not (is_map and _may_be_replaced(path)):
        raise InputError(
            _("“{file}” is a database and is not replaced: choose another name for the result.").format(file=path.name)
        )
    for sign, endings in _KINDS.items():
        if start.startswith(sign) and path.suffix.lower() not in endings:
            raise InputError(
                _("“{file}” holds something of another kind and is not replaced: choose another name.").format(
                    file=path.name
                )
            )


def _refuse_package(path: Path, *, shown: str) -> None:
    for folder in list(path.absolute().parents)[:_DEEP]:
        manifest = folder / PACKAGE_MANIFEST
        with suppress(OSError, ValueError, RecursionError):
            read = json.loads(manifest.read_text(encoding="utf-8"))
            if isinstance(read, dict) and {"lock", "files", "township"} <= read.keys():
                raise InputError(
                    _("“{file}” would change a package that is sealed: choose another place.").format(file=shown)
                )
