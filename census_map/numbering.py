"""
Codes in walking order: mini-areas in their census area, buildings in their mini-area, dwellings in their building.

Numbers run in serpentine order from the north-west (docs/domain.md section 4). Until a mini-area is locked for the
first time, renumbering is free; from then on its numbers stand for good: additions take the largest number plus one,
and what is deleted leaves a hole. Old and new codes are read from the history, so there is no second record of them.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from geopandas import GeoSeries
from numpy.typing import NDArray

from census_map.codes import FIRST_VIRTUAL, LAST_HOUSEHOLD, child_code, serial_number
from census_map.crs import metric_crs
from census_map.errors import InputError
from census_map.following import held_back, misplaced
from census_map.i18n import _, ngettext
from census_map.schema import LOCKED
from census_map.task import Report, silent
from census_map.workspace import Workspace
from census_map.workspace.locks import first_locks

ORDERS = ("serpentine",)


@dataclass(frozen=True)
class NumberReport:
    """
    What numbering did.

    Attributes
    ----------
    mini_areas, buildings, dwellings, households
        How many rows got a new code.
    problems
        Rows that could not be numbered, one line for each reason.
    """

    mini_areas: int
    buildings: int
    dwellings: int
    households: int
    problems: tuple[str, ...]


def serpentine(points: NDArray[np.float64]) -> NDArray[np.intp]:
    """
    Put places into serpentine order: bands from north to south, walked eastward and westward in turn.

    Parameters
    ----------
    points
        Easting and northing in metres, one row a place.

    Returns
    -------
    order
        Positions of the places in walking order. A band is about as high as places are apart, so that each holds a
        row of them; equal places keep their order.
    """
    if len(points) < 2:
        return np.arange(len(points))
    low, high = points.min(axis=0), points.max(axis=0)
    width, height = np.maximum(high - low, 1e-9)
    bands = max(1, min(len(points), round(float(np.sqrt(len(points) * height / width)))))
    band = np.minimum(((high[1] - points[:, 1]) / height * bands).astype(np.int64), bands - 1)
    along = np.where(band % 2 == 0, points[:, 0], -points[:, 0])
    return np.lexsort((-points[:, 1], along, band))


def number_workspace(workspace: Workspace, *, order: str | None = None, report: Report = silent) -> NumberReport:
    """
    Give every mini-area, building and dwelling its number and code.

    A building that is noted for another mini-area than the one in which it lies is led there first.

    Parameters
    ----------
    workspace
        Open; numbering is one transaction.
    order
        `serpentine`; None: the profile's.

    Raises
    ------
    InputError
        No such order, or more children than the profile's codes have digits for.
    """
    wanted = order or workspace.profile.order
    if wanted not in ORDERS:
        raise InputError(
            _("There is no order “{order}”: choose one of {orders}.").format(order=wanted, orders=", ".join(ORDERS))
        )
    numbering = _Numbering(workspace)
    steps = (numbering.mini_areas, numbering.buildings, numbering.dwellings, numbering.households)
    changes = []
    for place, step in enumerate(steps):
        report(place / len(steps), _("numbering"))
        changes.append(step())
    with workspace.transaction(_("numbering")) as write:
        for table, change in zip(("mini_area", "building", "dwelling", "household"), changes, strict=True):
            write.update(table, change)
    report(1.0, "")
    areas, buildings, dwellings, households = (len(change) for change in changes)
    return NumberReport(areas, buildings, dwellings, households, tuple(numbering.problems))


def old_to_new(workspace: Workspace) -> pd.DataFrame:
    """
    List every change of a code.

    Returns
    -------
    changes
        In order of time: `time` (UTC), `table`, `uid`, `old`, `new`; a row whose first code was given is no change.
    """
    history = workspace.read(
        "history",
        columns=["time", "row_table", "row_uid", "old", "new"],
        where="action = 'update' AND json_extract(old, '$.code') IS NOT NULL",
    )
    return pd.DataFrame(
        {
            "time": history["time"],
            "table": history["row_table"],
            "uid": history["row_uid"],
            "old": [json.loads(values)["code"] for values in history["old"]],
            "new": [json.loads(values).get("code") for values in history["new"]],
        }
    )


class _Numbering:
    """The state of one run: what was read, and the codes given so far."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.widths = workspace.profile.codes
        self.problems: list[str] = []
        self.locks = first_locks(workspace)
        self.areas = workspace.read("mini_area", columns=["code", "census_area_uid", "kind", "status", "geometry"])
        self.closed = set(self.areas.index[(self.areas["status"] >= LOCKED).fillna(value=False)])
        self.area_codes = self.areas["code"].copy()
        self.moved = pd.Index([])
        self.building_area = pd.Series(dtype=object)
        self.building_codes = pd.Series(dtype=object)

    def mini_areas(self) -> pd.DataFrame:
        parents = self.workspace.read("census_area", columns=["code"])["code"]
        virtual = (self.areas["kind"] == "virtual").fillna(value=False)
        where = _walk(self.areas.geometry)
        gone = self._removed("mini_area")
        for parent, rows in self.areas.groupby("census_area_uid", sort=False):
            code = parents.get(parent)
            if code is None or pd.isna(code):
                continue
            for kind, first in ((~virtual, 1), (virtual, FIRST_VIRTUAL)):
                members = _in_order(rows.index[kind[rows.index]], where)
                locked = self.locks[self.locks.index.isin(members)]
                # Virtual mini-areas are numbered by the county, so a number once given stands.
                fixed = bool(len(locked)) or first == FIRST_VIRTUAL
                lost = [old for old, time in gone if len(locked) and time >= locked.min() and old.startswith(code)]
                given = self._give(
                    code, self.areas["code"][members], lost, self.widths.mini_area, fixed=fixed, first=first
                )
                self.area_codes[members] = given
        self._tell_bare(self.area_codes, _("mini-areas without a census area that has a code"))
        return _changed(self.areas["code"], self.area_codes).to_frame("code")

    def buildings(self) -> pd.DataFrame:
        rows = self.workspace.read("building", columns=["code", "number", "mini_area_uid", "geometry"])
        moves, held = misplaced(self.workspace)
        rows.loc[moves.index, "mini_area_uid"] = moves
        self.moved = moves.index
        self.problems += held_back(held)
        where = _walk(rows.geometry)
        # Who comes from elsewhere brings no number along.
        codes, gone = rows["code"].where(~rows.index.isin(moves.index), None), self._removed("building")
        for area, members in self._children(rows, "mini_area_uid", self.area_codes):
            ordered = _in_order(members, where)
            codes[ordered] = self._below(area, self.area_codes[area], codes[ordered], gone, self.widths.building)
        codes[rows["mini_area_uid"].isna().to_numpy()] = None
        self.building_area, self.building_codes = rows["mini_area_uid"], codes
        self._tell_bare(codes, _("buildings in no numbered mini-area"))
        change = self._numbered(rows, codes, self.widths.building, rows["mini_area_uid"], also=moves.index)
        return change.assign(mini_area_uid=rows["mini_area_uid"][change.index]) if len(moves) else change

    def dwellings(self) -> pd.DataFrame:
        rows = self.workspace.read("dwelling", columns=["code", "number", "building_uid", "entrance", "floor", "room"])
        keys = [
            (_natural(entrance), int(floor) if not pd.isna(floor) else 0, _natural(room))
            for entrance, floor, room in zip(rows["entrance"], rows["floor"], rows["room"], strict=True)
        ]
        walk = sorted(range(len(rows)), key=keys.__getitem__)
        codes, gone = rows["code"].copy(), self._removed("dwelling")
        for building, ordered in self._children(rows.iloc[walk], "building_uid", self.building_codes):
            area = self.building_area[building]
            codes[ordered] = self._below(
                area, self.building_codes[building], rows["code"][ordered], gone, self.widths.dwelling
            )
        return self._numbered(rows, codes, self.widths.dwelling, rows["building_uid"].map(self.building_area))

    def households(self) -> pd.DataFrame:
        """Let the codes of numbered households follow their mini-area's; their numbers are the roster's."""
        columns = ["code", "number", "building_uid", "dwelling_uid"]
        rows = self.workspace.read("household", columns=columns, where="number IS NOT NULL")
        dwellings = self.workspace.read("dwelling", columns=["building_uid"])["building_uid"]
        building = rows["building_uid"].where(rows["building_uid"].notna(), rows["dwelling_uid"].map(dwellings))
        area = building.map(self.building_area)
        parent = area.map(self.area_codes)
        numbers = self._free_numbers(rows["number"], area, building.isin(self.moved))
        codes = rows["code"].copy()
        for uid in rows.index[parent.notna().to_numpy()]:
            codes[uid] = child_code(parent[uid], int(numbers[uid]), self.widths.household)
        changed = rows.index[rows.index.isin(_changed(rows["code"], codes).index) & ~area.isin(self.closed).to_numpy()]
        change = codes[changed].to_frame("code")
        return change.assign(number=numbers[changed]) if len(self.moved) else change

    @staticmethod
    def _free_numbers(numbers: pd.Series, area: pd.Series, came: pd.Series) -> pd.Series:
        """Give households that came with their building the next number where theirs is taken already."""
        out = numbers.copy()
        used: dict[str, set[int]] = {}
        for uid in [*numbers.index[~came.to_numpy()], *numbers.index[came.to_numpy()]]:
            taken = used.setdefault(area[uid], set())
            if came[uid] and int(out[uid]) in taken:
                out[uid] = max((n for n in taken if n <= LAST_HOUSEHOLD), default=0) + 1
            taken.add(int(out[uid]))
        return out

    def _children(self, rows: pd.DataFrame, link: str, codes: pd.Series) -> list[tuple[str, pd.Index]]:
        known = set(codes.index[codes.notna().to_numpy()])
        return [(str(parent), members.index) for parent, members in rows.groupby(link, sort=False) if parent in known]

    def _below(
        self, area: str, parent: str, codes: pd.Series, gone: Sequence[tuple[str, str]], digits: int
    ) -> list[str]:
        lock = self.locks.get(area)
        lost = [old for old, time in gone if lock is not None and time >= lock and old.startswith(parent)]
        return self._give(parent, codes, lost, digits, fixed=lock is not None)

    def _give(
        self, parent: str, codes: pd.Series, lost: Sequence[str], digits: int, *, fixed: bool, first: int = 1
    ) -> list[str]:
        """Give codes below a parent to rows in walking order; fixed ones keep their number."""
        if not fixed:
            return [child_code(parent, first + place, digits) for place in range(len(codes))]
        old = [None if pd.isna(code) else serial_number(code, digits) for code in codes]
        used = [number for number in (*old, *(serial_number(code, digits) for code in lost)) if number is not None]
        following = max([*used, first - 1]) + 1
        numbers = []
        seen: set[int] = set()
        for number in old:
            if number is None or number in seen:
                numbers.append(following)
                following += 1
            else:
                numbers.append(number)
            seen.add(numbers[-1])
        return [child_code(parent, number, digits) for number in numbers]

    def _numbered(
        self, rows: pd.DataFrame, codes: pd.Series, digits: int, area: pd.Series, *, also: pd.Index | None = None
    ) -> pd.DataFrame:
        """Give the rows to write, and those wanted `also`: code and number, outside locked mini-areas."""
        numbers = codes.map(lambda code: serial_number(code, digits), na_action="ignore")
        new = pd.DataFrame({"code": codes, "number": numbers.astype("Int64")}, index=rows.index)
        same_number = (new["number"] == rows["number"]).fillna(value=False) | (
            new["number"].isna() & rows["number"].isna()
        )
        changed = rows.index.isin(_changed(rows["code"], codes).index) | ~same_number.to_numpy(dtype=bool)
        changed |= rows.index.isin(() if also is None else also)
        return new[changed & ~area.isin(self.closed).to_numpy(dtype=bool)]

    def _removed(self, table: str) -> list[tuple[str, str]]:
        """List the codes of deleted rows with the time."""
        if self.locks.empty:
            return []
        history = self.workspace.read(
            "history", columns=["time", "old"], where="row_table = ? AND action = 'delete'", parameters=(table,)
        )
        pairs = [(json.loads(old).get("code"), time) for old, time in zip(history["old"], history["time"], strict=True)]
        return [(code, time) for code, time in pairs if code]

    def _tell_bare(self, codes: pd.Series, text: str) -> None:
        bare = int(codes.isna().sum())
        if bare:
            self.problems.append(ngettext("{text}: {n} row", "{text}: {n} rows", bare).format(text=text, n=bare))


