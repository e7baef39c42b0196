"""Rosters as clerks make them, read and understood."""

import csv
import io
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from census_map.errors import InputError
from census_map.profile import load_profile
from census_map.roster.encoding import probably_big5
from census_map.roster.read import read_roster
from census_map.roster.values import read_values
from tests.roster.conftest import HEADER, write_sheets, write_xlsx

CN = load_profile("cn-2020")
ROWS = [[1, "甲某", "13800000001", "东方花园1号楼101", 3], [2, "乙某", "13800000002", "东方花园1号楼102", 2]]
DATA = Path(__file__).parent / "data"


def fields(roster, sheet=0):
    return {column.field: column.header for column in roster.sheets[sheet].columns if column.field}


def test_title_rows_and_merged_cells_stand_above_the_header(tmp_path):
    rows = [["户主姓名底册"], ["单位：东方花园社区", "", "", "", "2020年"], HEADER, *ROWS]
    roster = read_roster(write_xlsx(tmp_path / "r.xlsx", rows, merged=("A1:E1",)), CN)
    assert roster.sheets[0].header_rows == (3, 3)
    assert roster.rows["address"].tolist() == ["东方花园1号楼101", "东方花园1号楼102"]
    assert roster.rows["row"].tolist() == [4, 5]


def test_a_header_in_two_rows_is_read_as_one(tmp_path):
    rows = [
        ["序号", "户主姓名", "住址", "人数", ""],
        ["", "", "", "户籍人数", "居住人数"],
        [1, "甲某", "人民路18号", 4, 3],
    ]
    roster = read_roster(write_xlsx(tmp_path / "r.xlsx", rows), CN)
    assert roster.sheets[0].header_rows == (1, 2)
    assert (roster.rows["registered"][0], roster.rows["h2a"][0]) == ("4", "3")


def test_any_order_of_columns_and_synonyms(tmp_path):
    rows = [["现住地址", "手机号", "姓名", "身份证号码", "备注"], ["人民路18号", "13800000001", "甲某", "1", "租户"]]
    roster = read_roster(write_xlsx(tmp_path / "r.xlsx", rows), CN)
    assert {"address", "phone", "head", "identity", "remark"} == set(fields(roster))


def test_a_header_that_is_only_alike_is_told(tmp_path):
    rows = [["户主姓名（必填）", "家庭详细住址"], ["甲某", "人民路18号"]]
    roster = read_roster(write_xlsx(tmp_path / "r.xlsx", rows), CN)
    how = {column.field: column.how for column in roster.sheets[0].columns}
    assert how == {"head": "exact", "address": "alike"}
    assert [problem.kind for problem in roster.problems] == ["column-alike"]


@pytest.mark.parametrize("given", ["栏目三", "C"])
def test_a_column_named_by_the_user(tmp_path, given):
    rows = [["户主姓名", "电话", "栏目三"], ["甲某", "1380000", "人民路18号"]]
    roster = read_roster(write_xlsx(tmp_path / "r.xlsx", rows), CN, mapping={"address": given})
    assert roster.rows["address"].tolist() == ["人民路18号"]


def test_totals_footers_blank_rows_and_repeated_headers_are_no_households(tmp_path):
    rows = [
        HEADER,
        ROWS[0],
        [],
        HEADER,
        ROWS[1],
        ["合计", "", "", "", 5],
        ["制表人：某某", "", "", "审核："],
        ["", "", "", "", 5],
    ]
    roster = read_roster(write_xlsx(tmp_path / "r.xlsx", rows), CN)
    assert len(roster.rows) == 2
    skipped = roster.sheets[0].skipped
    assert (skipped["totals"], skipped["header"], skipped["footer"]) == ((6, 8), (4,), (7,))


def test_a_row_with_a_name_alone_is_a_household_and_a_building_alone_is_a_heading(tmp_path):
    rows = [["户主姓名", "室号", "居住人数"], ["东方花园2号楼", "", ""], ["甲某", "101", 2], ["乙某", "", ""]]
    roster = read_roster(write_xlsx(tmp_path / "r.xlsx", rows), CN)
    assert roster.rows["head"].tolist() == ["甲某", "乙某"]
    assert roster.rows["heading"].tolist() == ["东方花园2号楼", "东方花园2号楼"]


def test_merged_cells_and_ditto_marks_fill_down(tmp_path):
    rows = [["户主姓名", "楼号", "室号"], ["甲某", "1号楼", "101"], ["乙某", "", "102"], ["丙某", "同上", "103"]]
    roster = read_roster(write_xlsx(tmp_path / "r.xlsx", rows, merged=("B2:B3",)), CN)
    assert roster.rows["building"].tolist() == ["1号楼"] * 3


