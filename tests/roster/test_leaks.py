"""No name, phone or identity number leaves the vault: planted ones are searched for in everything that is written."""

import io
import json
import logging
import tempfile
import zipfile
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from census_map.cli import main
from census_map.roster.importing import import_roster
from census_map.roster.link import link_roster
from census_map.roster.tables import table_sheets
from census_map.roster.vault import vault_path
from census_map.roster.workbook import write_workbook
from census_map.workspace import Workspace
from tests.roster.conftest import write_xlsx

NAMES = ["司马青衫", "慕容白露"]
PHONES = ["13798765432", "13687654321"]
IDENTITIES = ["11010519491231002X", "440524188001010014"]
REMARKS = ["租客王五代收"]
PLANTED = [*NAMES, *PHONES, *IDENTITIES, *REMARKS]
HEADER = ["普查区", "户主姓名", "联系电话", "身份证号", "住址", "居住人数", "备注"]
ROWS = [
    ["东方花园社区", NAMES[0], PHONES[0], IDENTITIES[0], "东方花园1号楼2单元501", 3, REMARKS[0]],
    ["东方花园社区", NAMES[1], PHONES[1], IDENTITIES[1], "东方花园9号楼101", NAMES[1], ""],
    # A clerk who slipped by one column.
    [NAMES[0], PHONES[0], IDENTITIES[0], "东方花园2号楼101", NAMES[0], PHONES[1], ""],
]


def contents(path: Path):
    """The bytes of a file, and of what a workbook or package holds inside."""
    raw = path.read_bytes()
    yield raw
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield archive.read(name)


def find_planted(folder: Path, *, but: tuple[Path, ...] = ()) -> list[tuple[str, str]]:
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path in but:
            continue
        for raw in contents(path):
            for text in PLANTED:
                shapes = {text.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")}
                shapes.add(json.dumps(text).strip('"').encode())
                if any(shape in raw for shape in shapes):
                    found.append((path.name, text))
    return found


@pytest.fixture
def traces(tmp_path, monkeypatch):
    """Temporary files, log and environment of a run of the command line."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    for variable in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(variable, str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("CENSUS_MAP_PASSPHRASE", "only for this test")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


def test_nothing_that_is_written_or_said_holds_personal_data(tmp_path, town, traces, capsys):
    source = tmp_path / "input"
    source.mkdir()
    roster = write_xlsx(source / "roster.xlsx", [HEADER, *ROWS])
    broken = source / "broken.csv"
    broken.write_text("\n".join(",".join(map(str, row)) for row in ROWS), encoding="utf-8")
    path, out = town.path, tmp_path
    with town.transaction("test") as write:
        areas = town.read("census_area", columns=["geometry"])
        minis = areas.set_axis(range(len(areas))).assign(
            code=[f"3209990010{n}001" for n in ("01", "02")], census_area_uid=areas.index, kind="ordinary", status=0
        )
        write.insert("mini_area", minis)
    for words in (
        ["roster", "import", str(path), str(roster), "--preview", "--json", str(out / "preview.json")],
        ["roster", "import", str(path), str(roster), "--json", str(out / "import.json")],
        ["roster", "import", str(path), str(broken)],
        ["roster", "link", str(path), "--json", str(out / "link.json")],
        ["roster", "unlinked", str(path), "--json", str(out / "unlinked.json"), "--xlsx", str(out / "unlinked.xlsx")],
        ["roster", "compare", str(path), str(roster), "--json", str(out / "c.json"), "--csv", str(out / "c.csv")],
        ["roster", "tables", str(path), "--xlsx", str(out / "tables.xlsx")],
        ["roster", "lists", str(path), "--xlsx", str(out / "lists.xlsx")],
        ["roster", "aliases", str(path), "--json", str(out / "aliases.json")],
        ["roster", "vault", "log", str(path), "--json", str(out / "log.json")],
        ["check", str(path), "--json", str(out / "check.json"), "--html", str(out / "check.html")],
        ["export", str(path), "--out", str(out / "package")],
    ):
        main(words)
    shown = capsys.readouterr()
    said = shown.out + shown.err + traces.getvalue()
    assert not [text for text in PLANTED if text in said]
    # The open workspace keeps its write-ahead journal; the roster itself is the only place where names may be.
    town.read("household")
    assert path.with_name(path.name + "-wal").exists()
    assert (out / "tables.xlsx").exists()
    assert find_planted(tmp_path, but=(roster, broken)) == []


def test_the_search_would_find_them(tmp_path):
    write_xlsx(tmp_path / "a.xlsx", [[NAMES[0]]])
    (tmp_path / "b.json").write_text(json.dumps(PHONES[0]))
    assert {text for _name, text in find_planted(tmp_path)} == {NAMES[0], PHONES[0]}


def test_a_crash_in_the_middle_of_an_import_shows_no_personal_data(tmp_path, town, vault):
    def stop(fraction, text):
        if fraction > 0.6:
            raise RuntimeError(text)

    roster = write_xlsx(tmp_path / "roster.xlsx", [HEADER, *ROWS])
    with pytest.raises(RuntimeError) as error:
        import_roster(town, vault, roster, report=stop)
    assert not [text for text in PLANTED if text in str(error.value)]
    assert town.read("household").empty
    roster.unlink()
    assert find_planted(tmp_path) == []


def test_text_from_data_never_becomes_a_formula(tmp_path, town, vault):
    evil = '=HYPERLINK("http://example.invalid","x")'
    rows = [["户主姓名", "住址", "居住人数"], ["@SUM(A1)", "东方花园1号楼2单元501", 2]]
    path = write_xlsx(tmp_path / "r.xlsx", rows)
    import_roster(town, vault, path)
    link_roster(town, vault)
    frame_sheets = table_sheets(town, vault)
    frame_sheets[0].frame.iloc[0, 0] = evil
    write_workbook(tmp_path / "t.xlsx", frame_sheets)
    with zipfile.ZipFile(tmp_path / "t.xlsx") as book:
        assert not [name for name in book.namelist() if b"<f>" in book.read(name) or b"hyperlink" in book.read(name)]
    cells = CalamineWorkbook.from_path(str(tmp_path / "t.xlsx")).get_sheet_by_index(0).to_python()
    assert evil in cells[3]


def test_the_vault_lies_beside_the_workspace(town: Workspace):
    assert vault_path(town.path).name == "town.vault"
