"""Time ``calwebb_spec2`` and ``calwebb_spec3`` of jwst and of gpucal on fields without slits, by turns.

``python -m bench.wfss`` simulates a field through a grism of NIRISS, twice, with more and more sources; both programs
run from start to exit. Stage 2 runs on one exposure, stage 3 on both, calibrated by stage 2 of gpucal. It writes
``docs/benchmarks/wfss.json``, a picture of it, and the tables of ``docs/benchmarks.md``. Results of cases that are left
out are kept from the run before. jwst is not run on the largest fields: it takes seconds for each spectrum.
"""

from bench.image_stages import run
from bench.spectral_stages import COLUMNS, KINDS, SpectralCase, measuring
from gpucal.simulate import observe_grism_field
from gpucal.simulate.spectra.slitless.grism_plans import field_plan

# Numbers of sources, and those for which jwst runs.
NUMBERS, WITH_PEER = (8, 30, 100, 1000), 30

CONTAMINATION = ("--steps.wfss_contam.skip=false",)


def field(number: int, stages: tuple[str, ...] = ("spec2", "spec3"), parameters: tuple[str, ...] = ()) -> SpectralCase:
    """A field with so many sources."""
    plan = field_plan(("GR150R",), number=number)
    is_small = number <= WITH_PEER
    return SpectralCase(observe_grism_field, plan, True, stages, with_peer=is_small, parameters=parameters)


CASES = {
    **{f"NIRISS GR150R x 2, {number} sources": field(number) for number in NUMBERS},
    "NIRISS GR150R x 2, 8 sources, contamination subtracted": field(8, ("spec2",), CONTAMINATION),
}

if __name__ == "__main__":
    run("wfss", __doc__, KINDS, COLUMNS, measuring(CASES), CASES)
