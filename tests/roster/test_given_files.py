"""The files on which the program once failed, where they are there: each is read right, or refused by name."""

import json
import re
import shutil
from pathlib import Path

import pytest

from census_map.cli import main
from census_map.roster.vault import Vault, vault_path
from census_map.workspace import Workspace
from tests.roster.conftest import COST, PASSPHRASE

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases" / "roster"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the given files are not here")


@pytest.fixture
def path(town: Workspace, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A township with an empty vault, closed."""
    monkeypatch.setenv("CENSUS_MAP_PASSPHRASE", PASSPHRASE)
    Vault.create(vault_path(town.path), PASSPHRASE, cost=COST).close()
    town.close()
    return town.path


def roster(path: Path, verb: str, name: str | Path, *more: object) -> int:
    return main(["roster", verb, str(path), str(CASES / name), *map(str, more)])


def vault_values(path: Path) -> list[dict[str, str]]:
    with Vault.open(vault_path(path), PASSPHRASE) as vault:
        return vault.read(["head", "identity", "phone", "address", "place"], reason="test").to_dict("records")


def counts(path: Path) -> list[object]:
    with Workspace.open(path) as workspace:
        return workspace.read("household", columns=["h2a"])["h2a"].fillna(-1).tolist()


def said_kinds(tmp_path: Path) -> set[str]:
    return {problem["kind"] for problem in json.loads((tmp_path / "out.json").read_text("utf-8"))["problems"]}


@pytest.mark.parametrize("following", ["without_id_column", "ids_as_numbers", "ids_masked"])
@pytest.mark.parametrize("verb", ["update", "import"])
def test_a_version_that_lacks_or_spoils_numbers_replaces_none(path, tmp_path, following, verb):
    file = tmp_path / "v" / "roster.xlsx"
    file.parent.mkdir()
    shutil.copy(CASES / "01_first.xlsx", file)
    assert roster(path, "import", file) == 0
    before = vault_values(path)
    shutil.copy(CASES / f"01_next_{following}.xlsx", file)
    status = roster(path, verb, file, "--json", tmp_path / "out.json")
    assert status == (0 if following == "without_id_column" else 1)
    assert vault_values(path) == before
    assert said_kinds(tmp_path) & {"kept-column", "kept-worse"}


@pytest.mark.parametrize(
    "name",
    [
        "02_side_by_side.xlsx", "02_side_by_side_adjoining.xlsx", "03_header_three_rows.xlsx", "06_summary_sheet.xlsx",
        "07_unbalanced_quote.csv", "12_landlord_and_tenant.xlsx", "16_sheet_per_household.xlsx", "17_prenumbered.csv",
        "17_prenumbered_text.xlsx", "17_remarks_below.xlsx", "17_total_bare.csv", "17_totals.xlsx", "22_hidden.xlsx",
        "23_xls_as.xlsx", "23_xlsx_as.xls", "24_english_headers.xlsx",
    ],
)  # fmt: skip
def test_six_households_with_their_numbers_are_read(path, name):
    assert roster(path, "import", name) == 0
    values = vault_values(path)
    assert [value["head"][:2] for value in values] == ["仉测"] * 6
    assert all(re.fullmatch(r"3209991970010100\d\d", value["identity"]) for value in values)
    assert all(value["address"].startswith("东方花园1号楼2单元") for value in values)
    assert sorted(counts(path)) == [2, 2, 3, 3, 4, 5]


def test_a_tenant_keeps_the_own_phone(path):
    assert roster(path, "import", "12_landlord_and_tenant.xlsx") == 0
    assert {value["phone"][:9] for value in vault_values(path)} == {"160000000"}
    assert "16000000077" not in {value["phone"] for value in vault_values(path)}


def test_of_a_list_of_persons_the_heads_are_households(path, tmp_path):
    assert roster(path, "import", "04_list_of_persons.xlsx", "--json", tmp_path / "out.json") == 0
    assert [value["head"] for value in vault_values(path)] == ["仉测甲甲", "仉测甲丁"]
    assert "members" in said_kinds(tmp_path)


@pytest.mark.parametrize("name", ["08_stray_corner.xlsx", "08_two_strays.xlsx"])
def test_stray_cells_are_refused_in_one_line(path, name, capsys):
    assert roster(path, "import", name, "--preview") == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("name", ["09_registered_address.xlsx", "09_registered_elsewhere.xlsx"])
def test_the_present_address_places_the_household_and_the_other_says_where_it_is_registered(path, name):
    assert roster(path, "import", name) == 0
    assert [value["address"][:10] for value in vault_values(path)] == ["东方花园1号楼2单元"] * 6
    assert all("东方花园2号楼1单元" in value["place"] or "安徽省" in value["place"] for value in vault_values(path))
    with Workspace.open(path) as workspace:
        assert set(workspace.read("household", columns=["presence"])["presence"]) == {"registered_elsewhere"}


@pytest.mark.parametrize(
    ("name", "addresses"),
    [
        ("11_cun_zu_menpaihao.xlsx", [f"1组{n}号" for n in (1, 2, 4, 5, 6, 7)]),
        ("11_cunminxiaozu.xlsx", [f"1组{n}号" for n in (1, 2, 4, 5, 6, 7)]),
        ("11_zubie_menpaidizhi.xlsx", [f"1组{n}号" for n in (1, 2, 4, 5, 6, 7)]),
        ("11_zubie_menpaihao.xlsx", [f"1组{n}号" for n in (1, 2, 4, 5, 6, 7)]),
        ("11_lu_nong_menpaihao_shihao.xlsx", ["工农路5弄2号"] * 6),
        ("11_street_then_door.xlsx", [f"柳巷1号{n}室" for n in (101, 102, 201, 202)]),
    ],
)
def test_columns_of_an_address_are_put_together(path, name, addresses):
    assert roster(path, "import", name) == 0
    assert [value["address"] for value in vault_values(path)] == addresses


@pytest.mark.parametrize("verb", ["visits", "register"])
def test_nothing_goes_to_a_namesake(path, verb):
    assert roster(path, "import", "13_roster.xlsx") == 0
    kind = ["--kind", "nominal"] if verb == "register" else []
    assert roster(path, verb, "13_visits.xlsx", *kind) == 1
    with Workspace.open(path) as workspace:
        assert workspace.read("visit").empty
        assert workspace.read("register").empty


@pytest.mark.parametrize("name", ["15_form_down.xlsx", "15_form_with_members.xlsx", "15_forms.xlsx"])
def test_forms_are_refused_by_name_and_show_nobody(path, name, tmp_path, capsys):
    assert roster(path, "import", name, "--json", tmp_path / "out.json") == 2
    said = capsys.readouterr()
    assert name in said.err
    assert "仉测" not in said.out + said.err
    assert not (tmp_path / "out.json").exists()


def test_sheets_that_are_named_after_their_heads_are_named_by_their_place(path, tmp_path, capsys):
    assert roster(path, "import", "16_sheet_per_household.xlsx", "--json", tmp_path / "out.json") == 0
    said = capsys.readouterr()
    assert "仉测" not in said.out + said.err + (tmp_path / "out.json").read_text("utf-8")
    assert "仉测".encode() not in path.read_bytes()
    with Workspace.open(path) as workspace:
        assert workspace.read("household", columns=["source"])["source"].nunique() == 6


def test_births_are_the_same_in_every_spelling(path, tmp_path):
    assert roster(path, "import", "18_roster.xlsx") == 0
    out = tmp_path / "out.json"
    assert roster(path, "compare", "18_police.xlsx", "--kind", "police", "--json", out) == 0
    assert '"both": 6' in out.read_text("utf-8")


def test_a_sound_number_that_ends_in_zeros_is_no_cut_one(path, tmp_path):
    assert roster(path, "import", "20_ends_in_000.xlsx", "--json", tmp_path / "out.json") == 0
    assert not {kind for kind in said_kinds(tmp_path) if kind.startswith("identity")}


def test_permits_and_passports_are_documents(path, tmp_path):
    assert roster(path, "import", "20_permits_and_passports.xlsx", "--json", tmp_path / "out.json") == 0
    problems = json.loads((tmp_path / "out.json").read_text("utf-8"))["problems"]
    rows = {problem["row"] for problem in problems if problem["kind"].startswith("identity")}
    assert rows == {3, 24, 27, 28, 33, 34, 35, 36}


def test_the_persons_of_a_merged_cell_count_once(path, tmp_path):
    assert roster(path, "import", "21_merged_count.xlsx", "--json", tmp_path / "out.json") == 0
    assert counts(path) == [4, -1, 4, -1, 4, -1]
    assert "count-merged" in said_kinds(tmp_path)


def test_what_is_hidden_is_said(path, tmp_path):
    assert roster(path, "import", "22_hidden.xlsx", "--json", tmp_path / "out.json") == 0
    assert {"rows-hidden", "sheet-hidden"} <= said_kinds(tmp_path)


def test_a_protected_workbook_is_said_to_be_protected(path, capsys):
    assert roster(path, "import", "23_password.et") == 2
    assert "protected with a password" in capsys.readouterr().err
