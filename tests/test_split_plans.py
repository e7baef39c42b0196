"""Plans: proposed, changed, looked at, and only then written, each in one step that can be taken back."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import LineString

from census_map.coverage import is_exact
from census_map.errors import Cancelled, EditRefused, InputError
from census_map.progress import last_change
from census_map.seams import missing_vertices
from census_map.splitting import (
    accept_plan,
    choose_size,
    current_plan,
    merge_two,
    propose_plans,
    quality_of,
    reasons,
    rebalance_plan,
    split_one,
    split_workspace,
)
from census_map.undo import take_back
from census_map.workspace import Workspace
from tests.small_township import CRS, rectangle, uid

CODE = "320999001001"


@pytest.fixture
def village(tmp_path):
    """Two census areas of 400 m side by side, 64 houses of 8 to 12 persons in each, a road across both."""
    places = [(25 + 50 * i, 25 + 50 * j) for i in range(16) for j in range(8)]
    houses = gpd.GeoDataFrame(
        {"use": "residential", "persons": [8 + (x // 50 + 3 * (y // 50)) % 5 for x, y in places], "households": 3},
        geometry=[rectangle(x - 8, y - 8, x + 8, y + 8) for x, y in places],
        index=[uid(f"h{x}-{y}") for x, y in places],
        crs=CRS,
    )
    areas = gpd.GeoDataFrame(
        {"code": [CODE, "320999001002"], "name": ["东村", "西村"]},
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


def start(workspace, target=160, codes=(CODE,)):
    return current_plan(workspace, codes, size=choose_size(workspace.size, target, None, None, None))


def divided(workspace, target=160):
    accept_plan(workspace, propose_plans(workspace, start(workspace, target), plans=1)[0])
    return current_plan(workspace, [CODE])


def assert_exact(workspace):
    minis, areas = workspace.read("mini_area"), workspace.read("census_area")
    assert is_exact(minis, areas[areas.index.isin(minis["census_area_uid"])])
    buildings = workspace.read("building", where="mini_area_uid IS NOT NULL")
    homes = gpd.GeoSeries(minis.geometry.reindex(buildings["mini_area_uid"]).to_numpy(), buildings.index, crs=CRS)
    assert buildings.within(homes.buffer(1e-6)).all()


def test_a_proposal_writes_nothing_and_says_what_each_mini_area_holds(village):
    plan = propose_plans(village, start(village), plans=1)[0]
    assert village.read("mini_area").empty
    assert plan.parts["number"].tolist() == ["001", "002", "003", "004"]
    assert plan.figures["persons"].sum() == village.read("building", where="persons > 0").iloc[:64]["persons"].sum()
    assert plan.figures["buildings"].sum() == 64
    assert plan.figures["state"].tolist() == ["inside"] * 4
    quality = quality_of(plan)
    assert (quality.parts, quality.inside) == (4, 4)
    assert quality.least <= quality.mean <= quality.most
    assert quality.bound_cv <= quality.cv
    assert 0 <= quality.visible <= 1


def test_three_different_plans_the_best_first(village):
    plans = propose_plans(village, start(village), plans=3)
    assert 1 <= len(plans) <= 3
    energies = [next(iter(plan.proofs.values()))["energy"] for plan in plans]
    assert energies == sorted(energies)
    shapes = {plan.parts.geometry.to_wkb().sum() for plan in plans}
    assert len(shapes) == len(plans)


def test_exactly_as_many_as_there_are_enumerators(village):
    assert len(propose_plans(village, start(village), count=5, plans=1)[0].parts) == 5
    kept = divided(village).keeping([0, 1])
    assert len(propose_plans(village, kept, count=6, plans=1)[0].parts) == 6
    with pytest.raises(InputError, match="2"):
        propose_plans(village, kept, count=2, plans=1)


def test_accepting_is_one_step_and_can_be_taken_back(village):
    before = last_change(village.path)
    done = accept_plan(village, propose_plans(village, start(village), plans=1)[0])
    assert (done.made, done.changed, done.removed, done.kept) == (4, 0, 0, 0)
    assert_exact(village)
    take_back(village, before, last_change(village.path), reason="back")
    assert village.read("mini_area").empty
    assert village.read("building")["mini_area_uid"].isna().all()


def test_a_plan_for_a_map_that_has_changed_is_refused(village):
    plan = propose_plans(village, start(village), plans=1)[0]
    with village.transaction("another") as write:
        write.update("building", pd.DataFrame({"persons": [99]}, index=[uid("h25-25")]))
    with pytest.raises(EditRefused, match="propose it again"):
        accept_plan(village, plan)


def test_what_is_kept_by_wish_stays_bit_by_bit(village):
    old = divided(village)
    plan = propose_plans(village, old.keeping([1]), plans=1, count=3)[0]
    assert plan.parts["uid"].notna().sum() == 1
    accept_plan(village, plan)
    after = village.read("mini_area")
    assert after.geometry[old.parts.at[1, "uid"]].equals(old.parts.geometry[1])
    assert len(after) == 3
    assert_exact(village)


def test_dividing_one_leaves_the_others(village):
    old = divided(village)
    plan = split_one(village, old, 2)
    assert plan.parts["uid"].isna().sum() == 1
    assert sorted(plan.parts["uid"].dropna()) == sorted(old.parts["uid"])
    done = accept_plan(village, plan)
    assert done.made == 1
    assert len(village.read("mini_area")) == 5
    assert_exact(village)


def test_joining_two_keeps_the_first(village):
    old = divided(village)
    one = 0
    two = old.neighbours(one)[0]
    plan = merge_two(village, old, one, two)
    assert old.parts.at[two, "uid"] not in set(plan.parts["uid"])
    done = accept_plan(village, plan)
    assert (done.made, done.removed) == (0, 1)
    after = village.read("mini_area")
    assert old.parts.at[one, "uid"] in after.index
    assert_exact(village)


def test_only_neighbours_of_one_census_area_are_joined(village):
    accept_plan(village, propose_plans(village, start(village, codes=None), plans=1)[0])
    plan = current_plan(village)
    first = plan.parts.index[plan.parts["area"] == uid("west")]
    last = plan.parts.index[plan.parts["area"] == uid("east")][-1]
    assert set(plan.neighbours(int(first[0]))) <= set(first)
    with pytest.raises(InputError, match="same census area"):
        merge_two(village, plan, int(first[0]), int(last))


def test_balancing_again_is_never_worse_and_keeps_who_is_who(village):
    old = divided(village)
    lopsided = merge_two(village, old, 0, old.neighbours(0)[0])
    lopsided = split_one(village, lopsided, int(lopsided.figures["weight"].idxmax()), count=2)
    accept_plan(village, lopsided)
    before = current_plan(village, [CODE])
    after = rebalance_plan(village, before)
    assert quality_of(after).cv <= quality_of(before).cv + 1e-9 or after.moved == 0
    assert after.parts["uid"].tolist() == before.parts["uid"].tolist()
    if after.moved:
        accept_plan(village, after)
    assert_exact(village)


def lock(workspace, identifier):
    for level in (1, 2, 3, 4):
        with workspace.transaction("sign") as write:
            write.update("mini_area", pd.DataFrame({"status": [level]}, index=[identifier]))


def test_nothing_touches_a_locked_mini_area(village):
    locked = divided(village).parts.at[1, "uid"]
    lock(village, locked)
    before = village.read("mini_area").geometry[locked]
    plan = current_plan(village, [CODE])
    row = int(plan.parts.index[plan.parts["uid"] == locked][0])
    with pytest.raises(EditRefused, match="kept"):
        split_one(village, plan, row)
    accept_plan(village, propose_plans(village, plan, count=6, plans=1)[0])
    minis = village.read("mini_area")
    assert minis.geometry[locked].equals_exact(before, 0.0)
    assert len(minis) == 6
    assert is_exact(minis, village.read("census_area").loc[[uid("west")]])


def test_stopping_keeps_the_plans_found_so_far(village):
    told = []

    def stop(fraction, _text):
        told.append(fraction)
        if fraction > 0.4:
            raise Cancelled("stopped")

    assert len(propose_plans(village, start(village), plans=3, report=stop)) >= 1
    assert max(told) < 1.0

    def at_once(_fraction, _text):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        propose_plans(village, start(village), plans=3, report=at_once)


def test_a_giant_is_named_as_the_reason(village):
    with village.transaction("tower") as write:
        write.update("building", pd.DataFrame({"persons": [900]}, index=[uid("h25-25")]))
    plan = propose_plans(village, start(village), plans=1)[0]
    told = reasons(plan)
    heavy = int(plan.figures["weight"].idxmax())
    assert "One building alone" in told[heavy]


def raise_tower(workspace, persons=900):
    """Make one house a tower of 30 flats, ten behind each of three entrances."""
    tower = uid("h25-25")
    with workspace.transaction("tower") as write:
        write.update("building", pd.DataFrame({"persons": [persons], "address": ["东华路1号"]}, index=[tower]))
        write.insert(
            "dwelling",
            pd.DataFrame(
                {"building_uid": tower, "entrance": [str(1 + k // 10) for k in range(30)], "persons": persons / 30},
                index=[uid(f"flat{k}") for k in range(30)],
            ),
        )
    return tower


def test_split_says_how_a_tower_may_be_divided(village):
    raise_tower(village)
    done = split_workspace(village, areas=[CODE], target=300)
    (line,) = [text for text in done.problems if "may be divided" in text]
    assert line == (
        "Building 东华路1号 holds 900, more than the maximum. It may be divided into 3 building parts: "
        "entrances 1 (300); entrances 2 (300); entrances 3 (300)"
    )


def test_split_says_when_nothing_is_known_to_divide_a_tower_by(village):
    with village.transaction("tower") as write:
        write.update("building", pd.DataFrame({"persons": [900]}, index=[uid("h25-25")]))
    done = split_workspace(village, areas=[CODE], target=300)
    assert [text for text in done.problems if "nothing is known" in text] == [
        f"Building {uid('h25-25')} holds 900, more than the maximum, and nothing is known to divide it by."
    ]


def test_split_names_towers_only_where_there_are_any(village):
    done = split_workspace(village, areas=[CODE], target=300)
    assert not [text for text in done.problems if "maximum" in text]


def entrances_proposed(plan):
    rows = [row for proof in plan.proofs.values() for row in proof["building_parts"]]
    return {row["building"]: [part["entrances"] for part in row["rows"]] for row in rows}


def test_balancing_again_knows_the_flats_too(village):
    tower = raise_tower(village)
    accept_plan(village, propose_plans(village, start(village, 300), plans=1)[0])
    homes = current_plan(village, [CODE]).homes
    emptied = homes.index[(homes == homes.drop(tower).iloc[0]) & (homes.index != tower)][:16]
    with village.transaction("moved away") as write:
        write.update("building", pd.DataFrame({"persons": 1}, index=emptied))
    again = rebalance_plan(village, start(village, 300))
    assert again.moved
    assert entrances_proposed(again) == {tower: ["1", "2", "3"]}


def test_vertices_that_a_neighbour_lacks_are_found_along_slanted_edges_too():
    whole = shapely.Polygon([(0, 0), (9, 3), (9, 12), (0, 12)])
    left = shapely.Polygon([(0, 0), (3, 1), (3, 12), (0, 12)])
    right = shapely.Polygon([(3, 1), (6, 2), (9, 3), (9, 12), (3, 12)])
    found = missing_vertices([left, right], [], [whole])
    assert {edge: sorted(places) for edge, places in found.items()} == {
        (0.0, 0.0, 9.0, 3.0): [(3.0, 1.0), (6.0, 2.0)],
        (0.0, 12.0, 9.0, 12.0): [(3.0, 12.0)],
    }
