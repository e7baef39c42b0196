"""Plans to start from: random spanning trees, cut in proportion."""

import numpy as np

from census_map.delineate.graph import Graph, Ints


def grow_start(graph: Graph, parts: int, seed: int) -> tuple[Ints, int]:
    """
    Cut random spanning trees in proportion until there are enough parts.

    Returns
    -------
    labels, seed
        Every part in one piece and not empty; state of the random numbers.
    """
    labels = np.zeros(len(graph), np.int64)
    todo = [(0, parts)]
    fresh = 1
    while todo:
        label, share = todo.pop()
        if share == 1:
            continue
        members = np.flatnonzero(labels == label)
        below, half, seed = _best_tree_cut(graph, labels, members, share, seed)
        labels[below] = fresh
        todo += [(label, share - half), (fresh, half)]
        fresh += 1
    return labels, seed


def _best_tree_cut(graph: Graph, labels: Ints, members: Ints, share: int, seed: int) -> tuple[list[int], int, int]:
    """Of a few random trees over a part, find the cut that divides its weight best for `share` parts."""
    first, other, mass = graph.first, graph.other, graph.mass
    whole = float(mass[members].sum())
    best: tuple[float, list[int], int] | None = None
    for _try in range(3):
        seed = seed * 48271 % 2147483647
        root = int(members[seed % len(members)])
        order, parent, place = [root], [-1], {root: 0}
        pending = [(int(u), 0) for u in other[first[root] : first[root + 1]] if labels[u] == labels[root]]
        while pending:
            seed = seed * 48271 % 2147483647
            i = seed % len(pending)
            pending[i], pending[-1] = pending[-1], pending[i]
            u, up = pending.pop()
            if u in place:
                continue
            place[u] = len(order)
            order.append(u)
            parent.append(up)
            here = place[u]
            pending += [
                (int(w), here) for w in other[first[u] : first[u + 1]] if labels[w] == labels[u] and int(w) not in place
            ]
        load = mass[order].astype(float).tolist()
        size = [1] * len(order)
        for i in range(len(order) - 1, 0, -1):
            load[parent[i]] += load[i]
            size[parent[i]] += size[i]
        for i in range(1, len(order)):
            if whole > 0:
                half = min(max(round(share * load[i] / whole), 1), share - 1)
            else:
                half = min(max(round(share * size[i] / len(order)), 1), share - 1)
            half = min(half, size[i])
            if len(order) - size[i] < share - half:
                continue
            off = abs(load[i] - whole * half / share) / max(half, 1)
            if best is None or off < best[0]:
                below = [False] * len(order)
                below[i] = True
                for j in range(i + 1, len(order)):
                    below[j] = below[parent[j]]
                best = (off, [order[j] for j in range(len(order)) if below[j]], half)
    assert best is not None
    return best[1], best[2], seed
