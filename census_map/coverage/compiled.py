"""Whether and how the inner loops of a check run compiled: only where numba is installed and the work is worth it."""

import importlib.util
import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from census_map.coverage import loops

WORTH = 8_000_000  # vertices: loading numba takes about as long as checking half as many without it
_WORTH_LOADED = 100_000  # vertices, once it is loaded


def loops_for(vertices: int) -> ModuleType | None:
    """Return the compiled loops if they are quicker for so many vertices: None without numba, and for small sets."""
    loaded = compiled.cache_info().currsize > 0
    return compiled() if vertices >= (_WORTH_LOADED if loaded else WORTH) else None


@lru_cache(maxsize=1)
def compiled() -> ModuleType | None:
    """Return a copy of `loops` compiled by numba, or None where that is not installed."""
    if importlib.util.find_spec("numba") is None:
        return None
    try:
        import numba  # noqa: PLC0415  optional, and slow to load
    except ImportError:  # installed, but not for this numpy
        return None
    spec = importlib.util.spec_from_file_location("census_map.coverage.loops_compiled", Path(loops.__file__))
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # numba's cache on disk finds its functions by module name
    spec.loader.exec_module(module)
    for name in loops.NAMES:
        # Without the interpreter's lock, so that two threads can share the work.
        setattr(module, name, numba.njit(cache=True, nogil=True)(getattr(module, name)))
    return module
