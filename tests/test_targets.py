"""Where results may stand: over nothing that is needed."""

import json
import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import box

from census_map.cli import main
from census_map.drafts import clear_drafts, drafted, private_folder
from census_map.errors import InputError
from census_map.roster.vault import Vault, vault_path
from census_map.targets import check_folder, check_outputs, result_file, write_text
from census_map.workspace import Workspace
from tests.small_township import CRS, fill

PASSPHRASE = "a passphrase of a test"  # noqa: S105


@pytest.fixture
def kept(tmp_path) -> dict[str, Path]:
    """One file of each kind that no result may replace."""
    town = tmp_path / "town.gpkg"
    with Workspace.create(town, crs=CRS) as workspace:
        fill(workspace)
    Vault.create(vault_path(town), PASSPHRASE, cost=2**4).close()
    vault = tmp_path / "vault copied.gpkg"
    vault.write_bytes(vault_path(town).read_bytes())
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as file:
        file.execute("CREATE TABLE t (x)")
    package = tmp_path / "package"
    (package / "01").mkdir(parents=True)
    (package / "manifest.json").write_text(json.dumps({"lock": "", "files": {}, "township": {}}), encoding="utf-8")
    (package / "01" / "a.csv").write_text("a", encoding="utf-8")
    (tmp_path / "link").symlink_to(vault_path(town))
    os.link(vault_path(town), tmp_path / "hard")
    (tmp_path / "map.fgb").write_bytes(b"fgb\x03")
    (tmp_path / "town.gpkg-wal").write_bytes(b"journal")
    return {
        "workspace": town,
        "vault": vault_path(town),
        "vault by another name": vault,
        "database": other,
        "file of a package": package / "01" / "a.csv",
        "new file in a package": package / "new.json",
        "link to a vault": tmp_path / "link",
        "hard link to a vault": tmp_path / "hard",
        "map": tmp_path / "map.fgb",
        "journal": tmp_path / "town.gpkg-wal",
        "vault to be": tmp_path / "later.vault",
        "folder": tmp_path,
    }


@pytest.fixture
def areas(tmp_path) -> Path:
    path = tmp_path / "areas.geojson"
    gpd.GeoDataFrame({"persons": [1.0, 1.0]}, geometry=[box(0, 0, 10, 10), box(10, 0, 20, 10)], crs=CRS).to_file(path)
    return path


def _standing(folder: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and "-shm" not in path.name
    }


def _verbs(town: Path, areas: Path, place: Path) -> list[list[str]]:
    out = str(areas.with_name("fixed.gpkg"))
    coverage = [["check", areas], ["repair", areas, "--out", out], ["repair", areas, "--dry-run"]]
    coverage += [["split", areas, "--buildings", areas, "--target", "1", "--out", out]]
    words = [["coverage", *map(str, each), "--json", str(place)] for each in coverage]
    words += [["check", str(town), option, str(place)] for option in ("--json", "--html", "--xlsx")]
    return [*words, ["roster", "unlinked", str(town), "--json", str(place)]]


@pytest.mark.parametrize(
    "kind",
    [
        "workspace", "vault", "vault by another name", "database", "file of a package", "new file in a package",
        "link to a vault", "hard link to a vault", "map", "journal", "vault to be", "folder",
    ],
)  # fmt: skip
def test_no_verb_replaces_what_is_needed(kind, kept, areas, tmp_path, capsys):
    before = _standing(tmp_path)
    for words in _verbs(kept["workspace"], areas, kept[kind]):
        assert main(words) == 2, words
        assert "That did not work" not in capsys.readouterr().err
        assert _standing(tmp_path) == before, words


@pytest.mark.parametrize("kind", ["workspace", "vault by another name"])
def test_a_map_replaces_neither_a_township_nor_a_vault(kind, kept, areas, tmp_path):
    before = _standing(tmp_path)
    for verb in (["check"], ["repair"], ["split", "--buildings", str(areas), "--target", "1"]):
        assert main(["coverage", verb[0], str(areas), *verb[1:], "--out", str(kept[kind])]) == 2
    assert _standing(tmp_path) == before


