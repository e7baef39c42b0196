"""Planted words go through vacancy, evaluation, change of passphrase and destruction; nothing of them is left."""

import pytest
from census_map_plugin.roster import secret
from qgis.PyQt.QtWidgets import QLabel, QTableView

from census_map.roster.vault import vault_path
from census_map.workspace import Workspace

from .planted import (
    IDENTITIES,
    NAMES,
    NEW,
    PHONES,
    PLANTED,
    REMARKS,
    WRONG,
    find_planted,
    left_behind,
    planted_rows,
)
from .roster_windows import PASSPHRASE, click, finish, give_passphrase, onward, write_roster

pytestmark = pytest.mark.qgis


def shown(window, page) -> str:
    """All that a page shows, and why the window could not go on."""
    cells = [
        str(view.model().data(view.model().index(row, column)))
        for view in page.findChildren(QTableView)
        for row in range(view.model().rowCount())
        for column in range(view.model().columnCount())
    ]
    return "\n".join([*cells, *(label.text() for label in page.findChildren(QLabel)), window._fault.text()])


def write_lists_of_others(inputs, places, villages):
    """Meters, totals by village, and persons counted by village, by clerks who slipped by columns."""
    meters = [[NAMES[0], IDENTITIES[0], PHONES[0], places[0], 0], [NAMES[1], "", PHONES[1], NAMES[1], NAMES[1]],
              [places[1], PHONES[0], NAMES[0], NAMES[2], IDENTITIES[1]]]  # fmt: skip
    totals = [[villages[0], 100, PHONES[0]], [villages[1], NAMES[0], IDENTITIES[0]], [NAMES[1], 3, REMARKS[0]]]
    return (
        write_roster(inputs / "用电.xlsx", meters, ["户名", "身份证号", "联系电话", "用电地址", "用电量"]),
        write_roster(inputs / "公安汇总.xlsx", totals, ["村居", "户籍人口", "常住人口"]),
        write_roster(inputs / "网格.xlsx", planted_rows(places)),
    )


def begin(plugin, open_window, *files):
    """Open a window and give it files; its first page goes on when the button onward is pressed."""
    open_window()
    window = plugin.roster.window
    window.files.add_files(list(files))
    return window


def be_refused(plugin, window) -> None:
    """Go on, and be told why that cannot be."""
    onward(plugin, window)
    assert window._fault.text()
    assert [text for text in PLANTED if text in shown(window, window.page)] == []


def stop_at_once(plugin, window) -> None:
    """Go on, and think better of it; what is as small as this may be done by then."""
    click(window.next_button)
    click(window.stop_button)
    finish(plugin)
    assert window.page is window.result or "Stopped" in window._fault.text()
    window.close()


def save_all(plugin, window, folder, name) -> None:
    """Save the result and its problems, first into a folder that is not there."""
    assert [text for text in PLANTED if text in shown(window, window.result)] == []
    window.write(folder / "no such folder" / f"{name}.xlsx")
    finish(plugin)
    assert "cannot be written" in window._fault.text()
    window.write(folder / f"{name}.xlsx")
    finish(plugin)
    assert window.result.problems.found
    window.result.problems.export_asked.emit(folder / f"{name} problems.xlsx")
    finish(plugin)
    window.grab().save(str(folder / f"{name}.png"))
    window.close()


def look_for_vacancy(plugin, workspace, meters, broken, folder) -> None:
    def open_window():
        plugin.roster.do_job("vacancy")

    window = begin(plugin, open_window, broken)
    be_refused(plugin, window)
    window.close()
    plugin.roster.key.forget()
    window = begin(plugin, open_window, meters)
    onward(plugin, window)
    window.sheets.personal_button.click()
    onward(plugin, window)
    give_passphrase(window, WRONG)
    be_refused(plugin, window)
    give_passphrase(window)
    onward(plugin, window)
    save_all(plugin, window, folder, "vacancy")
    window = begin(plugin, open_window, meters)
    onward(plugin, window)
    stop_at_once(plugin, window)
    assert plugin.roster.key.of(workspace) == PASSPHRASE


def look_at_totals(plugin, totals, persons, broken, folder) -> None:
    window = begin(plugin, plugin.roster.evaluate, totals, broken)
    be_refused(plugin, window)
    window.close()
    window = begin(plugin, plugin.roster.evaluate, totals, persons)
    onward(plugin, window)
    save_all(plugin, window, folder, "evaluation")
    stop_at_once(plugin, begin(plugin, plugin.roster.evaluate, totals, persons))


def type_passphrases(window, old, new) -> None:
    window.given.old.setText(old)
    for edit in (window.given.new, window.given.again):
        edit.setText(new)


