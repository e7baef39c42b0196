"""Linking by hand, and marking what is missing on the map: the sitting keeps its files open from call to call."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from census_map.progress import last_change
from census_map.roster.by_hand import HandLinking
from census_map.roster.marking import Marked, mark_building
from census_map.roster.vault import Vault, vault_path
from census_map.task import Report, silent
from census_map.workspace import Workspace

from .session import SITTING, Session

if TYPE_CHECKING:
    from census_map.roster.by_hand import AliasOffer

_HAND = "hand"


@dataclass(frozen=True)
class Told:
    """The answer of a sitting, what it can take back (titles, oldest first), and the last change of the workspace."""

    answer: Any
    steps: tuple[str, ...]
    change: int


def open_sitting(session: Session, path: Path, passphrase: str, *, report: Report = silent) -> Told:
    """Open what linking by hand needs; gives the counts of its queues."""
    session.close(SITTING)
    with ExitStack() as stack:
        workspace = stack.enter_context(Workspace.open(path))
        vault = stack.enter_context(Vault.open(vault_path(path), passphrase))
        hand = HandLinking(workspace, vault, report=report)
        session.own(SITTING, stack.pop_all())
    session.keep(_HAND, hand, room=SITTING)
    return _told(hand, hand.counts())


def sitting(session: Session) -> HandLinking:
    """Give the sitting that is open."""
    found: HandLinking = session.take(_HAND, room=SITTING)
    return found


def _told(hand: HandLinking, answer: Any) -> Told:
    return Told(answer, tuple(step.title for step in hand.steps), last_change(hand.workspace.path))


def ask(session: Session, question: str, *arguments: Any, report: Report = silent, **options: Any) -> Told:  # noqa: ARG001
    """Ask the sitting something, or have it do something: a method of `HandLinking` by its name."""
    hand = sitting(session)
    return _told(hand, getattr(hand, question)(*arguments, **options))


def apply(session: Session, offer: "AliasOffer", *, report: Report = silent) -> Told:
    """Apply a name to all households that wait because of it."""
    report(0.0, "")
    hand = sitting(session)
    return _told(hand, hand.apply(offer))


def mark(
    _session: Session,
    path: Path,
    ground: bytes,
    households: Sequence[str],
    *,
    address: str,
    use: str | None,
    report: Report = silent,
) -> Marked:
    """Put a missing building on the map with those who wait for it; `ground` is WKB in the workspace's CRS."""
    report(0.1, "")
    with Workspace.open(path) as workspace:
        return mark_building(workspace, shapely.from_wkb(ground), households, address=address, use=use)
