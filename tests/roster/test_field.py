"""Visits, registers and persons from the sheets of the field: taken in once, corrected, never doubled; their lists."""

import re
import zipfile
from datetime import date, datetime

import pandas as pd
import pytest
import xlsxwriter

from census_map.errors import InputError
from census_map.roster.days import read_clock, read_day
from census_map.roster.field_lists import FIELD_LISTS
from census_map.roster.importing import import_roster
from census_map.roster.link import link_roster
from census_map.roster.list_sheets import list_sheets
from census_map.roster.persons import import_persons, read_persons
from census_map.roster.registers import import_register
from census_map.roster.tables import table_sheets
from census_map.roster.visits import import_visits, visit_records, visit_states
from census_map.roster.workbook import write_workbook
from tests.roster.conftest import ESTATE, building, dwelling, write_sheets, write_xlsx
from tests.small_township import uid

TODAY = date(2020, 11, 20)
IDENTITIES = ["11010519491231002X", "440524188001010014"]
ROSTER = [
    ["普查区", "户编号", "户主姓名", "身份证号", "联系电话", "住址", "户籍人数", "居住人数", "分类", "户别"],
    ["东方花园社区", 1, "甲某", IDENTITIES[0], "13800000001", "东方花园1号楼1单元101", 3, 3, 1, "家庭户"],
    ["东方花园社区", 2, "乙某", "", "13800000002", "东方花园1号楼1单元102", 0, 2, 1, "家庭户"],
    ["东方花园社区", 3, "丙某", "", "", "东方花园2号楼1单元101", 2, 0, 3, "家庭户"],
    ["东方花园社区", 4, "甲某", IDENTITIES[0], "", "东方花园2号楼1单元201", 0, 1, 1, "家庭户"],
    ["王家村", 5, "丁某", "", "", "王家村3组15号", 1, 0, 4, "家庭户"],
    ["王家村", 6, "纺织厂宿舍", "", "", "王家村3组16号", 0, 9, 1, "集体户"],
]
HEADER = ["户编码", "日期", "方式", "结果", "预约日期", "预约时间", "备注", "联系电话", "人户情况", "出生人数"]


@pytest.fixture
def homes(tmp_path, town, vault):
    """The roster, linked, with codes; uids in its order."""
    with town.transaction("test") as write:
        areas = town.read("census_area", columns=["geometry"])
        minis = areas.set_axis([uid("m1"), uid("m2")]).assign(
            code=["320999001001001", "320999001002001"], census_area_uid=areas.index, kind="ordinary", status=0
        )
        write.insert("mini_area", minis)
        buildings = town.read("building", columns=["address"])
        village = ["王家村" in (text or "") for text in buildings["address"]]
        write.update(
            "building",
            pd.DataFrame({"mini_area_uid": [uid("m2" if v else "m1") for v in village]}, index=buildings.index),
        )
        write.update("building", pd.DataFrame({"code": ["3209990010010010001"]}, index=[building("E1")]))
    import_roster(town, vault, write_xlsx(tmp_path / "底册.xlsx", ROSTER))
    link_roster(town, vault)
    rows = town.read("household", columns=["number", "census_area_uid"])
    with town.transaction("test") as write:
        mini = ["320999001001001" if area == ESTATE else "320999001002001" for area in rows["census_area_uid"]]
        codes = [f"{code}{number:03d}" for code, number in zip(mini, rows["number"], strict=True)]
        write.update("household", pd.DataFrame({"code": codes}, index=rows.index))
    return rows.index.tolist()


def visits(town, vault, path, **options):
    return import_visits(town, vault, path, today=TODAY, **options)


def counts(done):
    return done.added, done.changed, done.unchanged, done.left_out


def kinds(done):
    return [(problem.row, problem.kind) for problem in done.problems]


SHEET = [
    HEADER,
    ["320999001001001001", date(2020, 11, 1), "入户", "已登记", "", "", "门口有狗", "", "人在户在", 1],
    ["320999001001001002", "2020年11月1日", "电话", "预约", "11月5日", "晚上7点", "", "13912345678", "人在户不在", ""],
    ["320999001001001003", 44136, "上门", "无人在家", "", "", "", "", "户在人不在", ""],
]


