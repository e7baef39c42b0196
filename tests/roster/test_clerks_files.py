"""Files of the kinds that offices make: read whole, or what is not read is said; and what an update may not replace."""

import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from census_map.errors import InputError
from census_map.profile import load_profile
from census_map.roster.composing import compose_address
from census_map.roster.contradiction import contradict
from census_map.roster.days import birth_digits
from census_map.roster.delimited import read_delimited
from census_map.roster.families import same_family
from census_map.roster.grid import read_grids
from census_map.roster.identity import canonical_identity, identity_fault
from census_map.roster.importing import import_roster
from census_map.roster.likely_names import may_be_name, shown_file
from census_map.roster.place import read_where
from census_map.roster.preview import RosterFile, SheetChoice
from census_map.roster.read import read_roster
from census_map.roster.registers import import_register
from census_map.roster.text import number_value
from census_map.roster.update import update_roster
from census_map.roster.visits import import_visits
from tests.roster.conftest import write_sheets, write_xlsx

CN = load_profile("cn-2020")
HEADER = ["序号", "户主姓名", "身份证号", "联系电话", "住址", "居住人数"]
NUMBERS = [
    "320999197001010014", "320999197001010022", "320999197001010030", "320999197001010049", "320999197001010057",
    "320999197001010065",
]  # fmt: skip
PEOPLE = [
    [n, f"仉测{'甲乙丙丁戊己'[n - 1]}", NUMBERS[n - 1], f"1600000000{n}", f"东方花园1号楼{n}单元101室", n]
    for n in range(1, 7)
]
NAMES = [row[1] for row in PEOPLE]


def heads(path: Path) -> list[str]:
    return read_roster(path, CN).rows["head"].tolist()


def kinds(path: Path) -> set[tuple[str, str]]:
    return {(problem.kind, problem.severity) for problem in read_roster(path, CN).problems}


def beside(left: list[list[object]], right: list[list[object]], gap: int) -> list[list[object]]:
    return [[*one, *[""] * gap, *other] for one, other in zip(left, right, strict=True)]


@pytest.mark.parametrize("gap", [0, 1, 3])
@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5], [4, 3, 1, 0, 5, 2]])
def test_tables_side_by_side_are_read_each(tmp_path, gap, order):
    right = [[row[at] for at in order] for row in [HEADER, *PEOPLE[3:]]]
    path = write_xlsx(tmp_path / "r.xlsx", beside([HEADER, *PEOPLE[:3]], right, gap))
    rows = read_roster(path, CN).rows
    assert rows["head"].tolist() == NAMES
    assert rows["identity"].tolist() == NUMBERS


def test_three_tables_and_one_that_begins_further_down(tmp_path):
    three = [[*HEADER, *HEADER, *HEADER], *([*PEOPLE[n], *PEOPLE[n + 2], *PEOPLE[n + 4]] for n in range(2))]
    assert sorted(heads(write_xlsx(tmp_path / "a.xlsx", three))) == sorted(NAMES)
    left = [["左册", *[""] * 5], HEADER, *PEOPLE[:4]]
    right = [[""] * 6, ["右册", *[""] * 5], [""] * 6, HEADER, *PEOPLE[4:]]
    assert heads(write_xlsx(tmp_path / "b.xlsx", beside(left, right, 1))) == NAMES


def test_a_second_block_without_a_header_is_an_error_that_names_its_columns(tmp_path):
    path = write_xlsx(tmp_path / "r.xlsx", beside([HEADER, *PEOPLE[:3]], [[""] * 6, *PEOPLE[3:]], 1))
    problem = next(p for p in read_roster(path, CN).problems if p.kind == "column-without-header")
    assert (problem.severity, problem.column) == ("error", "H–M")


def test_the_window_reads_tables_side_by_side_as_well(tmp_path):
    path = write_xlsx(tmp_path / "r.xlsx", beside([HEADER, *PEOPLE[:3]], [HEADER, *PEOPLE[3:]], 1))
    file = RosterFile(path, CN)
    looks = {sheet: file.look(sheet) for sheet in file.sheets}
    choices = {
        sheet: SheetChoice(look.header_row, {c.index: c.field for c in look.columns if c.field})
        for sheet, look in looks.items()
    }
    assert file.read(choices).rows["head"].tolist() == NAMES


