"""Where a result may be written: never over what it is made from, nor over a township, and whole or not at all."""

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from census_map.errors import InputError
from census_map.exchange.reading import split_spec
from census_map.i18n import _


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