def test_a_days_sheet_is_taken_in_once_under_any_name(tmp_path, town, vault, homes):
    done = visits(town, vault, write_xlsx(tmp_path / "11-01.xlsx", SHEET))
    assert counts(done) == (3, 0, 0, 0)
    assert done.problems == ()
    log = town.read("visit")
    assert [str(day)[:10] for day in log["day"]] == ["2020-11-01"] * 3
    assert log["household_uid"].tolist() == homes[:3]
    assert log["kind"].tolist() == ["visit", "phone", "visit"]
    assert log["outcome"].tolist() == ["done", "later", "nobody"]
    assert str(log["appointment"].iloc[1])[:10] == "2020-11-05"
    assert log["appointment_time"].iloc[1] == "19:00"
    assert counts(visits(town, vault, tmp_path / "11-01.xlsx")) == (0, 0, 3, 0)
    assert counts(visits(town, vault, write_xlsx(tmp_path / "copy.xlsx", SHEET))) == (0, 0, 3, 0)
    households = town.read("household").loc[homes]
    assert households["presence"].tolist()[:3] == ["here", "registered_elsewhere", "absent"]
    assert households["births"].iloc[0] == 1
    assert set(visit_records(vault, reason="a test").values()) == {("", "门口有狗"), ("13912345678", ""), ("", "")}


def test_a_corrected_sheet_updates_and_a_second_attempt_is_another_visit(tmp_path, town, vault, homes):
    visits(town, vault, write_xlsx(tmp_path / "a.xlsx", SHEET))
    corrected = [SHEET[0], [*SHEET[1][:6], "狗已拴", *SHEET[1][7:]], SHEET[2], [*SHEET[3][:3], "已登记", *SHEET[3][4:]]]
    again = [*SHEET[3][:3], "预约", "2020-11-09", "", "", "", "", ""]
    done = visits(town, vault, write_xlsx(tmp_path / "a.xlsx", [*corrected, again]))
    assert counts(done) == (1, 2, 1, 0)
    states = visit_states(town)
    assert states.loc[homes[2], ["attempts", "calls", "outcome"]].tolist() == [2, 0, "later"]
    assert states.loc[homes[1], ["attempts", "calls"]].tolist() == [0, 1]
    assert len(town.read("visit")) == 4


@pytest.mark.parametrize(
    ("column", "value", "row"),
    [
        ("户编号", 2, 1),
        ("底册行号", 3, 1),
        ("身份证号", IDENTITIES[0], None),  # one owner, two houses: the number alone does not say which
        ("户主姓名", "乙某", 1),
    ],
)
def test_a_household_is_found_by_what_is_written_on_paper(tmp_path, town, vault, homes, column, value, row):
    sheet = [["普查区", column, "日期", "结果"], ["东方花园社区", value, "2020-11-01", "已登记"]]
    done = visits(town, vault, write_xlsx(tmp_path / "a.xlsx", sheet))
    found = town.read("visit")["household_uid"].tolist()
    assert found == ([homes[row]] if row is not None else [])
    assert kinds(done) == ([] if row is not None else [(2, "ambiguous")])


@pytest.mark.usefixtures("homes")
def test_wrong_rows_are_named_and_the_others_taken(tmp_path, town, vault):
    rows = [
        ["320999001001001009", "2020-11-01", "", "已登记"],
        ["320999999001001001", "2020-11-01", "", "已登记"],
        ["320999001001001001", "二月三十日", "", "已登记"],
        ["320999001001001001", "2020-12-01", "", "已登记"],
        ["320999001001001001", "", "", "已登记"],
        ["320999001001001001", "2020-11-02", "", "哈哈"],
        ["320999001001001001", "2020-11-02", "", "哈哈"],
        ["", "2020-11-02", "", "已登记"],
    ]
    done = visits(town, vault, write_xlsx(tmp_path / "a.xlsx", [["户编码", "日期", "方式", "结果"], *rows]))
    assert counts(done) == (1, 0, 0, 7)
    assert kinds(done) == [
        (2, "code-unknown"), (3, "other-township"), (4, "day-unreadable"), (5, "day-future"), (6, "day-empty"),
        (7, "outcome-unreadable"), (8, "outcome-unreadable"), (8, "repeated"), (9, "no-key"),
    ]  # fmt: skip
    assert all(problem.sheet == "底册" and problem.message and problem.fix for problem in done.problems)
    assert done.problems[0].column == "A 户编码"


