"""What is installed to develop, test and ship is named with version and hash, and nothing else."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "requirements"
LOCKS = ("setup", "lowest", "office", "lock")
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)")


def pins(path):
    found = (PIN.match(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {canonicalize_name(pin[1]): pin[2] for pin in found if pin}


def wanted(extras):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = [*project["dependencies"], *(text for extra in extras for text in project["optional-dependencies"][extra])]
    return [Requirement(text) for text in texts]


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_hashes_and_no_host_is_named(name):
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=\S)", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    assert [block for block in blocks if not re.match(r"\S+==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", block)] == []
    assert "://" not in text
    assert "index-url" not in text


def test_the_lock_holds_what_the_project_asks_for():
    locked = pins(FOLDER / "setup.txt")
    asked = wanted(["dev", "fast", "plugin"])
    unmet = [str(one) for one in asked if not one.specifier.contains(locked.get(canonicalize_name(one.name), "0"))]
    assert unmet == [], "run make lock"


def test_the_project_is_built_with_what_is_locked():
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    texts = (FOLDER / "build.in").read_text(encoding="utf-8").splitlines()
    assert [text for text in texts if not text.startswith("#")] == build
    assert {canonicalize_name(Requirement(text).name) for text in build} <= set(pins(FOLDER / "lowest.txt"))


@pytest.mark.parametrize(
    ("source", "lock"), [(ROOT / "tests" / "lowest-versions.txt", "lowest"), (FOLDER / "office.in", "office")]
)
def test_a_lock_holds_the_chosen_versions(source, lock):
    locked = pins(FOLDER / f"{lock}.txt")
    assert {name: version for name, version in pins(source).items() if locked.get(name) != version} == {}


def test_nothing_but_the_newest_is_installed_without_hashes():
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    installs = [line.strip() for line in lines if "$(INSTALL)" in line and "$(NEWEST)" not in line]
    assert len(installs) == 5
    loose = [line for line in installs if "--require-hashes -r requirements/" not in line]
    assert [line for line in loose if "--no-deps --no-build-isolation -e ." not in line] == []


def test_hooks_before_a_commit_fetch_nothing_and_run_what_is_there():
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"repo: (\S+)", text) == ["local"]
    assert "://" not in text
    assert len(re.findall(r"language: system", text)) == len(re.findall(r"- id: ", text))
    assert re.findall(r"entry: (\S+)/", text) == [".venv/bin"] * len(re.findall(r"entry: ", text))


def test_all_parts_of_the_tests_run_and_those_that_failed_are_named():
    command = ["make", "--no-print-directory", "test", "TESTS=no-such-part help no-other-part"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0
    assert "make demo" in done.stdout
    assert "Failed: no-such-part no-other-part" in done.stderr
