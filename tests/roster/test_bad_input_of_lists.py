"""The verbs that read lists, gone through with bad files, bad places for results, bad vaults: one line, no harm."""

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from census_map.cli import main
from census_map.roster.vault import Vault, vault_path
from census_map.workspace import Workspace
from tests.roster.conftest import COST, PASSPHRASE, write_xlsx
from tests.roster.test_bad_input import BAD, COLUMNS, NAME, NUMBER, PHONE, ROW, WORDS, write_bytes
from tests.roster.test_leaks import draw_mini_areas

PLANTED = (NAME, NUMBER, PHONE)
LISTS = {
    # verb: a sheet for it
    "update": [COLUMNS, ROW],
    "register": [["登记类别", "姓名", "身份证号", "备注"], ["空挂户", NAME, NUMBER, PHONE]],
    "visits": [["底册行号", "日期", "结果", "备注"], [2, "2020-11-01", "已登记", NAME]],
    "persons": [["底册行号", "姓名", "身份证号"], [2, NAME, NUMBER]],
    "compare": [["姓名", "公民身份号码", "户籍地址"], [NAME, NUMBER, "东方花园1号楼1单元101室"]],
    "cut": [["姓名", "公民身份号码", "户籍地址"], [NAME, NUMBER, "东方花园1号楼1单元101室"]],
    "surveys": [COLUMNS, [*ROW[:3], "东方花园1号楼1单元101室", 4]],
    "evaluate": [["村居", "户籍人口"], ["王家村", 3]],
    "vacancy": [["户名", "用电地址", "用电量"], [NAME, "东方花园1号楼1单元101室", 7]],
}


def words_of(verb: str, path: Path, file: Path) -> list[str]:
    """The command for a verb of `LISTS` with a file, or for one that reads none."""
    words: list[object] = ["roster", *verb.split(), path]
    if verb == "evaluate":
        words += ["--list", f"police={file}"]
    elif verb in LISTS:
        words += [file]
    if verb == "surveys":
        words += [path.with_name("second.xlsx"), "--register"]
    if verb == "cut":
        words += ["--out", path.with_name("cut")]
    return [str(word) for word in words]