def test_who_went_there_is_a_number_and_never_a_slipped_name(tmp_path, town, vault, homes):
    rows = [
        ["户编码", "日期", "普查员"],
        *([f"32099900100100100{n}", "2020-11-01", who] for n, who in enumerate(WHO, 1)),
    ]
    done = visits(town, vault, write_xlsx(tmp_path / "a.xlsx", rows))
    assert town.read("visit")["staff"].tolist() == ["P012", None, None]
    assert kinds(done) == [(3, "staff-unknown"), (4, "staff-unknown")]
    with town.transaction("test") as write:
        write.insert("staff", pd.DataFrame({"number": ["07"], "name": ["王指导"], "role": ["enumerator"]}))
    again = [rows[0], ["320999001001001002", "2020-11-02", "王指导"], ["320999001001001003", "2020-11-02", "P012"]]
    visits(town, vault, write_xlsx(tmp_path / "b.xlsx", again))
    assert town.read("visit")["staff"].tolist()[3:] == ["07", None]
    assert len(homes) == 6


def test_rows_out_of_range_merged_cells_and_protected_sheets(tmp_path, town, vault, homes):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("走访")
        sheet.protect("secret")
        sheet.merge_range("A1:D1", "东华街道走访登记表")
        sheet.write_row("A2", ["底册行号", "日期", "时间", "结果"])
        sheet.merge_range("A3:A4", 2)
        sheet.write_row("B3", ["2020-11-01", "9:00", "无人"])
        sheet.write_row("B4", ["2020-11-01", "18:00", "已登记"])
        sheet.write_row("A5", [9999, "2020-11-01", "", "已登记"])
        sheet.write_row("A6", ["合计", "", "", 2])
    done = visits(town, vault, path)
    assert counts(done) == (2, 0, 0, 1)
    assert kinds(done) == [(5, "row-unknown")]
    assert town.read("visit")["household_uid"].tolist() == [homes[0]] * 2


@pytest.mark.usefixtures("homes")
def test_a_sheet_of_another_township_is_told_once(tmp_path, town, vault):
    foreign = [[f"320999777001001{n:03d}", "2020-11-01", "已登记"] for n in range(1, 30)]
    done = visits(town, vault, write_xlsx(tmp_path / "a.xlsx", [["户编码", "日期", "结果"], *foreign]))
    assert kinds(done) == [(0, "other-township")]
    assert town.read("visit").empty


@pytest.mark.usefixtures("homes")
def test_a_sheet_without_the_columns_that_are_needed_is_refused(tmp_path, town, vault):
    with pytest.raises(InputError, match="day"):
        visits(town, vault, write_xlsx(tmp_path / "a.xlsx", [["户编码", "结果"], ["320999001001001001", "已登记"]]))
    sheets = {"说明": [["请填写"]], "1日": [HEADER[:4], ["320999001001001001", "11.1", "", "已登记"]]}
    done = visits(town, vault, write_sheets(tmp_path / "b.xlsx", sheets))
    assert (counts(done), kinds(done)) == ((1, 0, 0, 0), [(0, "sheet-unread")])


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2020-11-01", date(2020, 11, 1)),
        ("2020/11/1", date(2020, 11, 1)),
        ("２０２０．１１．１", date(2020, 11, 1)),
        ("20201101", date(2020, 11, 1)),
        ("44136", date(2020, 11, 1)),
        ("二〇二〇年十一月一日", date(2020, 11, 1)),
        ("11月1日", date(2020, 11, 1)),
        ("2020-11-01 19:30", date(2020, 11, 1)),
        ("2020-02-30", None),
        ("1,234", None),
        ("昨天", None),
    ],
)
def test_days_as_clerks_type_them(text, day):
    assert read_day(text, year=2020) == day


@pytest.mark.parametrize(
    ("text", "time"),
    [("19:30", "19:30"), ("下午3点半", "15:30"), ("0.8125", "19:30"), ("晚上七点", "19:00"), ("25:00", None)],
)
def test_times_as_clerks_type_them(text, time):
    assert read_clock(text) == time


WHO = ["P012", "乙某", "13912345678"]
REGISTER = [
    ["普查区", "登记类别", "姓名", "身份证号", "住址", "人数", "备注"],
    ["东方花园社区", "无固定住所", "流浪某", "", "桥洞", 1, "常在车站"],
    ["东方花园社区", "未上户口", "小某", IDENTITIES[1], "", 1, ""],
    ["王家村", "空挂户", "丁某", "", "王家村3组15号", 1, "人在外省"],
]


