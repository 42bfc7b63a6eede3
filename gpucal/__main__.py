"""``python -m gpucal``."""

import sys

from gpucal.cli.main import main

sys.exit(main())
