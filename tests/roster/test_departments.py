"""Departments' lists: read by kind, compared, cut up, evaluated; two surveys; the monthly update."""

import pandas as pd
import pytest

from census_map.errors import Cancelled, InputError
from census_map.roster.compare import address_spelling, compare_keys, passing_hasher, roster_keys
from census_map.roster.comparison_book import DEPARTMENTS, comparison_sheets
from census_map.roster.cutting import cut_listing, write_cut
from census_map.roster.departments import department_keys, place_rows, read_department
from census_map.roster.evaluation import evaluate, evaluation_sheets, is_plausible, read_department_totals
from census_map.roster.importing import import_roster
from census_map.roster.link import link_roster
from census_map.roster.persons import import_persons
from census_map.roster.registers import entered, register_records
from census_map.roster.surveys import compare_surveys, register_discrepancies, survey_sheets
from census_map.roster.update import update_roster, update_sheets
from census_map.roster.utilities import hold_against_vacancy
from census_map.roster.vault import vault_path
from tests.roster.conftest import ESTATE, VILLAGE, building, dwelling, write_sheets, write_xlsx
from tests.small_township import uid

IDENTITIES = ["11010519491231002X", "440524188001010014"]
HEADER = ["普查区", "户编号", "户主姓名", "身份证号", "联系电话", "住址", "户籍人数", "居住人数", "分类"]
ROWS = [
    ["东方花园社区", 1, "甲某", IDENTITIES[0], "13800000001", "东方花园1号楼1单元101", 3, 3, 1],
    ["东方花园社区", 2, "乙某", "", "13800000002", "东方花园1号楼1单元102", 0, 2, 1],
    ["东方花园社区", 3, "丙某", "", "", "东方花园2号楼1单元101", 2, 0, 3],
    ["王家村", 1, "丁某", "", "", "王家村3组15号", 4, 4, 1],
]
MINIS = ["320999001001001", "320999001002001"]


@pytest.fixture
def homes(tmp_path, town, vault):
    """Four linked households in two mini-areas, with codes; uids in the roster's order."""
    with town.transaction("test") as write:
        areas = town.read("census_area", columns=["geometry"])
        minis = areas.set_axis([uid("m1"), uid("m2")]).assign(
            code=MINIS, census_area_uid=areas.index, kind="ordinary", status=0
        )
        write.insert("mini_area", minis)
        names = town.read("building", columns=["address"])["address"]
        minis = [uid("m2" if "王家村" in (text or "") else "m1") for text in names]
        write.update("building", pd.DataFrame({"mini_area_uid": minis}, index=names.index))
    import_roster(town, vault, write_xlsx(tmp_path / "10月.xlsx", [HEADER, *ROWS]))
    link_roster(town, vault)
    return town.read("household").index.tolist()


def listed(tmp_path, town, department, *rows, **options):
    path = write_xlsx(tmp_path / f"{department}.xlsx", [list(row) for row in rows], **options)
    return read_department(path, department, town.profile)


HEADERS = {
    "police": ["户号", "姓名", "公民身份号码", "户籍地址"],
    "social_security": ["个人编号", "参保人姓名", "社会保障号码", "通讯地址"],
    "medical_insurance": ["参保类型", "参保人", "医保号", "参保地址"],
    "grid": ["网格员姓名", "居民姓名", "身份证号", "房屋地址"],
    "education": ["监护人姓名", "学生姓名", "学生身份证号", "家庭住址"],
    "births": ["新生儿姓名", "母亲姓名", "母亲身份证号", "母亲住址"],
    "deaths": ["家属姓名", "死者姓名", "死者身份证号", "生前住址"],
    "utilities": ["户号", "户名", "", "用电地址"],
    "survey": ["序号", "户主姓名", "身份证号", "住址"],
}


@pytest.mark.parametrize("department", DEPARTMENTS)
def test_each_department_is_read_by_its_own_headers(tmp_path, town, department):
    row = ["不是", "甲某", IDENTITIES[0] if department != "utilities" else "", "东方花园1号楼1单元101"]
    listing = listed(tmp_path, town, department, HEADERS[department], row)
    cells = listing.rows.iloc[0]
    assert (cells["head"], cells["address"]) == ("甲某", row[3])
    assert cells["identity"] == row[2]
    assert cells["phone"] == cells["birth"] == ""
    assert listing.problems == []


