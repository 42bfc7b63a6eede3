"""Time ``calwebb_spec2`` and ``calwebb_spec3`` of jwst and of gpucal on integral fields, by turns, from start to exit.

``python -m bench.ifu`` simulates observations with MIRI's medium resolution spectrometer and NIRSpec's integral field
unit. Stage 2 runs on one exposure, stage 3 on all exposures, calibrated by stage 2 of gpucal. It writes
``docs/benchmarks/ifu.json``, a picture of it, and the tables of ``docs/benchmarks.md``. Results of cases that are left
out are kept from the run before.
"""

from bench.image_stages import run
from bench.spectral_stages import COLUMNS, KINDS, SpectralCase, measuring
from gpucal.simulate import MrsPlan, NirspecIfuPlan, observe_mrs, observe_nirspec_ifu

CASES = {
    "MIRI MRS, channels 1 and 2, 4 dithers": SpectralCase(observe_mrs, MrsPlan()),
    "NIRSpec IFU G395H, one detector, 4 dithers": SpectralCase(
        observe_nirspec_ifu, NirspecIfuPlan(grating="G395H", imprints=0, backgrounds=0)
    ),
}

if __name__ == "__main__":
    run("ifu", __doc__, KINDS, COLUMNS, measuring(CASES), CASES)
