"""What pyproject says about the package is what stands in the folders."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INSTALLED = {"census_map": "census_map", "plugin": "census_map_plugin"}


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_package_folder_is_installed(project):
    folders = {"census_map_samples", "census_map_styles"}
    for top, name in INSTALLED.items():
        for init in (ROOT / top).rglob("__init__.py"):
            parts = init.parent.relative_to(ROOT / top).parts
            folders.add(".".join((name, *parts)))
    assert sorted(project["tool"]["setuptools"]["packages"]) == sorted(folders)


def test_lowest_versions_are_the_floors(project):
    floors = dict(re.match(r"([\w.-]+)>=([\w.]+)", line).groups() for line in project["project"]["dependencies"])
    lines = (ROOT / "tests" / "lowest-versions.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if "==" in line)

    def numbers(version):
        parts = [int(part) for part in version.split(".")[:3]]
        return parts + [0] * (3 - len(parts))

    assert set(floors) == set(pinned)
    # The first wheel of a floor may be a patch release.
    wrong = [name for name in floors if numbers(floors[name])[:2] != numbers(pinned[name])[:2]]
    assert wrong == []
