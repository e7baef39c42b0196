"""What the attacks share: a township made once, copied for each of them."""

import json
import os
import shutil
from pathlib import Path

import pytest

from census_map.cli import main
from census_map.roster.vault import Vault
from tests.attack.job import PEOPLE, first_steps, write_inputs
from tests.roster.conftest import COST, write_xlsx

PASSPHRASE = "correct horse 电池"  # noqa: S105  of the tests only


@pytest.fixture(autouse=True)
def _passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CENSUS_MAP_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("CENSUS_MAP_NEW_PASSPHRASE", PASSPHRASE + " neu")
    monkeypatch.setenv("CENSUS_MAP_LANG", "en")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished township, its vault and its inputs: to be copied, never changed."""
    folder = tmp_path_factory.mktemp("made")
    os.environ["CENSUS_MAP_PASSPHRASE"] = PASSPHRASE
    write_inputs(folder)
    # Its passphrase costs little, for it is asked for a thousand times.
    Vault.create(folder / "town.vault", PASSPHRASE, cost=COST).close()
    for name, words in first_steps(folder).items():
        assert main(words) in {0, 1}, name
    _explain(folder / "town.gpkg", folder / "check.json")
    name, number, phone = PEOPLE[0]
    write_xlsx(
        folder / "roster2.xlsx",
        [["户主姓名", "身份证号", "联系电话", "住址", "居住人数"], [name, number, phone, "人民路1号", 4]],
    )
    return folder


def _explain(town: Path, found: Path) -> None:
    """Explain every warning, since a mini-area is signed only then; there are no errors."""
    assert main(["check", str(town), "--json", str(found)]) == 0
    for problem in json.loads(found.read_text(encoding="utf-8"))["problems"]:
        if problem["severity"] == "warning":
            assert main(["waive", str(town), problem["id"], "--reason", "so it is", "--author", "王"]) == 0
    found.unlink()


@pytest.fixture
def job(made: Path, tmp_path: Path) -> Path:
    """A copy of `made`."""
    return Path(shutil.copytree(made, tmp_path / "job"))