def test_a_birth_is_compared_by_the_mother_and_not_by_its_day(tmp_path, town):
    rows = [["母亲姓名", "出生日期", "新生儿姓名", "性别"], ["甲某", "2020-05-01", "小某", "男"]]
    cells = listed(tmp_path, town, "births", *rows).rows.iloc[0]
    assert (cells["head"], cells["birth"], cells["event"], cells["child"]) == ("甲某", "", "2020-05-01", "小某")


def test_a_list_that_lacks_what_is_needed_is_refused_with_the_remedy(tmp_path, town):
    with pytest.raises(InputError, match="--map"):
        listed(tmp_path, town, "police", ["住址", "备注"], ["东方花园1号楼", ""])
    with pytest.raises(InputError, match="no department"):
        listed(tmp_path, town, "navy", ["姓名"], ["甲某"])


def compared(vault, listing):
    hasher = passing_hasher()
    return compare_keys(roster_keys(vault, hasher), department_keys(listing, hasher))


def test_every_known_person_is_compared_not_heads_alone(tmp_path, town, vault, homes):
    members = [["普查区", "户编号", "姓名", "与户主关系", "身份证号"]]
    members += [["东方花园社区", 1, "甲某", "户主", IDENTITIES[0]], ["", "", "甲小某", "子", IDENTITIES[1]]]
    import_persons(town, vault, write_xlsx(tmp_path / "人员.xlsx", members))
    rows = [["姓名", "公民身份号码", "户籍地址"], ["甲小某", IDENTITIES[1], ""], ["戊某", "", "东方花园9号楼"]]
    rows += [["甲小某", IDENTITIES[1], ""]]
    listing = listed(tmp_path, town, "police", *rows)
    found = compared(vault, listing)
    assert found.pairs[["left", "right", "stage"]].to_numpy().tolist() == [[homes[0], ("底册", 2), "identity"]]
    assert found.only_right.tolist() == [("底册", 3), ("底册", 4)]
    assert [(problem.kind, problem.row) for problem in listing.problems] == [("repeated", 4)]
    sheets = comparison_sheets(town, found, listing.rows.set_index(["sheet", "row"]), department="police")
    assert not any("甲小某" in sheet.frame.to_string() for sheet in sheets)


@pytest.mark.parametrize(
    "cells",
    [
        ("东方花园3号楼2单元501室",),
        ("东方花园 3-2-501",),
        ("东方花园", "3", "2", "", "501"),
        ("東方花園３幢", "", "2", "", "501室"),
    ],
)
def test_one_address_in_several_spellings(cells):
    assert address_spelling(*cells) == "东方花园3-2-501"


@pytest.mark.usefixtures("homes")
def test_a_list_is_cut_up_by_link_and_by_address_and_the_rest_is_told(tmp_path, town, vault):
    rows = [
        ["姓名", "公民身份号码", "户籍地址"],
        ["甲某", IDENTITIES[0], "旧地址"],
        ["戊某", "", "王家村3组16号"],
        ["己某", "", "东方花园9号楼101"],
        ["庚某", "", "看不懂"],
    ]
    listing = listed(tmp_path, town, "police", *rows)
    places = place_rows(town, vault, listing, compared(vault, listing))
    assert places["mini_area"].tolist() == [MINIS[0], MINIS[1], None, None]
    assert places["how"].tolist() == ["roster", "address", None, None]
    opened, named = (cut_listing(town, listing, places, names=names) for names in (False, True))
    assert opened.as_json() == {"rows": 4, "rest": 2, "mini_areas": {MINIS[0]: 1, MINIS[1]: 1}}
    text = "\n".join(frame.to_string() for frame in (*opened.parts.values(), opened.rest))
    assert "某" not in text
    assert named.parts[MINIS[1]].iloc[0].tolist()[2] == "戊某"
    made = write_cut(named, tmp_path / "cut", names=True)
    assert sorted(path.stem for path in made) == sorted([*MINIS, "rest", "counts"])
    assert all(path.is_file() for path in made)


