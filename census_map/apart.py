"""
Foreign readers in a process of their own, where they can be stopped, and can die alone.

A library that reads files of strangers may run without end, take all memory, or end its process outright; inside QGIS
that process is the window. What such a reader does to itself is told here as one line about the file. The process
starts isolated (`python -I`): nothing in the current folder or in Python's environment variables reaches it. What it
is to do goes through its standard input, so no path or name stands on a command line; what it prints is thrown away.
"""

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from census_map.errors import CensusMapError, InputError
from census_map.i18n import _, current_language, set_language

_LENGTH = 8  # bytes that say how long a message is
# Nothing but fixed words on the command line. The standard library comes first: what lies beside a script cannot take
# the place of its modules.
_START = (
    "import pickle, sys; source = sys.stdin.buffer; "
    "version, paths = pickle.loads(source.read(int.from_bytes(source.read(8), 'big'))); "
    "version == sys.version_info[:2] or sys.exit(3); "
    "sys.path.extend(path for path in paths if path not in sys.path); "
    "from importlib import import_module; import_module(sys.argv[1]).answer(source)"
)
_SECRETS = ("CENSUS_MAP_PASSPHRASE", "CENSUS_MAP_NEW_PASSPHRASE")
_SAFE_PATH = "PYTHONSAFEPATH"  # Python puts neither the current folder nor that of a script before its own modules
_STATE = {"inside": False}


@dataclass(frozen=True)
class Limits:
    """
    What a foreign reader may take.

    Attributes
    ----------
    seconds
        Wall time, the start of the process included.
    memory
        Bytes of address space beyond what the process takes once its modules are loaded; enforced where the system
        can (Linux), elsewhere time alone is limited.
    """

    seconds: float = 60.0
    memory: int = 2**30


def read_apart(function: Callable[..., Any], *arguments: Any, limits: Limits, name: str) -> Any:
    """
    Call a function that reads a foreign file in a process of its own.

    Parameters
    ----------
    function
        Of a module, found there by its name; its module is loaded in the other process.
    arguments
        Plain data; paths absolute.
    limits
        What it may take.
    name
        Of the file, as the user knows it, without its folder.

    Returns
    -------
    result
        What the function returns, pickled in between. Where no Python can be started the function is called here,
        without limits.

    Raises
    ------
    CensusMapError
        As the function raises it.
    InputError
        It took too long or too much memory, failed otherwise, or ended its process.
    """
    kind, *told = _call_here(function, arguments) if _STATE["inside"] else _call_there(function, arguments, limits)
    if kind == "done":
        return told[0]
    if kind == "refused":
        raise told[0]
    if kind == "late":
        text = _(
            "Reading “{file}” was given up after {n} s: it is damaged, far too large, or made never to end; save "
            "it anew with the program it comes from."
        )
        raise InputError(text.format(file=name, n=round(limits.seconds)))
    text = _(
        "“{file}” cannot be read ({kind}): it is damaged, or would fill the memory; save it anew with the program it "
        "comes from."
    )
    raise InputError(text.format(file=name, kind=told[0]))


