"""The workspace: one GeoPackage that holds a township's census map."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pandas as pd
from pyproj import CRS
from pyproj.exceptions import CRSError

from census_map.crs import DEFAULT_CRS, grid_size
from census_map.database_faults import explain_reading
from census_map.drafts import drafted
from census_map.errors import InputError, WorkspaceError
from census_map.i18n import _
from census_map.profile import DEFAULT_PROFILE, Profile, Size, load_profile, parse_profile, profile_text
from census_map.schema import GEOMETRY, TABLES, VIEWS, Column, Table
from census_map.workspace import geopackage
from census_map.workspace.bulk import insert_rows, insert_statement, is_bulk, update_rows, update_statement
from census_map.workspace.files import create_file, examine, refuse_existing
from census_map.workspace.frames import frame_of, geometry_name, plain_values, row_uids, stored_shapes
from census_map.workspace.refusals import explain
from census_map.workspace.seals import SealFault, Sign, find_seal_faults, seal_areas
from census_map.workspace.structure import compare
from census_map.workspace.triggers import REASON_KEY

_SIZE = "size"  # property that holds the size in force, as JSON


class Workspace:
    """
    An open workspace; a context manager that closes the file.

    Attributes
    ----------
    path
        The GeoPackage.
    crs
        Coordinate reference system of every table.
    grid
        Step of the coordinate grid, in CRS units.
    notices
        What had to be mended when the file was opened, and what is wrong with its rows; one translated line each.
    """

    path: Path
    crs: CRS
    grid: float
    notices: tuple[str, ...]

    def __init__(self, path: Path, connection: sqlite3.Connection, crs: CRS, notices: tuple[str, ...] = ()) -> None:
        self.path = path
        self.crs = crs
        self.grid = grid_size(crs)
        self.notices = notices
        self._connection = connection
        self._structure = self._structure_now()

    @classmethod
    def create(cls, path: str | Path, *, crs: Any = DEFAULT_CRS, profile: str = DEFAULT_PROFILE) -> Self:
        """
        Create an empty workspace.

        Parameters
        ----------
        path
            A file that does not exist yet.
        crs
            Anything that pyproj understands.
        profile
            Name of a shipped profile or path of a TOML file; its text is stored in the workspace.

        Raises
        ------
        WorkspaceError
            The file exists, or its folder cannot be written.
        InputError
            No such CRS or profile. No file is left behind.
        """
        with cls.in_making(path, crs=crs, profile=profile):
            pass
        return cls.open(path)

    @classmethod
    @contextmanager
    def in_making(cls, path: str | Path, *, crs: Any = DEFAULT_CRS, profile: str = DEFAULT_PROFILE) -> Iterator[Self]:
        """
        Give a new workspace to be filled, which is there under its name only when the block has ended well.

        Parameters, errors: as of `create`.
        """
        path = Path(path)
        refuse_existing(path)
        system, rules = _as_crs(crs), load_profile(profile)
        with drafted(path, failures=(sqlite3.Error,), refusal=WorkspaceError) as draft:
            create_file(draft, system, rules, profile_text(profile))
            with cls.open(draft) as workspace:
                yield workspace

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """
        Open a workspace.

        Raises
        ------
        WorkspaceError
            No such file, damaged, not a workspace, made by a newer version, or with triggers and views of somebody
            else.
        """
        path = Path(path)
        if not path.is_file():
            raise WorkspaceError(
                _("There is no workspace “{name}”: check the name, or make one with “census-map new”.").format(
                    name=path.name
                )
            )
        with explain_reading(path):
            connection = geopackage.connect(str(path.absolute()))
            try:
                geopackage.prepare(connection)
                crs, notices = examine(connection, path)
            except (sqlite3.Error, WorkspaceError):
                connection.close()
                raise
        return cls(path, connection, crs, notices)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def meta(self) -> Mapping[str, str]:
        """The properties of the workspace as they are now; set them with `Write.set_meta`."""
        with explain_reading(self.path):
            return dict(self._connection.execute("SELECT key, value FROM meta"))

    @cached_property
    def profile(self) -> Profile:
        """The rules stored in the workspace."""
        meta = self.meta
        return parse_profile(meta["profile_text"], name=meta["profile"])

    @property
    def size(self) -> Size:
        """The size of mini-areas in force: the profile's, or what the last split was asked for."""
        chosen = self.meta.get(_SIZE)
        return self.profile.size if chosen is None else replace(self.profile.size, **json.loads(chosen))

    def read(
        self,
        table: str,
        *,
        columns: Iterable[str] | None = None,
        where: str | None = None,
        parameters: Sequence[Any] = (),
    ) -> Any:
        """
        Read a table or summary view.

        Parameters
        ----------
        table
            Name in `schema.TABLES` or `schema.VIEWS`.
        columns
            Names wanted (`geometry` among them); None for all.
        where
            SQL condition with `?` for values, written by the program, never from data.
        parameters
            The values.

        Returns
        -------
        frame
            In the order in which rows were made, indexed by `uid` (`history` by its number, `meta` by `key`). A
            GeoDataFrame with the column `geometry` where the table has one and it is wanted. Integers are `Int64`,
            truth values `boolean`, texts and dates objects.
        """
        kind, known = _columns_of(table)
        wanted = [column for column in known if columns is None or column.name in set(columns)]
        _refuse_unknown(table, set(columns or ()) - {column.name for column in known} - {GEOMETRY, "uid", "fid", "key"})
        shaped = kind is not None and (columns is None or GEOMETRY in set(columns))
        index = {"history": "fid", "meta": "key"}.get(table, "uid")
        wanted = [column for column in wanted if column.name != index]
        names = [index, *(column.name for column in wanted), *([GEOMETRY] if shaped else [])]
        order = "OGC_FID" if table in VIEWS else "fid"
        sql = "SELECT {} FROM {}{} ORDER BY {}".format(
            ", ".join(f'"{name}"' for name in names), f'"{table}"', f" WHERE {where}" if where else "", order
        )
        with explain_reading(self.path):
            rows = self._connection.execute(sql, tuple(parameters)).fetchall()
        shapes = geopackage.readable_geometries(table, [row[-1] for row in rows]) if shaped else None
        if shaped:
            rows = [row[:-1] for row in rows]
        return frame_of(rows, wanted, index_name=index, shapes=shapes, crs=self.crs if shaped else None)

    def seal_faults(self, sign: Sign | None = None) -> tuple[SealFault, ...]:
        """Find what is not as it was when it was locked; see `seals.find_seal_faults`."""
        return tuple(find_seal_faults(self._connection, sign))

    @contextmanager
    def transaction(self, reason: str) -> Iterator["Write"]:
        """
        Change the workspace: all of it, or nothing.

        Parameters
        ----------
        reason
            Stands beside every change in `history`.

        Raises
        ------
        WorkspaceError
            The file is in use by another program, or refuses a change (locked rows).
        """
        connection = self._connection
        if self._changing():
            raise WorkspaceError(_("A change of the workspace is still running: wait until it is done."))
        with explain(self.path):
            connection.execute("BEGIN IMMEDIATE")
        try:
            with explain(self.path):
                self._refuse_other_guards()
                write = Write(self, connection)
                write.set_meta(REASON_KEY, reason)
                yield write
                write.finish()
                write.set_meta(REASON_KEY, None)
                self._structure = self._structure_now()
                connection.execute("COMMIT")
        finally:
            if self._changing():
                connection.execute("ROLLBACK")

    def _structure_now(self) -> int:
        return int(self._connection.execute("PRAGMA schema_version").fetchone()[0])

    def _refuse_other_guards(self) -> None:
        if self._structure_now() == self._structure:
            return
        found = compare(self._connection)
        if found.missing or found.foreign:
            raise WorkspaceError(_("Another program has changed the guards of the workspace meanwhile: open it again."))

    def _changing(self) -> bool:
        return self._connection.in_transaction


