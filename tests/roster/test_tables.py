"""The one set of tables agrees with the summaries of the workspace."""

import pandas as pd

from census_map.roster.evaluation import own_totals
from census_map.roster.importing import import_roster
from census_map.roster.link import link_roster
from census_map.roster.tables import table_sheets
from census_map.roster.worklists import place_households
from tests.roster.conftest import BUILDINGS, ESTATE, VILLAGE, building, write_xlsx
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


def test_a_household_without_a_village_on_the_roster_counts_in_the_village_of_its_building(tmp_path, town, vault):
    with town.transaction("test data") as write:
        area = town.read("census_area").geometry.loc[[ESTATE]].set_axis([uid("mini 1")])
        write.insert("mini_area", area.to_frame("geometry").assign(census_area_uid=ESTATE))
        write.update("building", pd.DataFrame({"mini_area_uid": uid("mini 1")}, index=[building("R18")]))
    rows = [["户主姓名", "住址", "居住人数"], ["甲某", "人民路18号101室", 3], ["乙某", "解放路99号", 2]]
    import_roster(town, vault, write_xlsx(tmp_path / "r.xlsx", rows))
    assert town.read("household")["census_area_uid"].isna().all()
    link_roster(town, vault)
    village = table_sheets(town)[-1].frame
    counted = village.set_index("census area name")["households"].to_dict()
    assert counted == {"东方花园社区居民委员会": 1, "王家村村民委员会": 0, "village not known": 1}
    assert place_households(town)["census_area"].tolist()[0] == "320999001001"
    assert own_totals(town)["resident"].dropna().to_dict() == {ESTATE: 3}
