"""The workbook of a comparison: counts, mini-areas, whom to visit; names only when they are asked for."""

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from census_map.roster.compare import compare_keys, list_keys, roster_keys, vault_hasher
from census_map.roster.comparison_book import DEPARTMENTS, comparison_sheets, comparison_summary
from census_map.roster.importing import import_roster
from census_map.roster.link import link_roster
from census_map.roster.read import read_roster
from census_map.roster.workbook import write_workbook
from tests.roster.conftest import write_xlsx

HEADER = ["户主姓名", "身份证号", "联系电话", "住址", "居住人数"]
OURS = [
    ["司马青衫", "11010519491231002X", "13798765432", "东方花园1号楼1单元101", 2],
    ["慕容白露", "", "13687654321", "东方花园2号楼2单元201", 1],
]
THEIRS = [
    ["司马青衫", "11010519491231002X", "13700000000", "东方花园1号楼1单元101", 2],
    ["独孤求索", "", "", "解放路5号1502", 1],
]
NAMES = ["司马青衫", "慕容白露", "独孤求索", "13798765432", "11010519491231002X"]


@pytest.fixture
def compared(tmp_path, town, vault):
    import_roster(town, vault, write_xlsx(tmp_path / "ours.xlsx", [HEADER, *OURS]))
    link_roster(town, vault)
    rows = read_roster(write_xlsx(tmp_path / "theirs.xlsx", [HEADER, *THEIRS]), town.profile).rows
    listed = rows.set_axis(pd.MultiIndex.from_arrays([rows["sheet"], rows["row"]]))
    hasher = vault_hasher(vault)
    return compare_keys(roster_keys(vault, hasher), list_keys(listed, hasher)), listed


def cells(path):
    book = CalamineWorkbook.from_path(str(path))
    return {name.partition(" ")[2]: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_the_counts_are_told_in_words(compared):
    counts = comparison_summary(compared[0]).set_index("what")["n"]
    assert counts[["in both", "only on the roster", "only on the list", "in both, but something differs"]].tolist() == [
        1, 1, 1, 1,
    ]  # fmt: skip
    assert counts["    phone"] == 1


def test_without_names_the_workbook_says_rows_alone(tmp_path, town, compared):
    write_workbook(tmp_path / "c.xlsx", comparison_sheets(town, *compared, department="police"))
    sheets = cells(tmp_path / "c.xlsx")
    assert sheets["revisit list"][3] == ["底册", 3]
    assert sheets["only on the roster"][3][-2:] == ["ours.xlsx:底册", 3]
    assert sheets["differences"][3][-1] == "phone"
    said = str(sheets)
    assert not [name for name in NAMES if name in said]


def test_with_names_both_sides_are_named_and_the_reading_is_logged(tmp_path, town, vault, compared):
    write_workbook(tmp_path / "c.xlsx", comparison_sheets(town, *compared, department="police", vault=vault))
    sheets = cells(tmp_path / "c.xlsx")
    assert sheets["revisit list"][3] == ["底册", 3, "独孤求索", "解放路5号1502"]
    assert "慕容白露" in sheets["only on the roster"][3]
    assert "lock it away" in sheets["result"][1][0]
    assert vault.access_log()["action"].iloc[-1] == "read:head,address"


def test_of_a_list_of_deaths_those_on_the_roster_are_visited(tmp_path, town, compared):
    write_workbook(tmp_path / "c.xlsx", comparison_sheets(town, *compared, department="deaths"))
    sheets = cells(tmp_path / "c.xlsx")
    assert len(sheets["revisit list"]) == 4
    assert sheets["revisit list"][3][3:7] == ["ours.xlsx:底册", 2, "底册", 2]
    assert sheets["only on the list"][3] == ["底册", 3]


@pytest.mark.parametrize("department", DEPARTMENTS)
def test_nothing_in_common_and_nothing_at_all_make_a_workbook_too(tmp_path, town, vault, department):
    hasher = vault_hasher(vault)
    empty = pd.DataFrame(columns=["head", "identity", "birth", "phone", "address"], dtype=object)
    theirs = empty.set_axis(pd.MultiIndex.from_arrays([[], []]))
    comparison = compare_keys(list_keys(empty, hasher), list_keys(theirs, hasher))
    write_workbook(tmp_path / "c.xlsx", comparison_sheets(town, comparison, theirs, department=department))
    assert (tmp_path / "c.xlsx").exists()
