"""Looking at a roster before it is taken in, and planning an import before it is carried out."""

import pytest

from census_map.errors import Cancelled, InputError
from census_map.roster.importing import apply_import, import_roster, plan_import
from census_map.roster.preview import HIDDEN, RosterFile, SheetChoice, conceal
from tests.roster.conftest import HEADER, write_sheets, write_xlsx

ROWS = [
    [1, "司马青衫", "13798765432", "东方花园1号楼1单元101", 3],
    [2, "慕容白露", "13687654321", "东方花园2号楼2单元201", 2],
]


@pytest.fixture
def roster(tmp_path):
    return write_sheets(
        tmp_path / "r.xlsx", {"底册": [["东华街道户主姓名底册"], HEADER, *ROWS], "说明": [["填表说明"]], "空": [[""]]}
    )


def test_every_filled_sheet_is_shown_with_its_header_and_first_rows(roster, town):
    file = RosterFile(roster, town.profile)
    assert file.sheets == ["底册", "说明"]
    look = file.look("底册")
    assert (look.header_row, look.rows, look.is_roster) == (2, 2, True)
    assert [column.field for column in look.columns] == ["serial", "head", "phone", "address", "h2a"]
    assert look.sample[0] == ("1", "司马青衫", "13798765432", "东方花园1号楼1单元101", "3")
    other = file.look("说明")
    assert (other.header_row, other.is_roster) == (0, False)


def test_reading_as_chosen_gives_what_the_reader_gives(roster, town):
    file = RosterFile(roster, town.profile)
    look = file.look("底册")
    fields = {column.index: column.field for column in look.columns if column.field}
    found = file.read({"底册": SheetChoice(look.header_row, fields)})
    assert found.rows["head"].tolist() == ["司马青衫", "慕容白露"]
    assert [column.how for column in found.sheets[0].columns] == ["exact"] * 5
    swapped = file.read({"底册": SheetChoice(2, {1: "address", 3: "head"})})
    assert swapped.rows["address"].tolist() == ["司马青衫", "慕容白露"]
    assert swapped.rows["phone"].tolist() == ["", ""]
    assert swapped.sheets[0].columns[1].how == "given"


def test_a_sheet_without_header_is_read_by_letters(tmp_path, town):
    file = RosterFile(write_xlsx(tmp_path / "n.xlsx", ROWS), town.profile)
    look = file.look("底册")
    assert look.header_row == 0
    assert [column.index for column in look.columns] == [0, 1, 2, 3, 4]
    found = file.read({"底册": SheetChoice(0, {1: "head", 3: "address"})})
    assert found.rows["row"].tolist() == [1, 2]
    assert found.rows["head"].tolist() == ["司马青衫", "慕容白露"]


def test_another_row_can_be_the_header(roster, town):
    look = RosterFile(roster, town.profile).look("底册", header_row=1)
    assert (look.header_row, look.rows) == (1, 3)
    assert look.sample[0][:2] == ("序号", "户主姓名")


@pytest.mark.parametrize("fields", [{}, {1: "phone"}], ids=["nothing", "neither head nor address"])
def test_a_choice_that_names_no_household_is_refused(roster, town, fields):
    file = RosterFile(roster, town.profile)
    with pytest.raises(InputError, match="底册"):
        file.read({"底册": SheetChoice(2, fields)})
    with pytest.raises(InputError, match="choose a sheet"):
        file.read({})


@pytest.mark.parametrize(
    ("text", "field", "shown"),
    [
        ("司马青衫", "head", False),
        ("13798765432", "phone", False),
        ("13798765432", "serial", False),
        ("司马青衫", None, False),
        ("司马青衫", "address", False),
        ("王小明", "building", False),
        ("王小明", "serial", False),
        ("东方花园1号楼1单元101", "address", True),
        ("东方花园1号楼 13798765432", "address", False),
        ("3#", "building", True),
        ("501", "room", True),
        ("3", "h2a", True),
        ("", "head", True),
    ],
)
def test_only_what_identifies_nobody_is_shown_unasked(text, field, shown):
    assert conceal(text, field) == (text if shown else HIDDEN)


def test_a_plan_says_what_would_change_and_writes_nothing(tmp_path, town, vault):
    import_roster(town, vault, write_xlsx(tmp_path / "r.xlsx", [HEADER, *ROWS, [3, "独孤九", "", "王家村3组15号", 4]]))
    before = town.read("household")
    changed = [[1, "司马青衫", "13798765432", "东方花园1号楼1单元102", 5], ROWS[1], [4, "南宫雪", "", "人民路18号", 1]]
    file = RosterFile(write_xlsx(tmp_path / "r.xlsx", [HEADER, *changed]), town.profile)
    look = file.look("底册")
    roster = file.read({"底册": SheetChoice(1, {c.index: c.field for c in look.columns if c.field})})
    plan = plan_import(town, vault, roster)
    assert (len(plan.added), len(plan.changes), len(plan.gone)) == (1, 1, 1)
    assert set(plan.changes[0]["columns"]) == {"address", "h2a"}
    assert town.read("household").equals(before)
    assert len(vault.uids()) == 3
    done = apply_import(town, vault, plan, remove_gone=True)
    assert (done.added, done.changed, done.unchanged, done.removed) == (1, 1, 1, True)
    assert len(town.read("household")) == len(vault.uids()) == 3


@pytest.mark.parametrize("last", ["writing the households", "encrypting"])
def test_stopping_while_it_is_written_leaves_both_files_as_they_were(tmp_path, town, vault, last):
    import_roster(town, vault, write_xlsx(tmp_path / "r.xlsx", [HEADER, *ROWS]))
    before, names = town.read("household"), vault.read(["head"], reason="a test")
    other = write_xlsx(tmp_path / "r.xlsx", [HEADER, [1, "司马青山", "13798765432", "东方花园1号楼1单元101", 9]])

    def stop(_fraction, text):
        if text == last:
            raise Cancelled

    with pytest.raises(Cancelled):
        import_roster(town, vault, other, remove_gone=True, report=stop)
    assert town.read("household").equals(before)
    assert vault.read(["head"], reason="a test").equals(names)