def test_a_second_table_below_in_another_order_and_a_table_of_others(tmp_path):
    order = [0, 4, 1, 2, 3, 5]
    below = [[row[at] for at in order] for row in [HEADER, *PEOPLE[3:]]]
    rows = read_roster(write_xlsx(tmp_path / "a.xlsx", [HEADER, *PEOPLE[:3], [], ["第二部分"], *below]), CN).rows
    assert (rows["head"].tolist(), rows["identity"].tolist()) == (NAMES, NUMBERS)
    staff = [["序号", "姓名", "职务", "电话"], [1, "王管理", "组长", "16000000088"]]
    path = write_xlsx(tmp_path / "b.xlsx", [HEADER, *PEOPLE, [], ["工作人员"], *staff])
    assert heads(path) == NAMES
    assert ("table-below", "error") in kinds(path)


def test_headers_in_two_and_three_rows(tmp_path):
    rows = [
        ["序号", "户主情况", "", "住址", "", "人口", "", ""],
        ["", "姓名", "证件号码", "楼号", "室号", "户籍人口", "其中", ""],
        ["", "", "", "", "", "合计", "男", "女"],
        [1, "仉甲", NUMBERS[0], "东方花园1号楼", "101", 3, 1, 2],
    ]
    found = read_roster(write_xlsx(tmp_path / "r.xlsx", rows), CN).rows.iloc[0]
    assert found[["head", "identity", "room", "registered"]].tolist() == ["仉甲", NUMBERS[0], "101", "3"]


def test_headers_whose_words_are_torn_and_columns_that_are_numbered(tmp_path):
    rows = [
        ["编号", "户主信息", "", "", "房屋信息", ""], ["", "姓名", "身份", "联系", "小区", "房号"],
        ["", "", "证号", "方式", "名称", ""], [1, "仉甲", NUMBERS[0], "16000000001", "东方花园", "1-2-101"],
    ]  # fmt: skip
    found = read_roster(write_xlsx(tmp_path / "a.xlsx", rows), CN).rows
    assert found[["head", "identity", "phone", "address"]].to_numpy().tolist() == [
        ["仉甲", NUMBERS[0], "16000000001", "东方花园"]
    ]
    for numbered in ([1, 2, 3, 4, 5, 6], ["甲", "乙", "丙", "1", "2", "3"]):
        assert heads(write_xlsx(tmp_path / "b.xlsx", [HEADER, numbered, *PEOPLE])) == NAMES


def test_english_headers_are_known_and_a_title_in_between_is_no_heading(tmp_path):
    rows = [["Full name", "Phone number", "ID No.", "Home address", "Household size"]]
    rows += [["Zhang San", "16000000001", NUMBERS[0], "东方花园1号楼101", 3]]
    found = read_roster(write_xlsx(tmp_path / "e.xlsx", rows), CN).rows.iloc[0]
    assert found[["head", "phone", "identity", "h2a"]].tolist() == ["Zhang San", "16000000001", NUMBERS[0], "3"]
    title = ["东方花园社区户主姓名底册（续）"]
    rows = read_roster(write_xlsx(tmp_path / "t.xlsx", [HEADER, *PEOPLE[:3], title, HEADER, *PEOPLE[3:]]), CN).rows
    assert (rows["head"].tolist(), set(rows["heading"])) == (NAMES, {""})


def test_of_a_list_of_persons_heads_alone_are_taken_and_the_rest_is_said(tmp_path):
    header = ["姓名", "与户主关系", "住址"]
    rows = [header, ["仉乙", "妻", "东方花园1号楼101"], ["仉甲", "户主", "东方花园1号楼101"], ["仉丙", "子", "2号楼9"]]
    path = write_xlsx(tmp_path / "r.xlsx", rows)
    assert heads(path) == ["仉甲"]
    assert {("members", "warning"), ("headless", "error")} <= kinds(path)
    with pytest.raises(InputError, match="roster persons"):
        heads(write_xlsx(tmp_path / "n.xlsx", [header, rows[1]]))
    assert len(read_roster(path, CN, persons=True).rows) == 3


