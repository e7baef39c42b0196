"""Workbooks hold values alone, however odd, print well, and appear whole or not at all."""

import zipfile
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from census_map.errors import InputError
from census_map.roster import workbook
from census_map.roster.workbook import SheetSpec, write_workbook
from census_map.roster.workbook_file import column_letters


def written(path: Path, *sheets: SheetSpec) -> dict[str, list[list[object]]]:
    write_workbook(path, sheets)
    book = CalamineWorkbook.from_path(str(path))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_texts_stay_texts_and_numbers_numbers(tmp_path):
    odd = ["=1+1", "@x", "-1", "<b>&\"'", "  blank ", "一\n二", None, "0012"]
    frame = pd.DataFrame({"甲 & 乙": odd, "n": pd.array([1, 2, None, 4, 5, 6, 7, 8], dtype="Int64"), "r": 0.5})
    spec = SheetSpec("名'单/x", "标题", frame, totals=["n", "r"], note="内部")
    rows = written(tmp_path / "w.xlsx", spec)["1 名'单_x"]
    assert rows[0][0] == "标题"
    assert rows[1][0] == "内部"
    assert rows[2] == ["甲 & 乙", "n", "r"]
    assert [row[0] or None for row in rows[3:-1]] == odd
    assert [row[1] for row in rows[3:-1]] == [1, 2, "", 4, 5, 6, 7, 8]
    assert rows[-1] == ["Total", 33, 4]


def test_characters_that_xml_lacks_are_written_as_spreadsheets_do(tmp_path):
    written(tmp_path / "w.xlsx", SheetSpec("甲", "甲", pd.DataFrame({"a": ["a\x01b", "_x0041_"]})))
    with zipfile.ZipFile(tmp_path / "w.xlsx") as archive:
        text = archive.read("xl/worksheets/sheet1.xml").decode()
    assert ">a_x0001_b<" in text
    assert ">_x005F_x0041_<" in text


def test_no_cell_is_a_formula_and_every_sheet_prints_its_header_on_every_page(tmp_path):
    one, empty = SheetSpec("甲", "甲", pd.DataFrame({"a": ["=1+1"]})), SheetSpec("乙", "乙", pd.DataFrame())
    written(tmp_path / "w.xlsx", one, empty)
    with zipfile.ZipFile(tmp_path / "w.xlsx") as archive:
        assert archive.testzip() is None
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert not any("<f>" in text for text in texts.values())
    assert "$A$1:$B$3" in texts["xl/workbook.xml"]
    assert texts["xl/workbook.xml"].count("Print_Titles") == 2
    assert 'orientation="landscape"' in texts["xl/worksheets/sheet2.xml"]


def test_a_table_longer_than_a_sheet_goes_on_in_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "LONGEST_SHEET", 3)
    sheets = written(tmp_path / "w.xlsx", SheetSpec("表", "表", pd.DataFrame({"n": range(7)}), totals=["n"]))
    assert list(sheets) == ["1 表", "2 表", "3 表"]
    assert [rows[-1][0] for rows in sheets.values()] == [3, 12, 6]


@pytest.mark.parametrize("name", ["folder.xlsx", "none/w.xlsx"], ids=["a folder", "no folder"])
def test_a_file_that_cannot_be_written_is_named_and_nothing_is_left(tmp_path, name):
    (tmp_path / "folder.xlsx").mkdir()
    with pytest.raises(InputError, match=Path(name).name):
        write_workbook(tmp_path / name, [SheetSpec("乙", "乙", pd.DataFrame({"a": ["y"]}))])
    assert [path.name for path in tmp_path.iterdir()] == ["folder.xlsx"]


@pytest.mark.parametrize(("at", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_are_named_as_in_a_spreadsheet(at, letters):
    assert column_letters(at) == letters
