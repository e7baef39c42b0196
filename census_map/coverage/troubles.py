"""Groups of residual edges and invalid polygons, found at once by what they hold and where they are, however many."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from census_map.coverage.extents import Box
from census_map.coverage.faults import Fault
from census_map.coverage.frames import meeting


@dataclass(eq=False)
class Trouble:
    """
    Residual edges and invalid polygons that belong together.

    Attributes
    ----------
    keys
        Of the edges, as in an `EdgeTable`.
    invalid
        Labels of the polygons.
    extent
        Where they are.
    found
        Measures the faults that they make.
    """

    keys: set[int]
    invalid: set[Hashable]
    extent: Box
    found: Callable[[], list[Fault]] = list

    @cached_property
    def faults(self) -> tuple[Fault, ...]:
        """The faults, measured when first asked for."""
        return tuple(self.found())


class Troubles:
    """The troubles of a coverage; what one of them holds no other does."""

    def __init__(self) -> None:
        self._rows: dict[Trouble, int] = {}
        self._all: list[Trouble] = []
        self._extents = np.empty((16, 4))
        self._of: tuple[dict[int, Trouble], dict[Hashable, Trouble]] = {}, {}

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._all)

    def __iter__(self) -> Iterator[Trouble]:
        """Go through all."""
        return iter(self._all)

    def add(self, trouble: Trouble) -> None:
        """Take one up."""
        row = self._rows[trouble] = len(self._all)
        self._all.append(trouble)
        if row == len(self._extents):
            self._extents = np.concatenate((self._extents, np.empty_like(self._extents)))
        self._extents[row] = trouble.extent
        keys, labels = self._of
        keys.update(dict.fromkeys(trouble.keys, trouble))
        labels.update(dict.fromkeys(trouble.invalid, trouble))

    def remove(self, trouble: Trouble) -> None:
        """Drop one; the last takes its row."""
        row, last = self._rows.pop(trouble), self._all.pop()
        if last is not trouble:
            self._all[row], self._rows[last] = last, row
            self._extents[row] = last.extent
        keys, labels = self._of
        for key in trouble.keys:
            del keys[key]
        for label in trouble.invalid:
            del labels[label]

    def holding(self, keys: Iterable[int], labels: Iterable[Hashable]) -> set[Trouble]:
        """Return those that hold one of some edges or invalid polygons."""
        by_key, by_label = self._of
        held = {by_key[key] for key in keys if key in by_key}
        return held | {by_label[label] for label in labels if label in by_label}

    def meeting(self, extent: Box) -> set[Trouble]:
        """Return those whose extents meet another."""
        boxes = self._extents[: len(self._all)]
        return {self._all[row] for row in np.flatnonzero(meeting(boxes, np.array(extent))).tolist()}
