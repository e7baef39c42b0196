"""Writes down what the generator makes, in one line a township: `python -m tests.sample.digest 15` or `15 --small`."""

import hashlib
import sys
from dataclasses import fields

import pandas as pd
from geopandas import GeoDataFrame

from census_map.sample import Township, generate_township


def digest(township: Township) -> str:
    """Add up every byte of every frame: coordinates as they are stored, everything else as text."""
    total = hashlib.sha256()
    for each in fields(township):
        frame = getattr(township, each.name)
        if not isinstance(frame, pd.DataFrame):
            total.update(repr(frame).encode())
            continue
        if isinstance(frame, GeoDataFrame):
            total.update(b"".join(frame.geometry.to_wkb()))
            frame = frame.drop(columns=frame.geometry.name)
        total.update(frame.to_csv().encode())
    return total.hexdigest()


if __name__ == "__main__":
    seed, *size = sys.argv[1:]
    small = {"census_areas": 4, "scale": 0.4} if size else {}
    sys.stdout.write(digest(generate_township(seed=int(seed), **small)))