def _call_here(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    try:
        return ("done", function(*arguments))
    except CensusMapError as error:
        return ("refused", type(error)(str(error)))  # what caused it may hold what cannot be sent
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001  a panic of a Rust library is no Exception
        return ("failed", type(error).__name__)


def _call_there(function: Callable[..., Any], arguments: tuple[Any, ...], limits: Limits) -> tuple[Any, ...]:
    for program in interpreters():
        told = _asked(program, (current_language(), function.__module__, function.__qualname__, arguments), limits)
        if told[0] != "unfit":
            return told
    return _call_here(function, arguments)


def _asked(program: Path, question: tuple[Any, ...], limits: Limits) -> tuple[Any, ...]:
    """Ask one Python: `done`, `refused` or `failed` as it says, `late`, or `unfit` where it is not the right one."""
    try:
        process = start(program, __name__)
    except OSError:
        return ("unfit",)
    assert process.stdin is not None
    assert process.stdout is not None
    late = threading.Event()

    def give_up() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(limits.seconds, give_up)
    timer.start()
    try:
        with suppress(OSError):  # it has ended: what it left says how
            send(process.stdin, (limits, question))
        begun, answered = receive(process.stdout), receive(process.stdout)
    finally:
        timer.cancel()
        process.kill()
        for stream in (process.stdin, process.stdout):
            with suppress(OSError):
                stream.close()
        process.wait()
    if late.is_set():
        return ("late",)
    if begun is None:
        return ("unfit",)
    return ("failed", "MemoryError") if answered is None else tuple(answered)


def start(program: Path, module: str) -> "subprocess.Popen[bytes]":
    """
    Start a Python, isolated, that runs `answer(source)` of a module; `source` is its standard input.

    Parameters
    ----------
    program
        The Python; it ends at once where it is of another version than this one.
    module
        Named by the program.

    Returns
    -------
    process
        Its streams are pipes, but for the errors, which are thrown away. It should end when its input does.

    Raises
    ------
    OSError
        The program cannot be started.
    """
    process = subprocess.Popen(  # noqa: S603  fixed words
        [str(program), "-I", "-X", "utf8", "-c", _START, module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=own_environment(),
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    with suppress(OSError):  # it has ended: whoever waits for its answer will see
        send(process.stdin, (tuple(sys.version_info[:2]), _paths()))
    return process


def own_environment() -> dict[str, str]:
    """Give the environment for a process that we start: without passphrases, and safe for a Python further down."""
    return {name: value for name, value in os.environ.items() if name not in _SECRETS} | {_SAFE_PATH: "1"}


@contextmanager
def isolated_workers() -> Iterator[None]:
    """Give processes that the standard library starts inside the block the environment of our own."""
    before = {name: os.environ.get(name) for name in (*_SECRETS, _SAFE_PATH)}
    for name in _SECRETS:
        os.environ.pop(name, None)
    os.environ[_SAFE_PATH] = "1"
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _paths() -> list[str]:
    """Tell where packages are: the folder of this one first, the current folder not unless it is that."""
    own = str(Path(__file__).resolve().parents[1])
    here = str(Path.cwd())
    return [own, *(path for path in sys.path if path and path not in {own, here})]


def answer(source: BinaryIO) -> None:
    """
    Be the other process: carry out the one function that is asked for, within its limits, and say what came of it.

    Parameters
    ----------
    source
        The standard input, from which the paths of packages have been read.
    """
    _STATE["inside"] = True
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    received = receive(source)
    if received is None:
        return
    limits, (language, module, function, arguments) = received
    threading.Thread(target=_end_with, args=(source,), daemon=True).start()
    set_language(language)
    send(sink, "begun")
    try:
        found: Any = import_module(module)
        for part in function.split("."):
            found = getattr(found, part)
        _limit(limits)
        send(sink, _call_here(found, arguments))
    except Exception as error:  # noqa: BLE001  whatever it was, whoever waits must hear of it
        send(sink, ("failed", type(error).__name__))
    os._exit(0)


def _end_with(source: BinaryIO) -> None:
    """End as soon as whoever asked has gone."""
    source.read()
    os._exit(1)


def _limit(limits: Limits) -> None:
    try:
        import resource  # noqa: PLC0415  not on every system
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file holds what was read
    busy = round(limits.seconds * (os.cpu_count() or 1)) + 1
    pages = Path("/proc/self/statm")
    wanted = [(resource.RLIMIT_CPU, busy)]
    if pages.exists():
        taken = int(pages.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        wanted.append((resource.RLIMIT_AS, taken + limits.memory))
    for kind, most in wanted:
        _soft, hard = resource.getrlimit(kind)
        if hard == resource.RLIM_INFINITY or most < hard:
            resource.setrlimit(kind, (most, hard))


def send(sink: Any, message: Any) -> None:
    """Write one message for a process of our own."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    sink.write(len(data).to_bytes(_LENGTH, "big") + data)
    sink.flush()


def receive(source: Any) -> Any:
    """Read one message of a process of our own; None where the other side has ended."""
    head = source.read(_LENGTH)
    size = int.from_bytes(head, "big")
    data = source.read(size) if len(head) == _LENGTH else b""
    # Only our own process writes here.
    return pickle.loads(data) if data and len(data) == size else None  # noqa: S301


def interpreters() -> list[Path]:
    """
    List the programs that may be this process's own Python, the surest first; none where Python is built in.

    A program that has Python built in, such as QGIS, guesses `sys.executable` by the search path, where another Python
    may come first.
    """
    own = Path(sys.executable or "")
    names = ("python.exe", "python3.exe")
    if os.name != "nt":
        names = (f"python3.{sys.version_info.minor}", "python3")
    folders = [Path(folder) for folder in dict.fromkeys((sys.exec_prefix, sys.base_exec_prefix, str(own.parent)))]
    beside = [folder / inner / name for folder in folders for inner in ("", "bin") for name in names]
    is_python = own.stem.lower().startswith("python")
    mine = [own] if is_python else []
    ordered = [*mine, *beside] if own.is_relative_to(sys.exec_prefix) else [*beside, *mine]
    return [path for path in dict.fromkeys(ordered) if path.is_file()]
