"""Run the command line with `python -m census_map.cli`."""

import sys

from census_map.cli import main

sys.exit(main())
