"""What the documentation names is there, and every rule and every room is told."""

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from census_map import coverage, delineate

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
NAMED = re.compile(r"`((?:census_map|census_map_plugin)(?:\.\w+)+)`")
CITED = re.compile(r"docs/(\w[\w-]*\.md)(?: ([A-Z][0-9]{2})\b| section ([0-9]+))?")


@pytest.fixture(scope="module")
def page():
    """The module that makes the page of rules; it needs Sphinx."""
    pytest.importorskip("sphinx")
    sys.path.insert(0, str(DOCS))
    yield importlib.import_module("rules_page")
    sys.path.remove(str(DOCS))


def exists(name):
    """Follow a dotted name: in the library by loading it, in the plugin, which needs QGIS, by reading it."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        module, rest = ".".join(parts[:length]), parts[length:]
        if parts[0] == "census_map_plugin":
            path = (ROOT / "plugin").joinpath(*parts[1:length])
            source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
            if source.is_file():
                tree = ast.parse(source.read_text(encoding="utf-8"))
                return not rest or rest[0] in {getattr(each, "name", "") for each in tree.body}
        elif _is_module(module):
            found = importlib.import_module(module)
            for each in rest:
                found = getattr(found, each, None)
            return found is not None
    return False


def _is_module(name):
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_name_in_the_documentation_exists(path):
    names = NAMED.findall(path.read_text(encoding="utf-8"))
    assert [name for name in names if not exists(name)] == []


def test_every_room_stands_in_the_architecture():
    text = (DOCS / "architecture.md").read_text(encoding="utf-8").split("## Rooms")[1].split("## Four walks")[0]
    rooms = {path.stem for path in (ROOT / "census_map").glob("*.py")} - {"__init__"}
    rooms |= {path.parent.name for path in (ROOT / "census_map").glob("*/__init__.py")}
    assert sorted(rooms - set(re.findall(r"`(\w+)`", text))) == [], "say in docs/architecture.md what the room is for"


def test_every_rule_is_told_with_an_example_and_a_remedy(page):
    texts = page.told()
    rules = page.all_rules()
    assert sorted(texts["rule"]) == sorted(rules), "tell the rule in docs/rules.toml"
    assert not set(texts["elsewhere"]) & set(rules)
    assert all(text["example"] and text["mend"] for text in texts["rule"].values())
    assert {name[0] for name in rules} <= set(page.FAMILIES)


def test_the_page_of_rules_shows_what_the_rules_say(page):
    text = page.rules_text()
    for name, rule in page.all_rules().items():
        assert f"| {name} | {rule.severity} | {rule.title} |" in text


def test_every_citation_leads_to_a_page_and_a_place():
    told = tomllib.loads((DOCS / "rules.toml").read_text(encoding="utf-8"))
    known = {"rules.md": set(told["rule"]) | set(told["elsewhere"])}
    for path in PAGES:
        known.setdefault(path.name, set(re.findall(r"^## ([0-9]+)\.", path.read_text(encoding="utf-8"), re.MULTILINE)))
    lost = []
    for folder in ("census_map", "plugin", "tests", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for name, rule, section in CITED.findall(path.read_text(encoding="utf-8")):
                place = rule or section
                if name not in known or (place and place not in known[name]):
                    lost.append(f"{path.relative_to(ROOT)}: {name} {place}")
    assert lost == []


def test_the_site_is_built_without_warning_and_needs_no_internet(page, tmp_path):
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", str(DOCS), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    text = "".join(path.read_text(encoding="utf-8") for path in tmp_path.glob("*.html"))
    assert re.findall(r"""(?:src|href)=["'](?:[a-z]+:)?//""", text) == []
    reference = (tmp_path / "api.html").read_text(encoding="utf-8")
    public = [
        f"{room.__name__}.{name}" for room in (coverage, delineate) for name in room.__all__ if not name.isupper()
    ]
    assert [name for name in public if f'id="{name}"' not in reference] == []
    assert all(name in (tmp_path / "rules.html").read_text(encoding="utf-8") for name in page.all_rules())


def test_the_documentation_names_no_place_of_one_machine():
    text = "".join(path.read_text(encoding="utf-8") for path in [*PAGES, *DOCS.glob("*.toml"), *DOCS.glob("*.py")])
    assert "://" not in text
    assert not re.search(r"(?<![\w.])/(work|root|home|tmp|opt)/", text)
