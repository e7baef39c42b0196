"""
Layers added to a workspace: nothing lost, nothing double, all or nothing.

A row is known again by its file (`source`) and its identifier there (`source_id`). Adding a file a second time
therefore updates its rows and adds only new ones; without an identifier a second time is refused, because every row
would be double. Rows that vanished from the file stay and are reported.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from census_map.errors import InputError
from census_map.i18n import _, ngettext
from census_map.schema import ADDABLE
from census_map.task import Report, silent
from census_map.workspace.linking import assign_buildings, find_buildings, find_census_areas
from census_map.workspace.preparing import placed, prepare
from census_map.workspace.workspace import Workspace, Write


@dataclass(frozen=True)
class AddReport:
    """
    What became of the rows of a file.

    Attributes
    ----------
    kind, source
        Table, and name of the file as stored beside every row.
    added, updated, unchanged
        Numbers of rows.
    columns
        Column → fields it was filled from.
    left
        Fields that were not taken over.
    problems
        What a person should look at, one line each, with the number of the row in the file (from 1).
    """

    kind: str
    source: str
    added: int
    updated: int
    unchanged: int
    columns: Mapping[str, tuple[str, ...]]
    left: tuple[str, ...]
    problems: tuple[str, ...]


def add_layer(
    workspace: Workspace,
    kind: str,
    frame: pd.DataFrame,
    mapping: Mapping[str, str] | None = None,
    *,
    source: str = "",
    crs: Any = None,
    report: Report = silent,
) -> AddReport:
    """
    Add the rows of a file to the workspace.

    Parameters
    ----------
    workspace
        Open.
    kind
        One of `schema.ADDABLE`.
    frame
        A layer in any CRS, or a table without geometry for dwellings and virtual mini-areas.
    mapping
        Column → field of the file (`FIELD+FIELD` joins two); the rest is guessed. For dwellings `building` names the
        field with the identifier (`source_id`) or code of their building.
    source
        Name of the file and layer; with `source_id` it makes a row known again.
    crs
        System of the layer when the file names none.

    Returns
    -------
    report
        What became of the rows; wrong rows are problems, not exceptions.

    Raises
    ------
    InputError
        Nothing can be taken: no rows, another kind of geometry, no such field, no CRS, added before without identifier.
    """
    if kind not in ADDABLE:
        raise InputError(
            _("“{kind}” cannot be added: choose one of {kinds}.").format(kind=kind, kinds=", ".join(ADDABLE))
        )
    report(0.0, _("reading"))
    prepared = prepare(workspace, kind, placed(frame, kind, crs), mapping, source)
    rows, problems = prepared.rows, [*frame.attrs.get("notices", ()), *prepared.problems]
    report(0.4, _("comparing with the workspace"))
    if kind == "dwelling":
        rows = find_buildings(workspace, rows, problems)
    if kind == "mini_area":
        rows = find_census_areas(workspace, rows, problems)
    with workspace.transaction(_("add {source}").format(source=source or kind)) as write:
        added, updated, unchanged = _store(workspace, write, kind, rows, source, problems)
        report(0.8, _("finding the mini-area of each building"))
        if kind in {"building", "mini_area"}:
            assign_buildings(workspace, write, problems)
    report(1.0, "")
    return AddReport(kind, source, added, updated, unchanged, prepared.columns, prepared.left, tuple(problems))


def _store(
    workspace: Workspace, write: Write, kind: str, rows: pd.DataFrame, source: str, problems: list[str]
) -> tuple[int, int, int]:
    """Add new rows, update known ones; gives the numbers added, updated and unchanged."""
    known = workspace.read(kind)
    same = known[known["source"] == source] if source else known.iloc[:0]
    if len(same) and ("source_id" not in rows or same["source_id"].isna().any()):
        raise InputError(
            _(
                "“{source}” was added before and its rows cannot be told apart: name the identifier with "
                "--map source_id=FIELD, or rename the file if it is another one."
            ).format(source=source)
        )
    places = pd.Series(same.index, index=same["source_id"]) if len(same) else pd.Series(dtype=object)
    old = rows["source_id"].isin(places.index) if "source_id" in rows else pd.Series(data=False, index=rows.index)
    fresh = _without_twins(rows[~old], known, problems)
    write.insert(kind, _filled(fresh))
    changed = 0
    if old.any():
        changed = _update(
            write, kind, known, rows[old].set_index(places.reindex(rows.loc[old, "source_id"]).to_numpy())
        )
        gone = ~same["source_id"].isin(rows["source_id"])
        if gone.any():
            problems.append(
                ngettext(
                    "{n} row of the workspace is no longer in the file; it was kept.",
                    "{n} rows of the workspace are no longer in the file; they were kept.",
                    int(gone.sum()),
                ).format(n=int(gone.sum()))
            )
    return len(fresh), changed, int(old.sum()) - changed + len(rows) - int(old.sum()) - len(fresh)


def _filled(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.drop(columns=[name for name in rows.columns if name in {"building", "census_area"}])


def _without_twins(rows: pd.DataFrame, known: pd.DataFrame, problems: list[str]) -> pd.DataFrame:
    """Leave out rows whose place is, point for point, that of a row the workspace has from another file."""
    if not isinstance(rows, GeoDataFrame) or not isinstance(known, GeoDataFrame) or known.empty or rows.empty:
        return rows
    have = set(shapely.to_wkb(shapely.normalize(_single(known.geometry.to_numpy()))))
    mine = shapely.to_wkb(shapely.normalize(_single(rows.geometry.to_numpy())))
    twin = np.array([wkb is not None and wkb in have for wkb in mine], dtype=bool)
    if twin.any():
        problems.append(
            ngettext(
                "{n} row lies exactly on one that the workspace has from another file; it was not added.",
                "{n} rows lie exactly on ones that the workspace has from another file; they were not added.",
                int(twin.sum()),
            ).format(n=int(twin.sum()))
        )
    return rows[~twin]


def _single(shapes: Any) -> Any:
    return [
        shapely.get_geometry(shape, 0) if shape is not None and shapely.get_num_geometries(shape) == 1 else shape
        for shape in shapes
    ]


def _update(write: Write, kind: str, known: pd.DataFrame, rows: pd.DataFrame) -> int:
    """Write the rows that differ from what the workspace has; gives their number."""
    rows = _filled(rows)
    before = known.loc[rows.index]
    differs = np.zeros(len(rows), dtype=bool)
    for name in rows.columns.drop(["geometry"], errors="ignore"):
        ours, theirs = before[name].astype(object), rows[name].astype(object)
        both = ours.isna().to_numpy(dtype=bool) & theirs.isna().to_numpy(dtype=bool)
        equal = (ours.to_numpy(dtype=object) == theirs.to_numpy(dtype=object)).astype(object)
        differs |= ~both & ~np.array([value is True or value is np.True_ for value in equal], dtype=bool)
    if isinstance(rows, GeoDataFrame):
        ours, theirs = _single(before.geometry.to_numpy()), _single(rows.geometry.to_numpy())
        differs |= ~shapely.equals_exact(ours, theirs, 0.0) & ~(shapely.is_missing(ours) & shapely.is_missing(theirs))
    write.update(kind, rows[differs])
    return int(differs.sum())