@pytest.mark.usefixtures("homes")
def test_a_cut_that_is_stopped_leaves_the_folder_as_it_was(tmp_path, town, vault):
    listing = listed(tmp_path, town, "police", ["姓名", "户籍地址"], ["戊某", "王家村3组16号"])
    cut = cut_listing(town, listing, place_rows(town, vault, listing, None))

    def stop(fraction, _text):
        if fraction > 0.4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_cut(cut, tmp_path / "cut", report=stop)
    assert not (tmp_path / "cut").exists()
    before = {path: path.read_bytes() for path in write_cut(cut, tmp_path / "cut", names=True)}
    with pytest.raises(KeyboardInterrupt):
        write_cut(cut, tmp_path / "cut", report=stop)
    assert {path: path.read_bytes() for path in (tmp_path / "cut").iterdir()} == before


@pytest.mark.usefixtures("homes")
def test_use_is_held_against_vacancy(tmp_path, town, vault):
    with town.transaction("test") as write:
        write.update("dwelling", pd.DataFrame({"state": ["vacant"]}, index=[dwelling("E2", 1)]))
    rows = [
        ["户号", "户名", "用电地址", "用电量"],
        ["1", "开发商", "东方花园2号楼1单元201", "1,234.5度"],
        ["2", "甲某", "东方花园1号楼1单元101", 0],
        ["3", "乙某", "东方花园1号楼1单元102", 80],
        ["4", "乙某", "东方花园1号楼1单元102", "坏"],
    ]
    listing = listed(tmp_path, town, "utilities", *rows)
    found = hold_against_vacancy(town, listing, place_rows(town, vault, listing, None))
    assert found.as_json() == {"metered": 3, "vacant_but_used": 1, "inhabited_but_unused": 1}
    assert (found.used.index.tolist(), found.unused.index.tolist()) == ([dwelling("E2", 1)], [dwelling("E1", 0)])
    assert [problem.kind for problem in listing.problems] == ["use-unreadable"]


def test_totals_and_lists_stand_beside_ours_by_village(tmp_path, town, homes):
    with town.transaction("test") as write:
        write.update("household", pd.DataFrame({"births": [1]}, index=homes[:1]))
    totals = write_xlsx(
        tmp_path / "户籍.xlsx",
        [
            ["村居", "户籍人口", "常住人口"],
            ["东方花园社区", 5, "12人"],
            ["王家村", 4, 4],
            ["别处村", 1, 1],
            ["合计", 10, 17],
        ],
    )
    born = write_sheets(
        tmp_path / "出生.xlsx", {"东方花园社区": [["母亲姓名", "出生日期"], ["甲某", "2020-5-1"], ["戊某", "2020-6-1"]]}
    )
    sources = [read_department_totals(town, totals, "police"), read_department_totals(town, born, "births")]
    assert [(p.kind, p.row) for p in sources[0].problems] == [("census-area-unknown", 4)]
    rows = evaluate(town, sources)
    figures = {
        (area, measure): values
        for area, measure, *values in rows[["census_area", "measure", "ours", "theirs", "plausible"]]
        .to_numpy()
        .tolist()
    }
    assert figures == {
        ("320999001001", "registered"): [5, 5, True],
        ("320999001001", "resident"): [5, 12, False],
        ("320999001001", "births"): [1, 2, False],
        ("320999001002", "registered"): [4, 4, True],
        ("320999001002", "resident"): [4, 4, True],
    }
    sheets = evaluation_sheets(rows, town.profile)
    assert len(sheets[0].frame) == 5
    assert len(sheets[1].frame) == 6


@pytest.mark.parametrize(
    ("measure", "ours", "theirs", "verdict"),
    [
        ("registered", 1030, 1000, True),
        ("registered", 1031, 1000, False),
        ("registered", 13, 10, True),
        ("births", 9, 10, False),
        ("births", 10, 10, True),
        ("births", 13, 10, True),
        ("deaths", 0, 1, False),
    ],
)
def test_what_is_plausible(town, measure, ours, theirs, verdict):
    assert is_plausible(measure, ours, theirs, town.profile.plausibility) is verdict


