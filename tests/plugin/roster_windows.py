"""What the tests of the roster's windows do over and over: write a workbook, press a button, wait."""

import xlsxwriter
from python_calamine import CalamineWorkbook
from qgis.PyQt.QtCore import QCoreApplication, Qt
from qgis.PyQt.QtTest import QTest

from census_map.workspace import Workspace

from .test_tasks import wait_until

PASSPHRASE = "long enough 电池"  # noqa: S105  of the tests only
HEADER = ["普查区", "户主姓名", "联系电话", "身份证号", "住址", "现住人数", "备注"]


def click(button) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def finish(plugin) -> None:
    wait_until(lambda: not plugin.background.busy, 120.0)
    QCoreApplication.processEvents()


def onward(plugin, window) -> None:
    assert window.next_button.isEnabled()
    click(window.next_button)
    finish(plugin)


def write_roster(path, rows, header=HEADER):
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("底册")
        for number, row in enumerate([["户主姓名底册"], header, *rows]):
            sheet.write_row(number, 0, row)
    return path


def households(path):
    with Workspace.open(path) as workspace:
        return workspace.read("household")


def roster_rows(addresses):
    return [
        ["", "司马青衫", "13798765432", "11010519491231002X", addresses[0], 3, ""],
        ["", "慕容白露", "13687654321", "", addresses[1], 2, "租客王五代收"],
        ["", "独孤求索", "", "", "莫须有花园宿舍1号楼101", 4, ""],
        ["", "独孤求败", "", "", "莫须有花园宿舍2号楼102", 1, ""],
        ["", "令狐中", "", "", "", 1, ""],
    ]


def building(plugin, field: str, value: str):
    """Find a building on the map; QGIS may be changing the file's journal and cannot read just then."""
    layer = plugin.township.layers["building"]
    found = []

    def look() -> bool:
        found[:] = [row for row in layer.getFeatures() if row[field] == value]
        return bool(found)

    wait_until(look, 20.0)
    return found[0]


def workbook_text(path) -> str:
    book = CalamineWorkbook.from_path(str(path))
    return str([book.get_sheet_by_name(sheet).to_python() for sheet in book.sheet_names])


def open_lists(plugin, choose=""):
    plugin.roster.show_lists(choose)
    finish(plugin)
    finish(plugin)
    return plugin.roster.lists.window


def give_passphrase(wizard, text=PASSPHRASE):
    assert wizard.page is wizard.secret
    wizard.secret.passphrase.setText(text)
    wizard.secret.again.setText(text)
