"""The observations that are measured, and all measures of one."""

from dataclasses import dataclass
from pathlib import Path

from bench.truth.imaging.astrometry import Astrometry, measure_astrometry
from bench.truth.imaging.levels import Levels, measure_levels
from bench.truth.imaging.outliers import Outliers, measure_outliers
from bench.truth.imaging.photometry import Photometry, measure_photometry
from bench.truth.imaging.products import calibrate_exposures, combine
from gpucal.simulate import Effects, Field, ImagingOptions, Observation, PointingErrors, observe

FIELD = Field(stars=150, galaxies=20)
ERRORS = PointingErrors(common=0.05, relative=0.1, roll=0.005)
EFFECTS = Effects(least_energy=100.0)  # hits down to where they drown in the noise


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
    errors : PointingErrors
        If there are none, exposures are not aligned: what is found is not the fault of the alignment.
    """

    name: str
    setting: dict
    absolute: bool = False
    errors: PointingErrors = ERRORS

    def steps(self, observation: Observation) -> dict:
        """Parameters of the steps of stage 3."""
        if self.errors == PointingErrors():
            return {"tweakreg": {"skip": True}}
        return {"tweakreg": {"abs_refcat": str(observation.catalogue)}} if self.absolute else {}


LONG = {"detectors": ("NRCALONG",), "subarray": "SUB640", "readpatt": "SHALLOW4"}
CASES = (
    Case("NIRCam long, F444W", LONG),
    Case("the same, with the true positions of its stars", LONG, absolute=True),
    Case("NIRCam short, F200W", {"detectors": ("NRCB1",), "subarray": "SUB640", "readpatt": "SHALLOW4"}),
    Case("undersampled: NIRCam short, F090W",
         {"detectors": ("NRCB1",), "filters": ("F090W",), "subarray": "SUB640", "readpatt": "SHALLOW4"},
         errors=PointingErrors()),
    Case("undersampled: NIRISS, F115W",
         {"detectors": ("NIS",), "filters": ("F115W",), "subarray": "SUB256", "readpatt": "NIS"},
         errors=PointingErrors()),
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
    options = ImagingOptions(FIELD, case.errors, EFFECTS)
    return observe(directory, **case.setting, rates=True, options=options, seed=7)


def measure(case: Case, program: str, observation: Observation) -> Measured:
    """Run a program on the observation of a case, and hold its products against the truth."""
    calibrate_exposures(observation, program)
    products = combine(observation, program, **case.steps(observation))
    return Measured(
        case,
        program,
        measure_astrometry(observation, products.cal),
        measure_astrometry(observation, products.crf),
        measure_photometry(observation, products.catalogue),
        measure_levels(observation, products.crf),
        measure_outliers(observation, products.cal, products.crf),
    )
