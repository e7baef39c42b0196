"""The people of the sample township: invented, well formed, and all accounted for in the truth."""

from types import SimpleNamespace

import pandas as pd
import pytest

from census_map.codes import identity_number_fault
from census_map.sample import township
from census_map.sample.chance import Chance
from census_map.sample.places import Place
from census_map.sample.spelling import Clerk, chinese_number


def test_truth_names_the_rows_of_the_roster(made):
    pd.testing.assert_frame_equal(made.truth[["sheet", "row"]], made.roster[["sheet", "row"]])
    assert not made.truth.duplicated(["sheet", "row"]).any()


def test_true_places_exist_on_the_map(made):
    truth = made.truth
    building_of = made.dwellings.set_index("住房编号")["建筑物编号"]
    linked = truth[truth["dwelling"] != ""]
    assert (building_of[linked["dwelling"]].to_numpy() == linked["building"].to_numpy()).all()
    area_of = made.buildings.set_index("编号")["所属村居"]
    assert (area_of[linked["building"]].to_numpy() == linked["census_area"].to_numpy()).all()


def test_a_row_has_a_building_or_a_reason(made):
    truth = made.truth
    assert ((truth["building"] == "") == (truth["reason"] != "")).all()
    missed = truth["reason"] == "missed_building"
    assert set(truth.loc[missed, "missed_building"]) <= set(made.missed_buildings["missed_building"])
    assert (truth.loc[~missed, "missed_building"] == "").all()
    assert set(truth["reason"]) == {"", "missed_building", "demolished", "no_dwelling"}


def test_every_dwelling_is_on_the_roster_or_known_to_be_empty(made):
    listed = set(made.truth["dwelling"]) - {""}
    empty = set(made.empty_dwellings["dwelling"])
    assert listed | empty == set(made.dwellings["住房编号"])
    assert not listed & empty
    state = made.dwellings.set_index("住房编号")["居住状态"]
    missed = made.empty_dwellings["reason"] == "missed_household"
    assert (state[made.empty_dwellings.loc[missed, "dwelling"]] == "有人").all()
    assert (state[made.empty_dwellings.loc[~missed, "dwelling"]] == "空置").all()


def test_missed_buildings_are_not_on_the_map(made):
    shapes = made.buildings.geometry.to_numpy()
    assert not any(made.buildings.intersects(shape).any() for shape in made.missed_buildings.geometry)
    assert len(shapes) == made.buildings["编号"].nunique()


def test_identity_numbers_are_valid_but_where_the_clerk_slipped(whole):
    numbers = whole.roster["identity"]
    wrong = whole.truth["noise"].str.contains("identity_wrong")
    faults = numbers[numbers != ""].map(identity_number_fault)
    assert set(faults[wrong[faults.index]]) == {"checksum"}
    assert faults[~wrong[faults.index]].isna().all()
    assert numbers[numbers != ""].str.startswith("320999").all()


def test_telephones_are_of_a_range_that_nobody_has(whole):
    phones = whole.roster["phone"].str.replace("-", "")
    assert phones[phones != ""].str.fullmatch(r"160\d{8}").all()


def test_every_kind_of_row_and_of_noise_is_there(whole):
    kinds = set(whole.truth["kind"])
    assert kinds == {
        "ordinary", "second", "away", "vacant", "collective", "nominal", "demolished", "elsewhere", "duplicate",
    }  # fmt: skip
    noise = set(whole.truth["noise"].str.split(";").explode())
    assert noise >= {
        "typo", "old_name", "full_width", "chinese_numeral", "traditional", "blanks", "brackets", "full_prefix",
        "part_prefix", "ambiguous", "no_room", "no_address", "ditto", "style:columns", "style:dash", "style:bare",
        "style:team", "style:street_floor", "identity_missing", "phone_dashes", "name_blank",
    }  # fmt: skip


def test_counts_agree_with_the_class(whole):
    roster = whole.roster
    words = {"常住": 1, "短期外出": 2, "全家外出": 3, "空挂户": 4, "已拆迁": 5, "外籍": 6, "已去世": 7, "空户": 8}
    klass = roster["class"].map(lambda text: words.get(text) or int(text))
    assert (roster.loc[klass == 1, "h2a"] > 0).all()
    assert (roster.loc[klass.isin([2, 3, 4, 5]), "h2a"] == 0).all()
    for column in ("registered", "h2a", "h2b"):
        assert (roster.loc[klass == 8, column] == 0).all()
    assert (roster["h2b"] <= roster["registered"]).all()


@pytest.mark.parametrize(
    ("number", "text"), [(3, "三"), (10, "十"), (12, "十二"), (20, "二十"), (31, "三十一"), (501, "五〇一")]
)
def test_numbers_are_written_in_chinese(number, text):
    assert chinese_number(number) == text


def test_slips_are_named(whole):
    truth, written = whole.truth, whole.roster["address"].str.replace(" ", "")
    assert written[truth["noise"].str.contains("full_prefix")].str.startswith("江苏").all()
    wide = truth["noise"].str.contains("full_width") & ~truth["noise"].str.contains("columns|chinese_numeral")
    assert written[wide].str.contains(r"[０-９－]").all()
    assert (written[truth["noise"].str.contains("no_address")] == "").all()


def test_a_bare_address_lacks_the_estate():
    clerk = Clerk(Chance(1))
    place = Place("estate", "东方花园", 3, "红星新村", "东华路", 88, entrance="2", floor=5, room="501")
    written = [clerk.write(place) for _each in range(2000)]
    bare = [text for text, kinds in written if kinds == ["style:bare", "ambiguous"]]
    assert bare
    assert set(bare) == {"3-2-501"}
    plain = {text for text, kinds in written if len(kinds) == 1}
    assert plain >= {"东华路88号3幢2单元501室", "东方花园3号楼2-501", "东方花园3#2-501"}


def test_two_committees_of_one_name_have_sheets_of_their_own(made):
    first, second = made.sheets[:2]
    area = SimpleNamespace(name=first.name.removesuffix("社区"), kind="estate")
    assert township._tab(area, {first.name, second.name}) == f"{first.name}2"
    assert township._tab(area, {first.name, f"{first.name}2"}) == f"{first.name}3"
