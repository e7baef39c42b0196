"""How good a plan is, in the words of a clerk."""

import math

from census_map.i18n import _, ngettext

from ..panels.look import BALANCE_MARKS
from .library import View

_ABOVE, _BELOW = BALANCE_MARKS["above"], BALANCE_MARKS["below"]


def amount(value: float, by: str) -> str:
    """Give a figure with its unit."""
    return (_("{n} persons") if by == "persons" else _("{n} households")).format(n=f"{round(value):,}")


def headline(view: View) -> str:
    """Say in a few words what a plan is, for its button."""
    quality, size = view.quality, view.plan.size
    span = f"{round(quality.least):,}–{round(quality.most):,}"
    text = (_("{n} of {span} persons") if size.by == "persons" else _("{n} of {span} households")).format(
        n=quality.parts, span=span
    )
    marks = [f"{mark}{n}" for mark, n in ((_ABOVE, quality.above), (_BELOW, quality.below)) if n]
    return " ".join((text, *marks))


def proof(view: View) -> list[str]:
    """Say what a plan achieves and how far it is from the best possible, a sentence a line."""
    quality, size = view.quality, view.plan.size
    lines = [_band(view)]
    lines.append(
        _("Smallest {least}, largest {most}, on average {mean}.").format(
            least=amount(quality.least, size.by), most=f"{round(quality.most):,}", mean=f"{round(quality.mean):,}"
        )
    )
    if quality.parts > 1:
        lines.append(_evenness(view))
    if quality.visible is not None:
        lines.append(
            _("Borders between them along roads, water, railways or walls: {share} %.").format(
                share=math.floor(100 * quality.visible)
            )
        )
    if quality.parts:
        lines.append(
            _("Shape: {value} (1 is a circle; above 0.5 is compact).").format(value=f"{quality.compactness:.2f}")
        )
    if view.plan.moved:
        lines.append(
            ngettext(
                "{n} building changes its mini-area.", "{n} buildings change their mini-area.", view.plan.moved
            ).format(n=view.plan.moved)
        )
    return lines + list(view.plan.notes)


def _band(view: View) -> str:
    quality, size = view.quality, view.plan.size
    text = _("{inside} of {all} lie between {least} and {most}").format(
        inside=quality.inside, all=quality.parts, least=size.minimum, most=amount(size.maximum, size.by)
    )
    told = []
    if quality.above:
        told.append(_("{n} above").format(n=quality.above))
    if quality.below:
        told.append(_("{n} below").format(n=quality.below))
    return text + (_(": ") + _(", ").join(told) if told else "") + _(".")


def _evenness(view: View) -> str:
    quality = view.quality
    text = _("They differ from the average by {share} %").format(share=_percent(quality.cv))
    if quality.proven:
        return text + _("; it is proven that no other division of these blocks is better.")
    if quality.gap_cv < 0.005:
        return text + _("; that is the best possible, since buildings stay whole.")
    if quality.bound_cv < 0.0005:
        return text + _(".")
    return text + _("; the least possible is {share} %, since buildings stay whole.").format(
        share=_percent(quality.bound_cv)
    )


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"
