"""What she sees and the keys she presses."""

import pytest
import shapely
from census_map_plugin.panels.problems import FIX, LOCATE, MARK, MESSAGE, SECOND, THIRD, ProblemsDock
from census_map_plugin.panels.questions import NewTownshipDialog
from census_map_plugin.panels.steps import StepsDock
from qgis.PyQt.QtCore import QCoreApplication, QPoint, QRect, Qt
from qgis.PyQt.QtTest import QSignalSpy, QTest
from qgis.PyQt.QtWidgets import QDialogButtonBox

from census_map.checks import Problem
from census_map.coverage import Proposal
from census_map.mending import Mend, Mending
from census_map.progress import Step

pytestmark = [pytest.mark.qgis, pytest.mark.usefixtures("qgis_app")]

KEYS = ("areas", "split", "buildings", "number", "roster", "check", "print", "export")


def steps(*states: str) -> list[Step]:
    return [
        Step(key, f"title {key}", state, "", f"hint {key}", "check", f"do {key}")
        for key, state in zip(KEYS, states, strict=True)
    ]


def problem(number: int, severity: str = "error", fix: str | None = None, message: str = "") -> Problem:
    return Problem(f"p{number}", "G02", severity, "mini_area", (), message, fix, shapely.Point(number, 0))


@pytest.fixture
def dock():
    made = StepsDock()
    made.resize(272, 600)
    made.show()
    QCoreApplication.processEvents()
    yield made
    made.deleteLater()


@pytest.fixture
def problems():
    made = ProblemsDock({"renumber"})
    made.resize(900, 200)
    made.show()
    QCoreApplication.processEvents()
    yield made
    made.deleteLater()


def test_the_button_goes_on_with_the_first_open_step(dock):
    dock.show_township("东华街道", steps("done", "open", "open", *["open"] * 5))
    asked = QSignalSpy(dock.begin)
    QTest.mouseClick(dock.button, Qt.MouseButton.LeftButton)
    assert (dock.button.whole, asked[0]) == ("Continue: do split", ["split"])


def test_a_click_on_another_step_offers_that_one(dock):
    dock.show_township("东华街道", steps(*["done"] * 5, "problems", "open", "open"))
    asked = QSignalSpy(dock.begin)
    QTest.mouseClick(dock.rows[1], Qt.MouseButton.LeftButton)
    assert dock.button.whole == "do split"
    QTest.mouseClick(dock.button, Qt.MouseButton.LeftButton)
    assert asked[0] == ["split"]


def test_when_all_is_done_the_button_says_so(dock):
    dock.show_township("东华街道", steps(*["done"] * 8))
    assert not dock.button.isEnabled()


def test_while_something_runs_there_is_a_stop_instead_of_the_button(dock):
    dock.show_township("东华街道", steps("done", *["open"] * 7))
    dock.show_running("Dividing")
    dock.show_progress(0.25, "003")
    asked = QSignalSpy(dock.cancel_asked)
    assert not dock.button.isVisible()
    QTest.mouseClick(dock.stop_button, Qt.MouseButton.LeftButton)
    assert len(asked) == 1
    dock.show_idle()
    assert dock.button.isVisible()


def test_no_text_of_the_dock_widens_it(dock):
    long = "江苏省兴阳市龙湾区东华街道东方花园社区居民委员会第三居民小组" * 3
    dock.show_township(long, [Step(key, long, "open", "1,234/5,678", long, "check", long) for key in KEYS])
    QCoreApplication.processEvents()
    assert dock.minimumSizeHint().width() <= 300
    assert dock.button.text().endswith("…")


def test_space_walks_the_problems_and_enter_mends_where_a_fix_is_offered(problems):
    listed = [problem(1), problem(2, fix="renumber"), problem(3, fix="unknown")]
    problems.show_problems(listed)
    located, mended = QSignalSpy(problems.locate), QSignalSpy(problems.mend)
    QTest.keyClick(problems.table, Qt.Key.Key_Return)
    QTest.keyClick(problems.table, Qt.Key.Key_Space)
    QTest.keyClick(problems.table, Qt.Key.Key_Return)
    QTest.keyClick(problems.table, Qt.Key.Key_Space)
    QTest.keyClick(problems.table, Qt.Key.Key_Return)
    QTest.keyClick(problems.table, Qt.Key.Key_Space)
    assert [call[0].id for call in located] == ["p2", "p3", "p1"]
    assert [([problem.id for problem in call[0]], call[1]) for call in mended] == [(["p2"], 0)]