@pytest.mark.parametrize(
    "sheet",
    [
        [["网格长", "姓名", "户数", "人数"], ["一网格", "王管理", 36, 100], ["二网格", "李管理", 30, 80]],
        [["楼号", "单元", "住户数", "居住人数"], ["1号楼", 1, 36, 100]],
        [["行标签", "计数项:户主姓名", "求和项:居住人数"], ["东方花园", 36, 100]],
        [["普查小区", "户数", "户籍人口", "现住人口"], ["001", 36, 100, 90]],
    ],
)
def test_tables_of_totals_are_no_households(tmp_path, sheet):
    assert heads(write_sheets(tmp_path / "r.xlsx", {"底册": [HEADER, *PEOPLE], "统计": sheet})) == NAMES


FORM = [
    ["住户登记表"], ["户主姓名：", "仉测辛", "性别", "男"], ["身份证号：", NUMBERS[0], "电话：", "16000000009"],
    ["现住址：", "东方花园1号楼101"], ["家庭成员"], ["姓名", "关系", "年龄"], ["仉测壬", "子", 3],
]  # fmt: skip


@pytest.mark.parametrize(
    "form",
    [
        FORM,
        [["姓名", "仉测辛", "", "姓名", "仉测壬"], ["地址", "东方花园1号楼101", "", "地址", "东方花园1号楼102"]],
        [["户主", "仉测辛"], ["住址", "东方花园1号楼101"], ["联系电话", "16000000009"]],
    ],
)
def test_forms_are_refused_and_name_nobody(tmp_path, form):
    with pytest.raises(InputError, match="form of one household") as refused:
        read_roster(write_xlsx(tmp_path / "f.xlsx", form), CN)
    assert "仉测" not in str(refused.value)
    path = write_sheets(tmp_path / "r.xlsx", {"底册": [HEADER, *PEOPLE], "卡": form})
    assert heads(path) == NAMES
    assert ("sheet-form", "error") in kinds(path)
    assert "仉测辛" not in str(read_roster(path, CN).preview())


def test_who_filled_a_list_in_makes_no_form_of_it(tmp_path):
    above = ["填表人", "王管理", "联系电话", "16000000077"]
    assert heads(write_xlsx(tmp_path / "r.xlsx", [above, HEADER, *PEOPLE])) == NAMES


@pytest.mark.parametrize(
    "last",
    [
        ["", "合计", "", "", "共6户", 21], ["本页小计", "", "", "", "", 21], ["共6户21人"], ["", "", "", "", "", 21],
        ["1号楼合计", "", "", "", "", 21], [7, "", "", "", "", 0], ["8"], ["填报人：王某", "", "", "负责人："],
        ["2、请核对后签字"], ["2026.11.1"], ["", "村主任（签字）："], ["（以下空白）"], ["", "", "", "", "总户数", 6],
    ],
)  # fmt: skip
def test_totals_notes_and_unused_lines_are_no_households(tmp_path, last):
    assert heads(write_xlsx(tmp_path / "r.xlsx", [HEADER, *PEOPLE, last])) == NAMES


def test_a_line_that_counts_people_and_names_nobody_is_an_error(tmp_path):
    path = write_xlsx(tmp_path / "r.xlsx", [HEADER, *PEOPLE[:2], [3, "", "", "", "", 4], *PEOPLE[3:]])
    assert ("row-incomplete", "error") in kinds(path)


