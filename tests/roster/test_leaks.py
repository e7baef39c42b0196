"""No name, phone or identity number leaves the vault: planted ones are searched for in everything that is written."""

import io
import json
import logging
import re
import subprocess
import tempfile
import zipfile
import zlib
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from census_map.cli import main
from census_map.roster.field_lists import FIELD_LISTS
from census_map.roster.importing import import_roster
from census_map.roster.link import link_roster
from census_map.roster.tables import table_sheets
from census_map.roster.vault import Vault, vault_path
from census_map.roster.workbook import write_workbook
from census_map.workspace import Workspace
from tests.roster.conftest import COST, write_xlsx

NAMES = ["司马青衫", "慕容白露"]
PHONES = ["13798765432", "13687654321"]
IDENTITIES = ["11010519491231002X", "440524188001010014"]
REMARKS = ["租客王五代收"]
MEMBER, WANDERER, STRANGER = "端木小满", "独孤无居", "澹台邻人"
FIELD_REMARKS = ["门口有恶犬", "常睡车站北口"]
PLANTED = [*NAMES, *PHONES, *IDENTITIES, *REMARKS, MEMBER, WANDERER, STRANGER, *FIELD_REMARKS]
HEADER = ["普查区", "户主姓名", "联系电话", "身份证号", "住址", "居住人数", "备注"]
ROWS = [
    ["东方花园社区", NAMES[0], PHONES[0], IDENTITIES[0], "东方花园1号楼2单元501", 3, REMARKS[0]],
    ["东方花园社区", NAMES[1], PHONES[1], IDENTITIES[1], "东方花园9号楼101", NAMES[1], ""],
    # A clerk who slipped by one column.
    [NAMES[0], PHONES[0], IDENTITIES[0], "东方花园2号楼101", NAMES[0], PHONES[1], ""],
]


def contents(path: Path):
    """The bytes of a file, and of what a workbook, package or PDF holds inside."""
    raw = path.read_bytes()
    yield raw
    if raw.startswith(b"%PDF"):
        yield subprocess.run(["pdftotext", str(path), "-"], check=True, capture_output=True).stdout  # noqa: S607
        for stream in re.findall(rb"stream\r?\n(.*?)endstream", raw, re.DOTALL):
            try:
                yield zlib.decompressobj().decompress(stream)
            except zlib.error:
                yield stream
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


def sheets_of_the_field(folder: Path) -> dict[str, Path]:
    """Sheets as they come from the field and from departments, personal data in every column that may hold it."""
    wrong = [NAMES[0], PHONES[0], IDENTITIES[0], REMARKS[0]]  # a clerk who slipped by columns
    rows = {
        "visits": [
            ["底册行号", "户主姓名", "日期", "结果", "预约日期", "联系电话", "备注", "人户情况", "出生人数"],
            [2, NAMES[0], "2020-11-01", "预约", "2020-11-05", PHONES[0], FIELD_REMARKS[0], "人在户在", 1],
            [99, *wrong, NAMES[1], NAMES[1], NAMES[1], NAMES[1]],
        ],
        "register": [
            ["登记类别", "姓名", "身份证号", "住址", "人数", "备注"],
            ["无固定住所", WANDERER, "", "桥洞", 1, FIELD_REMARKS[1]],
            [NAMES[0], PHONES[0], IDENTITIES[0], REMARKS[0], NAMES[0], NAMES[1]],
        ],
        "persons": [
            ["底册行号", "姓名", "与户主关系", "身份证号"],
            [2, NAMES[0], "户主", IDENTITIES[0]],
            [2, MEMBER, "子", IDENTITIES[1]],
            [77, *wrong[:3]],
        ],
        "police": [
            ["姓名", "公民身份号码", "户籍地址", "联系电话"],
            [NAMES[0], IDENTITIES[0], "东方花园1号楼2单元501", PHONES[1]],
            [STRANGER, "", "东方花园2号楼101", ""],
            [IDENTITIES[0], NAMES[0], PHONES[0], REMARKS[0]],
        ],
        "utilities": [
            ["户名", "用电地址", "用电量"],
            [NAMES[0], "东方花园1号楼2单元501", 0],
            [NAMES[1], NAMES[1], NAMES[1]],
        ],
        "totals": [["村居", "户籍人口"], ["东方花园社区", NAMES[0]], [NAMES[0], 3]],
        "update": [
            HEADER,
            ["东方花园社区", NAMES[1], PHONES[0], IDENTITIES[0], "东方花园1号楼2单元501", 3, STRANGER],
            ROWS[1],
        ],
    }
    return {name: write_xlsx(folder / f"{name}.xlsx", cells) for name, cells in rows.items()}


