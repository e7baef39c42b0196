"""What hangs together: the connected parts of a graph, and rows joined with runs of other rows."""

import numpy as np

from census_map.coverage.edges import Ints, Keys


def connected(tail: Ints, head: Ints, count: int) -> Ints:
    """
    Number the connected parts of a graph.

    Parameters
    ----------
    tail, head
        (links,) the two ends of each link, as node numbers.
    count
        Number of nodes.

    Returns
    -------
    part
        (count,) the part of each node, numbered from 0.
    """
    # Every node points to a smaller one of its part; roots hook on to smaller roots and pointers are shortened until
    # nothing moves: a few rounds even for long ways. Loading scipy's graphs takes longer than checking a town.
    root = np.arange(count)
    tail, head = np.asarray(tail), np.asarray(head)
    while len(tail):
        one, other = root[tail], root[head]
        apart = one != other
        tail, head, one, other = tail[apart], head[apart], one[apart], other[apart]
        np.minimum.at(root, np.maximum(one, other), np.minimum(one, other))
        while True:
            shorter = root[root]
            if np.array_equal(shorter, root):
                break
            root = shorter
    return np.asarray((np.cumsum(root == np.arange(count)) - 1)[root], dtype=np.int64)


def numbered(keys: Keys) -> tuple[Ints, Ints]:
    """
    Number the different keys, the smallest first.

    Parameters
    ----------
    keys
        (n,) keys.

    Returns
    -------
    row, number
        Some row of each different key, and the number of each row's key.
    """
    # `numpy.unique` says the first row of each, for which it takes a slower way of sorting.
    order = np.argsort(keys)
    ordered = keys[order]
    begins = np.ones(len(keys), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=begins[1:])
    number = np.empty(len(keys), dtype=np.int64)
    number[order] = np.cumsum(begins) - 1
    return order[begins], number


def runs(first: Ints, count: Ints) -> tuple[Ints, Ints]:
    """
    Join every row with a run of consecutive numbers.

    Parameters
    ----------
    first, count
        (n,) where the run of each row begins, and how long it is.

    Returns
    -------
    row, number
        One entry a number of a run: its row, and the number.
    """
    row = np.repeat(np.arange(len(count)), count)
    return row, np.arange(len(row)) + np.repeat(first - (np.cumsum(count) - count), count)


def grouped(keys: Ints, values: Ints) -> dict[int, list[int]]:
    """
    Gather the values of every key, in their order.

    Parameters
    ----------
    keys, values
        (n,) each.
    """
    order = np.argsort(keys, kind="stable")
    unique, first = np.unique(keys[order], return_index=True)
    found = np.split(values[order], first[1:])
    return {key: rows.tolist() for key, rows in zip(unique.tolist(), found, strict=True)} if len(unique) else {}
