"""What `pip install .` makes of a clone: everything that belongs to the program, and its Chinese."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = {
    "census_map": "census_map",
    "plugin": "census_map_plugin",
    "sample_layers": "census_map_samples",
    "styles": "census_map_styles",
}
# Pictures of the README; the catalogue goes in compiled.
LEFT_OUT = {"plugin/pictures", "census_map/locale"}


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A copy of what is kept in git, without anything that was made here."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a clone")
    folder = tmp_path_factory.mktemp("clone")
    files = [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    return folder, files


@pytest.fixture(scope="module")
def wheel(clone, tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(folder), "."]
    subprocess.run(command, cwd=clone[0], check=True, capture_output=True, timeout=120)
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(clone, wheel):
    expected = {"census_map/locale/zh_CN/LC_MESSAGES/census_map.mo"}
    for name in clone[1]:
        top, _, rest = name.partition("/")
        if top in NAMES and not any(name.startswith(f"{folder}/") for folder in LEFT_OUT):
            expected.add(f"{NAMES[top]}/{rest}")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert sorted(expected - held) == []
    assert sorted(held - expected) == []


def test_an_installed_program_speaks_chinese(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "CENSUS_MAP_LANG": "zh_CN"}
    program = (
        "import sys, census_map; assert census_map.__file__.startswith(sys.argv.pop()), census_map.__file__; "
        "from census_map.cli import main; main(['--help'])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, str(tmp_path)],
        cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8", check=True, timeout=60,
    )  # fmt: skip
    assert "普查" in done.stdout
    assert "Usage" not in done.stdout