def commands(path: Path, roster: Path, broken: Path, field: dict[str, Path], out: Path):
    """Every command that meets personal data, in the order of the work, as an office runs it without `--names`."""
    yield ["roster", "import", path, roster, "--preview", "--json", out / "preview.json"]
    yield ["roster", "import", path, roster, "--json", out / "import.json"]
    yield ["roster", "import", path, broken]
    yield ["roster", "link", path, "--json", out / "link.json"]
    yield ["roster", "unlinked", path, "--json", out / "unlinked.json", "--xlsx", out / "unlinked.xlsx"]
    yield ["roster", "visits", path, field["visits"], "--json", out / "visits.json"]
    yield ["roster", "visits", path, field["police"]]  # the wrong sheet
    yield ["roster", "register", path, field["register"], "--json", out / "register.json"]
    yield ["roster", "register", path, field["register"], "--kind", "nominal"]
    yield ["roster", "persons", path, field["persons"], "--json", out / "persons.json"]
    compare = ["roster", "compare", path, field["police"], "--kind", "police"]
    yield [*compare, "--json", out / "c.json", "--csv", out / "c.csv", "--xlsx", out / "c.xlsx"]
    yield ["roster", "compare", path, roster]
    yield ["roster", "cut", path, field["police"], "--out", out / "cut", "--json", out / "cut.json"]
    yield ["roster", "vacancy", path, field["utilities"], "--xlsx", out / "v.xlsx", "--json", out / "v.json"]
    lists = ["--list", f"police={field['totals']}", "--list", f"grid={field['police']}"]
    yield ["roster", "evaluate", path, *lists, "--xlsx", out / "e.xlsx", "--json", out / "e.json"]
    surveys = ["roster", "surveys", path, roster, field["update"], "--register"]
    yield [*surveys, "--xlsx", out / "s.xlsx", "--json", out / "s.json"]
    yield [
        "roster",
        "update",
        path,
        field["update"],
        "--dry-run",
        "--xlsx",
        out / "dry.xlsx",
        "--json",
        out / "dry.json",
    ]
    yield ["roster", "update", path, field["update"], "--xlsx", out / "update.xlsx", "--json", out / "update.json"]
    yield ["roster", "tables", path, "--xlsx", out / "tables.xlsx"]
    yield ["roster", "lists", path, "--xlsx", out / "lists.xlsx", "--json", out / "lists.json"]
    every = [word for name in FIELD_LISTS for word in ("--list", name)]
    yield ["roster", "lists", path, "--xlsx", out / "every.xlsx", *every]
    yield ["roster", "aliases", path, "--json", out / "aliases.json"]
    yield ["roster", "vault", "log", path, "--json", out / "log.json"]
    yield ["check", path, "--json", out / "check.json", "--html", out / "check.html", "--xlsx", out / "check.xlsx"]
    yield ["export", path, "--out", out / "package", "--draft"]


def draw_mini_areas(town: Workspace) -> None:
    with town.transaction("test") as write:
        areas = town.read("census_area", columns=["geometry"])
        minis = areas.set_axis(range(len(areas))).assign(
            code=[f"3209990010{n}001" for n in ("01", "02")], census_area_uid=areas.index, kind="ordinary", status=0
        )
        uids = write.insert("mini_area", minis)
        names = town.read("building", columns=["address"])["address"]
        owner = [uids[int("王家村" in (text or ""))] for text in names]
        write.update("building", pd.DataFrame({"mini_area_uid": owner}, index=names.index))


def test_nothing_that_is_written_or_said_holds_personal_data(tmp_path, town, traces, capsys):
    source = tmp_path / "input"
    source.mkdir()
    roster = write_xlsx(source / "roster.xlsx", [HEADER, *ROWS])
    broken = source / "broken.csv"
    broken.write_text("\n".join(",".join(map(str, row)) for row in ROWS), encoding="utf-8")
    field = sheets_of_the_field(source)
    path, out = town.path, tmp_path
    draw_mini_areas(town)
    statuses = [main([str(word) for word in words]) for words in commands(path, roster, broken, field, out)]
    shown = capsys.readouterr()
    said = shown.out + shown.err + traces.getvalue()
    assert not [text for text in PLANTED if text in said]
    # Only the roster without header and the sheet of another kind cannot be read.
    assert [status for status in statuses if status == 2] == [2, 2], shown.err
    # The open workspace keeps its write-ahead journal; the roster itself is the only place where names may be.
    town.read("household")
    assert path.with_name(path.name + "-wal").exists()
    assert len(list(tmp_path.glob("*.xlsx"))) == 11
    assert len(list((tmp_path / "cut").iterdir())) >= 2
    assert find_planted(tmp_path, but=(roster, broken, *field.values())) == []