@pytest.mark.parametrize(
    ("header", "row", "head", "phone"),
    [
        (["房东", "房东电话", "承租人", "联系电话", "地址"], ["王东", "139", "仉甲", "160", "1号楼101"], "仉甲", "160"),
        (["房东", "房东电话", "承租人", "联系电话", "地址"], ["王东", "139", "", "", "1号楼101"], "王东", "139"),
        (["户主姓名", "电话", "租客姓名", "租客电话", "住址"], ["王东", "139", "仉甲", "160", "1"], "仉甲", "160"),
        (["产权人", "姓名", "电话", "住址"], ["王东", "仉甲", "160", "1号楼101"], "仉甲", "160"),
        (["业主姓名", "业主电话", "房号"], ["王东", "139", "1-101"], "王东", "139"),
        (["户主", "住址", "监护人姓名", "监护人电话"], ["仉甲", "1号楼101", "李监", "139"], "仉甲", ""),
    ],
)
def test_nobody_gets_the_phone_of_somebody_else(tmp_path, header, row, head, phone):
    found = read_roster(write_xlsx(tmp_path / "r.xlsx", [header, row]), CN).rows.iloc[0]
    assert (found["head"], found["phone"]) == (head, phone)


@pytest.mark.parametrize(
    ("address", "parts", "text"),
    [
        ("", {"group": "3", "door": "15"}, "3组15号"),
        ("", {"village": "东沟屯", "group": "第三组", "door": "5号"}, "东沟屯第三组5号"),
        ("", {"road": "人民路", "lane": "12", "door": "3-1"}, "人民路12弄3-1号"),
        ("5号101", {"road": "柳巷"}, "柳巷5号101"),
        ("柳巷5号101", {"road": "柳巷", "door": "5"}, "柳巷5号101"),
        ("3号楼101", {"estate": "东方花园"}, "东方花园3号楼101"),
        ("东方花园3号楼101", {"estate": "东方花园小区"}, "东方花园3号楼101"),
        ("", {"estate": "001"}, ""),
    ],
)  # fmt: skip
def test_parts_of_an_address_are_said_once_with_their_units(address, parts, text):
    assert compose_address(address, parts) == text


def test_a_column_that_is_not_read_is_said(tmp_path):
    rows = [[*HEADER, "外来原因", "性别"], [*PEOPLE[0], "务工", "男"]]
    problems = read_roster(write_xlsx(tmp_path / "r.xlsx", rows), CN).problems
    assert {(p.column, p.severity) for p in problems if p.kind == "column-unread"} == {
        ("G 外来原因", "warning"), ("H 性别", "info"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "rows", "opened"),
    [
        ('a,b,c\n1,"x\ny",3\n2,"q""z",4\n', [["a", "b", "c"], ["1", "x\ny", "3"], ["2", 'q"z', "4"]], ()),
        ('a,b,c\n1,"x,2\n2,y,4\n3,z,5\n', [["a", "b", "c"], ["1", "x", "2"], ["2", "y", "4"], ["3", "z", "5"]], (2,)),
        ('a,b,c\n1,"x,2\n2,"y,4\n', [["a", "b", "c"], ["1", "x", "2"], ["2", "y", "4"]], (2, 3)),
        ('a;b\n1;"x\n', [["a", "b"], ["1", "x"]], (2,)),
        ('a,b\n1,5" pipe\n2,x\n', [["a", "b"], ["1", '5" pipe'], ["2", "x"]], ()),
    ],
)
def test_a_mark_that_is_never_closed_swallows_no_row(text, rows, opened):
    found, named = read_delimited(text)
    assert named == opened
    assert [row for row in found if row] == rows


@pytest.mark.parametrize(
    ("text", "value"),
    [("2,000", 2000), ("２，０００", 2000), ("1 234", 1234), ("３", 3), ("3.0", 3), ("2.000", None), ("12,5", None)],
)
def test_thousands_are_thousands(text, value):
    assert number_value(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "1970-01-31", "1970/1/31", "1970.1.31", "19700131", "1970年1月31日", "25599", "70.1.31", "1/31/1970",
        "31/1/1970",
        "31-Jan-70", "Jan 31, 1970", "一九七〇年一月三十一日", "1970-01-31 00:00:00", "１９７０．１．３１",
    ],
)  # fmt: skip
def test_a_birth_is_one_day_in_every_spelling(text):
    assert birth_digits(text) == "19700131"