def test_several_sheets_and_one_without_a_header(tmp_path):
    sheets = {"第一居": [HEADER, ROWS[0]], "说明": [["这是说明"]], "第二居": [["表"], HEADER, ROWS[1]]}
    roster = read_roster(write_sheets(tmp_path / "r.xlsx", sheets), CN)
    assert roster.rows["sheet"].tolist() == ["第一居", "第二居"]
    assert [(p.kind, p.sheet) for p in roster.problems] == [("no-header", "说明")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_text_tables_in_any_encoding(tmp_path, encoding):
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["户主姓名底册"], HEADER, *ROWS])
    path = tmp_path / "r.csv"
    path.write_bytes(buffer.getvalue().encode(encoding))
    assert read_roster(path, CN).rows["address"].tolist() == ["东方花园1号楼101", "东方花园1号楼102"]


def test_a_table_in_big5_is_refused_by_name(tmp_path):
    path = tmp_path / "r.csv"
    rows = [
        "戶主姓名,住址,電話",
        "陳淑芬,臺北市大安區羅斯福路三段283巷14弄16號,0912345678",
        "林志明,高雄市三民區建國一路100號2樓,",
    ]
    path.write_bytes("\n".join(rows).encode("big5"))
    with pytest.raises(InputError, match=r"“r\.csv” is probably written in Big5.*save it as xlsx, or as csv in UTF-8"):
        read_roster(path, CN)


def test_no_gbk_text_is_taken_for_big5():
    texts = [",".join([*HEADER, *map(str, row)]) for row in ROWS]
    texts += [
        "户主姓名,住址\n李淑芬,东方花园1号楼101",
        "戶主姓名,住址\n陳淑芬,羅斯福路三段283巷",
        "氏名,住所\n山田,霞が関",
    ]
    assert [text for text in texts if probably_big5(text.encode("gb18030"))] == []
    assert not probably_big5(b"")
    assert not probably_big5("村,路".encode("gbk") * 40000)


def test_a_workbook_of_the_old_kind():
    roster = read_roster(DATA / "roster.xls", CN)
    assert roster.rows["address"].tolist() == ["东方花园1号楼101", "东方花园1号楼102"]
    assert roster.sheets[0].header_rows == (3, 3)


def test_an_open_document_table(tmp_path):
    cells = "".join(
        "<table:table-row>"
        + "".join(f'<table:table-cell office:value-type="string"><text:p>{c}</text:p></table:table-cell>' for c in row)
        + "</table:table-row>"
        for row in [HEADER, *ROWS]
    )
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="底册">{cells}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    path = tmp_path / "r.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            '<?xml version="1.0"?>'
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    assert read_roster(path, CN).rows["head"].tolist() == ["甲某", "乙某"]


def test_values_as_clerks_type_them(tmp_path):
    header = ["户主姓名", "住址", "户别", "住户情况", "居住人数", "户编号"]
    rows = [
        ["甲某", "人民路18号", "家庭户", "现住", "３人", "００１"],
        ["乙某", "人民路18号", "集体户", "空挂户", "十二", 2],
        ["丙某", "人民路18号", "", "人在户不在", "两个多", 1000],
        ["丁某", "人民路18号", "家庭户", "3", "", ""],
    ]
    roster = read_roster(write_xlsx(tmp_path / "r.xlsx", [header, *rows]), CN)
    values, problems = read_values(roster)
    assert values["kind"].tolist() == ["family", "collective", "family", "family"]
    assert values["class"].tolist() == [1, 4, 1, 3]
    assert values["h2a"].fillna(-1).tolist() == [3, 12, -1, -1]
    assert values["number"].fillna(-1).tolist() == [1, 2, -1, -1]
    assert {(p.kind, p.row) for p in problems} == {("count-unreadable", 4), ("number-unreadable", 4)}


def test_stray_blanks_and_full_width_in_headers_and_cells(tmp_path):
    header = ["户 主\u3000姓 名", " 住　址 ", "联系电话\n", "居住人数 "]
    rows = [
        [" 甲 某 ", "\u3000东方花园１号楼 101 ", 13800000001, " ３ "],
        ["乙某\xa0", "人民路18号\n", "138 0000 0002", "２人"],
    ]
    roster = read_roster(write_xlsx(tmp_path / "r.xlsx", [header, *rows]), CN)
    assert roster.rows["head"].tolist() == ["甲 某", "乙某"]
    assert roster.rows["address"].tolist() == ["东方花园１号楼 101", "人民路18号"]
    assert roster.rows["phone"].tolist() == ["13800000001", "138 0000 0002"]
    values, problems = read_values(roster)
    assert values["h2a"].tolist() == [3, 2]
    assert problems == []


