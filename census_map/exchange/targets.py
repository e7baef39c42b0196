"""Where a result may be written: never over what it is made from, nor over a township, and whole or not at all."""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from census_map.errors import InputError
from census_map.exchange.spec import split_spec
from census_map.i18n import _

_DATABASE = b"SQLite format 3\0"


def require_targets(out: Path | None, json_file: str | None, *sources: str | None) -> None:
    """
    Make sure that results replace nothing that is needed.

    Parameters
    ----------
    out
        GeoPackage to be written, None for none.
    json_file
        File for JSON; None or `-` for none.
    sources
        What the result is made from, each FILE or FILE:layer or None.

    Raises
    ------
    InputError
        One of them is a source or part of one (a shapefile's table), both are one file, the result is a folder or a
        township's file, or its name is not that of a GeoPackage.
    """
    report = None if json_file in {None, "-"} else Path(str(json_file))
    files = [split_spec(source)[0] for source in sources if source is not None]
    for target, option in ((out, "--out"), (report, "--json")):
        if target is None:
            continue
        if not target.name or target.is_dir():
            raise InputError(_("{option} needs the name of a file, not of a folder.").format(option=option))
        if any(_is_part_of(target, file) for file in files):
            raise InputError(
                _("The result would replace the file it is made from: choose another name for {option}.").format(
                    option=option
                )
            )
    if out is not None and report is not None and out.resolve() == report.resolve():
        raise InputError(_("--out and --json name the same file: choose another name for one of them."))
    if out is not None:
        _require_geopackage(out)


def check_outputs(*outputs: Path | str | None, read: Sequence[Path] = ()) -> None:
    """
    Refuse files that a result cannot or must not be written to, before any work is done.

    A verb that has changed the township and then cannot write its report has done half of what it was asked for.

    Parameters
    ----------
    outputs
        Files to be written; None and `-` stand for none.
    read
        Files that the command reads: none of them is replaced.

    Raises
    ------
    InputError
        A file that is read, or a workspace or vault; a folder; in a folder that is not there; not to be written;
        named twice.
    """
    known: list[Path] = []
    for output in outputs:
        if output is None or str(output) == "-":
            continue
        path = Path(output)
        if any(_is_part_of(path, one) for one in read):
            raise InputError(
                _("“{file}” is read by this command: choose another name for the result.").format(file=path.name)
            )
        if path.resolve() in known:
            raise InputError(
                _("Two results are to be written to “{file}”: choose another name for one.").format(file=path.name)
            )
        _check_output(path)
        known.append(path.resolve())


def _check_output(path: Path) -> None:
    if path.is_dir():
        raise InputError(_("“{file}” is a folder: add the name of a file.").format(file=path.name))
    try:
        if path.is_file():
            with path.open("r+b") as file:
                is_database = file.read(len(_DATABASE)) == _DATABASE
            if is_database:
                raise InputError(
                    _("“{file}” is a database and is not replaced: choose another name for the result.").format(
                        file=path.name
                    )
                )
        elif not path.exists():
            if not path.parent.is_dir():
                raise InputError(
                    _("The folder of “{file}” is not there: make it, or choose another.").format(file=path.name)
                )
            with TemporaryFile(dir=path.parent):
                pass
    except OSError as error:
        raise InputError(
            _("“{file}” cannot be written: close it in Excel, or choose another folder.").format(file=path.name)
        ) from error


def _is_part_of(target: Path, source: Path) -> bool:
    """Tell whether a file is a source, whatever it is called, or lies beside a shapefile as part of it."""
    if target.resolve() == source.resolve():
        return True
    with contextlib.suppress(OSError):
        if target.samefile(source):
            return True
    beside = source.suffix.lower() == ".shp" and target.resolve().parent == source.resolve().parent
    return beside and target.stem == source.stem and target.suffix.lower() in {".dbf", ".shx", ".prj", ".cpg", ".sbn"}


def _require_geopackage(out: Path) -> None:
    if out.suffix.lower() != ".gpkg":
        raise InputError(
            _(
                "“{file}” cannot hold the result, which has several layers and long names: end its name in .gpkg; QGIS "
                "exports a layer from there to other formats."
            ).format(file=out.name)
        )
    if _is_township(out):
        raise InputError(_("“{file}” is the file of a township: choose another name for --out.").format(file=out.name))


def _is_township(path: Path) -> bool:
    if not path.exists():
        return False
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(path.resolve().as_uri() + "?mode=ro", uri=True)) as file,
    ):
        names = {name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return {"census_area", "mini_area", "meta"} <= names
    return False


@contextmanager
def drafted(path: Path) -> Iterator[Path]:
    """
    Give a file beside another to write to; it takes the other's place when all is written, and is gone otherwise.

    Parameters
    ----------
    path
        The file in the end; one that is there stays as it is until then.
    """
    draft = path.with_name(f".{path.name}.part.gpkg")
    draft.unlink(missing_ok=True)
    try:
        yield draft
        draft.replace(path)
    finally:
        for name in (draft.name, f"{draft.name}-journal", f"{draft.name}-wal", f"{draft.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
