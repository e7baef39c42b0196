"""What the zip holds, and that it works on its own."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from census_map_plugin.build import NAME, VENDORED, build

LOCK = Path(__file__).resolve().parents[2] / "requirements" / "setup.txt"


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("dist"))


def test_the_zip_holds_the_plugin_the_library_and_the_pure_packages(archive):
    names = set(zipfile.ZipFile(archive).namelist())
    wanted = {"__init__.py", "metadata.txt", "plugin.py", "icons/census_map.svg", "LICENSE", "LICENSES.txt"}
    wanted |= {f"vendor/{package}/__init__.py" for package in (*VENDORED, "census_map", "census_map_styles")}
    wanted |= {"vendor/census_map/profiles/cn-2020.toml", "vendor/census_map_samples/township.gpkg"}
    assert {f"{NAME}/{name}" for name in wanted} <= names


def test_nothing_is_in_the_zip_that_has_no_business_there(archive):
    names = zipfile.ZipFile(archive).namelist()
    assert all(name.startswith(f"{NAME}/") for name in names)
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".so", ".pyd", ".po"))]
    assert not [name for name in names if name.startswith(f"{NAME}/vendor/census_map/cli/")]
    assert f"{NAME}/build.py" not in names


def test_every_vendored_package_has_its_licence_listed(archive):
    text = zipfile.ZipFile(archive).read(f"{NAME}/LICENSES.txt").decode()
    for distribution in VENDORED.values():
        assert f"\n{distribution.lower()} " in text.lower()


def test_vendored_packages_are_the_locked_ones(archive):
    text = zipfile.ZipFile(archive).read(f"{NAME}/LICENSES.txt").decode().lower()
    pins = dict(line.split()[0].split("==") for line in LOCK.read_text(encoding="utf-8").splitlines() if "==" in line)
    for distribution in VENDORED.values():
        name = distribution.lower()
        assert f"\n{name} {pins[name.replace('_', '-')]}" in text


def test_a_package_of_another_version_than_the_locked_one_is_not_shipped(tmp_path, monkeypatch):
    other = tmp_path / "setup.txt"
    other.write_text(LOCK.read_text(encoding="utf-8").replace("jinja2==", "jinja2==0."), encoding="utf-8")
    monkeypatch.setattr("census_map_plugin.build.LOCKED", other)
    with pytest.raises(SystemExit, match="jinja2"):
        build(tmp_path)


def test_the_same_sources_give_the_same_zip(archive, tmp_path):
    assert build(tmp_path).read_bytes() == archive.read_bytes()


def test_the_library_inside_the_zip_wins_over_another_one(archive, tmp_path):
    zipfile.ZipFile(archive).extractall(tmp_path)
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); "
        "from census_map_plugin import dependencies; dependencies.make_importable(); "
        "import census_map, census_map.workspace, census_map_samples, qgis_plugin_tools; "
        f"assert census_map.__file__.startswith({str(tmp_path)!r}), census_map.__file__; "
        "dependencies.forget(); assert 'census_map' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
