"""The observations that stages 2 and 3 of images are measured with."""

from pathlib import Path

from bench.cases import elsewhere
from gpucal.simulate import Field, ImagingOptions, Observation, Plan, PointingErrors, observe

OPTIONS = ImagingOptions(Field(stars=300, galaxies=40), PointingErrors(relative=0.05))

# What `gpucal.simulate.observe` takes.
CASES = {
    "NIRCam short, full frame, 4 dithers": {"plan": Plan(exposures=4), "detectors": ("NRCB1",), "subarray": "FULL"},
    "NIRCam short, 2 detectors, 4 dithers": {
        "plan": Plan(exposures=4), "detectors": ("NRCB1", "NRCB2"), "subarray": "FULL",
    },
    "NIRISS, full frame, 4 dithers": {"plan": Plan(exposures=4), "detectors": ("NIS",), "subarray": "FULL"},
    "MIRI, full frame, 4 dithers, 2 backgrounds": {
        "plan": Plan(exposures=4, backgrounds=2), "detectors": ("MIRIMAGE",), "subarray": "FULL",
    },
}  # fmt: skip


def make(case: str, directory: Path, **others) -> Observation:
    """Simulate the observation of a case; some of its settings may be others."""
    return observed(directory, **(CASES[case] | others))


def observed(directory: Path, **settings) -> Observation:
    """Simulate the rates of an observation in a process of its own."""
    return elsewhere(observe, directory, **settings, rates=True, options=OPTIONS)
