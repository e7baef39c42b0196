"""The verb `split`: exact, in one transaction, and never over what somebody has signed."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, MultiPolygon

from census_map.coverage import is_exact
from census_map.delineate.planar import intersect
from census_map.errors import Cancelled, EditRefused, InputError
from census_map.numbering import number_workspace
from census_map.profile import parse_profile
from census_map.seams import Seam, missing_vertices
from census_map.splitting import chosen_objective, split_workspace, visible_lines, weigh_buildings
from census_map.workspace import Workspace
from tests.small_township import CRS, rectangle, uid


@pytest.fixture
def village(tmp_path):
    """Two census areas of 400 m side by side, 64 houses of ten persons in each, a road across both."""
    places = [(25 + 50 * i, 25 + 50 * j) for i in range(16) for j in range(8)]
    houses = gpd.GeoDataFrame(
        {"use": "residential", "persons": 10, "households": 3},
        geometry=[rectangle(x - 8, y - 8, x + 8, y + 8) for x, y in places],
        index=[uid(f"h{x}-{y}") for x, y in places],
        crs=CRS,
    )
    areas = gpd.GeoDataFrame(
        {"code": ["320999001001", "320999001002"], "name": ["东村", "西村"]},
        geometry=[rectangle(0, 0, 400, 400), rectangle(400, 0, 800, 400)],
        index=[uid("west"), uid("east")],
        crs=CRS,
    )
    road = gpd.GeoDataFrame({"class": ["main"]}, geometry=[LineString([(5e5, 3500200), (500800, 3500200)])], crs=CRS)
    with Workspace.create(tmp_path / "village.gpkg", crs=CRS) as workspace:
        with workspace.transaction("village") as write:
            write.insert("census_area", areas)
            write.insert("township", gpd.GeoDataFrame(geometry=[shapely.union_all(areas.geometry.to_numpy())], crs=CRS))
            write.insert("building", houses)
            write.insert("road", road)
        yield workspace


def assert_exact(workspace):
    minis, areas = workspace.read("mini_area"), workspace.read("census_area")
    assert is_exact(minis, areas)
    assert is_exact(areas, workspace.read("township"))
    assert is_exact(minis, workspace.read("township"))
    for identifier, area in areas.geometry.items():
        own = minis[minis["census_area_uid"] == identifier]
        assert is_exact(own, gpd.GeoDataFrame(geometry=[area], crs=CRS))


def assert_buildings_whole(workspace):
    minis = workspace.read("mini_area")
    buildings = workspace.read("building")
    homes = gpd.GeoSeries(minis.geometry.reindex(buildings["mini_area_uid"]).to_numpy(), buildings.index, crs=CRS)
    assert buildings.within(homes.buffer(1e-6)).all()


def test_both_census_areas_are_split(village):
    done = split_workspace(village, target=160, minimum=120, maximum=200)
    minis = village.read("mini_area")
    assert (done.made, done.replaced, done.kept) == (len(minis), 0, 0) == (8, 0, 0)
    assert minis["status"].tolist() == [0] * 8
    assert not minis["exclave"].any()
    assert minis["source"].unique().tolist() == ["split"]
    assert_exact(village)
    assert_buildings_whole(village)
    persons = village.read("mini_area_summary")["persons"]
    assert persons.sum() == 1280
    assert persons.between(120, 200).all()
    assert [row["parts"] for row in done.summary["areas"]] == [4, 4]


def test_one_census_area_is_split_and_the_seam_stays_shared(village):
    split_workspace(village, areas=["320999001001"], target=160)
    assert village.read("mini_area")["census_area_uid"].unique().tolist() == [uid("west")]
    split_workspace(village, areas=["320999001002"], target=130)
    assert_exact(village)


def test_splitting_again_replaces_drafts(village):
    split_workspace(village, target=160)
    first = village.read("mini_area").index
    with village.transaction("assign") as write:
        write.insert("staff", pd.DataFrame({"name": ["甲"]}, index=[uid("staff")]))
        write.insert("assignment", pd.DataFrame({"mini_area_uid": [first[0]], "staff_uid": [uid("staff")]}))
    done = split_workspace(village, target=320)
    minis = village.read("mini_area")
    assert (done.made, done.replaced) == (4, 8)
    assert not set(first) & set(minis.index)
    assert set(village.read("building")["mini_area_uid"]) == set(minis.index)
    assert village.read("assignment").empty
    gone = village.read("history", where="row_table = 'mini_area' AND action = 'delete'")
    assert set(gone["row_uid"]) == set(first)
    assert_exact(village)


def sign(workspace, identifier, *levels):
    for level in levels:
        with workspace.transaction("sign") as write:
            write.update("mini_area", pd.DataFrame({"status": [level]}, index=[identifier]))


@pytest.mark.parametrize("levels", [(1,), (1, 2, 3, 4)], ids=["signed", "locked"])
def test_signed_mini_areas_stay(village, levels):
    split_workspace(village, target=160)
    kept = village.read("mini_area").index[1]
    sign(village, kept, *levels)
    before = village.read("mini_area").loc[kept]
    inside = set(village.read("building", where="mini_area_uid = ?", parameters=(kept,)).index)
    done = split_workspace(village, target=120)
    assert done.kept == 1
    after = village.read("mini_area").loc[kept]
    assert after["geometry"].equals(before["geometry"])
    assert set(village.read("building", where="mini_area_uid = ?", parameters=(kept,)).index) == inside
    assert_exact(village)


@pytest.mark.parametrize(
    ("houses", "end"),
    [([], (410, 400)),
     ([(405, 385, 430, 398)], (300, 400)),
     ([(405, 385, 425, 398), (360, 385, 378, 398)], (410, 400)),
     ([(405, 385, 425, 399.9), (360, 385, 378, 399.9)], (410, 400))],
    ids=["nearer corner", "farther corner", "along the border", "close along the border"],
)  # fmt: skip
def test_border_that_gives_way_to_a_locked_neighbour_cuts_no_building(tmp_path, houses, end):
    """The border at x = 390 cannot end on the locked northern neighbour, which has corners at 300 and 410."""
    areas = [rectangle(300, 0, 410, 400), rectangle(300, 400, 410, 500)]
    parts = [rectangle(300, 0, 390, 400), rectangle(390, 0, 410, 400)]
    boxes = gpd.GeoSeries([rectangle(*house) for house in houses], crs=CRS)
    with Workspace.create(tmp_path / "w.gpkg", crs=CRS) as workspace:
        with workspace.transaction("x") as write:
            names = [uid("south"), uid("north")]
            write.insert("census_area", gpd.GeoDataFrame({"code": ["1", "2"]}, geometry=areas, index=names, crs=CRS))
            write.insert(
                "mini_area",
                gpd.GeoDataFrame({"census_area_uid": names[1:]}, geometry=areas[1:], index=[uid("locked")], crs=CRS),
            )
        sign(workspace, uid("locked"), 1, 2, 3, 4)
        fine = gpd.GeoSeries(parts, crs=CRS)
        stops = missing_vertices(fine, [], areas[:1])
        seam = Seam.of(workspace, stops, replaced=pd.Index([]), fine=fine, buildings=boxes)
        settled = seam.settle(fine)
    assert len(seam.problems) == 1
    assert is_exact(
        gpd.GeoDataFrame(geometry=settled, crs=CRS), gpd.GeoDataFrame(geometry=[seam.shape(areas[0])], crs=CRS)
    )
    shared = shapely.get_coordinates(intersect(*shapely.boundary(settled))) - [500_000, 3_500_000]
    assert tuple(shared[np.argmax(shared[:, 1])]) == end
    for house in boxes:
        assert min(shapely.area(intersect(settled, house))) == 0


def test_what_was_once_locked_stays_after_unlocking(village):
    split_workspace(village, target=160)
    kept = village.read("mini_area").index[1]
    sign(village, kept, 1, 2, 3, 4)
    with village.transaction("unlock") as write:
        write.update("mini_area", pd.DataFrame({"status": [0], "status_reason": ["border drawn wrong"]}, index=[kept]))
    assert split_workspace(village, target=120).kept == 1
    assert kept in village.read("mini_area").index
    assert_exact(village)


def test_where_everything_is_signed_nothing_happens(village):
    split_workspace(village, target=160)
    for identifier in village.read("mini_area").index:
        sign(village, identifier, 1)
    history = len(village.read("history"))
    done = split_workspace(village, target=100)
    assert (done.made, done.kept) == (0, 8)
    assert len(village.read("history")) == history


def test_beside_signed_work_that_is_not_exact_nothing_is_split(village):
    split_workspace(village, target=160)
    first = village.read("mini_area").index[0]
    with village.transaction("damage") as write:
        shape = gpd.GeoDataFrame(geometry=[rectangle(0, 0, 10, 10)], index=[first], crs=CRS)
        write.update("mini_area", shape)
    sign(village, first, 1)
    with pytest.raises(EditRefused, match="320999001001"):
        split_workspace(village, target=160)


def test_without_any_time_every_census_area_gets_mini_areas(village):
    done = split_workspace(village, target=160, seconds=0.0)
    assert [row["stopped"] for row in done.summary["areas"]] == [True, True]
    assert_exact(village)
    assert_buildings_whole(village)


def test_cancelling_leaves_everything(village):
    def stop(fraction, _text):
        if fraction > 0.3:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        split_workspace(village, target=160, report=stop)
    assert village.read("mini_area").empty


@pytest.mark.parametrize(
    ("options", "message"),
    [({"areas": ["999"]}, "999"), ({"by": "cows"}, "cows"), ({"target": -5}, "-5")],
    ids=["area", "unit", "size"],
)
def test_impossible_wishes_are_refused(village, options, message):
    with pytest.raises(InputError, match=message):
        split_workspace(village, **options)


def test_exclaves_stay_with_their_census_area(tmp_path):
    shape = MultiPolygon([rectangle(0, 0, 200, 200), rectangle(500, 0, 560, 60)])
    with Workspace.create(tmp_path / "w.gpkg", crs=CRS) as workspace:
        with workspace.transaction("x") as write:
            write.insert("census_area", gpd.GeoDataFrame({"code": ["1"]}, geometry=[shape], crs=CRS))
            write.insert("township", gpd.GeoDataFrame(geometry=[shape], crs=CRS))
            houses = [rectangle(20 + 40 * i, 20, 35 + 40 * i, 35) for i in range(4)] + [rectangle(520, 20, 535, 35)]
            write.insert("building", gpd.GeoDataFrame({"persons": [100] * 5}, geometry=houses, crs=CRS))
        split_workspace(workspace, target=200)
        assert is_exact(workspace.read("mini_area"), workspace.read("census_area"))
        assert workspace.read("mini_area").area.sum() == pytest.approx(200 * 200 + 60 * 60)
        assert workspace.read("building")["mini_area_uid"].notna().all()


def test_weights_come_from_the_best_figures(village):
    figures = pd.DataFrame(
        {
            "persons": [None, None, None, None],
            "households": [4, None, None, None],
            "use": ["residential", "other", None, "residential"],
            "state": [None, None, None, "construction"],
        },
        index=village.read("building").index[:4],
    )
    with village.transaction("figures") as write:
        write.update("building", figures)
    buildings, problems = weigh_buildings(village, "persons")
    # Households by the profile's 2.7; not for living; estimated like its equals; not built yet.
    assert buildings["weight"].iloc[:4].tolist() == pytest.approx([10.8, 0, 10, 0], rel=0.01)
    assert problems == ["1 building has no figures; it was estimated from its floor area."]
    households, _problems = weigh_buildings(village, "households")
    assert households["weight"].iloc[4] == 3


def test_lines_are_ranked(village):
    lines = visible_lines(village)
    assert lines["visible"].tolist() == [1.0]


def test_split_and_number_give_codes(village):
    split_workspace(village, target=160)
    number_workspace(village)
    minis = village.read("mini_area")["code"]
    assert sorted(minis) == [f"32099900100{i}{j:03d}" for i in (1, 2) for j in (1, 2, 3, 4)]
    assert village.read("building")["code"].is_unique
    assert np.all(village.read("building")["code"].str.len() == 19)


def own_profile(weights: str):
    return parse_profile(f'extends = "cn-2020"\nname = "own"\ntitle = "own"\n[objective]\n{weights}\n', name="own")


def test_the_profile_weighs_the_split():
    assert chosen_objective(own_profile("compact = 10.0")).compact == 10.0
    with pytest.raises(InputError, match="compcat"):
        chosen_objective(own_profile("compcat = 1.0"))
