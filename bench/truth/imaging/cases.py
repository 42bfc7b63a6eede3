"""The observations that are measured, and all measures of one."""

from dataclasses import dataclass, field
from pathlib import Path

from bench.truth.imaging.astrometry import Astrometry, measure_astrometry
from bench.truth.imaging.levels import Levels, measure_levels
from bench.truth.imaging.outliers import Outliers, measure_outliers
from bench.truth.imaging.photometry import Photometry, measure_photometry
from bench.truth.imaging.products import calibrate
from gpucal.simulate import Effects, Field, ImagingOptions, Observation, PointingErrors, observe

# Half of the exposures are off by more than a pixel; hits are drawn down to where they drown in the noise.
OPTIONS = ImagingOptions(
    field=Field(stars=150, galaxies=20),
    errors=PointingErrors(common=0.05, relative=0.1, roll=0.005),
    effects=Effects(least_energy=100.0),
)


@dataclass(frozen=True)
class Case:
    """An observation.

    Attributes
    ----------
    name : str
    setting : dict
        Arguments of `gpucal.simulate.observe`.
    absolute : bool
        Whether stage 3 is given the true positions of the sources (`abs_refcat`).
    """

    name: str
    setting: dict = field(default_factory=dict)
    absolute: bool = False


LONG = {"detectors": ("NRCALONG",), "subarray": "SUB640", "readpatt": "SHALLOW4"}
CASES = (
    Case("NIRCam long, F444W", LONG),
    Case("the same, with the true positions of its stars", LONG, absolute=True),
    Case("NIRCam short, F200W", {"detectors": ("NRCB1",), "subarray": "SUB640", "readpatt": "SHALLOW4"}),
    Case("undersampled: NIRCam short, F090W",
         {"detectors": ("NRCB1",), "filters": ("F090W",), "subarray": "SUB640", "readpatt": "SHALLOW4"}),
    Case("undersampled: NIRISS, F115W",
         {"detectors": ("NIS",), "filters": ("F115W",), "subarray": "SUB256", "readpatt": "NIS"}),
    Case("MIRI, F770W, with backgrounds",
         {"plan": "background", "detectors": ("MIRIMAGE",), "subarray": "BRIGHTSKY", "ngroups": 40}),
)  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """All measures of a case.

    Attributes
    ----------
    case : Case
    program : str
    before, after : Astrometry
        Of stage 2, and of stage 3.
    photometry : Photometry
    levels : Levels
    outliers : Outliers
    """

    case: Case
    program: str
    before: Astrometry
    after: Astrometry
    photometry: Photometry
    levels: Levels
    outliers: Outliers


def make(case: Case, directory: Path) -> Observation:
    """Simulate the observation of a case."""
    return observe(directory, **case.setting, rates=True, options=OPTIONS, seed=7)


def measure(case: Case, program: str, observation: Observation) -> Measured:
    """Run a program on the observation of a case, and hold its products against the truth."""
    steps = {"tweakreg": {"abs_refcat": str(observation.catalogue)}} if case.absolute else {}
    products = calibrate(observation, program, **steps)
    return Measured(
        case,
        program,
        measure_astrometry(observation, products.cal),
        measure_astrometry(observation, products.crf),
        measure_photometry(observation, products.catalogue),
        measure_levels(observation, products.crf),
        measure_outliers(observation, products.cal, products.crf),
    )