def test_two_surveys_and_what_differs_is_registered_once(tmp_path, town, vault, homes):
    head = ["普查区", "户主姓名", "身份证号", "住址", "居住人数"]
    own = [
        head,
        ["东方花园社区", "甲某", IDENTITIES[0], "东方花园1号楼1单元101", 3],
        ["东方花园社区", "戊某", "", "东方花园3幢501", 1],
    ]
    form = [
        head,
        ["东方花园社区", "甲某", IDENTITIES[0], "东方花园1号楼1单元101", 4],
        ["王家村", "己某", "", "王家村9组1号", 2],
    ]
    form.append(["王家村", "", "", "王家村9组2号", 0])
    first, second = (write_xlsx(tmp_path / f"{n}.xlsx", rows) for n, rows in (("清查", own), ("一户一表", form)))
    surveys = compare_surveys(first, second, town.profile)
    result = surveys.as_json()
    assert (result["both"], result["only_left"], result["only_right"], result["not_comparable"]) == (1, 1, 1, 1)
    assert result["conflicts"]["h2a"] == 1
    sheets = survey_sheets(surveys)
    assert not any("某" in sheet.frame.to_string() for sheet in sheets)
    assert "戊某" in survey_sheets(surveys, names=True)[1].frame.to_string()

    def stop(fraction, _text):
        if fraction > 0.9:
            raise Cancelled

    with pytest.raises(Cancelled):
        register_discrepancies(town, vault, surveys, report=stop)
    assert entered(town, "supplementary").empty  # both surveys, or none
    assert register_records(vault, reason="a test") == {}
    done = register_discrepancies(town, vault, surveys)
    assert [each.added for each in done] == [2, 1]
    assert [each.added for each in register_discrepancies(town, vault, surveys)] == [0, 0]
    entries = entered(town, "supplementary")
    assert entries["household_uid"].tolist() == [homes[0], None, None]
    heads = {person["head"] for person in register_records(vault, reason="a test").values()}
    assert heads == {"甲某", "戊某", "己某"}


def test_rows_that_name_nobody_are_compared_by_their_address_and_the_rest_is_listed(tmp_path, town):
    head = ["户主姓名", "身份证号", "住址", "居住人数"]
    own = [
        head,
        ["", "", "东方花园1号楼1单元101室", 0],  # the other survey met somebody there
        ["", "", "东方花园1号楼1单元102室", 0],  # vacant in both
        ["", "", "东方花园2号楼1单元101室", 0],  # twice in the other survey
        ["", "", "王家村3组15号", 0],  # unknown to the other survey
        ["戊某", "", "东方花园3幢501", 1],  # two named people at one address are two people
    ]
    form = [
        head,
        ["己某", IDENTITIES[0], "东方花园 1-1-101", 2],
        ["", "", "东方花园1号楼1单元102室", 0],
        ["", "", "东方花园2号楼1单元101室", 0],
        ["", "", "东方花园2号楼1单元101室", 0],
        ["庚某", "", "东方花园3幢501", 1],
    ]
    first, second = (write_xlsx(tmp_path / f"{n}.xlsx", rows) for n, rows in (("清查", own), ("一户一表", form)))
    surveys = compare_surveys(first, second, town.profile)
    result = surveys.as_json()
    assert result["stages"]["address"] == 2
    assert (result["both"], result["only_left"], result["only_right"], result["not_comparable"]) == (2, 1, 1, 4)
    assert result["conflicts"]["h2a"] == 1
    assert [row for _sheet, row in surveys.nameless_first] == [4, 5]
    assert [row for _sheet, row in surveys.nameless_second] == [4, 5]
    listed = {sheet.title: len(sheet.frame) for sheet in survey_sheets(surveys)}
    assert sorted(n for title, n in listed.items() if "not compared" in title) == [2, 2]


NEXT = [
    ["东方花园社区", 9, "甲某", IDENTITIES[0], "13900000009", "东方花园1号楼1单元101", 3, 2, 1],
    ["东方花园社区", 8, "乙某", "", "13800000002", "东方花园1号楼1单元102", 0, 2, 1],
    ["王家村", 7, "丁某", "", "", "王家村3组15号", 4, 4, 1],
    ["东方花园社区", 3, "新某", "", "", "东方花园2号楼1单元201", 1, 1, 1],
]


