"""The encrypted roster itself: its passphrase, who has read it, and its end."""

from pathlib import Path

import pandas as pd

from census_map.i18n import N_, _
from census_map.roster.vault import Vault, destroy_vault, vault_path
from census_map.task import Report, silent

from .results import Rows
from .session import SITTING, WINDOW, Session

_ACTIONS = {
    "create": N_("vault made"),
    "refused": N_("wrong passphrase"),
    "passphrase": N_("passphrase changed"),
    "read": N_("read"),
    "write": N_("written"),
    "remove": N_("removed"),
    "import": N_("roster read in"),
    "undo": N_("taken back"),
}


def change_passphrase(_session: Session, path: Path, old: str, new: str, *, report: Report = silent) -> None:
    """Change the passphrase; nothing is encrypted anew."""
    report(0.1, "")
    with Vault.open(vault_path(path), old) as vault:
        vault.change_passphrase(old, new)


def access_log(_session: Session, path: Path, passphrase: str, *, report: Report = silent) -> tuple[Rows, bool]:
    """Give the access log, the last entry first, and whether nobody has changed it."""
    report(0.1, "")
    with Vault.open(vault_path(path), passphrase) as vault:
        entries = vault.access_log()
    entries = entries.iloc[::-1]
    times = pd.to_datetime(entries["time"], utc=True).dt.tz_convert(None).dt.strftime("%Y-%m-%d %H:%M:%S")
    rows = [
        (time, user, _action(action), int(rows), reason)
        for time, user, action, rows, reason in zip(
            times, entries["user"], entries["action"], entries["rows"], entries["reason"], strict=True
        )
    ]
    titles = (_("when (UTC)"), _("who"), _("what"), _("rows"), _("why"))
    return Rows("log", _("Access log"), titles, rows, wide=(4,)), bool(entries["intact"].all())


def _action(action: str) -> str:
    verb = action.partition(":")[0]
    return _(_ACTIONS[verb]) if verb in _ACTIONS else action


def destroy(session: Session, path: Path, typed: str, *, report: Report = silent) -> None:
    """Destroy the vault for good, after the name of its file was typed."""
    report(0.1, "")
    session.close(SITTING)
    session.close(WINDOW)
    destroy_vault(vault_path(path), confirm=typed)
