"""
An invented township to try everything on, of any size, the same for the same seed.

Nobody in it exists: names, telephone and identity numbers are made up, in a region and a number range that are not in
use. It imports nothing of the library's engines, so that it can measure them.
"""

from census_map.sample.files import write_township
from census_map.sample.township import LARGE, Township, generate_township

__all__ = ["LARGE", "Township", "generate_township", "write_township"]
