"""
How files are written: whole or not at all, and readable by nobody else before they are whole.

A result is drafted in a folder of its own beside its place, which only its user may enter, and takes its place when
everything is written. So neither a kill nor a full disk leaves half a file under a good name, and a link that somebody
planted is never followed. What a killed program has left is cleared away by whoever writes beside it next; a lock in
the folder tells what is still being written.
"""

import errno
import hashlib
import os
import shutil
import sqlite3
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from census_map.errors import CensusMapError, InputError
from census_map.i18n import _
from census_map.system_faults import is_forbidden, is_full, system_fault

_MARK = ".census-map-part-"
_LOCK = "lock"
_PROBE = 65_536  # bytes: a disk that has less is full
_OWN = 0o600
_SHOWN = 100  # characters of a file's name
_LONGEST_ENDING = 16  # characters
_JUST_MADE = 60.0  # seconds in which a folder without a lock may still be getting one


class Draft:
    """
    A file while it is written; `drafted` is the usual way to one.

    Parameters
    ----------
    path
        Where it shall stand; a file that is there stays as it is until then, a device or pipe is written into.
    secret
        It holds names: nobody but its user may read it, at any time.
    failures
        Exceptions of the library that writes it, which mean that it cannot be written.
    refusal
        What is raised then.

    Attributes
    ----------
    file
        Where to write meanwhile. There is nothing yet, but for a secret file, which is empty.

    Raises
    ------
    CensusMapError
        Nothing can be written there; the message says why.
    """

    def __init__(
        self,
        path: Path,
        *,
        secret: bool = False,
        failures: tuple[type[Exception], ...] = (),
        refusal: type[CensusMapError] = InputError,
    ) -> None:
        self._path, self._secret, self._failures, self._refusal = path, secret, failures, refusal
        self._folder = ExitStack()
        # A device or pipe is written into when all is there, and never replaced.
        self._is_stream = is_stream(path)
        parent = Path(tempfile.gettempdir()) if self._is_stream else path.parent
        try:
            folder = self._folder.enter_context(
                private_folder(parent, f"{path} {os.getpid()}" if self._is_stream else path.name)
            )
            self.file = folder / f"draft{path.suffix if len(path.suffix) <= _LONGEST_ENDING else ''}"
            if secret:
                os.close(os.open(self.file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWN))
        except OSError as error:
            self._folder.close()
            raise not_written(path, error, refusal) from error

    def discard(self) -> None:
        """Leave nothing behind."""
        self._folder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._folder:  # after the cause was looked for: a full disk is full no longer when the draft is gone
            try:
                if error is None:
                    if self._secret:
                        self.file.chmod(_OWN)
                    self._put()
            except OSError as refused:
                raise not_written(self._path, refused, self._refusal) from refused
            if error is not None and isinstance(error, (OSError, *self._failures)):
                raise not_written(self._path, error, self._refusal) from error

    def _put(self) -> None:
        if self._is_stream:
            with self.file.open("rb") as source, self._path.open("wb") as sink:
                shutil.copyfileobj(source, sink)
        else:
            self.file.replace(self._path)


@contextmanager
def drafted(
    path: Path,
    *,
    secret: bool = False,
    failures: tuple[type[Exception], ...] = (),
    refusal: type[CensusMapError] = InputError,
) -> Iterator[Path]:
    """
    Give a file to write to; it takes its place when all is written, and is gone otherwise.

    Parameters, errors: as of `Draft`.
    """
    with Draft(path, secret=secret, failures=failures, refusal=refusal) as draft:
        yield draft.file


def is_stream(path: Path) -> bool:
    """Tell whether something is a device or a pipe, which is written into and not replaced."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


@contextmanager
def private_folder(parent: Path, purpose: str) -> Iterator[Path]:
    """
    Make a folder that only its user may enter; it goes with all that is left in it.

    Parameters
    ----------
    parent
        The folder to make it in.
    purpose
        Such as the name of what is written: another one for the same purpose, which nobody uses, is taken away, and
        so is every other that a killed program has left here.
    """
    folder = parent / f"{_MARK}{hashlib.sha256(os.fsencode(purpose)).hexdigest()[:12]}"
    clear_drafts(parent, wanted=folder)
    folder.mkdir(mode=0o700)
    try:
        with (folder / _LOCK).open("xb") as lock:
            _try_lock(lock)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear_drafts(parent: Path, *, wanted: Path | None = None) -> None:
    """Take away what killed programs have left in a folder; what is still being written stays."""
    with suppress(OSError):
        for left in list(parent.glob(f"{_MARK}*")):
            if left.is_symlink() or not left.is_dir():
                left.unlink()
            elif _is_left(left, at_once=left == wanted):
                shutil.rmtree(left, ignore_errors=True)


def _is_left(folder: Path, *, at_once: bool) -> bool:
    try:
        with (folder / _LOCK).open("r+b") as file:
            return _try_lock(file)
    except FileNotFoundError:
        return at_once or time.time() - folder.stat().st_mtime > _JUST_MADE
    except OSError:
        return False


def _is_held(error: OSError) -> bool:
    """Tell whether a lock was refused because another program has it; a file system without locks refuses too."""
    return error.errno in {errno.EAGAIN, errno.EACCES, errno.EDEADLK}


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError as error:
            return not _is_held(error)
        return True

else:
    import fcntl

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return not _is_held(error)
        return True


@contextmanager
def told(path: Path, failures: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """
    Turn what the system, or a library, says against writing a file or folder into one line.

    Raises
    ------
    InputError
        The line; `failures` are the library's exceptions that mean it.
    """
    meant: tuple[type[Exception], ...] = (OSError, *failures)
    try:
        yield
    except meant as error:
        raise not_written(path, error) from error


def not_written(path: Path, error: BaseException, kind: type[CensusMapError] = InputError) -> CensusMapError:
    """Say in one line why a file cannot be written, and what to do."""
    cause = cause_of(path.parent, error)
    name = path.name if len(path.name) <= _SHOWN else f"{path.name[:_SHOWN]}…"
    return kind(_reason(cause).format(file=name, reason="" if cause is None else system_fault(cause)))


def _reason(cause: OSError | None) -> str:
    if cause is None:
        return _("“{file}” cannot be written: close it in Excel, or choose another folder.")
    if is_full(cause):
        return _("“{file}” cannot be written, because the disk is full: make room, and try again.")
    if is_forbidden(cause):
        return _(
            "“{file}” cannot be written, because writing is not allowed there: choose another folder, or close the "
            "file in Excel."
        )
    if cause.errno == errno.ENAMETOOLONG:
        return _("“{file}” cannot be written, because its name is too long: choose a shorter one.")
    if cause.errno == errno.EEXIST:
        return _("“{file}” is being written by another program just now: wait until that is done.")
    return _("“{file}” cannot be written: close it in Excel, or choose another folder ({reason}).")


def cause_of(folder: Path, error: BaseException) -> OSError | None:
    """
    Find what the system said when something could not be written; None when it says nothing.

    A library's own exception does not tell: the folder is tried once more.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno:
            return cause
        if getattr(cause, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL:
            return OSError(errno.ENOSPC, "")
        cause = cause.__cause__ or cause.__context__
    return refusal_of(folder)


def refusal_of(folder: Path) -> OSError | None:
    """Try to write into a folder; gives what the system says against it, None when it lets one."""
    probe = folder / f"{_MARK}probe-{os.getpid()}"
    try:
        handle = os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWN)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(bytes(_PROBE))
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        return error
    return None
