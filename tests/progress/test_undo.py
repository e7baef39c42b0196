"""Taking a change back."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pandas.testing import assert_frame_equal

from census_map.errors import WorkspaceError
from census_map.progress import last_change
from census_map.undo import take_back
from census_map.workspace import Workspace


def _tables(workspace: Workspace) -> dict[str, pd.DataFrame]:
    return {name: workspace.read(name).sort_index() for name in ("census_area", "mini_area", "building")}


def _change_everything(workspace: Workspace) -> None:
    """Insert, change twice, delete, and insert what goes again: all that one step of the work may do."""
    areas, buildings = workspace.read("mini_area"), workspace.read("building")
    with workspace.transaction("a step") as write:
        new = write.insert(
            "mini_area", gpd.GeoDataFrame({"name": ["new"]}, geometry=[shapely.box(0, 0, 9, 9)], crs=32650)
        )
        write.update("building", pd.DataFrame({"mini_area_uid": new[0], "number": 7}, index=buildings.index[:3]))
        write.update("building", pd.DataFrame({"number": 8, "name": "楼"}, index=buildings.index[:2]))
        write.update(
            "mini_area",
            gpd.GeoDataFrame(geometry=[shapely.box(1, 1, 5, 5)], index=areas.index[:1], crs=32650),
        )
        write.delete("mini_area", areas.index[1:])
        gone = write.insert(
            "mini_area", gpd.GeoDataFrame({"name": ["x"]}, geometry=[shapely.box(0, 0, 2, 2)], crs=32650)
        )
        write.delete("mini_area", gone)


def test_everything_is_as_it_was_and_the_way_back_is_in_the_history(divided):
    before, since = _tables(divided), last_change(divided.path)
    _change_everything(divided)
    until = last_change(divided.path)
    restored = take_back(divided, since, until, reason="back")
    for name, frame in _tables(divided).items():
        assert_frame_equal(frame, before[name])
    assert restored == 3 + 1 + 1 + 1 + 1
    later = divided.read("history", where="fid > ?", parameters=(until,))
    assert set(later["reason"]) == {"back"}


def test_a_change_after_it_refuses_to_be_lost(divided):
    since = last_change(divided.path)
    _change_everything(divided)
    until = last_change(divided.path)
    area = divided.read("census_area")
    with divided.transaction("later") as write:
        write.update("census_area", pd.DataFrame({"note": ["kept"]}, index=area.index[:1]))
    before = _tables(divided)
    with pytest.raises(WorkspaceError, match="since"):
        take_back(divided, since, until, reason="back")
    for name, frame in _tables(divided).items():
        assert_frame_equal(frame, before[name])


def test_nothing_is_taken_back_when_a_row_has_been_locked(divided):
    since = last_change(divided.path)
    minis = divided.read("mini_area")
    for status in (1, 2, 3, 4):
        with divided.transaction("sign") as write:
            write.update("mini_area", pd.DataFrame({"status": status}, index=minis.index[:1]))
    before = _tables(divided)
    with pytest.raises(WorkspaceError):
        take_back(divided, since, last_change(divided.path), reason="back")
    for name, frame in _tables(divided).items():
        assert_frame_equal(frame, before[name])