@pytest.mark.parametrize("text", ["1970-01", "1970", "1/2/1970", "不详", "1970-13-01", "农历1970年1月1日"])
def test_a_birth_that_is_not_certain_is_none(text):
    assert birth_digits(text) == ""


@pytest.mark.parametrize(
    ("text", "fault", "key"),
    [
        ("320999195203151000", None, "320999195203151000"), ("3.20999197001010E+17", "cut", ""),
        ("320999********0014", "masked", ""), ("32099919700101XXXX", "masked", ""),
        ("H12345678(9)", None, "H123456789"),
        ("护照E12345678", None, "E12345678"), ("办理中", None, ""), ("111111111111111111", "date", ""),
        ("320999810203007", None, "320999198102030078"), ("1101", "length", ""),
    ],
)  # fmt: skip
def test_documents_are_told_from_what_is_none(text, fault, key):
    assert (identity_fault(text), canonical_identity(text)) == (fault, key)


def with_cells(tmp_path: Path, cells: bytes) -> Path:
    good, path = write_xlsx(tmp_path / "good.xlsx", [HEADER, *PEOPLE]), tmp_path / "far.xlsx"
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(b"</sheetData>", cells + b"</sheetData>"))
    return path


@pytest.mark.parametrize(
    "cells",
    [
        b'<row r="1048576"><c r="XFD1048576" t="str"><v> </v></c></row>',
        b"<row r='1048576'><c r='AAB1048576' t='str'><v>x</v></c></row>",
        b'<row r="9"><c r="XFD1048576" t="str"><v>x</v></c></row>',
        b'<x:row r="90000"><c r="ZZZ90000" t="str"><v>x</v></c></x:row>',
    ],
)
def test_far_cells_are_found_before_they_fill_the_memory(tmp_path, cells):
    with pytest.raises(InputError, match="far from all others"):
        read_grids(with_cells(tmp_path, cells))


def test_a_workbook_that_unpacks_without_end_is_refused_by_its_real_size(tmp_path, monkeypatch):
    monkeypatch.setattr("census_map.roster.workbook_look._MOST_BYTES", 300_000)
    with pytest.raises(InputError, match="unpacks to far more"):
        read_grids(with_cells(tmp_path, b" " * 400_000))


def test_hidden_rows_and_sheets_are_said_and_a_hidden_sheet_can_be_asked_for(tmp_path):
    path = tmp_path / "r.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, rows in (("底册", PEOPLE[:3]), ("旧册", PEOPLE[3:])):
            sheet = book.add_worksheet(name)
            for number, row in enumerate([HEADER, *rows]):
                sheet.write_row(number, 0, row)
            if name == "旧册":
                sheet.hide()
            else:
                sheet.set_row(2, None, None, {"hidden": True})
    assert heads(path) == NAMES[:3]
    assert {("rows-hidden", "warning"), ("sheet-hidden", "warning")} <= kinds(path)
    assert read_roster(path, CN, sheet="旧册").rows["head"].tolist() == NAMES[3:]


def test_day_numbers_of_a_workbook_from_1904_are_the_days_they_mean(tmp_path):
    path = tmp_path / "r.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": True}) as book:
        sheet = book.add_worksheet("底册")
        sheet.write_row(0, 0, ["户主姓名", "住址", "出生日期"])
        sheet.write_row(1, 0, ["仉甲", "东方花园1号楼101", 25569 - 1462])
    assert birth_digits(read_roster(path, CN).rows["birth"][0]) == "19700101"


def test_text_and_web_pages_with_the_ending_of_a_workbook(tmp_path):
    path = tmp_path / "r.xls"
    path.write_text("户主姓名\t住址\n仉甲\t东方花园1号楼101\n", encoding="gb18030")
    assert heads(path) == ["仉甲"]
    path.write_text("<html><table><tr><td>户主姓名</td></tr></table></html>", encoding="utf-8")
    with pytest.raises(InputError, match="web page"):
        heads(path)


