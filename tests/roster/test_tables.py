"""The one set of tables agrees with the summaries of the workspace."""

import pandas as pd

from census_map.roster.tables import table_sheets
from tests.roster.conftest import BUILDINGS, ESTATE, VILLAGE, building
from tests.small_township import uid


def test_what_the_map_shows_is_counted_as_in_the_summary_of_the_workspace(town):
    minis = {uid("mini 1"): ESTATE, uid("mini 2"): ESTATE, uid("mini 3"): VILLAGE}
    placed = [(name, uid("mini 1") if area == ESTATE else uid("mini 3")) for name, (area, _n, _a) in BUILDINGS.items()]
    with town.transaction("test data") as write:
        areas = town.read("census_area")
        shapes = areas.geometry.loc[list(minis.values())].set_axis(list(minis))
        write.insert("mini_area", shapes.to_frame("geometry").assign(census_area_uid=list(minis.values())))
        owners = pd.DataFrame(
            {"mini_area_uid": [mini for _name, mini in placed]}, index=[building(n) for n, _m in placed]
        )
        write.update("building", owners)
        vacant = town.read("dwelling", columns=["building_uid"])
        write.update("dwelling", vacant[vacant["building_uid"] == building("E1")][[]].assign(state="vacant"))
        parts = {"building_uid": building("E2"), "mini_area_uid": [uid("mini 1"), uid("mini 2")]}
        write.insert("building_part", pd.DataFrame(parts))
    titles = ["mini-areas", "buildings", "dwelling units", "vacant dwelling units"]
    shown = table_sheets(town)[-1].frame.set_index("census area code")[titles]
    columns = ["code", "mini_areas", "buildings", "dwellings", "vacant"]
    wanted = town.read("census_area_summary", columns=columns).set_index("code")[columns[1:]]
    assert shown.to_numpy().tolist() == wanted.loc[shown.index].to_numpy().tolist()
    assert shown.to_numpy().tolist() == [[2, 6, 8, 4], [1, 3, 3, 0]]