def test_old_numbers_stand_and_a_new_household_takes_the_next(tmp_path, town, vault, homes):
    path = write_xlsx(tmp_path / "11月.xlsx", [HEADER, *NEXT])
    looked = update_roster(town, vault, path, apply=False)
    assert looked.as_json()["added"] == 1
    assert town.read("household")["number"].tolist() == [1, 2, 3, 1]
    found = update_roster(town, vault, path)
    result = found.as_json()
    wanted = {"applied": True, "added": 1, "gone": 1, "changed": 1, "numbers_kept": 3, "numbers_given": 1}
    assert {name: result[name] for name in wanted} == wanted
    rows = town.read("household")
    assert rows.loc[homes, "number"].tolist() == [1, 2, 3, 1]
    new = rows.drop(index=homes)
    assert (new["number"].tolist(), new["code"].tolist()) == ([4], [f"{MINIS[0]}004"])
    assert result["mini_areas"] == [{"mini_area": MINIS[0], "added": 1, "gone": 1, "changed": 1}]
    again = update_roster(town, vault, path).as_json()
    assert (again["added"], again["changed"], again["numbers_given"]) == (0, 0, 0)
    assert town.read("household")["number"].tolist() == [1, 2, 3, 1, 4]


def test_a_number_once_used_is_not_given_again(tmp_path, town, vault, homes):
    with town.transaction("test") as write:
        write.delete("household", [homes[2]])
    with vault.transaction():
        vault.remove([homes[2]])
    update_roster(town, vault, write_xlsx(tmp_path / "11月.xlsx", [HEADER, *NEXT]))
    assert town.read("household")["number"].tolist() == [1, 2, 1, 4]


@pytest.mark.usefixtures("homes")
def test_a_late_household_is_numbered_in_a_locked_mini_area(tmp_path, town, vault):
    for status in range(1, 5):
        with town.transaction("test") as write:
            write.update("mini_area", pd.DataFrame({"status": [status]}, index=[uid("m1")]))
    update_roster(town, vault, write_xlsx(tmp_path / "11月.xlsx", [HEADER, *NEXT]))
    assert town.read("household")["number"].tolist() == [1, 2, 3, 1, 4]


def test_an_address_that_changes_in_a_locked_mini_area_takes_nobody_out_of_it(tmp_path, town, vault, homes):
    for status in range(1, 5):
        with town.transaction("test") as write:
            write.update("mini_area", pd.DataFrame({"status": [status]}, index=[uid("m1")]))
    columns = ["number", "building_uid", "dwelling_uid", "link_state"]
    before = town.read("household").loc[homes[:3], columns]
    moved = [[*NEXT[0][:5], "东方花园9号楼1单元901", *NEXT[0][6:]], *NEXT[1:]]
    done = update_roster(town, vault, write_xlsx(tmp_path / "11月.xlsx", [HEADER, *moved]))
    link_roster(town, vault)
    assert town.read("household").loc[homes[:3], columns].equals(before)
    assert done.as_json()["changed"] == 1


@pytest.mark.usefixtures("homes")
def test_the_open_report_holds_no_part_of_a_name_or_value(tmp_path, town, vault):
    renamed = [[*NEXT[0][:2], "甲大某", *NEXT[0][3:]], *NEXT[1:]]
    found = update_roster(town, vault, write_xlsx(tmp_path / "11月.xlsx", [HEADER, *renamed]))
    opened, named = (
        "\n".join(sheet.frame.to_string() for sheet in update_sheets(found, names=names)) for names in (False, True)
    )
    for personal in ("某", "甲", "丙", "13900000009", IDENTITIES[0]):
        assert personal not in opened
    assert all(text in named for text in ("甲大某", "新某", "丙某", "13900000009"))
    changed = update_sheets(found)[3].frame
    assert changed.iloc[:, -2:].to_numpy().tolist() == [[3, 2], ["***", "***"], ["***", "***"]]


def test_the_fixtures_stand(town, vault, homes):
    assert set(town.read("household")["census_area_uid"]) == {ESTATE, VILLAGE}
    assert set(town.read("household")["building_uid"]) == {building("E1"), building("E2"), building("V1")}
    assert vault.path == vault_path(town.path)
    assert len(homes) == 4