def proposals(*titles: str) -> Mending:
    proposal = Proposal("f", "gap", 1, "give", "a", "moved")
    return Mending(tuple(Mend(proposal, title, f"{title} gains 2 m².", None) for title in titles), "cannot be mended")


def test_each_proposal_has_a_button_and_its_effect_is_explained(problems):
    problems.show_problems([problem(1), problem(2)], {"p1": proposals("Give to 003", "Give to 004"), "p2": proposals()})
    model = problems.model
    texts = [model.data(model.index(0, column)) for column in (FIX, SECOND, THIRD)]
    assert texts == ["Give to 003", "Give to 004", ""]
    assert problems.explanation.text().splitlines() == [
        "Give to 003: Give to 003 gains 2 m².",
        "Give to 004: Give to 004 gains 2 m².",
    ]
    mended = QSignalSpy(problems.mend)
    place: QRect = problems.table.visualRect(model.index(0, SECOND))
    QTest.mouseClick(problems.table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place.center()))
    assert [(call[0][0].id, call[1]) for call in mended] == [("p1", 1)]
    problems.table.selectRow(1)
    assert problems.explanation.text() == "cannot be mended"
    QTest.keyClick(problems.table, Qt.Key.Key_Return)
    assert len(mended) == 1


def test_enter_mends_all_that_are_chosen(problems):
    listed = [problem(1), problem(2), problem(3)]
    problems.show_problems(listed, {"p1": proposals("a"), "p3": proposals("b")})
    mended = QSignalSpy(problems.mend)
    problems.table.selectAll()
    QTest.keyClick(problems.table, Qt.Key.Key_Return)
    assert [[item.id for item in call[0]] for call in mended] == [["p1", "p3"]]


def test_after_mending_the_place_in_the_list_is_kept(problems):
    listed = [problem(number) for number in range(5)]
    problems.show_problems(listed)
    problems.table.selectRow(2)
    problems.show_problems([item for item in listed if item.id != "p2"])
    assert problems.model.problems[problems.table.currentIndex().row()].id == "p3"


def test_a_click_on_locate_and_on_the_fix(problems):
    problems.show_problems([problem(1), problem(2, fix="renumber")])
    located, mended = QSignalSpy(problems.locate), QSignalSpy(problems.mend)

    def click(row: int, column: int) -> None:
        place: QRect = problems.table.visualRect(problems.model.index(row, column))
        QTest.mouseClick(problems.table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place.center()))

    click(1, LOCATE)
    click(1, FIX)
    click(0, FIX)
    assert [call[0].id for call in located] == ["p2"]
    assert [([problem.id for problem in call[0]], call[1]) for call in mended] == [(["p2"], 0)]


def test_severity_is_told_by_a_sign_too_and_text_is_never_markup(problems):
    problems.show_problems([problem(1, "error", message="<b>东</b> & 西"), problem(2, "warning"), problem(3, "info")])
    model = problems.model
    assert [model.data(model.index(row, MARK)) for row in range(3)] == ["✕", "!", "i"]
    assert model.data(model.index(0, MESSAGE)) == "<b>东</b> & 西"
    assert "<b>" not in model.data(model.index(0, MESSAGE), Qt.ItemDataRole.ToolTipRole)


def test_ten_thousand_problems_are_listed_at_once(problems):
    problems.show_problems([problem(number) for number in range(10_000)])
    assert problems.model.rowCount() == 10_000


def test_a_new_township_needs_only_the_file(tmp_path):
    areas = tmp_path / "东华街道普查区.gpkg"
    areas.touch()
    dialog = NewTownshipDialog()
    ok = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    assert not ok.isEnabled()
    dialog.areas.setText(str(areas))
    assert ok.isEnabled()
    answer = dialog.answer()
    assert answer.areas == areas
    assert answer.path.parent == tmp_path
    assert not answer.path.exists()
    dialog.name.setText("a/b:c")
    assert dialog.answer().path.name == "abc.gpkg"
