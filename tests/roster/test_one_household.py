"""One household at a time: found, visited, put on a register; a missing building marked; counts for the panel."""

import json
from datetime import date, timedelta

import pytest
from shapely import Polygon, box

from census_map.errors import EditRefused, InputError
from census_map.progress import last_change
from census_map.roster.household_book import HouseholdBook, Visit, enter_by_hand, set_state
from census_map.roster.marking import mark_building
from census_map.roster.registers import entered, register_records
from census_map.roster.standing import roster_standing
from census_map.roster.visits import visit_records
from census_map.undo import take_back
from tests.roster.conftest import building
from tests.roster.test_field import IDENTITIES, homes  # noqa: F401  a fixture
from tests.small_township import uid

YESTERDAY = date.today() - timedelta(days=1)  # noqa: DTZ011


@pytest.fixture
def book(town, vault, homes):  # noqa: ARG001, F811
    return HouseholdBook(town, vault)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("320999001001001002", [1]),
        ("1001002", [1]),
        ("5", [3, 4]),
        ("1号楼 101", [0]),
        ("王家村", [4, 5]),
        ("甲某", [0, 3]),
        (IDENTITIES[0], [0, 3]),
        ("没有这家", []),
        ("  ", []),
    ],
    ids=["code", "its end", "number or row", "building and room", "village", "name", "identity", "nobody", "nothing"],
)
def test_a_household_is_found_by_what_people_say_of_it(book, homes, typed, found):  # noqa: F811
    assert set(book.find(typed).index) == {homes[place] for place in found}


def test_what_is_found_names_nobody(book):
    assert not {"head", "identity", "phone", "address"} & set(book.find("王家村").columns)
    assert len(book.in_building(building("E1"))) == 2


def test_a_visit_by_hand_is_one_step_that_is_taken_back(town, vault, book, homes):  # noqa: F811
    before = last_change(town.path)
    visit = Visit(
        homes[0], YESTERDAY, "19:30", "phone", "later", YESTERDAY + timedelta(days=3), "18:00",
        presence="absent", counts={"births": 1}, phone="13912345678", remark="敲后门",
    )  # fmt: skip
    uid_of = book.enter(visit)
    assert book.visits(homes[0])[["kind", "outcome", "time"]].to_numpy().tolist() == [["phone", "later", "19:30"]]
    assert (book.state(homes[0])["presence"], book.state(homes[0])["births"]) == ("absent", 1)
    assert book.remark(uid_of) == ("13912345678", "敲后门")
    assert "敲后门" not in json.dumps(town.read("visit").astype(str).to_dict("records"), ensure_ascii=False)
    take_back(town, before, last_change(town.path), reason="test")
    assert book.visits(homes[0]).empty
    assert book.state(homes[0])["presence"] is None
    vault.settle()
    assert visit_records(vault, reason="test") == {}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"day": date.today() + timedelta(days=1)}, "still to come"),  # noqa: DTZ011
        ({"appointment": YESTERDAY - timedelta(days=1)}, "before the visit"),
        ({"outcome": "whatever"}, "no choice"),
        ({"household": "nobody"}, "not on the roster"),
    ],
    ids=["future", "appointment", "outcome", "household"],
)
def test_what_cannot_be_is_refused(book, homes, town, wrong, said):  # noqa: F811
    with pytest.raises(InputError, match=said):
        book.enter(Visit(**{"household": homes[0], "day": YESTERDAY, **wrong}))
    assert town.read("visit").empty


def test_a_household_is_put_on_a_register_once_and_settled(town, book, homes):  # noqa: F811
    book.put_on("nominal", homes[4])
    book.put_on("nominal", homes[4])
    rows = entered(town, "nominal")
    assert rows["household_uid"].tolist() == [homes[4]]
    assert book.registers(homes[4]) == {"nominal": "open"}
    assert set_state(town, list(rows.index), "settled") == 1
    assert set_state(town, list(rows.index), "settled") == 0
    assert book.registers(homes[4]) == {"nominal": "settled"}


def test_somebody_without_a_household_is_entered_into_the_vault_alone(town, vault):
    made = enter_by_hand(town, vault, "no_fixed_abode", person={"head": "船上人", "address": "运河码头"}, persons=2)
    row = town.read("register").loc[made]
    assert (row["kind"], row["persons"], row["household_uid"]) == ("no_fixed_abode", 2, None)
    assert register_records(vault, reason="test")[made]["head"] == "船上人"
    with pytest.raises(InputError, match="who or which place"):
        enter_by_hand(town, vault, "no_fixed_abode")
    with pytest.raises(InputError, match="no register"):
        enter_by_hand(town, vault, "whatever", person={"head": "x"})


def test_a_missing_building_takes_in_those_who_wait_for_it_in_one_step(town, homes):  # noqa: F811
    before = last_change(town.path)
    done = mark_building(town, box(500150, 3500050, 500160, 3500060), homes[4:6], address="王家村9组1号")
    row = town.read("building").loc[done.uid]
    assert (row["mini_area_uid"], row["address"], row["geometry"].area) == (uid("m2"), "王家村9组1号", 100.0)
    assert (done.households, done.overlaps) == (2, 0)
    households = town.read("household").loc[homes[4:6]]
    assert households["building_uid"].tolist() == [done.uid] * 2
    assert households["link_by_hand"].all()
    take_back(town, before, last_change(town.path), reason="test")
    assert done.uid not in town.read("building").index
    assert done.uid not in town.read("household")["building_uid"].tolist()


def test_a_building_over_another_is_told_and_one_outside_is_refused(town, homes):  # noqa: F811
    assert mark_building(town, box(500004, 3500012, 500020, 3500018), []).overlaps == 2
    before = last_change(town.path)
    with pytest.raises(EditRefused, match="no mini-area"):
        mark_building(town, box(0, 0, 10, 10), homes[:1])
    with pytest.raises(EditRefused, match="crosses itself"):
        mark_building(town, Polygon([(500150, 3500050), (500160, 3500060), (500160, 3500050), (500150, 3500060)]), [])
    assert last_change(town.path) == before


def test_the_standing_counts_what_the_panel_shows(town, vault, book, homes):  # noqa: F811
    book.enter(Visit(homes[0], YESTERDAY))
    book.enter(Visit(homes[0], YESTERDAY))
    enter_by_hand(town, vault, "no_plate", building=building("E1"))
    standing = roster_standing(town.path)
    assert (standing.households, standing.visits, standing.visited, standing.entries) == (6, 2, 1, 1)
    assert standing.states == town.read("household")["link_state"].value_counts().to_dict()
    assert standing.waiting + standing.missed + standing.states["linked"] == 6
