"""
Divide a graph with a peer.

    split_peers.py metis|metis_recursive|recom GRAPH.npz LABELS.npz

Runs in an environment of its own (pymetis, gerrychain). The graph holds `pairs`, `length`, `weight`, `ward`, `target`.
"""

import random
import sys
import time

import numpy as np


def by_metis(pairs, length, weight, parts, *, recursive):
    """Divide with METIS, ufactor 200."""
    import pymetis  # noqa: PLC0415  only in the peers' environment

    neighbours = [[] for _ in weight]
    lengths = [[] for _ in weight]
    for (a, b), metres in zip(pairs.tolist(), length.tolist(), strict=True):
        for one, two in ((a, b), (b, a)):
            neighbours[one].append(two)
            lengths[one].append(max(round(metres), 1))
    starts = np.cumsum([0, *map(len, neighbours)])
    options = pymetis.Options(ufactor=200, seed=1, **({} if recursive else {"contig": 1}))
    _, labels = pymetis.part_graph(
        parts,
        xadj=starts.tolist(),
        adjncy=[u for row in neighbours for u in row],
        vweights=weight.astype(int).tolist(),
        eweights=[m for row in lengths for m in row],
        recursive=recursive,
        options=options,
    )
    return np.array(labels)


def by_recom(pairs, _length, weight, parts):
    """Divide with gerrychain's recursive spanning trees, tolerance 0.2."""
    import networkx as nx  # noqa: PLC0415
    from gerrychain import Graph  # noqa: PLC0415
    from gerrychain.tree import recursive_tree_part  # noqa: PLC0415

    graph = nx.Graph()
    for k, value in enumerate(weight.tolist()):
        graph.add_node(k, weight=value)
    graph.add_edges_from(pairs.tolist())
    random.seed(1)
    assignment = recursive_tree_part(Graph.from_networkx(graph), range(parts), weight.sum() / parts, "weight", 0.2)
    return np.array([assignment[k] for k in range(len(weight))])


def main():
    """Divide each ward by itself."""
    tool, source, target = sys.argv[1:]
    graph = np.load(source)
    labels = np.zeros(len(graph["weight"]), int)
    begun = time.process_time()
    used = 0
    for ward in np.unique(graph["ward"]):
        members = np.flatnonzero(graph["ward"] == ward)
        place = np.full(len(labels), -1)
        place[members] = np.arange(len(members))
        pairs = place[graph["pairs"]]
        kept = (pairs >= 0).all(axis=1)
        weight = graph["weight"][members]
        parts = max(round(weight.sum() / int(graph["target"])), 1)
        arguments = (pairs[kept], graph["length"][kept], weight, parts)
        if parts == 1:
            own = np.zeros(len(members), int)
        elif tool == "recom":
            own = by_recom(*arguments)
        else:
            own = by_metis(*arguments, recursive=tool == "metis_recursive")
        labels[members] = own + used
        used += parts
    np.savez(target, labels=labels, seconds=time.process_time() - begun)


if __name__ == "__main__":
    main()