@pytest.mark.parametrize(
    ("text", "personal"),
    [
        ("仉测甲甲", True), ("王新", True), ("刘国栋", True), ("欧阳小明", True), ("户主李四", True), ("张三家", True),
        ("古丽·买买提", True), ("John Smith", True), ("东方花园社区", False), ("王家村", False), ("2020年底册", False),
        ("Sheet1", False), ("户主姓名底册", False), ("Household list", False),
    ],
)  # fmt: skip
def test_what_may_be_a_name_is_told_from_what_is_a_title(text, personal):
    assert may_be_name(text) is personal
    assert (shown_file(f"{text}.xlsx") == "….xlsx") is personal


def test_titles_of_sheets_and_names_of_files_stay_out_of_the_workspace(tmp_path, town, vault):
    book = write_sheets(tmp_path / "王新的底册.xlsx", {"王新": [HEADER, PEOPLE[0]], "底册": [HEADER, PEOPLE[1]]})
    done = import_roster(town, vault, book)
    visits = [["户主姓名", "住址", "日期", "结果"], [NAMES[0], PEOPLE[0][4], "2020-11-03", "完成"]]
    import_visits(town, vault, write_xlsx(tmp_path / "李四走访.xlsx", visits))
    sources = town.read("household", columns=["source"])["source"].tolist()
    assert [source.endswith(end) for source, end in zip(sources, (".xlsx:sheet 1", ".xlsx:底册"), strict=True)] == [
        True
    ] * 2
    town.close()
    raw = town.path.read_bytes()
    assert not any(name.encode() in raw or name in str(done.as_json()) for name in ("王新", "李四"))


# --- What an update may not replace ---


def updated(tmp_path, town, vault, first, second):
    path = tmp_path / "r.xlsx"
    import_roster(town, vault, write_xlsx(path, first))
    found = update_roster(town, vault, write_xlsx(path, second))
    return found, vault.read(["head", "identity", "phone", "address", "place"], reason="test")


@pytest.mark.parametrize(
    "spoilt",
    [
        [1, "仉**", "3209**********0014", "160****0001", "东方花园1号楼1单元***", ""],
        [1, "仉某", "", "", "东方花园1号楼", 1],
        [1, "仉测甲", "无", "1.6E+10", "", ""],
        [1, "仉女士", NUMBERS[0], "不详", PEOPLE[0][4], 1],
    ],
)
def test_masked_cut_and_empty_cells_replace_nothing(tmp_path, town, vault, spoilt):
    found, values = updated(tmp_path, town, vault, [HEADER, *PEOPLE[:2]], [HEADER, spoilt, PEOPLE[1]])
    assert found.changes.empty
    assert values[["head", "identity", "phone", "address"]].to_numpy().tolist() == [row[1:5] for row in PEOPLE[:2]]
    assert town.read("household")["h2a"].tolist() == [1, 2]
    assert {problem.kind for problem in found.problems} & {"kept-worse", "kept-empty"}


def test_masked_rows_in_another_order_are_still_the_same_households(tmp_path, town, vault):
    masked = [[2, "仉*乙", "320999********0022", "", PEOPLE[1][4], 2], [1, "仉*甲", "", "160****0001", PEOPLE[0][4], 1]]
    found, values = updated(tmp_path, town, vault, [HEADER, *PEOPLE[:2]], [HEADER, *masked])
    assert (len(values), found.changes.empty) == (2, True)


def test_other_columns_of_the_place_keep_what_they_do_not_say(tmp_path, town, vault):
    first = [["户主姓名", "房屋", "楼号", "室号", "人数"], ["仉甲", "", "东方花园1号楼", "101", 3]]
    found, values = updated(tmp_path, town, vault, first, [["户主姓名", "住址"], ["仉甲", "东方花园1号楼"]])
    assert "101" in values["place"].iloc[0]
    assert town.read("household")["h2a"].tolist() == [3]
    assert "kept-column" in {problem.kind for problem in found.problems}