def test_a_new_passphrase_and_the_end_of_the_vault_leave_no_personal_data(tmp_path, town, traces, capsys, monkeypatch):
    source = tmp_path / "input"
    source.mkdir()
    roster = write_xlsx(source / "roster.xlsx", [HEADER, *ROWS])
    secret, wrong, new = (source / name for name in ("secret", "wrong", "new"))
    for file, text in ((secret, "only for this test"), (wrong, NAMES[0] * 3), (new, NAMES[1] * 3)):
        file.write_text(text, encoding="utf-8")
    given = tuple(source.iterdir())
    change = ["roster", "vault", "passphrase", town.path, "--new-passphrase-file", new, "--passphrase-file"]
    destroy = ["roster", "vault", "destroy", town.path, "--confirm"]
    vault = vault_path(town.path)
    Vault.create(vault, "only for this test", cost=COST).close()
    steps = [
        (["roster", "import", town.path, roster], 0), ([*change, wrong], 2), ([*change, source / "none"], 2),
        ([*change, secret], 0), ([*change, secret], 2), (["roster", "vault", "log", town.path], 2),
        (["roster", "vault", "log", town.path, "--passphrase-file", new, "--json", tmp_path / "log.json"], 0),
        ([*destroy, NAMES[0]], 2),
    ]  # fmt: skip
    assert [main([str(word) for word in words]) for words, _status in steps] == [status for _words, status in steps]
    assert find_planted(tmp_path, but=given) == []
    with monkeypatch.context() as patch:
        patch.setattr("census_map.cli.roster_vault.destroy_vault", crash_with_a_name)
        assert main([str(word) for word in (*destroy, vault.name)]) == 2
    assert main([str(word) for word in (*destroy, vault.name)]) == 0
    shown = capsys.readouterr()
    said = shown.out + shown.err + traces.getvalue()
    assert "ValueError" in said
    assert not [text for text in PLANTED if text in said]
    assert not list(tmp_path.glob("town.vault*"))
    assert find_planted(tmp_path, but=given) == []


def crash_with_a_name(*_arguments, **_options):
    raise ValueError(f"could not convert {NAMES[0]} {PHONES[0]}")


def test_restricted_copies_hold_names_only_because_they_were_asked_for(tmp_path, town, traces):
    source = tmp_path / "input"
    source.mkdir()
    roster = write_xlsx(source / "roster.xlsx", [HEADER, *ROWS])
    field = sheets_of_the_field(source)
    draw_mini_areas(town)
    for words in commands(town.path, roster, roster, field, tmp_path):
        if words[1] in {"import", "link", "visits", "register", "persons"}:
            main([str(word) for word in words])
    restricted = tmp_path / "restricted"
    restricted.mkdir()
    for number, words in enumerate(
        (
            ["tables", town.path],
            ["lists", town.path],
            ["compare", town.path, field["police"]],
            ["surveys", town.path, roster, field["update"]],
            ["update", town.path, field["update"]],
        )
    ):
        book = restricted / f"{number}.xlsx"
        assert main([str(word) for word in ("roster", *words, "--names", "--xlsx", book)]) < 2
        assert find_planted(book.parent, but=tuple(restricted / f"{n}.xlsx" for n in range(number))) != []
    named = set(restricted.iterdir())
    assert find_planted(tmp_path, but=(*source.iterdir(), *named)) == []
    assert not [text for text in PLANTED if text in traces.getvalue()]


@pytest.mark.qgis
def test_open_sheets_on_paper_hold_no_personal_data(tmp_path, town, traces, capsys):
    source = tmp_path / "input"
    source.mkdir()
    roster = write_xlsx(source / "roster.xlsx", [HEADER, *ROWS])
    draw_mini_areas(town)
    for words in (["roster", "import", town.path, roster], ["roster", "link", town.path], ["number", town.path]):
        assert main([str(word) for word in words]) < 2
    assert main(["print", str(town.path), "--out", str(tmp_path / "maps")]) == 0
    assert list((tmp_path / "maps").rglob("*.pdf"))
    said = capsys.readouterr()
    assert not [text for text in PLANTED if text in said.out + said.err + traces.getvalue()]
    assert find_planted(tmp_path, but=(roster,)) == []


def test_the_search_would_find_them(tmp_path):
    write_xlsx(tmp_path / "a.xlsx", [[NAMES[0]]])
    (tmp_path / "b.json").write_text(json.dumps(PHONES[0]))
    (tmp_path / "c.gpkg-wal").write_bytes(b"\x00\x01" + MEMBER.encode() + b"\x02")
    assert {text for _name, text in find_planted(tmp_path)} == {NAMES[0], PHONES[0], MEMBER}


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
