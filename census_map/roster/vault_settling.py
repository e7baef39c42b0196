"""
Bring a vault to where the workspace beside it stands, believing no more of it than its rows bear out.

The workspace is a file that any program writes. What it says with the vault's signature is believed. What it says
without (that a step was taken back, while the vault was closed) is believed when its rows and its history agree; even
then nothing is dropped: what the vault gives up for it is set aside (`vault_aside`).
"""

import hmac
from typing import TYPE_CHECKING

from census_map.errors import VaultError
from census_map.i18n import _, ngettext
from census_map.roster.vault_neighbour import Neighbour
from census_map.workspace.companion import Companion

if TYPE_CHECKING:
    from census_map.roster.vault import Vault


def settle(vault: "Vault") -> None:
    """
    Bring the vault to where the workspace beside it stands, and say what does not fit.

    A step that the program did not finish, because it was stopped between the two files, is undone; so is one that was
    taken back in the workspace.

    Raises
    ------
    VaultError
        The workspace is being changed by another program, is not the one that the vault belongs to, or is newer than
        the vault.
    """
    neighbour = Neighbour(vault.path)
    neighbour.check_township(vault.stored("township"))
    companion = neighbour.companion
    if companion is None:
        return
    _check_age(vault, companion)
    last = vault.last_step()
    if last is not None and (not last[1] or last[0] in companion.undone):
        with neighbour.standing_still() as companion:
            settle_with(vault, companion)
    _tell_nameless(vault, neighbour)


def settle_with(vault: "Vault", companion: Companion) -> None:
    """Undo or finish the last steps of a vault, while nobody else changes the workspace."""
    neighbour = Neighbour(vault.path)
    while (last := vault.last_step()) is not None:
        name, finished = last
        taken_back = name in companion.undone
        if not taken_back and (finished or companion.has(name)):
            if not finished:
                vault.finish_step(name)
            return
        if not _is_borne_out(vault, name, companion, neighbour):
            vault.note(
                _(
                    "The workspace says that a change of the roster was taken back, but its rows are still there: "
                    "nothing was taken out of the roster vault."
                )
            )
            return
        vault.undo_step(aside=taken_back or not _is_reliable(vault, companion))


def _is_signed(vault: "Vault", companion: Companion) -> bool:
    return hmac.compare_digest(companion.signature.encode(), vault.sign(companion.signed_text).encode())


def _is_reliable(vault: "Vault", companion: Companion) -> bool:
    """Tell whether the word of the workspace can be relied on: signed, or before the first step of all."""
    return _is_signed(vault, companion) or (companion == Companion() and vault.stored("steps") in {"", "1"})


def _is_borne_out(vault: "Vault", name: str, companion: Companion, neighbour: Neighbour) -> bool:
    """Tell whether the workspace is as it would be without the last step."""
    added, removed = vault.households_of_last_step()
    there = set(neighbour.households())
    last = next((last for step, last in companion.trail if step == name), None)
    return not (added & there) and removed <= there and (last is None or neighbour.is_reverted(last))


def _check_age(vault: "Vault", companion: Companion) -> None:
    if _is_signed(vault, companion):
        if companion.number > int(vault.stored("steps") or 0):
            text = _(
                "The roster vault “{file}” is an older copy than its workspace: put the newest one beside it, or an "
                "equally old copy of the workspace."
            )
            raise VaultError(text.format(file=vault.path.name))
    elif vault.stored("signs") and companion != Companion():
        vault.note(_("What the workspace says of its roster was not written by this program: it is not believed."))


def _tell_nameless(vault: "Vault", neighbour: Neighbour) -> None:
    nameless = len(set(neighbour.households()) - set(vault.uids()))
    if nameless:
        text = ngettext(
            "{n} household of the workspace has no name in the roster vault: look for a newer copy of the vault, or "
            "import the roster again.",
            "{n} households of the workspace have no names in the roster vault: look for a newer copy of the vault, or "
            "import the roster again.",
            nameless,
        )
        vault.note(text.format(n=nameless))