def test_better_values_and_corrections_are_taken(tmp_path, town, vault):
    first = [HEADER, [1, "仉*甲", "320999********0014", "160****0001", PEOPLE[0][4], 1], PEOPLE[1]]
    corrected = [2, "仉测乙", NUMBERS[1], "16000000099", PEOPLE[1][4], 5]
    _found, values = updated(tmp_path, town, vault, first, [HEADER, PEOPLE[0], corrected])
    assert sorted(values["phone"]) == ["16000000001", "16000000099"]
    assert sorted(values["identity"]) == NUMBERS[:2]


@pytest.mark.parametrize(
    ("new", "same"),
    [
        ({"head": "王新人", "identity": "320999199001010011", "phone": "139"}, False),
        ({"head": "李四", "identity": "", "phone": ""}, False),
        ({"head": "仉测由", "identity": NUMBERS[0], "phone": ""}, True),
        ({"head": "仉测由", "identity": "", "phone": ""}, True),
        ({"head": "王新人", "identity": "", "phone": "16000000001"}, True),
        ({"head": "仉小妹", "identity": NUMBERS[1], "phone": ""}, True),
        ({"head": "仉**", "identity": "320999********0014", "phone": ""}, True),
        ({"head": "仉**", "identity": "320999********0022", "phone": ""}, False),
    ],
)
def test_another_family_in_the_same_place_is_another_household(new, same):
    old = {"head": "仉测甲", "identity": NUMBERS[0], "phone": "16000000001", "address": "A"}
    assert same_family(old, {**new, "address": "A"}, {"仉小妹"}) is same


def test_another_family_in_the_same_row_gets_a_household_of_its_own(tmp_path, town, vault):
    stranger = [1, "王新人", "320999199001010011", "13900000001", PEOPLE[0][4], 2]
    found, values = updated(tmp_path, town, vault, [HEADER, *PEOPLE[:2]], [HEADER, stranger, PEOPLE[1]])
    assert found.changes["what"].tolist() == ["added", "gone"]
    assert len(values) == 3


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("东方花园3号楼1单元101室", "东方花园1号楼2单元101室", True),
        ("东方花园1-2-101", "东方花园1号楼2单元101室", False),
        ("东方花园1号楼", "东方花园1号楼2单元101室", False),
        ("人民路12号", "东方花园1号楼2单元101室", False),
        ("王家村3组15号", "王家村4组15号", True),
        ("王家村3组15号", "3组15号", False), ("城市花园1幢", "东方花园1号楼", True),
    ],
)  # fmt: skip
def test_addresses_contradict_where_both_say_a_number_or_name_that_differs(one, other, apart):
    assert contradict(read_where(one), read_where(other)) is apart


@pytest.mark.parametrize(
    "rows",
    [
        [*PEOPLE, *([n, "/", "—", "/", "／", "-"] for n in (7, 8))],
        [*PEOPLE, ["", "——", "——", "——", "——", "——"]],
        [*PEOPLE, *([f"{n:03}", "", "", 0, "", 0] for n in (7, 8))],
        [*PEOPLE, ["", "全社区总人数", "", "", "", 21]],
        [*PEOPLE, ["", "", "", "", "平均每户", 3]],
        [*PEOPLE[:3], ["", "本组总户数", "", "", "", 3], *PEOPLE[3:]],
    ],
)
def test_lines_struck_out_or_filled_with_zeros_and_averages_are_no_households(tmp_path, rows):
    assert heads(write_xlsx(tmp_path / "r.xlsx", [HEADER, *rows])) == NAMES


def test_the_number_of_a_member_is_not_that_of_the_head(tmp_path):
    rows = [
        ["户主姓名", "成员姓名", "成员身份证号", "住址"],
        ["仉测甲", "仉测甲", NUMBERS[0], "东方花园1号楼101"],
        ["仉测甲", "仉测壬", NUMBERS[1], "东方花园1号楼101"],
    ]
    found = read_roster(write_xlsx(tmp_path / "r.xlsx", rows), CN)
    assert set(found.rows["identity"]) == {""}
    assert "column-unread" in {problem.kind for problem in found.problems}
    rows = [["姓名", "称谓", "身份证号", "住址"], ["仉测甲", "本人", NUMBERS[0], "东方花园1号楼101"]]
    rows += [["仉测壬", "妻子", NUMBERS[1], ""], ["仉测癸", "长子", NUMBERS[2], ""]]
    assert heads(write_xlsx(tmp_path / "p.xlsx", rows)) == ["仉测甲"]