def test_registers_are_taken_in_once_and_joined_with_what_is_derived(tmp_path, town, vault, homes):
    done = import_register(town, vault, write_xlsx(tmp_path / "台账.xlsx", REGISTER))
    assert counts(done) == (3, 0, 0, 0)
    assert town.read("register")["kind"].tolist() == ["no_fixed_abode", "unregistered_child", "nominal"]
    assert town.read("register")["household_uid"].tolist() == [None, None, homes[4]]
    assert counts(import_register(town, vault, tmp_path / "台账.xlsx")) == (0, 0, 3, 0)
    changed = [*REGISTER[:2], [*REGISTER[2][:5], 2, ""], REGISTER[3]]
    assert counts(import_register(town, vault, write_xlsx(tmp_path / "新.xlsx", changed))) == (0, 1, 2, 0)
    assert town.read("register")["persons"].tolist() == [1, 2, 1]
    opened = {sheet.name: sheet.frame for sheet in list_sheets(town, vault)}
    assert len(opened["Nominal registrations"]) == 1
    assert len(opened["No fixed abode"]) == 1
    assert opened["Collective households"].shape[0] == 1
    named = {sheet.name: sheet.frame for sheet in list_sheets(town, vault, ["no_fixed_abode", "nominal"], names=True)}
    assert named["No fixed abode"]["head of household"].tolist() == ["流浪某"]
    assert named["No fixed abode"]["remark"].tolist() == ["常在车站"]
    assert named["Nominal registrations"]["head of household"].tolist() == ["丁某"]


@pytest.mark.usefixtures("homes")
def test_a_register_that_does_not_say_what_it_is_can_be_told(tmp_path, town, vault):
    rows = [["姓名", "住址"], ["流浪某", "桥洞"]]
    done = import_register(town, vault, write_xlsx(tmp_path / "a.xlsx", rows))
    assert kinds(done) == [(2, "kind-missing")]
    assert counts(import_register(town, vault, tmp_path / "a.xlsx", kind="no_fixed_abode")) == (1, 0, 0, 0)
    named_after = write_xlsx(tmp_path / "b.xlsx", [["姓名", "住址"], ["他某", "船上"]], sheet="无固定住所")
    assert counts(import_register(town, vault, named_after)) == (1, 0, 0, 0)
    with pytest.raises(InputError, match="no register"):
        import_register(town, vault, tmp_path / "a.xlsx", kind="castle")


@pytest.mark.usefixtures("homes")
def test_every_list_can_be_made_and_the_open_version_has_no_names(tmp_path, town, vault):
    visits(town, vault, write_xlsx(tmp_path / "a.xlsx", SHEET))
    import_register(town, vault, write_xlsx(tmp_path / "b.xlsx", REGISTER))
    with town.transaction("test") as write:
        states = pd.DataFrame({"state": ["vacant"]}, index=[dwelling("V3", 0)])
        write.update("dwelling", states)
        write.update("building", pd.DataFrame({"use": ["residential"]}, index=[building("R18")]))
        write.update("building", pd.DataFrame({"address": [None], "use": ["residential"]}, index=[building("V3")]))
    sheets = {sheet.name: sheet for sheet in list_sheets(town, vault, list(FIELD_LISTS))}
    assert list(sheets) == [each.title for each in FIELD_LISTS.values()]
    text = "\n".join(sheet.frame.to_string() for sheet in sheets.values())
    for personal in ("甲某", "乙某", "流浪某", IDENTITIES[0], "13912345678", "门口有狗", "常在车站"):
        assert personal not in text
    again = sheets["To be visited again"].frame
    assert again["outcome"].tolist() == ["appointment made", "nobody met"]
    houses = sheets["Several houses of one owner"].frame
    assert houses["serial number"].tolist() == [1, 2]
    assert len(sheets["Living and registered at different places"].frame) == 4
    assert len(sheets["Buildings without door plate"].frame) == 1
    named = {sheet.name: sheet.frame for sheet in list_sheets(town, vault, names=True)}
    assert named["Several houses of one owner"]["label"].tolist() == ["甲某 1", "甲某 2"]
    assert named["To be visited again"]["phone"].tolist() == ["13912345678", ""]
    with pytest.raises(InputError, match="no list"):
        list_sheets(town, vault, ["castle"])


