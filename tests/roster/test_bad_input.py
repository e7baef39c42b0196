"""Bad files and vaults through the command line: what is wrong with which, what to do; nothing lost, nobody named."""

import io
import os
import shutil
import struct
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

from census_map.cli import main
from census_map.progress import last_change
from census_map.roster.vault import Vault, vault_path
from census_map.roster.worklists import NOMINAL
from census_map.workspace import Workspace
from tests.roster.conftest import COST, HEADER, PASSPHRASE, write_xlsx

NAME, NUMBER, PHONE = "欧阳测试", "11010519491231002X", "13912345678"
COLUMNS = ["户主姓名", "身份证号", "联系电话", "住址", "居住人数"]
ROW = [NAME, NUMBER, PHONE, "东方花园1号楼1单元101室", 3]
TEXT = f"户主姓名,住址\n{NAME},东方花园1号楼\n".encode()


@pytest.fixture
def path(town: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A township with one household, closed."""
    monkeypatch.setenv("CENSUS_MAP_PASSPHRASE", PASSPHRASE)
    Vault.create(vault_path(town.path), PASSPHRASE, cost=COST).close()
    town.close()
    assert main(["roster", "import", str(town.path), str(write_xlsx(tmp_path / "good.xlsx", [COLUMNS, ROW]))]) == 0
    return town.path


def households(path: Path) -> tuple[int, int]:
    with Workspace.open(path) as workspace, Vault.open(vault_path(path), PASSPHRASE) as vault:
        return len(workspace.read("household")), len(vault.uids())


def compound_file(*, circle: bool) -> bytes:
    """A workbook under a password, or one whose sectors lead in a circle."""
    free, end = 0xFFFFFFFF, 0xFFFFFFFE
    table = [0xFFFFFFFD, end, *range(3, 10), 2 if circle else end]
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<9I", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<109I", 0, *[free] * 108)
    entries = [("Root Entry", 5, end, 0, 1), ("EncryptedPackage", 2, 2, 4096, free)]
    directory = b"".join(
        (name + "\0").encode("utf-16-le").ljust(64, b"\0")
        + struct.pack("<HBB3I", 2 * len(name) + 2, kind, 1, free, free, child)
        + bytes(36)
        + struct.pack("<IQ", start, size)
        for name, kind, start, size, child in entries
    )
    return head + struct.pack("<128I", *table, *[free] * (128 - len(table))) + directory.ljust(512, b"\0") + bytes(4096)


def write_zip(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", NAME)
    return path


def write_bytes(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


BAD = {
    "missing.xlsx": lambda path: path,
    "empty.xlsx": lambda path: write_bytes(path, b""),
    "noise.xlsx": lambda path: write_bytes(path, bytes(range(256)) * 20),
    "password.xlsx": lambda path: write_bytes(path, compound_file(circle=False)),
    "circle.xls": lambda path: write_bytes(path, compound_file(circle=True)),
    "archive.xlsx": write_zip,
    "picture.png": lambda path: write_bytes(path, b"\x89PNG\r\n\x1a\n" + bytes(range(256))),
    "nul.csv": lambda path: write_bytes(path, TEXT.replace("花".encode(), b"\0")),
    "broken.csv": lambda path: write_bytes(path, TEXT[:-5] + b"\xff\xfe\xff\n"),
    "columns.xlsx": lambda path: write_xlsx(path, [["苹果", "香蕉"], [NAME, PHONE]]),
    "~$good.xlsx": lambda path: write_bytes(path, b"\x05Admin" + b" " * 159),
}


WORDS = {"password.xlsx": "protected with a password", "~$good.xlsx": "choose “good.xlsx”"}


@pytest.mark.parametrize("name", list(BAD))
def test_a_file_that_cannot_be_read_is_named_with_fault_and_remedy(name, path, tmp_path, capsys):
    before, file = households(path), BAD[name](tmp_path / name)
    capsys.readouterr()
    assert main(["roster", "import", str(path), str(file)]) == 2
    said = capsys.readouterr()
    assert name in said.err
    assert WORDS.get(name, "") in said.err
    assert said.err.count("\n") == 1
    assert not any(text in said.err + said.out for text in (NAME, NUMBER, PHONE))
    assert households(path) == before


def test_a_header_without_rows_is_refused_and_leaves_no_step(path, tmp_path, capsys):
    before = last_change(path), households(path)
    assert main(["roster", "import", str(path), str(write_xlsx(tmp_path / "h.xlsx", [HEADER]))]) == 2
    assert "“h.xlsx” has no row below its header: choose the file that is filled in." in capsys.readouterr().err
    assert (last_change(path), households(path)) == before


def test_ten_thousand_columns_and_formulas_are_read_by_their_values(path, tmp_path, capsys):
    with xlsxwriter.Workbook(tmp_path / "wide.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, [f"列{n}" for n in range(10_000)])
        sheet.write_row(0, 9_000, ["户主姓名", "住址", "居住人数", "出生日期"])
        sheet.write_formula(1, 9_000, '="甲"&"乙"', None, "甲乙")
        sheet.write_formula(1, 9_001, "=A1", None, "王家村3组15号")
        sheet.write_formula(1, 9_002, "=1+1", None, 2)
        sheet.write_number(1, 9_003, 36526)
    assert main(["roster", "import", str(path), str(tmp_path / "wide.xlsx")]) == 0
    assert households(path) == (2, 2)
    with Workspace.open(path) as workspace:
        assert workspace.read("household")["h2a"].tolist() == [3, 2]
    assert "甲乙" not in capsys.readouterr().out


def damage(vault: Path) -> None:
    content = bytearray(vault.read_bytes())
    content[8192:] = os.urandom(len(content) - 8192)
    vault.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (damage, "damaged or changed"),
        (lambda vault: vault.write_bytes(vault.read_bytes()[:3000]), "damaged or changed"),
        (lambda vault: vault.write_bytes(b"no database at all, but long enough to be read" * 90), "damaged or changed"),
        (Path.unlink, "There is no roster vault"),
    ],
    ids=["damaged", "cut", "no vault", "gone"],
)
def test_a_vault_that_cannot_be_read_is_named_with_the_remedy(spoil, words, path, capsys):
    spoil(vault_path(path))
    book = path.with_name("l.xlsx")
    for verb in (["link", str(path)], ["lists", str(path), "--xlsx", str(book)], ["vault", "log", str(path)]):
        assert main(["roster", *verb]) == 2
        assert words in capsys.readouterr().err
    assert not book.exists()


def test_a_workspace_that_was_renamed_without_its_vault_gets_no_household_twice(path, tmp_path, capsys):
    renamed = path.rename(path.with_name("renamed.gpkg"))
    roster = str(tmp_path / "good.xlsx")
    assert main(["roster", "import", str(renamed), roster]) == 2
    assert "“renamed.vault” is not beside the workspace, which has 1 household already" in capsys.readouterr().err
    assert not vault_path(renamed).exists()
    vault_path(path).rename(vault_path(renamed))
    assert main(["roster", "import", str(renamed), roster]) == 0
    assert households(renamed) == (1, 1)


def test_where_every_list_is_empty_no_workbook_without_a_sheet_is_written(path, tmp_path, capsys):
    with Workspace.open(path) as workspace, workspace.transaction("test") as write:
        for table in ("household", "dwelling", "building"):
            write.delete(table, workspace.read(table, columns=[]).index)
    out = tmp_path / "lists.xlsx"
    assert main(["roster", "lists", str(path), "--xlsx", str(out)]) == 0
    assert "All lists are empty: no workbook was written." in capsys.readouterr().out
    assert not out.exists()
    assert main(["roster", "lists", str(path), "--xlsx", str(out), "--list", "vacant"]) == 0
    assert out.exists()


def test_what_destroys_a_vault_is_asked_by_name(path, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    assert main(["roster", "vault", "destroy", str(path)]) == 2
    assert "Type “town.vault” to destroy them" in capsys.readouterr().err
    assert vault_path(path).exists()


def test_a_vault_is_not_made_beside_a_name_that_was_mistyped(path, capsys):
    assert main(["roster", "vault", "init", str(path.with_name("twon.gpkg"))]) == 2
    assert "twon.gpkg" in capsys.readouterr().err
    assert not path.with_name("twon.vault").exists()


def test_a_passphrase_that_notepad_saved_with_a_mark_is_read(path, tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("CENSUS_MAP_PASSPHRASE")
    file = tmp_path / "口令.txt"
    file.write_bytes(b"\xef\xbb\xbf" + PASSPHRASE.encode() + b"\r\n")
    assert main(["roster", "link", str(path), "--passphrase-file", str(file)]) == 0
    file.write_bytes("口令".encode("gbk"))
    assert main(["roster", "link", str(path), "--passphrase-file", str(file)]) == 2
    assert "save it as text in UTF-8" in capsys.readouterr().err
    assert main(["roster", "link", str(path), "--passphrase-file", str(tmp_path / "no.txt")]) == 2
    assert "There is no passphrase file “no.txt”" in capsys.readouterr().err


def test_a_new_passphrase_that_is_not_given_is_asked_for_by_its_own_option(path, capsys):
    assert main(["roster", "vault", "passphrase", str(path)]) == 2
    said = capsys.readouterr().err
    assert "CENSUS_MAP_NEW_PASSPHRASE" in said
    assert "--new-passphrase-file" in said


def test_an_incomplete_name_to_learn_names_its_own_option(path, capsys):
    assert main(["roster", "aliases", str(path), "--learn", "东区"]) == 2
    assert "“东区” is incomplete: write --learn NAME=NAME." in capsys.readouterr().err


def test_files_that_hold_names_are_made_on_request_alone_and_said_to_hold_them(path, tmp_path, capsys):
    with Workspace.open(path) as workspace, workspace.transaction("test") as write:
        households = workspace.read("household", columns=[])
        write.update("household", pd.DataFrame({"class": NOMINAL}, index=households.index))
    for verb in ("tables", "lists", "unlinked"):
        out = tmp_path / f"{verb}.xlsx"
        capsys.readouterr()
        assert main(["roster", verb, str(path), "--xlsx", str(out)]) == 0
        assert "holds names" not in capsys.readouterr().out
        assert not held(out, NAME, "东方花园1号楼")
        shutil.copy(out, tmp_path / "open.xlsx")
        assert main(["roster", verb, str(path), "--xlsx", str(out), "--names"]) == 0
        assert f"“{out.name}” holds names and addresses" in capsys.readouterr().out
        assert held(out, NAME)


def held(path: Path, *texts: str) -> bool:
    with zipfile.ZipFile(path) as archive:
        content = "".join(archive.read(name).decode() for name in archive.namelist())
    return any(text in content for text in texts)
