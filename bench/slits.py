"""Time ``calwebb_spec2`` and ``calwebb_spec3`` of jwst and of gpucal on slits, by turns, from start to exit.

``python -m bench.slits`` simulates the observations of `bench.slit_cases`. Stage 2 runs on one exposure with its
backgrounds, or on a series; stage 3 on all exposures, calibrated by stage 2 of gpucal. It writes
``docs/benchmarks/slits.json``, a picture of it, and the tables of ``docs/benchmarks.md``. Results of cases that are
left out are kept from the run before.
"""

from bench.image_stages import run
from bench.slit_cases import CASES
from bench.spectral_stages import COLUMNS, KINDS, measuring

if __name__ == "__main__":
    run("slits", __doc__, KINDS, COLUMNS, measuring(CASES), CASES)
