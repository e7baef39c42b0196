"""Run the command line with `python -m census_map.cli`."""

from census_map.cli import run

run()