def test_numbers_stored_as_text_and_texts_stored_as_numbers(tmp_path):
    header = ["户主姓名", "楼号", "单元", "室号", "居住人数", "户编号"]
    rows = [["甲某", 3, 2.0, 501, "4", "007"], ["乙某", "3", "2", "0501", 4, 8]]
    roster = read_roster(write_xlsx(tmp_path / "r.xlsx", [header, *rows]), CN)
    assert roster.rows[["building", "entrance", "room"]].to_numpy().tolist() == [["3", "2", "501"], ["3", "2", "0501"]]
    values, problems = read_values(roster)
    assert (values["h2a"].tolist(), values["number"].tolist()) == ([4, 4], [7, 8])
    assert problems == []


def test_identity_numbers_are_checked_and_never_quoted(tmp_path):
    header = ["户主姓名", "住址", "身份证号"]
    numbers = ["11010519491231002X", "110105194912310021", "11010519491331002X", "1101", 110105194912310021]
    rows = [["甲某", f"人民路18号{row}室", number] for row, number in enumerate(numbers, start=1)]
    _values, problems = read_values(read_roster(write_xlsx(tmp_path / "r.xlsx", [header, *rows]), CN))
    kinds = [problem.kind for problem in problems]
    assert kinds == ["identity-checksum", "identity-date", "identity-length", "identity-cut"]
    assert not any("1101" in problem.message + problem.fix for problem in problems)


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("missing.xlsx", None, "missing.xlsx"),
        ("empty.xlsx", b"", "empty"),
        ("broken.xlsx", b"PK\x03\x04nonsense", "broken.xlsx"),
        ("picture.csv", bytes(range(256)) * 4, "picture.csv"),
        ("plain.csv", "张某某,13800000001\n李某某,13800000002\n".encode(), "header"),
    ],
)
def test_a_file_that_is_no_roster_is_refused_in_one_line(tmp_path, name, content, word):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as refusal:
        read_roster(path, CN)
    message = str(refusal.value)
    assert word in message
    assert "\n" not in message
    assert "张某某" not in message


def test_an_unknown_sheet_is_refused_with_the_sheets_there_are(tmp_path):
    path = write_xlsx(tmp_path / "r.xlsx", [HEADER, *ROWS])
    with pytest.raises(InputError, match="底册"):
        read_roster(path, CN, sheet="别的")


def test_a_name_that_begins_like_a_total_is_a_household(tmp_path):
    rows = [["head of household", "address", "persons"], ["Sumit Kumar", "12 Main Street", 3], ["Total", "", 3]]
    roster = read_roster(write_xlsx(tmp_path / "r.xlsx", rows), load_profile("un-generic"))
    assert roster.rows["head"].tolist() == ["Sumit Kumar"]


def test_lines_that_end_early_or_run_on_keep_their_columns(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text(
        "序号,户主姓名,住址,居住人数\n1,甲某,人民路18号\n2,乙某,人民路20号,3,多,余\n3,丙某\n", encoding="utf-8"
    )
    rows = read_roster(path, CN).rows
    assert rows["head"].tolist() == ["甲某", "乙某", "丙某"]
    assert rows["address"].tolist() == ["人民路18号", "人民路20号", ""]
    assert rows["h2a"].tolist() == ["", "3", ""]
    assert rows["phone"].tolist() == ["", "", ""]


def test_each_cell_has_its_own_value_and_fault_though_texts_are_read_once(tmp_path):
    header = ["户主姓名", "住址", "类别", "居住人数"]
    cells = [("空挂", "3人"), ("怪", "三"), ("", "怪"), ("8", ""), ("怪", "3人")]
    lines = [header, *(["甲某", f"人民路{row}号", *cell] for row, cell in enumerate(cells))]
    roster = read_roster(write_xlsx(tmp_path / "r.xlsx", lines), CN, mapping={"class": "类别", "h2a": "居住人数"})
    values, problems = read_values(roster)
    assert values["class"].tolist() == [4, pd.NA, pd.NA, 8, pd.NA]
    assert values["h2a"].tolist() == [3, 3, pd.NA, pd.NA, 3]
    assert [(problem.kind, problem.row) for problem in problems] == [
        ("class-unreadable", 3), ("count-unreadable", 4), ("class-unreadable", 6),
    ]  # fmt: skip
