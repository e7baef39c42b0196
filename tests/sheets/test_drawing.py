"""Sheets drawn by QGIS: templates, the text of the PDF, whole files only."""

import importlib.util
from pathlib import Path

import pytest
from census_map_plugin.drawing.page import load_template
from census_map_plugin.drawing.template import template_names, write_templates
from census_map_plugin.layouts import compose_sheets, print_sheets, printing, styles_folder
from qgis.core import QgsPrintLayout, QgsProject

from census_map.errors import Cancelled, InputError
from census_map.file_names import FileNames
from census_map.sheets.mini_area import mini_area_sheet
from census_map.sheets.panel import boxes
from census_map.sheets.paper import PAPERS
from census_map.sheets.render import print_workspace
from census_map.sheets.township import read_township
from tests.sheets.conftest import EXPRESSION, MARKUP
from tests.small_township import uid

pytestmark = [pytest.mark.qgis, pytest.mark.usefixtures("qgis_app")]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder apart from the workspace."""
    return tmp_path / "out"


def _text(path: Path) -> str:
    pymupdf = pytest.importorskip("pymupdf")
    with pymupdf.open(path) as document:
        return "\n".join(page.get_text() for page in document)


@pytest.mark.parametrize("name", PAPERS)
def test_each_shipped_template_loads_with_all_its_items(name: str):
    layout = load_template(QgsProject(), styles_folder() / f"mini_area_{name}.qpt")
    assert isinstance(layout, QgsPrintLayout)
    for item, box in boxes(PAPERS[name]).items():
        if item != "legend" and item not in {"corrections", "bounds", "totals", "people", "locator"}:
            assert layout.itemById(item) is not None, item
            assert layout.itemById(item).pos().x() == pytest.approx(box.x, abs=0.01), item
    assert layout.pageCollection().page(0).pageSize().width() == PAPERS[name].width


def test_the_shipped_templates_are_those_the_program_writes(tmp_path: Path):
    for path in write_templates(tmp_path):
        ours = load_template(QgsProject(), path)
        shipped = load_template(QgsProject(), styles_folder() / path.name)
        assert _rectangles(ours) == _rectangles(shipped)
    assert sorted(path.stem for path in tmp_path.glob("*.qpt")) == sorted(template_names())


def _rectangles(layout: QgsPrintLayout) -> dict:
    return {
        item.id(): [round(v, 2) for v in (item.pos().x(), item.pos().y(), item.rect().width(), item.rect().height())]
        for item in layout.items()
        if getattr(item, "id", None) and item.id()
    }


def test_a_broken_template_is_named(tmp_path: Path):
    (tmp_path / "mini.qpt").write_text("<nothing/>", encoding="utf-8")
    with pytest.raises(InputError, match=r"mini\.qpt"):
        load_template(QgsProject(), tmp_path / "mini.qpt")


def test_the_text_of_the_pdf_can_be_found_and_is_literal(read, imprint, out: Path):
    [printed] = print_sheets(read, out, imprint, ["320999001001001"])
    assert printed.file == out / "320999001001001.pdf"
    text = _text(printed.file)
    assert "江苏省 兴阳市 山里区 东华街道 东方花园社区居民委员会" in text
    assert "Map of mini-area 001" in text
    assert "人民路" in text
    assert EXPRESSION in text
    assert MARKUP in text
    assert "Scale 1:" in text
    assert not [character for character in text if 0x2E80 <= ord(character) < 0x2FE0]


def test_every_number_of_the_sheet_is_on_its_map(read, imprint, out: Path):
    sheet = mini_area_sheet(read, uid("M00"), imprint)
    list(printing(read, [sheet], 1, out))
    pymupdf = pytest.importorskip("pymupdf")
    with pymupdf.open(out / "320999001001001.pdf") as document:
        words = [word[4] for word in document[0].get_text("words")]
        assert document.page_count == sheet.pages
    for label in sheet.maps[0].labels:
        if label.kind in {"number", "detail", "neighbour"}:
            assert label.text.split()[0] in words


def test_the_sheet_reads_in_chinese_too(read, imprint, out: Path):
    sheets = compose_sheets(read, imprint, ["320999001002002"])
    assert [step.done for step in printing(read, sheets, 1, out)] == [1]


def test_a_book_is_one_file_a_census_area(read, imprint, out: Path):
    printed = print_sheets(read, out, imprint, book=True)
    assert sorted(path.name for path in out.iterdir()) == ["320999001001.pdf", "320999001002.pdf"]
    assert len(printed) == 4
    assert [step.file.name for step in printed] == 2 * ["320999001001.pdf"] + 2 * ["320999001002.pdf"]


def test_cancelling_leaves_whole_files_only(read, imprint, out: Path):
    def stop_after_two(fraction: float, text: str) -> None:
        if fraction >= 0.5:
            raise Cancelled(text)

    with pytest.raises(Cancelled):
        print_sheets(read, out, imprint, report=stop_after_two)
    names = sorted(path.name for path in out.iterdir())
    assert names == ["320999001001001.pdf", "320999001001002.pdf"]
    assert all("Map of" in _text(path) for path in out.iterdir())


def test_cancelling_a_book_leaves_no_half_book(read, imprint, out: Path):
    def stop(fraction: float, text: str) -> None:
        if fraction >= 0.25:
            raise Cancelled(text)

    with pytest.raises(Cancelled):
        print_sheets(read, out, imprint, book=True, report=stop)
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "name"), [("../..", "_.pdf"), ("", "sheet.pdf"), ("320/1", "320_1.pdf"), ("a b", "a_b.pdf")]
)
def test_a_code_is_never_a_path(code, name):
    assert FileNames(".pdf", nameless="sheet").new(code) == name


@pytest.mark.slow
def test_another_process_prints_and_can_be_stopped(town, tmp_path: Path):
    if importlib.util.find_spec("census_map_plugin") is None:
        pytest.skip("the plugin is not installed")
    path = town.path
    town.close()
    seen: list[float] = []
    made = print_workspace(path, tmp_path / "out", areas=["320999001001"], report=lambda part, _text: seen.append(part))
    assert [file.name for file in made.files] == ["320999001001001.pdf", "320999001001002.pdf"]
    assert (made.sheets, made.pages, made.missing) == (2, 4, {})
    assert seen == sorted(seen)
    assert seen[-1] == 1

    def stop(_fraction: float, text: str) -> None:
        raise Cancelled(text)

    with pytest.raises(Cancelled):
        print_workspace(path, tmp_path / "stopped", report=stop)
    assert not list((tmp_path / "stopped").glob(".*"))


def test_a_finished_workspace_can_be_read_again(town):
    assert len(read_township(town).mini_areas) == 4
