"""Interferometric exposures for tests: simulated ones, calibrated, and a pair from flight."""

from pathlib import Path

from gpucal.core import Step
from gpucal.simulate import Effects, InterferometryPlan, observe_interferometer

FLIGHT = Path(__file__).parent / "files" / "exposures" / "ami"
AB_DOR = FLIGHT / "jw01093012001_03102_00001_nis_cal.fits.gz"
REFERENCE_STAR = FLIGHT / "jw01093015001_03102_00001_nis_cal.fits.gz"

PLAN = InterferometryPlan(nints=6, separation=0.18, position_angle=70.0, contrast=0.04)
QUIET = Effects(cosmic_rays=False, snowballs=False, showers=False)


def calibrated(directory, plan=PLAN, **others):
    """Observe, and make stage 2 of all exposures."""
    observation = observe_interferometer(directory, plan, effects=QUIET, **others)
    with observation.crds():
        Step.from_cmdline(["calwebb_image2", str(observation.level2), f"--output_dir={directory}"])
    return observation