@pytest.fixture
def path(town: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A township with mini-areas and one linked household, closed; a second survey beside it."""
    monkeypatch.setenv("CENSUS_MAP_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("CENSUS_MAP_LANG", "en")
    Vault.create(vault_path(town.path), PASSPHRASE, cost=COST).close()
    draw_mini_areas(town)
    town.close()
    write_xlsx(tmp_path / "second.xlsx", [COLUMNS, ["乙某", "", "", "东方花园2号楼1单元101室", 1]])
    assert main(["roster", "import", str(town.path), str(write_xlsx(tmp_path / "good.xlsx", [COLUMNS, ROW]))]) == 0
    assert main(["roster", "link", str(town.path)]) == 0
    return town.path


def standing(path: Path) -> object:
    """All that may not change where a verb is refused: rows, names, and the files beside them."""
    rows = []
    with closing(sqlite3.connect(path)) as workspace, closing(sqlite3.connect(vault_path(path))) as vault:
        for connection, tables in (
            (workspace, ("household", "register", "visit", "history")),
            (vault, ("household", "record")),
        ):
            rows += [connection.execute(f'SELECT * FROM "{table}"').fetchall() for table in tables]
    kept = (".gpkg", ".vault", "-wal", "-shm")
    files = {
        file: file.read_bytes() for file in path.parent.rglob("*") if file.is_file() and not file.name.endswith(kept)
    }
    return rows, files


def is_refused(words: list[str], capsys, *wanted: str) -> None:
    capsys.readouterr()
    assert main(words) == 2, words
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(r"census-map: [^\n]+\n", said.err), said.err
    assert [word for word in wanted if word not in said.err] == [], said.err
    assert [text for text in (*PLANTED, "/", "Error") if text in said.err.replace(" / ", "")] == [], said.err


MORE = {
    **BAD,
    "folder.xlsx": lambda path: path.mkdir(),
    "image.xlsx": lambda path: write_bytes(path, b"\x89PNG\r\n\x1a\n" + bytes(range(256))),
    "truncated.xlsx": lambda path: write_bytes(path, write_xlsx(path, [COLUMNS, ROW]).read_bytes()[:-200]),
    "no-mark.csv": lambda path: write_bytes(path, f"姓名,地址\n{NAME},东方花园\n".encode("utf-16-le")),
    "blank.csv": lambda path: write_bytes(path, b"\n\n , ,\n"),
    "spaces.xlsx": lambda path: write_xlsx(path, [["  "] * 3] * 3),
    "no header.xlsx": lambda path: write_xlsx(path, [ROW, ROW]),
}
NO_LIST = ("missing.xlsx", "columns.xlsx", "spaces.xlsx", "no header.xlsx")
READERS = ("update", "surveys", "evaluate", "vacancy")  # each reads in a way of its own, the others as `vacancy`


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    for name, write in MORE.items():
        write(folder / name)
    return folder


@pytest.mark.parametrize("verb", list(LISTS))
def test_a_list_that_cannot_be_read_is_named_and_nothing_is_changed(verb, path, files, capsys):
    before = standing(path)
    for name in MORE if verb in READERS else NO_LIST:
        is_refused(words_of(verb, path, files / name), capsys, f"“{name}”", WORDS.get(name, ""))
    assert standing(path) == before


def test_a_list_without_rows_is_refused_by_every_verb_and_leaves_no_step(path, tmp_path, capsys):
    before = standing(path)[0]
    for verb, (header, row) in LISTS.items():
        below = [[" "] * len(row)] if verb in {"register", "surveys"} else []
        words = words_of(verb, path, write_xlsx(tmp_path / "h.xlsx", [header, *below]))
        for more in ([], ["--dry-run"]) if verb == "update" else ([],):
            is_refused(
                [*words, *more], capsys, "“h.xlsx” has no row below its header", "choose the file that is filled"
            )
    assert standing(path)[0] == before


def test_a_title_over_the_header_is_read_and_a_chinese_encoding(path, tmp_path, capsys):
    for verb, cells in LISTS.items():
        over = f"A1:{chr(64 + len(cells[0]))}1"
        file = write_xlsx(tmp_path / "t.xlsx", [["登记表"], *cells], merged=(over,))
        assert main(words_of(verb, path, file)) < 2, capsys.readouterr().err
    text = "\n".join(",".join(map(str, row)) for row in LISTS["register"])
    capsys.readouterr()
    assert main(words_of("register", path, write_bytes(tmp_path / "t.csv", text.encode("gb18030")))) == 0
    assert "1 unchanged" in capsys.readouterr().out


RESULTS = {
    # verb: options that name a file to be written
    **dict.fromkeys(("register", "visits", "persons"), ("--json",)),
    **dict.fromkeys(("update", "surveys", "evaluate", "vacancy"), ("--xlsx", "--json")),
    "compare": ("--xlsx", "--csv", "--json"),
    "cut": ("--out", "--json"),
    "tables": ("--xlsx",),
    "lists": ("--xlsx",),
    "link": ("--json",),
    "unlinked": ("--xlsx", "--json"),
    "vault log": ("--json",),
}
PLACES = {
    # where the result shall go: what is said of it
    "link.xlsx": "“link.xlsx” is read by this command",
    "town.vault": "“town.vault” is a database",
    "a folder": "is a folder: add the name of a file",
    "nowhere/out.xlsx": "The folder of “out.xlsx” is not there",
    "list.xlsx/out.xlsx": "The folder of “out.xlsx” is not there",
    "/proc/out.xlsx": "“out.xlsx” cannot be written: close",
}


def test_a_result_never_replaces_what_is_read(path, tmp_path, capsys):
    (tmp_path / "a folder").mkdir()
    (tmp_path / "link.xlsx").symlink_to(tmp_path / "list.xlsx")
    for verb, options in RESULTS.items():
        file = write_xlsx(tmp_path / "list.xlsx", LISTS.get(verb, [COLUMNS, ROW]))
        before = standing(path)
        for option in options:
            place = file if verb in LISTS else path
            is_refused([*words_of(verb, path, file), option, str(place)], capsys, f"“{place.name}” is")
        assert standing(path) == before, verb
    file = write_xlsx(tmp_path / "list.xlsx", [COLUMNS, ROW])
    is_refused(["roster", "import", str(path), str(file), "--json", str(file)], capsys, "“list.xlsx” is")


def test_where_a_result_goes_is_looked_at_before_anything_is_changed(path, tmp_path, capsys):
    (tmp_path / "a folder").mkdir()
    file = write_xlsx(tmp_path / "list.xlsx", LISTS["update"])
    (tmp_path / "link.xlsx").symlink_to(file)
    before = standing(path)
    for place, wanted in PLACES.items():
        for option in RESULTS["update"]:
            is_refused([*words_of("update", path, file), option, str(tmp_path / place)], capsys, wanted)
    for place in ("list.xlsx/out", "/proc/out"):
        is_refused([*words_of("cut", path, file), "--out", str(tmp_path / place)], capsys, "“out” cannot be written")
    assert standing(path) == before


def test_two_results_are_not_written_to_one_file(path, tmp_path, capsys):
    file, out = write_xlsx(tmp_path / "list.xlsx", LISTS["vacancy"]), str(tmp_path / "out.xlsx")
    is_refused([*words_of("vacancy", path, file), "--xlsx", out, "--json", out], capsys, "Two results", "“out.xlsx”")
    is_refused(["check", str(path), "--xlsx", str(path)], capsys, "is read by this command")


def another_township(path: Path) -> None:
    """Put another township's workspace in the place of the vault's own."""
    with Workspace.open(path) as workspace, workspace.transaction("test") as write:
        row = workspace.read("township")
        write.delete("township", row.index)
        write.insert("township", row.set_axis([str(uuid4())]))


def no_mini_areas(path: Path) -> None:
    with Workspace.open(path) as workspace, workspace.transaction("test") as write:
        minis = workspace.read("mini_area", columns=["code"]).index
        buildings = workspace.read("building", columns=["mini_area_uid"])
        write.update("building", buildings.assign(mini_area_uid=None))
        write.delete("mini_area", minis)


STATES = {
    "no vault": (lambda path: vault_path(path).unlink(), "There is no roster vault “town.vault”"),
    "another township": (another_township, "belongs to another workspace than “town.gpkg”"),
    "wrong passphrase": (
        lambda _path: os.environ.update({"CENSUS_MAP_PASSPHRASE": "another one"}),
        "passphrase is wrong",
    ),
    "no workspace": (Path.unlink, "There is no workspace “town.gpkg”"),
    "no mini-areas": (no_mini_areas, "“town.gpkg” has no mini-areas yet"),
}


@pytest.mark.parametrize("state", list(STATES))
def test_a_township_that_cannot_be_worked_on_is_named_by_every_verb(state, path, tmp_path, capsys):
    change, wanted = STATES[state]
    change(path)
    needless = {"evaluate"} if state in {"no vault", "another township", "wrong passphrase"} else set()
    chosen = {"cut"} if state == "no mini-areas" else set(LISTS) - needless
    for verb in sorted(chosen):
        file = write_xlsx(tmp_path / "list.xlsx", LISTS[verb])
        is_refused(words_of(verb, path, file), capsys, wanted)
    assert not (tmp_path / "cut").exists()
    assert not list(tmp_path.glob("*.part"))


def test_the_vault_of_another_township_is_not_destroyed(path, capsys):
    another_township(path)
    words = ["roster", "vault", "destroy", str(path), "--confirm", "town.vault"]
    is_refused(words, capsys, "belongs to another workspace than “town.gpkg”")
    assert vault_path(path).exists()
    path.unlink()
    assert main(words) == 0
    assert not vault_path(path).exists()


def test_whose_list_it_is_must_be_said(path, tmp_path, capsys):
    is_refused(["roster", "evaluate", str(path), "--list", "totals.xlsx"], capsys, "write --list police=FILE")
    file = write_xlsx(tmp_path / "list.xlsx", [["苹果"], [NAME]])
    is_refused(words_of("evaluate", path, file), capsys, "neither totals by village nor a list of persons")


def test_the_refusals_are_complete_in_chinese(path, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("CENSUS_MAP_LANG", "zh_CN")
    (tmp_path / "folder.xlsx").mkdir()
    (tmp_path / "empty.xlsx").touch()
    header = write_xlsx(tmp_path / "h.xlsx", LISTS["surveys"][:1])
    odd = write_xlsx(tmp_path / "odd.xlsx", [["苹果"], ["香蕉"]])
    file = write_xlsx(tmp_path / "list.xlsx", LISTS["vacancy"])
    vacancy = words_of("vacancy", path, file)
    commands = [
        words_of("vacancy", path, tmp_path / "folder.xlsx"),
        words_of("vacancy", path, tmp_path / "empty.xlsx"),
        words_of("surveys", path, header),
        words_of("evaluate", path, odd),
        ["roster", "evaluate", str(path), "--list", "list.xlsx"],
        *([*vacancy, "--json", str(tmp_path / place)] for place in ("list.xlsx", "town.vault", "folder.xlsx", "no/o")),
        [*vacancy, "--xlsx", str(tmp_path / "o.xlsx"), "--json", str(tmp_path / "o.xlsx")],
        [*words_of("cut", path, file)[:-1], str(file)],
    ]
    for words in commands:
        is_refused(words, capsys)
        main(words)
        said = re.sub(
            r"“[^”]*”|--list police=\w+|--map|census-map:|Excel|[\w ]+\.xlsx|[\w ]+\.gpkg", "", capsys.readouterr().err
        )
        assert re.search("[一-鿿]", said), words
        assert not re.search("[A-Za-z]{3}", said), said


@pytest.mark.parametrize("verb", ["vacancy", "evaluate"])
def test_what_nobody_foresaw_is_told_without_its_text(verb, path, tmp_path, capsys, monkeypatch):
    def crash(*_arguments, **_options):
        raise ValueError(f"could not convert {NAME} {NUMBER}")

    for place in ("read_department", "read_department_totals"):
        monkeypatch.setattr(f"census_map.cli.roster_departments.{place}", crash)
    file = write_xlsx(tmp_path / "list.xlsx", LISTS[verb])
    assert main(words_of(verb, path, file)) == 2
    said = capsys.readouterr()
    assert "ValueError" in said.err
    assert "roster_departments.py" in said.err
    assert said.err.count("\n") == 1
    assert [text for text in PLANTED if text in said.out + said.err] == []
