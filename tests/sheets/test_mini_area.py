"""What stands on the sheet of a mini-area."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from census_map.errors import InputError
from census_map.sheets.bounds import four_sides
from census_map.sheets.building_list import Row, paged
from census_map.sheets.map_page import cluster
from census_map.sheets.mini_area import Imprint, building_kind, choose_mini_areas, mini_area_sheet
from census_map.sheets.paper import A4_LANDSCAPE, SCALES
from census_map.sheets.township import read_township
from census_map.workspace import Workspace
from tests.sheets.conftest import EXPRESSION, MARKUP, add_houses
from tests.small_township import CRS, rectangle, uid

CODE = "320999001001001"


def _numbers(sheet):
    return sorted(int(label.text) for page in sheet.maps for label in page.labels if label.kind == "number")


def test_the_title_names_the_place_and_the_code_stands_in_full(read, imprint):
    texts = mini_area_sheet(read, uid("M00"), imprint).maps[0].texts
    assert texts["place"].text == "江苏省 兴阳市 山里区 东华街道 东方花园社区居民委员会"
    assert texts["title"].text == "Map of mini-area 001"
    assert texts["code"].text == CODE
    assert "李秀兰" in texts["drafted"].text
    assert "2026-04-01" in texts["drafted"].text


def test_totals_staff_and_page_numbers(read, imprint):
    sheet = mini_area_sheet(read, uid("M00"), imprint)
    texts = sheet.maps[0].texts
    assert texts["totals"].text.split("\n")[0] == "Buildings: 2, dwelling units: 2"
    assert "赵小燕" in texts["people"].text
    assert "王建国" in texts["people"].text
    assert [page.texts["page"].text for page in (*sheet.maps, *sheet.lists)] == ["Page 1 of 2", "Page 2 of 2"]


def test_the_extent_is_exactly_the_frame_at_a_round_scale_around_the_area(read, imprint):
    page = mini_area_sheet(read, uid("M00"), imprint).maps[0]
    west, south, east, north = page.extent
    assert page.scale in SCALES
    assert (east - west) * 1000 / page.scale == pytest.approx(page.paper.map_frame.width)
    assert (north - south) * 1000 / page.scale == pytest.approx(page.paper.map_frame.height)
    assert west < 500_000
    assert east > 500_200


def test_every_building_has_its_number_on_the_map(read, imprint):
    sheet = mini_area_sheet(read, uid("M00"), imprint)
    assert _numbers(sheet) == [1, 2]
    assert sheet.missing == ()


def test_bounds_follow_named_streets_then_nameless_ones_then_neighbours(read):
    area = read.mini_areas.geometry.loc[uid("M00")]
    bounds = four_sides(read, area, uid("M00"))
    assert bounds == {"north": "township border", "east": "lane", "south": "人民路", "west": "township border"}
    area = read.mini_areas.geometry.loc[uid("M01")]
    assert four_sides(read, area, uid("M01"))["east"] == "王家村村民委员会"


def test_bounds_entered_by_hand_stand_as_they_are(town, imprint):
    with town.transaction("test") as write:
        write.update("mini_area", pd.DataFrame({"bound_north": ["沿河北岸田埂"]}, index=[uid("M00")]))
    lines = mini_area_sheet(read_township(town), uid("M00"), imprint).maps[0].texts["bounds"].text
    assert "North: 沿河北岸田埂" in lines
    assert "South: 人民路" in lines


def test_the_legend_names_only_what_the_map_shows(read, imprint):
    legend = mini_area_sheet(read, uid("M00"), imprint).maps[0].legend
    assert {"own", "neighbour", "residential", "road_main", "road_lane", "landmark"} <= set(legend)
    assert not {"railway", "water", "wall", "mixed", "collective", "detail"} & set(legend)


def test_neighbours_carry_their_numbers_and_those_of_another_census_area_its_name(read, imprint):
    shown = {
        label.text for label in mini_area_sheet(read, uid("M01"), imprint).maps[0].labels if label.kind == "neighbour"
    }
    assert "001" in shown
    assert "王家村村民委员会 001" in shown


def test_text_that_looks_like_code_is_text(read, imprint):
    sheet = mini_area_sheet(read, uid("M00"), imprint)
    cells = {cell for row in sheet.lists[0].rows for cell in row}
    assert {MARKUP, EXPRESSION} <= cells
    assert EXPRESSION in {label.text for label in sheet.maps[0].labels}


def test_the_version_changes_with_the_map_and_not_with_printing_again(town, imprint):
    first = mini_area_sheet(read_township(town), uid("M00"), imprint).qr
    assert first.startswith(f"{CODE};20260401-")
    assert mini_area_sheet(read_township(town), uid("M00"), imprint).qr == first
    with town.transaction("test") as write:
        write.update("building", pd.DataFrame({"floors": [9]}, index=[uid("BM000")]))
    assert mini_area_sheet(read_township(town), uid("M00"), imprint).qr != first


def test_an_area_without_buildings_has_a_map_and_no_list(town, imprint):
    with town.transaction("test") as write:
        for table, names in (("household", "HM10"), ("dwelling", "DM10"), ("building", "BM10")):
            write.delete(table, [uid(f"{names}{k}") for k in range(2)])
    sheet = mini_area_sheet(read_township(town), uid("M10"), imprint)
    assert (len(sheet.maps), sheet.lists, sheet.missing) == (1, (), ())


def test_three_hundred_tiny_houses_are_all_numbered_on_larger_maps(town, imprint):
    houses = [(2 + 3.4 * i, 130 + 8 * j, 4.4 + 3.4 * i, 136 + 8 * j) for i in range(50) for j in range(6)]
    add_houses(town, "M00", houses)
    sheet = mini_area_sheet(read_township(town), uid("M00"), imprint)
    shown = set(_numbers(sheet))
    named = {int(number) for number in sheet.missing}
    assert shown | named == set(range(1, 303))
    assert not shown & named
    assert len(sheet.lists) > 5


def test_a_scattered_mini_area_gets_detail_maps_framed_on_the_whole(tmp_path, imprint):
    with Workspace.create(tmp_path / "wide.gpkg", crs=CRS) as workspace:
        with workspace.transaction("test") as write:
            area = gpd.GeoDataFrame(
                {"code": ["320999001001"], "name": ["山里村"]}, geometry=[rectangle(0, 0, 6000, 5000)], crs=CRS
            )
            [owner] = write.insert("census_area", area)
            mini = gpd.GeoDataFrame(
                {"code": [CODE], "census_area_uid": [owner], "kind": "ordinary", "status": 0},
                geometry=list(area.geometry),
                crs=CRS,
            )
            [inside] = write.insert("mini_area", mini)
            places = [(100 + 14 * i, 100 + 14 * j) for i in range(5) for j in range(4)] + [(5600, 4600), (5620, 4600)]
            houses = gpd.GeoDataFrame(
                {"number": range(1, 23), "use": "residential", "mini_area_uid": inside},
                geometry=[rectangle(x, y, x + 10, y + 10) for x, y in places],
                crs=CRS,
            )
            write.insert("building", houses)
        sheet = mini_area_sheet(read_township(workspace), str(inside), imprint)
    assert len(sheet.maps) == 3
    assert [detail.number for detail in sheet.maps[0].details] == [1, 2]
    assert sheet.maps[1].texts["title"].text == "Map of mini-area 001, detail 1 of 2"
    assert _numbers(sheet) == list(range(1, 23))
    assert "detail" in sheet.maps[0].legend


def test_detail_maps_cover_every_house_with_few_frames():
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 2000, (200, 2))
    boxes = np.hstack([corner, corner + 12])
    extents = cluster(boxes, A4_LANDSCAPE, 2500)
    covered = np.zeros(len(boxes), dtype=bool)
    for west, south, east, north in extents:
        covered |= (boxes[:, 0] >= west) & (boxes[:, 1] >= south) & (boxes[:, 2] <= east) & (boxes[:, 3] <= north)
    assert covered.all()
    assert len(extents) <= 6 * 6


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"use": "mixed"}, "mixed"),
        ({"use": None}, "other"),
        ({"inhabited": False}, "vacant"),
        ({"inhabited": False, "households": 2}, "residential"),
        ({"inhabited": False, "use": "other"}, "other"),
        ({"state": "construction"}, "construction"),
    ],
)
def test_a_building_is_drawn_by_state_then_by_standing_empty_then_by_use(values, kind):
    plain = {"use": "residential", "state": "standing", "inhabited": None, "households": None, "persons": None}
    assert building_kind(plain | values) == kind


def test_sensitive_buildings_lose_their_names_and_those_nobody_lives_in_are_not_drawn(town, imprint):
    with town.transaction("test") as write:
        write.update("building", pd.DataFrame({"sensitive": [True]}, index=[uid("BM000")]))
        write.update("building", pd.DataFrame({"sensitive": [True], "use": ["other"]}, index=[uid("BM001")]))
    sheet = mini_area_sheet(read_township(town), uid("M00"), imprint)
    assert len(sheet.buildings) == 1
    assert [row[:3] for row in sheet.lists[0].rows[1:2]] == [("1", "", "")]


def test_rows_are_paged_by_height_with_the_heading_on_every_page():
    heading = Row(("No.",), 10)
    body = [Row((str(i),), 10 if i % 2 else 15) for i in range(10)]
    pages = paged(heading, body, 45)
    assert all(page[0] is heading for page in pages)
    assert [row for page in pages for row in page[1:]] == body
    assert all(sum(row.height for row in page) <= 45 for page in pages)
    assert len(paged(heading, [Row(("tall",), 90)], 45)) == 1


def test_codes_choose_mini_areas_or_whole_census_areas(read):
    codes = [CODE, "320999001002"]
    assert choose_mini_areas(read, codes) == [uid("M00"), uid("M10"), uid("M11")]
    assert len(choose_mini_areas(read)) == 4


def test_what_cannot_be_printed_is_named(town, tmp_path):
    with pytest.raises(InputError, match="“77” to print"):
        choose_mini_areas(read_township(town), ["77"])
    add_houses(town, "M00", [(100, 100, 110, 110)])
    with town.transaction("test") as write:
        write.update("building", pd.DataFrame({"number": [None]}, index=[uid("BM000")]))
    with pytest.raises(InputError, match="1 building without a number"):
        choose_mini_areas(read_township(town))
    with (
        Workspace.create(tmp_path / "empty.gpkg", crs=CRS) as empty,
        pytest.raises(InputError, match="split the census areas"),
    ):
        read_township(empty)


def test_paper_can_be_insisted_on(read):
    sheet = mini_area_sheet(read, uid("M00"), Imprint(dt.date(2026, 4, 1), paper="A3"))
    assert sheet.maps[0].paper.name.startswith("a3")
