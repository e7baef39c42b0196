"""What the command line says, line by line: whatever stands in a name, it does not steer the terminal."""

import sys

_BREAKS = (*range(9, 14), 0x85, 0x2028, 0x2029)
_STEERING = (*range(32), *range(127, 160), 0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_SHOWN = dict.fromkeys(_STEERING, "\ufffd") | dict.fromkeys(_BREAKS, " ")
_ESCAPED = {code: f"\\u{code:04x}" for code in (*_STEERING, *_BREAKS) if code >= 127}  # JSON escapes what is below


def say(line: str, *, err: bool = False) -> None:
    """Print one line on stdout, or on stderr."""
    stream = sys.stderr if err else sys.stdout
    stream.write(harmless(line) + "\n")
    stream.flush()


def harmless(line: str) -> str:
    """
    Make a line of what a text may hold: breaks become spaces, escapes and marks of direction are shown as U+FFFD.

    A name with an escape sequence would otherwise colour, move or wipe what stands on the screen, one with a break add
    a line that the program never said, and one with a mark of direction turn what follows round.
    """
    return line.translate(_SHOWN)


def harmless_json(text: str) -> str:
    """Escape in a JSON document what would steer the terminal; its values stay the same."""
    return text.translate(_ESCAPED)
