"""How many threads a check starts beside the one that asks for it."""

import os

_MOST = 3


def helpers() -> int:
    """Return the number of threads that leave a processor to the caller, where there are several."""
    return min(_MOST, max(1, (os.cpu_count() or 1) - 1))