def _walk(shapes: GeoSeries) -> pd.Series:
    """Give each shape its inner point in metres, as pairs; None without geometry."""
    points = shapes.representative_point()
    if not (shapes.notna() & ~shapes.is_empty).any():
        return pd.Series([None] * len(shapes), index=shapes.index, dtype=object)
    metres = points.to_crs(metric_crs(shapes))
    return pd.Series(
        [None if point is None or point.is_empty else (point.x, point.y) for point in metres],
        index=shapes.index,
        dtype=object,
    )


def _in_order(members: pd.Index, where: pd.Series) -> pd.Index:
    """Put rows into serpentine order; those without a place come last."""
    places = where[members]
    placed, bare = members[places.notna().to_numpy()], members[places.isna().to_numpy()]
    order = serpentine(np.array(places[placed].tolist(), dtype=float).reshape(-1, 2))
    return placed[order].append(bare)


def _natural(text: object) -> tuple[tuple[int, int, str], ...]:
    """Make a key that sorts 2 before 10."""
    if text is None or pd.isna(text):
        return ()
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.findall(r"\d+|\D+", str(text)))


def _changed(old: pd.Series, new: pd.Series) -> pd.Series:
    """Give the new values that differ from the old ones."""
    before, after = old.where(old.notna(), None), new.where(new.notna(), None)
    differs = [one != two for one, two in zip(before, after, strict=True)]
    return new[np.array(differs, dtype=bool)]
