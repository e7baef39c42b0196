"""Linking by hand: the queue, the choices, the decision, what it teaches, and the way back."""

import pytest

from census_map.errors import InputError
from census_map.roster.by_hand import HandLinking
from census_map.roster.importing import import_roster
from census_map.roster.link import link_roster
from tests.roster.conftest import building, dwelling, write_xlsx

HEADER = ["普查区", "户主姓名", "住址", "居住人数"]
AREA = "东方花园社区"
ROWS = [
    [AREA, "甲一", "纺织厂宿舍1号楼1单元101", 2],
    [AREA, "甲二", "纺织厂宿舍1号楼1单元102", 3],
    [AREA, "甲三", "纺织厂宿舍9号楼101", 1],
    [AREA, "甲四", "东方花园2单元501", 2],
    [AREA, "甲五", "东方花园2号楼1单元101", 2],
]


@pytest.fixture
def sitting(tmp_path, town, vault):
    import_roster(town, vault, write_xlsx(tmp_path / "r.xlsx", [HEADER, *ROWS]))
    link_roster(town, vault)
    return HandLinking(town, vault)


@pytest.fixture
def uids(sitting):
    households = sitting.workspace.read("household")
    return households.sort_values("source_row").index.tolist()


def links(sitting):
    return sitting.workspace.read("household")[["building_uid", "dwelling_uid", "link_state", "link_by_hand"]]


def test_the_queues_hold_every_household_without_a_place_and_never_a_name(sitting, uids):
    assert sitting.counts() == {
        "undecided": 1, "unreadable": 0, "none": 0, "missed_building": 3, "elsewhere": 0, "demolished": 0, "by_hand": 0,
    }  # fmt: skip
    missed = sitting.queue("missed_building")
    assert missed.index.tolist() == uids[:3]
    row = missed.loc[uids[0]]
    assert (row["address"], row["census_area"], row["source_row"], row["persons"]) == (
        "纺织厂宿舍1号楼1单元101", "东方花园社区居民委员会", 2, 2,
    )  # fmt: skip
    assert not [cell for frame in (missed, sitting.queue("undecided")) for cell in frame.to_numpy().ravel()
                if isinstance(cell, str) and "甲" in cell]  # fmt: skip


def test_choices_are_described_in_words_with_the_households_that_live_there(sitting, uids):
    found = sitting.choices(uids[3])
    assert {choice.building_uid for choice in found[:2]} == {building("E1"), building("E3")}
    first = next(choice for choice in found if choice.building_uid == building("E1"))
    assert (first.building, first.dwelling) == ("人民路12号东方花园1号楼", "entrance 2 floor 5 room 501")
    assert "which building" in first.reasons
    taken = sitting.pointed(uids[0], building("E2"))
    assert (taken.dwelling_uid, taken.households, taken.score) == (dwelling("E2", 0), 1, None)


def test_a_name_is_read_only_when_asked_for_and_that_is_logged(sitting, uids):
    before = len(sitting.vault.access_log())
    assert sitting.head(uids[3]) == "甲四"
    log = sitting.vault.access_log()
    assert (len(log) - before, log["action"].iloc[-1], log["rows"].iloc[-1]) == (1, "read:head", 1)


def test_every_decision_is_one_step_and_can_be_taken_back(sitting, uids):
    before = links(sitting)
    sitting.decide(uids[3], dwelling=dwelling("E1", 3))
    sitting.decide(uids[2], state="demolished")
    now = links(sitting)
    assert now.loc[uids[3]].tolist() == [building("E1"), dwelling("E1", 3), "linked", True]
    assert now.loc[uids[2], "link_state"] == "demolished"
    assert sitting.counts()["by_hand"] == 2
    link_roster(sitting.workspace, sitting.vault)
    assert links(sitting).equals(now)
    assert sitting.undo().households == (uids[2],)
    assert links(sitting).loc[uids[3], "link_by_hand"]
    assert sitting.undo().households == (uids[3],)
    assert links(sitting).equals(before)
    assert sitting.undo() is None


def test_what_a_decision_teaches_is_offered_and_applied_as_one_step(sitting, uids):
    offer = sitting.decide(uids[0], dwelling=dwelling("E1", 0))
    assert (offer.roster_name, offer.map_name, offer.households) == ("纺织厂", "东方花园", (uids[1], uids[2]))
    assert links(sitting).loc[uids[1], "link_state"] == "missed_building"
    assert sitting.apply(offer) == 1
    now = links(sitting)
    assert now.loc[uids[1]].tolist() == [building("E1"), dwelling("E1", 1), "linked", False]
    assert now.loc[uids[2], "link_state"] == "missed_building"
    link_roster(sitting.workspace, sitting.vault)
    assert links(sitting).equals(now)
    assert sitting.undo().learned == "纺织厂"
    assert links(sitting).loc[uids[1], "link_state"] == "missed_building"
    link_roster(sitting.workspace, sitting.vault)
    assert links(sitting).loc[uids[1], "link_state"] == "missed_building"


def test_an_earlier_decision_can_be_released(sitting, uids):
    sitting.decide(uids[4], state="elsewhere")
    later = HandLinking(sitting.workspace, sitting.vault)
    later.release(uids[4])
    assert links(later).loc[uids[4]].tolist() == [building("E2"), dwelling("E2", 0), "linked", False]


@pytest.mark.parametrize(
    "wrong",
    [{}, {"state": "elsewhere", "building": building("E1")}, {"state": "nonsense"}, {"dwelling": "nowhere"}],
    ids=["nothing", "both", "no such state", "no such dwelling"],
)
def test_a_decision_that_says_nothing_is_refused(sitting, uids, wrong):
    before = links(sitting)
    with pytest.raises(InputError):
        sitting.decide(uids[3], **wrong)
    assert links(sitting).equals(before)
    assert sitting.steps == ()


def test_missing_buildings_are_grouped_and_placed_beside_their_neighbours(tmp_path, town, vault):
    rows = [
        [AREA, "甲一", "东方花园9号楼101", 2],
        [AREA, "甲二", "东方花园9号楼102", 3],
        ["王家村", "甲三", "王家村3组17号", 1],
        [AREA, "甲四", "纺织厂宿舍1号楼101", 1],
    ]
    import_roster(town, vault, write_xlsx(tmp_path / "r.xlsx", [HEADER, *rows]))
    link_roster(town, vault)
    missed = HandLinking(town, vault).missed().set_index("place")
    assert missed["households"].tolist() == [2, 1, 1]
    estate = missed[missed["households"] == 2].iloc[0]
    assert set(estate["near"]) == {building("E2"), building("E3")}
    village = missed[missed["census_area"] == "320999001002"].iloc[0]
    assert building("V2") in village["near"]
    unknown = missed.loc[next(label for label in missed.index if "纺织厂" in label)]
    assert unknown["near"] == ()
