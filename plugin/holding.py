"""
Who has a township's file: the first window that opens it; the second one only looks.

A lock beside the file, of Qt's own make: it names the computer and the process, and one whose process is gone counts
for nothing.
"""

from pathlib import Path

from qgis.PyQt.QtCore import QLockFile

from census_map.i18n import _

SUFFIX = ".open"


class Holding:
    """
    The claim of this window on a file.

    Attributes
    ----------
    held_by
        Who else has it, in words; None where it is ours.
    """

    def __init__(self, path: Path) -> None:
        self._lock = QLockFile(str(path.with_name(path.name + SUFFIX)))
        self._lock.setStaleLockTime(0)  # a long day's work is no abandoned one
        self.held_by: str | None = None
        if not self._lock.tryLock(0):
            self.held_by = self._holder()

    def let_go(self) -> None:
        """Give the file free."""
        if self._lock.isLocked():
            self._lock.unlock()

    def _holder(self) -> str:
        if self._lock.error() == QLockFile.LockError.PermissionError:
            return _("nobody: its folder is write-protected")
        known, _process, computer, _program = self._lock.getLockInfo()
        return _("the computer {name}").format(name=computer) if known and computer else _("another window")