@pytest.mark.parametrize("name", ["later.vault", "town.gpkg-wal", "package/new.gpkg"])
def test_no_township_is_made_where_another_file_belongs(name, kept, areas, tmp_path):
    kept["journal"].unlink()
    before = _standing(tmp_path)
    assert main(["new", str(tmp_path / name), "--areas", str(areas)]) == 2
    assert _standing(tmp_path) == before


def test_a_map_may_be_made_again(areas, tmp_path):
    for _time in range(2):
        assert main(["coverage", "check", str(areas), "--out", str(tmp_path / "faults.gpkg")]) == 0


def test_no_folder_of_results_is_a_package_or_a_source(kept, tmp_path):
    package = kept["file of a package"].parents[1]
    for verb in ("export", "print"):
        for folder in (package, package / "01", kept["vault"]):
            assert main([verb, str(kept["workspace"]), "--out", str(folder)]) == 2
    with pytest.raises(InputError, match="is read by"):
        check_folder(tmp_path / "inner", read=(tmp_path,))


@pytest.mark.parametrize("ending", [".dbf", ".shx", ".prj", ".cpg", ".qix", ".SHX", ".shp.xml"])
def test_parts_of_a_source_are_kept(ending, tmp_path):
    with pytest.raises(InputError, match="is read by"):
        check_outputs(tmp_path / f"areas{ending}", read=(f"{tmp_path / 'areas.shp'}:layer",))


def test_a_device_is_written_into_and_never_replaced(areas, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_text(pipe, "told")
        assert os.read(reader, 100) == b"told"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert main(["coverage", "check", str(areas), "--json", os.devnull]) == 0
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_a_planted_link_is_not_followed(tmp_path):
    victim, out = tmp_path / "victim", tmp_path / "c.html"
    victim.write_text("kept")
    with private_folder(tmp_path, out.name) as folder:
        planted = folder
    for name in (planted, out, out.with_name("c.html.part")):
        name.symlink_to(victim)
    write_text(out, "new")
    assert victim.read_text() == "kept"
    assert out.read_text() == "new"
    assert not out.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.html", "c.html.part", "victim"]


def test_nobody_else_reads_what_holds_names(tmp_path):
    out = tmp_path / "names.xlsx"
    old = os.umask(0)
    try:
        with result_file(out, secret=True) as draft:
            assert stat.S_IMODE(draft.parent.stat().st_mode) == 0o700
            assert stat.S_IMODE(draft.stat().st_mode) == 0o600
            draft.write_bytes(b"names")
    finally:
        os.umask(old)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


_KILLED = """
import os, signal, sys
from pathlib import Path
from census_map.drafts import drafted
with drafted(Path(sys.argv[1]), secret=True) as draft:
    draft.write_text("names")
    print("written", flush=True)
    if sys.argv[2] == "wait":
        sys.stdin.read()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("next_one", ["same.xlsx", "other.json"])
def test_what_a_killed_program_left_goes_with_the_next_result(next_one, tmp_path):
    subprocess.run(
        [sys.executable, "-c", _KILLED, str(tmp_path / "same.xlsx"), "die"], check=False, capture_output=True
    )
    (left,) = tmp_path.iterdir()
    assert stat.S_IMODE(left.stat().st_mode) == 0o700
    with drafted(tmp_path / next_one) as draft:
        draft.write_text("whole")
    assert [path.name for path in tmp_path.iterdir()] == [next_one]


def test_what_is_still_being_written_stays(tmp_path):
    words = [sys.executable, "-c", _KILLED, str(tmp_path / "same.xlsx"), "wait"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        with drafted(tmp_path / "other.json") as draft:
            draft.write_text("whole")
        with pytest.raises(InputError, match="being written by another program"), drafted(tmp_path / "same.xlsx"):
            pass
        assert len(list(tmp_path.iterdir())) == 2
        process.kill()
    clear_drafts(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["other.json"]


def test_half_a_character_is_written_as_its_number(tmp_path):
    write_text(tmp_path / "a.json", json.dumps("a\udcff", ensure_ascii=False))
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == "a\udcff"