def change_the_passphrase(plugin, workspace) -> None:
    vault = vault_path(workspace)
    plugin.roster.change_passphrase()
    window = plugin.roster.window
    type_passphrases(window, PASSPHRASE, NEW)
    click(window.close_button)
    plugin.roster.change_passphrase()
    window = plugin.roster.window
    type_passphrases(window, WRONG, NEW)
    be_refused(plugin, window)
    window.given.old.setText(PASSPHRASE)
    sound = vault.read_bytes()
    vault.write_bytes(sound[: len(sound) // 2])
    be_refused(plugin, window)
    vault.write_bytes(sound)
    window.given.keep_box.setChecked(True)
    onward(plugin, window)
    assert window.page is window.said
    assert secret.is_kept(vault)
    window.close()
    assert plugin.roster.key.of(workspace) == NEW


def destroy_the_vault(plugin, workspace) -> None:
    vault = vault_path(workspace)
    plugin.roster.destroy()
    window = plugin.roster.window
    window.asked.typed.setText(NAMES[0])
    assert not window.next_button.isEnabled()
    click(window.close_button)
    plugin.roster.destroy()
    window = plugin.roster.window
    window.asked.typed.setText(vault.name)
    away = vault.rename(vault.with_name("away"))
    be_refused(plugin, window)
    away.rename(vault)
    onward(plugin, window)
    assert window.page is window.said
    window.close()
    assert not list(vault.parent.glob(f"{vault.name}*"))
    assert not secret.is_kept(vault)


@pytest.mark.parametrize("apart", [True], ids=["process of its own"])
@pytest.mark.usefixtures("store")
def test_vacancy_evaluation_passphrase_and_destruction_leave_no_personal_data(  # noqa: PLR0917  fixtures
    apart, temporary, with_roster, workspace, addresses, tmp_path, tmp_path_factory, said, capfd
):
    inputs = tmp_path_factory.mktemp("inputs")
    with Workspace.open(workspace) as opened:
        villages = opened.read("census_area", columns=["name"])["name"].tolist()
    meters, totals, persons = write_lists_of_others(inputs, addresses, villages)
    broken = inputs / "坏.xlsx"
    broken.write_bytes(meters.read_bytes()[:-200])
    look_for_vacancy(with_roster, workspace, meters, broken, tmp_path)
    look_at_totals(with_roster, totals, persons, broken, tmp_path)
    assert find_planted(tmp_path) == []
    change_the_passphrase(with_roster, workspace)
    assert left_behind(tmp_path, workspace, said, capfd) == []
    destroy_the_vault(with_roster, workspace)
    assert left_behind(tmp_path, workspace, said, capfd) == []
    assert {path.stem for path in tmp_path.glob("*.xlsx")} == {
        "vacancy", "vacancy problems", "evaluation", "evaluation problems",
    }  # fmt: skip
    assert apart
    assert with_roster.roster.service._process is not None
    assert temporary.exists()  # made first: the process inherits it


def crash_in_vacancy(plugin, meters, _workspace):
    window = begin(plugin, lambda: plugin.roster.do_job("vacancy"), meters)
    onward(plugin, window)
    return window


def crash_in_evaluation(plugin, meters, _workspace):
    return begin(plugin, plugin.roster.evaluate, meters)


def crash_in_passphrase(plugin, _meters, _workspace):
    plugin.roster.change_passphrase()
    type_passphrases(plugin.roster.window, PASSPHRASE, NEW)
    return plugin.roster.window


def crash_in_destruction(plugin, _meters, workspace):
    plugin.roster.destroy()
    plugin.roster.window.asked.typed.setText(vault_path(workspace).name)
    return plugin.roster.window


CRASHES = {
    "departments.vacancy": crash_in_vacancy,
    "departments.evaluate": crash_in_evaluation,
    "vaults.change_passphrase": crash_in_passphrase,
    "vaults.destroy": crash_in_destruction,
}


def test_a_crash_of_these_four_shows_no_personal_data(with_roster, workspace, addresses, tmp_path, monkeypatch, said):
    def crash(_session, *arguments, **_options):
        raise ValueError(f"could not convert {NAMES[0]} {PHONES[0]} {arguments}")

    meters, _totals, _persons = write_lists_of_others(tmp_path, addresses, ["", ""])
    before = vault_path(workspace).read_bytes()
    for verb, reach in CRASHES.items():
        monkeypatch.setattr(f"census_map_plugin.roster.library.{verb}", crash)
        window = reach(with_roster, meters, workspace)
        be_refused(with_roster, window)
        assert "technician" in window._fault.text(), verb
        window.close()
    assert said().count("ValueError") >= len(CRASHES)
    assert [text for text in PLANTED if text in said()] == []
    assert vault_path(workspace).read_bytes() == before
