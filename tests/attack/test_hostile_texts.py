"""Texts that try to act, through the whole job: they come out as texts, and nothing outside the results is touched."""

import csv
import importlib.util
import json
import re
import stat
import zipfile
from html.parser import HTMLParser
from itertools import count
from pathlib import Path

import fiona
import pandas as pd
import pyogrio
import pytest

from census_map.cli import main
from census_map.roster.cutting import Cut, write_cut
from census_map.workspace import Workspace
from tests.attack.job import first_steps, later_steps, write_inputs

# `MARK` becomes a file that a text which acts would make.
HOSTILE = {
    "jinja": "{{ 7*7 }}{{ cycler.__init__.__globals__.os.system('touch MARK') }}",
    "jinja block": "{% for x in [1] %}49{% endfor %}{% raw %}{% endraw %}{# #}",
    "layout": '[% 7*7 %][%= "name" %] @project_home',
    "image": "<img src=x onerror=alert(49)>",
    "script": "</script><script>alert(49)</script><!--",
    "quotes": "\"'`');--\\\" OR '1'='1",
    "formula": "=cmd|'/c touch MARK'!A0",
    "wide formula": "＝1+1",
    "plus": "+1+cmd",
    "at": "@SUM(1)",
    "lines": "a\nb\r\nc\td",
    "direction": "\u202egpj.exe\u2066x\u2069\u200b",
    "path": "../../../outside",
    "absolute": "/tmp/census-map-outside",  # noqa: S108  the place is looked at
    "windows": "C:\\x\\CON",
    "long": "长" * 10_000,
    "sql": "x'); DROP TABLE building; --",
    "escape": "\x1b[31mred\x07",
    "place": "{0.__class__}{name}%s%n${x}",
}
# What one of these verbs may say no to: a text that no field of a shapefile holds, or no cell.
MAY_REFUSE = {"export"}
_TAGS = {
    "html", "head", "meta", "title", "style", "script", "body", "header", "h1", "h2", "span", "nav", "label", "input",
    "b", "div", "p",
}  # fmt: skip


class _Page(HTMLParser):
    """Collects what a browser would make elements of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.handlers: list[str] = []
        self.data: list[str] = []
        self._in_data = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.handlers += [name for name, _value in attrs if name.startswith("on") or name in {"src", "href", "srcdoc"}]
        self._in_data = tag == "script" and ("type", "application/json") in attrs

    def handle_data(self, data: str) -> None:
        if self._in_data:
            self.data.append(data)
            self._in_data = False


def _look_at_page(path: Path) -> None:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    assert page.tags <= _TAGS
    assert page.handlers == []
    assert len(page.data) >= 5
    for text in page.data:
        json.loads(text)


def _look_at_workbook(path: Path) -> None:
    with zipfile.ZipFile(path) as book:
        assert book.testzip() is None
        for name in book.namelist():
            text = book.read(name).decode()
            assert not re.search(r"<f[ >]", text), (path.name, name)
            assert "hyperlink" not in text, (path.name, name)


def _look_at_csv(path: Path) -> None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.reader(file):
            for cell in row:
                assert not cell.lstrip().startswith(("=", "+", "@", "＝", "＋", "＠")), (path.name, cell)


def _look_at(path: Path) -> None:
    """Open a result with what reads it, and see that its texts are texts."""
    if path.suffix == ".html":
        _look_at_page(path)
    elif path.suffix == ".xlsx":
        _look_at_workbook(path)
    elif path.suffix == ".csv":
        _look_at_csv(path)
    elif path.suffix == ".json":
        json.loads(path.read_text(encoding="utf-8"))
    elif path.suffix == ".gpkg":
        for name, _kind in pyogrio.list_layers(path):
            pyogrio.read_dataframe(path, layer=name)
    elif path.suffix == ".shp":
        with fiona.open(path) as rows:
            assert list(rows)


@pytest.mark.parametrize("first", [0, 7])
def test_hostile_texts_come_out_as_texts(first, tmp_path, capsys):
    """Every word of the inputs is another of the texts, from the first one on, over and over."""
    mark = tmp_path / "acted"
    texts = [text.replace("MARK", str(mark)) for text in HOSTILE.values()]
    turn = count(first)

    def word(plain: str) -> str:
        text = texts[next(turn) % len(texts)]
        return text if text.startswith("=") else f"{text}{plain}"

    folder, out = tmp_path / "in" / "job", tmp_path / "out" / "results"
    write_inputs(folder, word)
    out.mkdir(parents=True)
    steps = {**first_steps(folder), **later_steps(folder, out)}
    for name, words in steps.items():
        capsys.readouterr()
        status = main(words)
        said = capsys.readouterr()
        assert "That did not work" not in said.err, (name, said.err)
        assert status in ({0, 1, 2} if name in MAY_REFUSE else {0, 1}), (name, said.err)
        assert not set(said.out + said.err) & set("\x1b\x07\r\u202e\u2066"), name
    assert not mark.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["results"]
    assert not Path("/tmp/census-map-outside").exists()  # noqa: S108  where the text would lead
    results = [path for path in out.rglob("*") if path.is_file()]
    assert {path.suffix for path in results} >= {".html", ".xlsx", ".json", ".csv", ".gpkg"}
    for path in results:
        _look_at(path)


CODES = ["../../evil", "a/b", "a_b", "A_B", "CON", "/outside", "长" * 300, "\u202egpj", ".", "rest"]


def test_codes_that_are_paths_lead_nowhere_and_lose_no_workbook(tmp_path):
    rows = pd.DataFrame({"row": [1]})
    made = write_cut(Cut("list.xlsx", dict.fromkeys(CODES, rows), rows), tmp_path / "in" / "cut", names=True)
    assert len(made) == len(CODES) + 2
    assert sorted(made) == sorted((tmp_path / "in" / "cut").iterdir())
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}


@pytest.mark.qgis
@pytest.mark.skipif(importlib.util.find_spec("qgis") is None, reason="QGIS is not installed")
def test_maps_of_areas_whose_codes_are_paths_are_all_printed_in_their_folder(job, tmp_path, capsys):
    with Workspace.open(job / "town.gpkg") as workspace, workspace.transaction("test") as write:
        minis = workspace.read("mini_area", columns=["code"])
        codes = [*CODES[: len(minis) - 1], "a/b"][: len(minis)]
        write.update("mini_area", minis.assign(code=codes))
    assert main(["print", str(job / "town.gpkg"), "--out", str(tmp_path / "out" / "maps")]) == 0
    assert len(list((tmp_path / "out" / "maps").glob("*.pdf"))) == len(codes)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["job", "out"]
    assert "“../../evil”" in capsys.readouterr().out
