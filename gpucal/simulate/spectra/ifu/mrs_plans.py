"""What is observed with MIRI's medium-resolution spectrometer."""

from dataclasses import dataclass

import numpy as np

from gpucal.core.config.nearest import suggestion
from gpucal.simulate.errors import SimulationError
from gpucal.simulate.spectra.ifu.cube_observation import BACKGROUND, SCIENCE
from gpucal.simulate.spectra.ifu.cube_scene import CubeScene, ExtendedField, PointSource
from gpucal.simulate.spectra.ifu.mrs_settings import CHANNELS, KIND, LETTERS, MrsSetting, line_sigma
from gpucal.simulate.spectra.slit_plans import SlitPlan
from gpucal.simulate.spectra.spectrum import DARK, Line, Spectrum

# Micron: lines of the point (hydrogen, fine structure), and of the cloud (molecular hydrogen).
POINT_LINES = (
    5.129,
    5.34,
    5.908,
    6.985,
    7.46,
    7.902,
    8.991,
    10.511,
    12.814,
    14.322,
    15.555,
    18.713,
    24.318,
    25.89,
)
CLOUD_LINES = (5.053, 5.511, 6.109, 6.910, 8.025, 9.665, 12.279, 17.035)
NAME = "mrs"
SKY_OFFSET = 60.0  # of backgrounds from the target, arcsec to the north
# Dithers in four points, arcsec: parts of a slice apart in every channel.
DITHERS = ((0.55, -0.35), (-0.5, 0.44), (0.42, 0.38), (-0.47, -0.41))


def _with_lines(level, slope, pivot, wavelengths, peak):
    """A power law, with lines of that peak above it, in its unit."""
    area = float(peak * np.sqrt(2 * np.pi))
    lines = (Line(one, area * line_sigma(one), line_sigma(one)) for one in wavelengths)
    return Spectrum(level, slope, pivot, tuple(lines))


SCENE = CubeScene(
    PointSource(_with_lines(0.1, -1.0, 6.0, POINT_LINES, 0.08)),
    ExtendedField(Spectrum(25.0, 1.0, 6.0), _with_lines(10.0, 0.0, 6.0, CLOUD_LINES, 300.0), 0.0, 1.0, 2.0),
)


@dataclass(frozen=True)
class MrsPlan:
    """An observation with the spectrometer.

    Attributes
    ----------
    detectors : tuple of str
        MIRIFUSHORT (channels 1 and 2), MIRIFULONG (channels 3 and 4), or both: exposed together.
    bands : tuple of str
        SHORT, MEDIUM, LONG: one after the other.
    dithers : tuple of (float, float)
        Where exposures of each band have the target: arcsec from the reference point, in ideal coordinates.
    backgrounds : int
        Exposures of each band of the sky beside the target: without the point and the cloud.
    scene : CubeScene
    dark : float
        What is left of the dark current, DN/s.
    residual_fringes, straylight : bool
        See `gpucal.simulate.spectra.ifu.mrs_painting.paint_mrs`.
    ra, dec : float
        The target, degrees.
    roll : float
        Position angle of V3, degrees.
    """

    detectors: tuple[str, ...] = ("MIRIFUSHORT",)
    bands: tuple[str, ...] = ("SHORT",)
    dithers: tuple[tuple[float, float], ...] = DITHERS
    backgrounds: int = 0
    scene: CubeScene = SCENE
    dark: float = 0.05
    residual_fringes: bool = True
    straylight: bool = True
    ra: float = 53.12
    dec: float = -27.8
    roll: float = 30.0

    def __post_init__(self):
        for what, given, known in (("detector", self.detectors, CHANNELS), ("band", self.bands, LETTERS)):
            for one in given:
                if one not in known:
                    hint = suggestion(one, known)
                    raise SimulationError(
                        f"no {what} {one!r} of the medium-resolution spectrometer{hint}; there are {', '.join(known)}"
                    )

    @property
    def settings(self) -> tuple[MrsSetting, ...]:
        """All settings, by band; those of a band are exposed together."""
        return tuple(MrsSetting(detector, band) for band in self.bands for detector in self.detectors)

    @property
    def roles(self) -> dict[str, int]:
        """How many exposures of each role there are in a setting."""
        return {SCIENCE: len(self.dithers), BACKGROUND: self.backgrounds}

    @property
    def is_point(self) -> bool:
        """Whether the source was proposed as a point."""
        return self.scene.point.spectrum != DARK

    def pointing_plan(self, detector: str, role: str) -> SlitPlan:
        """The exposures of a role as a plan that headers are made of; only those of science are dithered."""
        offsets = self.dithers if role == SCIENCE else ((0.0, 0.0),) * self.roles[role]
        dec = self.dec + (SKY_OFFSET / 3600 if role == BACKGROUND else 0.0)
        pattern = f"{len(offsets)}-POINT" if len(offsets) > 1 else "NONE"
        place = {"ra": self.ra, "dec": dec, "roll": self.roll}
        return SlitPlan(KIND, detector, "FULL", None, offsets=offsets, pattern=pattern, **place)
