"""Links between imported rows: dwelling to building, mini-area to census area, building to mini-area."""

from collections.abc import Callable

import pandas as pd
from geopandas import GeoDataFrame

from census_map.codes import is_code_below
from census_map.i18n import ngettext
from census_map.schema import LOCKED
from census_map.workspace.locating import locate
from census_map.workspace.workspace import Workspace, Write


def find_buildings(workspace: Workspace, rows: pd.DataFrame, problems: list[str]) -> pd.DataFrame:
    """
    Link dwellings to their buildings, by the building's identifier in its file or its code, else by place.

    Parameters
    ----------
    rows
        Dwellings, with the column `building` or with geometries.
    problems
        Told of dwellings whose building was not found; they keep no link and are not lost.

    Returns
    -------
    rows
        With `building_uid`, without geometry.
    """
    shaped = isinstance(rows, GeoDataFrame)
    buildings = workspace.read("building", columns=["code", "source_id", *(["geometry"] if shaped else [])])
    found = pd.Series([None] * len(rows), index=rows.index, dtype=object)
    if "building" in rows:
        for column in ("source_id", "code"):
            known = buildings[buildings[column].notna()]
            known = known[~known[column].duplicated(keep=False)]
            by_name = pd.Series(known.index, index=known[column], dtype=object)
            found = found.where(found.notna(), rows["building"].map(by_name))
    if shaped:
        found = found.where(found.notna(), locate(rows.geometry, buildings))
    rows = pd.DataFrame(rows.drop(columns=["building", "geometry"], errors="ignore"))
    rows["building_uid"] = found
    _tell(
        problems,
        found.isna(),
        lambda n: ngettext(
            "{n} dwelling unit has no building that is known (row {rows}): name it with --map building=FIELD.",
            "{n} dwelling units have no building that is known (row {rows}): name it with --map building=FIELD.",
            n,
        ),
    )
    return rows


def find_census_areas(workspace: Workspace, rows: pd.DataFrame, problems: list[str]) -> pd.DataFrame:
    """
    Link mini-areas to their census areas, by place; virtual ones, which have none, by code.

    Returns
    -------
    rows
        With `census_area_uid`, `kind` and `exclave` filled.
    """
    areas = workspace.read("census_area", columns=["code", "geometry"])
    found = pd.Series([None] * len(rows), index=rows.index, dtype=object)
    if isinstance(rows, GeoDataFrame):
        found = locate(rows.geometry, areas)
    by_code = pd.Series(areas.index, index=areas["code"], dtype=object)[
        ~areas["code"].duplicated(keep=False).to_numpy()
    ]
    if "census_area" in rows:
        found = found.where(found.notna(), rows["census_area"].map(by_code))
    if "code" in rows:
        digits = workspace.profile.codes.mini_area
        parents = rows["code"].map(lambda code: code[:-digits], na_action="ignore")
        found = found.where(found.notna(), parents.map(by_code))
        expected = found.map(areas["code"])
        wrong = pd.Series(
            [
                code is not None and parent is not None and not is_code_below(code, parent, digits)
                for code, parent in zip(rows["code"], expected.where(expected.notna(), None), strict=True)
            ],
            index=rows.index,
        )
        _tell(
            problems,
            wrong,
            lambda n: ngettext(
                "{n} mini-area has a code that is not its census area's with a number (row {rows}).",
                "{n} mini-areas have codes that are not their census area's with a number (row {rows}).",
                n,
            ),
        )
    rows = rows.drop(columns="census_area", errors="ignore").assign(census_area_uid=found)
    rows["kind"] = rows["kind"].fillna("ordinary") if "kind" in rows else "ordinary"
    _tell(
        problems,
        found.isna(),
        lambda n: ngettext(
            "{n} mini-area lies in no census area (row {rows}).",
            "{n} mini-areas lie in no census area (row {rows}).",
            n,
        ),
    )
    return rows


def assign_buildings(workspace: Workspace, write: Write, problems: list[str]) -> None:
    """
    Give buildings without a mini-area the one in which they lie.

    Parameters
    ----------
    problems
        Told of buildings that lie in a locked mini-area, which takes none until it is unlocked.
    """
    areas = workspace.read("mini_area", columns=["status", "geometry"], where="geometry IS NOT NULL")
    if areas.empty:
        return
    homeless = workspace.read("building", columns=["geometry"], where="mini_area_uid IS NULL AND geometry IS NOT NULL")
    found = locate(homeless.geometry, areas).dropna()
    closed = found.map(areas["status"]).fillna(0) >= LOCKED
    _tell(
        problems,
        closed,
        lambda n: ngettext(
            "{n} building lies in a locked mini-area: unlock it and give the reason, then add the file again.",
            "{n} buildings lie in a locked mini-area: unlock it and give the reason, then add the file again.",
            n,
        ),
    )
    write.update("building", found[~closed].to_frame("mini_area_uid"))


def _tell(problems: list[str], where: pd.Series, text: Callable[[int], str]) -> None:
    places = [place + 1 for place, wrong in enumerate(where) if wrong]
    if places:
        shown = ", ".join(str(place) for place in places[:5]) + (" …" if len(places) > 5 else "")
        problems.append(text(len(places)).format(n=len(places), rows=shown))