@pytest.mark.parametrize(
    ("owner", "tenant"),
    [("甲方（出租）", "乙方（承租）"), ("甲方", "乙方"), ("业主", "实际使用人"), ("产权人", "承租方")],
)
def test_parties_of_a_lease_are_landlord_and_tenant(tmp_path, owner, tenant):
    header = [owner, f"{owner}电话", tenant, f"{tenant}电话", "房屋坐落"]
    row = ["王产权", "16000000008", "仉测甲", "16000000001", "东方花园1号楼1单元101室"]
    found = read_roster(write_xlsx(tmp_path / "r.xlsx", [header, row]), CN).rows.iloc[0]
    assert found[["head", "phone", "address", "owner", "owner_phone"]].tolist() == [row[2], row[3], row[4], *row[:2]]


@pytest.mark.parametrize(
    "header",
    [
        ["SN", "Householder", "Identity Card No.", "Telephone No.", "Residential Address", "Residents"],
        ["S/N", "Name of head", "ID No.", "Mobile No", "Address line", "Household size"],
    ],
)
def test_the_last_word_of_an_english_header_may_be_no_serial_number(tmp_path, header):
    rows = read_roster(write_xlsx(tmp_path / "r.xlsx", [header, PEOPLE[1]]), CN).rows.iloc[0]
    assert rows[["head", "identity", "phone", "address", "h2a"]].tolist() == [*PEOPLE[1][1:5], "2"]


def test_a_plate_below_building_and_entrance_is_that_of_the_flat(tmp_path):
    rows = [["户主", "小区", "楼号", "单元", "门牌"], ["仉测甲", "东方花园", 1, 2, 101]]
    found = read_roster(write_xlsx(tmp_path / "r.xlsx", rows), CN).rows.iloc[0]
    assert found[["address", "building", "entrance", "room"]].tolist() == ["东方花园", "1", "2", "101"]


def test_counts_left_under_a_merged_cell_are_not_read(tmp_path):
    rows = [HEADER, *([*row[:5], 4] for row in PEOPLE)]
    found = read_roster(write_xlsx(tmp_path / "r.xlsx", rows, merged=("F2:F3", "F4:F6")), CN).rows
    assert found["h2a"].tolist() == ["4", "", "4", "", "", "4"]


@pytest.mark.parametrize(
    ("identity", "phone", "address"),
    [
        ("320999………0014", "160-----0001", "东方花园1号楼……"),
        ("320999...0014", "160____0001", "#VALUE!"),
        ("#N/A", "1600000000", "#REF!"),
        ("—", "160000000", "——"),
    ],
)
def test_further_masks_cut_mobiles_and_broken_formulas_replace_nothing(tmp_path, town, vault, identity, phone, address):
    spoilt = [1, "仉测甲", identity, phone, address, 1]
    found, values = updated(tmp_path, town, vault, [HEADER, *PEOPLE[:2]], [HEADER, spoilt, PEOPLE[1]])
    assert found.changes.empty
    assert values[["head", "identity", "phone", "address"]].to_numpy().tolist() == [row[1:5] for row in PEOPLE[:2]]


@pytest.mark.parametrize(
    ("address", "kind"), [("王家村3组15号", ("namesake", "error")), ("王家村四组15号", ("repeated", "warning"))]
)
def test_a_namesake_further_down_a_register_is_not_called_a_repetition(tmp_path, town, vault, address, kind):
    rows = [["姓名", "地址", "登记类别"], ["仉测丙", "王家村4组15号", "空挂户"], ["仉测丙", address, "空挂户"]]
    done = import_register(town, vault, write_xlsx(tmp_path / "r.xlsx", rows))
    assert kind in {(problem.kind, problem.severity) for problem in done.problems}
