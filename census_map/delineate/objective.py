"""
What makes one plan better than another: one ordered objective, every weight documented.

The number that the search makes small is a sum over the mini-areas plus a sum over their borders, so a plan is judged
the same way by the annealing, by the exact solver and in the proof. All of it is computed in whole numbers, so that
every machine, with or without the compiled path, arrives at the same plan.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from census_map.errors import InputError
from census_map.i18n import _


@dataclass(frozen=True)
class Objective:
    """
    The weights, in the order in which they count.

    One unit is a thousandth of the side of a typical mini-area (its area's square root) of border that follows
    nothing visible. A weight of 0 switches the term off.

    Parameters
    ----------
    tolerance
        Relative deviation from the target inside which a size is a good size. None: 0.2, or the whole window when
        the caller gave a minimum and a maximum himself.
    beyond
        Units for a mini-area beyond the tolerance, and as much again for every further 5 per cent of the target. Far
        above the border's terms by default: the balance goes before the shape.
    balance
        Units for a deviation of 100 per cent; it grows with the square, inside the tolerance too.
    border
        Units for a border as long as a typical mini-area's side, where nothing visible is followed. The visible
        features discount it (`visible_discount`), so this is also the weight of the visible share.
    visible_discount
        What following the most visible line (a main road, river, railway) takes off the border's cost, 0 to 1.
        Less visible lines take off their share of it.
    compact
        Units for a mini-area of Polsby-Popper 0 against one of 1 (a circle).
    walk
        Units for a walk (the shortest tree that ties the doors of a mini-area together) as long as a typical
        mini-area's side.
    change
        Units for moving a target's worth of weight away from where an existing plan has it (rebalance).
    """

    tolerance: float | None = None
    beyond: float = 2800.0
    balance: float = 1200.0
    border: float = 1000.0
    visible_discount: float = 0.85
    compact: float = 2400.0
    walk: float = 5600.0
    change: float = 2000.0

    def wishing(self, wish: str | None) -> "Objective":
        """
        Give one wish of the user its weight; the sizes stay what they are.

        Parameters
        ----------
        wish
            One of `WISHES`; None: as it is.

        Raises
        ------
        InputError
            There is no such wish.
        """
        if wish is None:
            return self
        if wish not in WISHES:
            known = ", ".join(WISHES)
            raise InputError(_("“{wish}” is not known: wish for one of {known}.").format(wish=wish, known=known))
        return replace(self, **{name: getattr(self, name) * times for name, times in WISHES[wish].items()})


WISHES: dict[str, dict[str, float]] = {
    "short-walks": {"walk": 2.0, "compact": 0.75},
    "round-shapes": {"walk": 0.4, "compact": 2.0},
    "along-roads": {"walk": 0.6, "border": 2.5},
}
"""What a user may wish for: by how much each weight of `Objective` changes."""


@dataclass(frozen=True)
class Window:
    """
    The sizes a mini-area may have, in the caller's unit of weight (persons or households).

    `minimum` and `maximum` are hard; between `low` and `high` every size is a good one.
    """

    target: float
    minimum: float
    maximum: float
    low: float
    high: float

    @classmethod
    def of(cls, target: float, minimum: float | None, maximum: float | None, objective: Objective) -> "Window":
        """Complete a target: two thirds and four thirds of it are the usual limits (docs/rules.md S01)."""
        given = minimum is not None and maximum is not None
        if not 0 < target < math.inf:
            raise InputError(_("The target must be above zero, not {target}.").format(target=target))
        least = 2 / 3 * target if minimum is None else float(minimum)
        most = 4 / 3 * target if maximum is None else float(maximum)
        if not 0 <= least <= target <= most < math.inf:
            raise InputError(
                _("A minimum of {least} and a maximum of {most} do not fit a target of {target}.").format(
                    least=round(least, 3), most=round(most, 3), target=target
                )
            )
        if objective.tolerance is None and given:
            return cls(target, least, most, least, most)
        tolerance = 0.2 if objective.tolerance is None else objective.tolerance
        low, high = max(least, (1 - tolerance) * target), min(most, (1 + tolerance) * target)
        return cls(target, least, most, low, high)


def require_count(count: int | None) -> None:
    """Refuse a number of parts that is no whole number."""
    if count is not None and (isinstance(count, bool) or not isinstance(count, int | np.integer)):
        raise InputError(_("The number of parts must be a whole number, not {count}.").format(count=count))


@dataclass(frozen=True)
class Terms:
    """The objective and the window in the whole numbers of the kernel."""

    vector: tuple[int, ...]

    @classmethod
    def of(cls, objective: Objective, window: Window, *, scale: float) -> "Terms":
        """
        Convert.

        Parameters
        ----------
        scale
            Kernel weight units for one unit of weight.
        """
        loose = window.low <= window.minimum and window.high >= window.maximum
        vector = (
            max(round(window.target * scale), 1),
            math.ceil(window.minimum * scale - 1e-6),
            math.floor(window.maximum * scale + 1e-6),
            math.ceil(window.low * scale - 1e-6),
            math.floor(window.high * scale + 1e-6),
            round(objective.beyond),
            round(objective.balance * (0.1 if loose else 1.0)),
            round(objective.compact),
        )
        return cls(vector)
