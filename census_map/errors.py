"""
The few ways in which a request can be impossible.

Wrong *rows* are never exceptions: they come back as problems, all together. An exception means that nothing was done.
Its message is one line that names the object, the fault and the remedy; it is shown to the user as it stands, so it
is translated (`census_map.i18n`) and holds neither paths of the program nor personal data.
"""

import traceback


class CensusMapError(Exception):
    """Something asked for cannot be done; the message says which thing, what is wrong, and what to do."""


class InputError(CensusMapError):
    """A file, layer, field or option from outside cannot be used as it is."""


class WorkspaceError(CensusMapError):
    """The workspace cannot be opened, or refuses the change (locked, of a newer version, in use, damaged)."""


class EditRefused(CensusMapError):
    """An edit of the map would break the coverage, or lacks what it needs; the map is as it was."""


class VaultError(CensusMapError):
    """The encrypted roster cannot be opened: wrong passphrase, tampered with, or missing."""


class WrongPassphrase(VaultError):
    """The encrypted roster is sound, but the passphrase is not its own."""


class Cancelled(CensusMapError):
    """The user stopped a long piece of work; nothing of it was kept."""


def places_of(error: BaseException) -> str:
    """Say where in the code an exception came from, without its text, which may quote a name."""
    return " < ".join(
        f"{frame.name} ({frame.filename.replace(chr(92), '/').rpartition('/')[2]}:{frame.lineno})"
        for frame in reversed(traceback.extract_tb(error.__traceback__))
    )
