"""What the operating system refused, in the user's words: its own are English whatever the language."""

import errno
from pathlib import Path

from census_map.i18n import N_, _

_SYSTEM_FAULTS = {
    errno.ENOSPC: N_("the disk is full"),
    errno.EDQUOT: N_("the disk is full"),
    errno.EFBIG: N_("the disk is full"),
    errno.EACCES: N_("writing is not allowed there"),
    errno.EPERM: N_("writing is not allowed there"),
    errno.EROFS: N_("writing is not allowed there"),
    errno.ENOENT: N_("there is no such folder"),
    errno.ENOTDIR: N_("there is no such folder"),
    errno.EEXIST: N_("something of that name is there already"),
    errno.ENOTEMPTY: N_("something of that name is there already"),
    errno.ENAMETOOLONG: N_("the name is too long"),
    errno.EBUSY: N_("another program is using it"),
    errno.EIO: N_("the disk does not answer"),
    errno.EISDIR: N_("it is a folder"),
    errno.ELOOP: N_("its links lead in a circle"),
}

_SHOWN = 60  # characters of a file's name
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


def is_full(error: OSError) -> bool:
    """Tell whether there was no room left, on the disk or in what a user may take of it."""
    return error.errno in _FULL


def is_forbidden(error: OSError) -> bool:
    """Tell whether writing was not allowed."""
    return error.errno in _FORBIDDEN


def system_fault(error: OSError) -> str:
    """Say in words why the system did not do something, without the path that its own text may hold."""
    number = error.errno or 0
    if number in _SYSTEM_FAULTS:
        return _(_SYSTEM_FAULTS[number])
    return _("error {number} of the system").format(number=errno.errorcode.get(number, number))


def name_refusal() -> str:
    """Say what to do about a name of a file or folder that is not in UTF-8."""
    return _("The name of a file or folder is not in UTF-8: rename it, and try again.")


def file_refusal(error: OSError) -> str:
    """Say in one line which file the system did not give, and why; its name alone, cut where it is endless."""
    name = Path(str(error.filename)).name
    shown = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"
    return _("“{file}” cannot be used: {fault}. Check its name and its folder.").format(
        file=shown, fault=system_fault(error)
    )
