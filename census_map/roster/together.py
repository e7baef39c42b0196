"""Change workspace and vault together: both or neither, whatever stops the program in between."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from census_map.errors import VaultError
from census_map.i18n import ngettext
from census_map.roster.vault import Vault, vault_path
from census_map.workspace import Workspace, Write
from census_map.workspace.companion import Companion


def refuse_second_vault(workspace: Workspace) -> None:
    """
    Refuse to make a vault beside a workspace whose households are in another one.

    Raises
    ------
    VaultError
        Households were imported: the workspace was renamed or copied without its vault, and all of them would be
        entered a second time.
    """
    households = len(workspace.read("household", columns=[]))
    if households:
        raise VaultError(
            ngettext(
                "“{file}” is not beside the workspace, which has {n} household already: put the vault there under "
                "this name. If it is lost, make a new one with “census-map roster vault init”.",
                "“{file}” is not beside the workspace, which has {n} households already: put the vault there under "
                "this name. If it is lost, make a new one with “census-map roster vault init”.",
                households,
            ).format(file=vault_path(workspace.path).name, n=households)
        )


@contextmanager
def changing_both(workspace: Workspace, vault: Vault, reason: str) -> Iterator[Write]:
    """
    Change workspace and vault in one step.

    The vault is written first, and keeps what it was. Only when the workspace is written as well, the step counts: it
    is named there in the same transaction. A vault that is ahead of its workspace, because the program was stopped in
    between or the step was taken back, goes back when it is opened next (`Vault.settle`).

    Parameters
    ----------
    workspace, vault
        Open, of the same township.
    reason
        Stands beside every change in the workspace's history.

    Yields
    ------
    write
        For the workspace; the vault's `write`, `remove` and `put_record` belong to the same step.
    """
    name = uuid.uuid4().hex
    written = done = False
    try:
        with workspace.transaction(reason) as write:
            companion = Companion.of(workspace.meta)
            vault.settle_with(companion)
            with vault.step(name) as number:
                township = workspace.read("township", columns=[]).index
                if len(township):
                    vault.belong_to(str(township[0]))
                yield write
            written = True
            companion.with_step(name, write.last_change(), number).write(write, vault.sign)
        done = True
    finally:
        if written and not done:
            vault.undo_step()
    # The step stands in both files; where this note fails, it is made when the vault is opened next.
    with suppress(VaultError):
        vault.finish_step(name)
