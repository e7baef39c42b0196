"""The library's process: it does what it is told, can be stopped, and a crash of it says no data and stops nothing."""

import shutil

import pytest
from census_map_plugin.roster import service
from census_map_plugin.roster.service import Service
from census_map_plugin.worker import WorkFailed

from census_map.errors import Cancelled, InputError, VaultError
from census_map.roster.vault import Vault, vault_path

pytestmark = pytest.mark.qgis

PASSPHRASE = "long enough 电池"  # noqa: S105  of the tests only


@pytest.fixture(scope="module")
def apart():
    made = Service()
    yield made
    made.close()


def test_work_is_stopped_at_its_next_report(apart, base_map, map_file):
    def stop(_fraction: float, _text: str) -> None:
        raise Cancelled("stopped by the test")

    with pytest.raises(Cancelled, match="stopped by the test"):
        apart.call("rosters.open_files", map_file, [base_map / "roster.xlsx"] * 40, report=stop)


def test_a_process_of_its_own_works_and_begins_again_when_it_was_killed(apart, linked_template, tmp_path):
    apart.call("session.close_room", "window")
    first = apart._process
    assert first is not None
    with pytest.raises(InputError, match="interrupted"):
        apart.call("lists.work_lists", ["unlinked"])
    with pytest.raises(WorkFailed) as crashed:
        apart.call("session.close_room", "司马青衫")
    assert "司马青衫" not in str(crashed.value) + crashed.value.places
    assert crashed.value.kind == "KeyError"
    with Vault.create(tmp_path / "a.vault", PASSPHRASE, cost=2**4):
        pass
    with pytest.raises(VaultError, match="wrong"):
        apart.call("rosters.try_passphrase", tmp_path / "a.gpkg", "not the right one", new=False)
    assert apart.call("rosters.try_passphrase", tmp_path / "a.gpkg", PASSPHRASE, new=False) == ()
    told_all = apart.call("hand.open_sitting", linked_template, PASSPHRASE, report=lambda *_told: None)
    assert told_all.answer["missed_building"] == 2
    assert apart._process is first
    first.kill()
    first.wait()
    with pytest.raises(InputError, match="interrupted"):
        apart.call("lists.work_lists", ["unlinked"])
    assert apart._process is not first


def test_no_second_vault_is_made_beside_a_township_with_households(apart, linked_template, tmp_path):
    renamed = tmp_path / "renamed.gpkg"
    shutil.copy(linked_template, renamed)
    with pytest.raises(VaultError, match="is not beside the workspace"):
        apart.call("rosters.try_passphrase", renamed, PASSPHRASE, new=True)
    assert not vault_path(renamed).exists()


def test_nothing_of_the_passphrase_is_on_the_command_line(apart, linked_template):
    assert vault_path(linked_template).exists()
    apart.call("rosters.try_passphrase", linked_template, PASSPHRASE, new=False)
    command = " ".join(map(str, apart._process.args))
    assert PASSPHRASE not in command
    assert str(linked_template) not in command
    assert service.interpreters()


def test_without_a_python_beside_qgis_the_librarys_thread_takes_over(monkeypatch, linked_template):
    monkeypatch.setattr(service, "interpreters", list)
    made = Service()
    assert made.call("rosters.try_passphrase", linked_template, PASSPHRASE, new=False) == ()
    assert made._process is None
    made.close()