PERSONS = [
    ["户编码", "姓名", "与户主关系", "性别", "身份证号", "人户情况"],
    ["320999001001001001", "甲某", "户主", "男", IDENTITIES[0], "人在户在"],
    ["", "甲小某", "子", "男", "", "人在户在"],
    ["", "甲小某", "子", "男", "", "人在户在"],
    ["320999001001001002", "乙某", "户主", "女", "", "人在户不在"],
]


def test_persons_go_into_the_vault_and_into_the_restricted_tables_alone(tmp_path, town, vault, homes):
    done = import_persons(town, vault, write_xlsx(tmp_path / "人员.xlsx", PERSONS))
    assert (counts(done), kinds(done)) == ((3, 0, 0, 1), [(4, "repeated")])
    assert counts(import_persons(town, vault, tmp_path / "人员.xlsx")) == (0, 0, 3, 1)
    people = read_persons(vault, reason="a test")
    assert [person["name"] for person in people[homes[0]]] == ["甲某", "甲小某"]
    opened, named = table_sheets(town), table_sheets(town, vault)
    family = named[0].frame
    assert family["name"].dropna().tolist() == ["甲某", "甲小某", "乙某"]
    assert not any("甲小某" in sheet.frame.to_string() for sheet in opened)
    for title in ("persons registered here", "persons who slept here"):
        totals = [sheet.frame[title].fillna(0).sum() for sheet in (opened[0], named[0])]
        assert totals[0] == totals[1]
        assert totals[0] + opened[1].frame[title].fillna(0).sum() == opened[2].frame[title].fillna(0).sum()
    present = opened[2].frame["persons who slept here"].sum()
    assert [opened[place].frame[name].sum() for place, name in ((6, "persons"), (7, "persons who slept here"))] == [
        present
    ] * 2


def test_the_counts_of_a_household_follow_from_its_members_where_all_say_where_they_are(tmp_path, town, vault, homes):
    before = town.read("household")[["registered", "h2a", "h2b"]]
    rows = [
        *PERSONS,
        ["", "乙小某", "子", "男", "", "户在人不在"],
        ["320999001001001003", "丙某", "户主", "女", "", ""],
    ]
    done = import_persons(town, vault, write_xlsx(tmp_path / "人员.xlsx", rows))
    after = town.read("household")[["registered", "h2a", "h2b"]]
    assert after.loc[homes[0]].tolist() == [2, 2, 0]
    assert after.loc[homes[1]].tolist() == [1, 1, 1]
    assert after.loc[homes[2:]].equals(before.loc[homes[2:]])
    assert ("presence-missing", 7) in [(problem.kind, problem.row) for problem in done.problems]
    assert done.counted == 2
    assert import_persons(town, vault, tmp_path / "人员.xlsx").counted == 0
    bare = write_xlsx(tmp_path / "b.xlsx", [row[:-1] for row in PERSONS])
    assert "presence-column-missing" in [problem.kind for problem in import_persons(town, vault, bare).problems]


def test_times_of_day_in_cells_are_read(tmp_path, town, vault, homes):
    rows = [["户编码", "日期", "时间", "结果"], ["320999001001001001", datetime(2020, 11, 1, 9, 30), "9:30", "无人"]]  # noqa: DTZ001
    rows.append(["320999001001001001", datetime(2020, 11, 1, 18, 0), "下午6点", "已登记"])  # noqa: DTZ001
    assert counts(visits(town, vault, write_xlsx(tmp_path / "a.xlsx", rows))) == (2, 0, 0, 0)
    assert town.read("visit")["time"].tolist() == ["09:30", "18:00"]
    assert visit_states(town).loc[homes[0], "outcome"] == "done"


def test_every_table_prints_on_paper_with_its_header_on_each_page(tmp_path, town, homes):
    write_workbook(tmp_path / "tables.xlsx", table_sheets(town))
    with zipfile.ZipFile(tmp_path / "tables.xlsx") as book:
        names = re.findall(r'definedName name="([^"]+)"', book.read("xl/workbook.xml").decode())
        sheets = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    assert names.count("_xlnm.Print_Titles") == names.count("_xlnm.Print_Area") == len(sheets) == 8
    for sheet in sheets:
        setup = re.search("<pageSetup[^>]*>", sheet)
        assert setup is not None
        assert {'paperSize="9"', 'orientation="landscape"', 'fitToHeight="0"'} <= set(setup[0].rstrip("/>").split())
        assert "&amp;P / &amp;N" in sheet
        assert "<f>" not in sheet
    assert len(homes) == 6