class Write:
    """The changes of one transaction; given by `Workspace.transaction`."""

    def __init__(self, workspace: Workspace, connection: sqlite3.Connection) -> None:
        self._workspace = workspace
        self._connection = connection
        self._touched: set[str] = set()

    def insert(self, table: str, frame: pd.DataFrame) -> pd.Index:
        """
        Add rows.

        Parameters
        ----------
        table
            Name in `schema.TABLES`.
        frame
            Columns of the table; those left out stay empty. Geometries in the workspace's CRS; they are put on the
            grid and made multi-part where the table asks for it.

        Returns
        -------
        uids
            Of the new rows, in order: those of the column `uid` or of an index of uids, otherwise new ones.
        """
        spec = _table(table)
        uids = row_uids(frame)
        columns, values = self._bound(spec, frame)
        cells = dict(zip(["uid", *columns], [uids.tolist(), *values], strict=True))
        if is_bulk(spec, len(uids)) and all(uids):
            insert_rows(self._connection, spec, cells)
        else:
            rows = zip(*cells.values(), strict=True)
            self._connection.executemany(insert_statement(table, list(cells)), rows)
        self._touched.add(table)
        return uids

    def update(self, table: str, frame: pd.DataFrame) -> None:
        """
        Change rows: only the columns given, by the uid in the index.

        Raises
        ------
        WorkspaceError
            A uid is not in the table.
        """
        spec = _table(table)
        if frame.empty:
            return
        columns, values = self._bound(spec, frame.drop(columns=["uid"], errors="ignore"))
        uids = frame.index.tolist()
        rows = zip(*values, uids, strict=True)
        if is_bulk(spec, len(uids)):
            found = update_rows(self._connection, spec, columns, rows, uids)
        else:
            found = self._connection.executemany(update_statement(table, columns), rows).rowcount
        self._expect(table, found, len(frame))

    def delete(self, table: str, uids: Iterable[str]) -> None:
        """
        Remove rows; the history keeps what they were.

        Raises
        ------
        WorkspaceError
            A uid is not in the table.
        """
        _table(table)
        gone = list(uids)
        cursor = self._connection.executemany(f'DELETE FROM "{table}" WHERE uid = ?', [(uid,) for uid in gone])
        self._expect(table, cursor.rowcount if gone else 0, len(gone))

    def seal(self, uids: Iterable[str], sign: Sign | None = None) -> None:
        """Seal mini-areas that this transaction has locked; see `seals.seal_areas`."""
        reason = self._workspace.meta.get(REASON_KEY, "")
        seal_areas(self._connection, uids, reason, sign)

    def set_size(self, size: Size) -> None:
        """Put a size of mini-areas in force."""
        self.set_meta(_SIZE, json.dumps(asdict(size)))

    def set_meta(self, key: str, value: str | None) -> None:
        """Set a property of the workspace; None removes it."""
        if value is None:
            self._connection.execute("DELETE FROM meta WHERE key = ?", (key,))
        elif not self._connection.execute("UPDATE meta SET value = ? WHERE key = ?", (value, key)).rowcount:
            self._connection.execute("INSERT INTO meta (key, value) VALUES (?, ?)", (key, value))

    def last_change(self) -> int:
        """Give the number of the last change in the history; 0 when there is none."""
        return int(self._connection.execute("SELECT coalesce(max(fid), 0) FROM history").fetchone()[0])

    def finish(self) -> None:
        """Bring the file's list of contents up to date; called at the end of the transaction."""
        views = {name for name, view in VIEWS.items() if view.geometry_from in self._touched}
        for name in self._touched | views:
            source = VIEWS[name].geometry_from if name in views else name
            spec = TABLES[source or name]
            bounds = (None, None, None, None)
            if spec.geometry:
                bounds = self._connection.execute(
                    f'SELECT min(minx), min(miny), max(maxx), max(maxy) FROM "rtree_{spec.name}_{GEOMETRY}"'
                ).fetchone()
            self._connection.execute(
                "UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), "
                "min_x = ?, min_y = ?, max_x = ?, max_y = ? WHERE table_name = ?",
                (*bounds, name),
            )

    def _bound(self, table: Table, frame: pd.DataFrame) -> tuple[list[str], list[list[Any]]]:
        names = [str(name) for name in frame.columns if name not in {"uid", GEOMETRY}]
        _refuse_unknown(table.name, set(names) - set(table.column_names))
        values = [plain_values(frame[name], table.column(name)) for name in names]
        if table.geometry and geometry_name(frame) is not None:
            workspace = self._workspace
            shapes = stored_shapes(frame, table.geometry, workspace.crs, workspace.grid)
            number = int(workspace.meta["srs_id"])
            names.append(GEOMETRY)
            values.append(geopackage.encode_geometries(shapes, number))
        return names, values

    def _expect(self, table: str, found: int, wanted: int) -> None:
        self._touched.add(table)
        if found != wanted:
            raise WorkspaceError(
                _("{n} rows of “{table}” are no longer in the workspace: open it again and repeat.").format(
                    n=wanted - found, table=_(TABLES[table].title)
                )
            )


def _as_crs(crs: Any) -> CRS:
    try:
        return CRS.from_user_input(crs)
    except CRSError as error:
        raise InputError(
            _("“{crs}” is no coordinate reference system: write it as EPSG:4490.").format(crs=crs)
        ) from error


def _table(name: str) -> Table:
    table = TABLES.get(name)
    if table is None or name in {"history", "meta"}:
        raise InputError(_("There is no table “{name}” to write to.").format(name=name))
    return table


def _columns_of(name: str) -> tuple[str | None, tuple[Column, ...]]:
    if name in VIEWS:
        return VIEWS[name].geometry_from, VIEWS[name].columns
    if name in TABLES:
        return TABLES[name].geometry, TABLES[name].columns
    raise InputError(_("There is no table “{name}” in the workspace.").format(name=name))


def _refuse_unknown(table: str, names: set[str]) -> None:
    if names:
        raise InputError(
            _("The table “{table}” has no column “{column}”.").format(table=table, column=", ".join(sorted(names)))
        )
