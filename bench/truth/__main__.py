"""Measure against the truth, print the tables, and write ``docs/truth.md`` and ``docs/truth.png``."""

import os
from pathlib import Path

from bench.report import replace_between_markers
from bench.truth import effects, jumps, large_events, slopes
from bench.truth.plot import draw
from gpucal.backend import current_backend

DOCS = Path(__file__).parents[2] / "docs"


def main() -> None:
    os.environ["STPIPE_DISABLE_CRDS_STEPPARS"] = "true"
    found_slopes, found_jumps = slopes.measure(), jumps.measure()
    parts = {
        "effects": effects.table(effects.measure()),
        "slopes": slopes.table(found_slopes),
        "jumps": jumps.table(found_jumps),
        "large events": large_events.table(large_events.measure()),
    }
    print(f"backend: {current_backend().name}")
    for name, text in parts.items():
        print(f"\n{text}")
        replace_between_markers(DOCS / "truth.md", name, text)
    draw(found_slopes, found_jumps, DOCS / "truth.png")


if __name__ == "__main__":
    main()
