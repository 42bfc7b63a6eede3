"""What is observed with NIRSpec's integral field unit."""

from dataclasses import dataclass

from gpucal.simulate.spectra.ifu.cube_observation import BACKGROUND, IMPRINT, SCIENCE
from gpucal.simulate.spectra.ifu.cube_scene import CubeScene, ExtendedField, PointSource
from gpucal.simulate.spectra.slit_plans import SlitPlan
from gpucal.simulate.spectra.spectrum import DARK, Spectrum, with_lines

NAME = "nirspec-ifu"
EXP_TYPE = "NRS_IFU"
SKY_OFFSET = 40.0  # of the background from the target, arcsec to the north
DITHERS = ((0.0, 0.0), (0.33, 0.21), (-0.24, 0.37), (0.14, -0.4))
_MEDIUM = (2.9, 5.2)


@dataclass(frozen=True)
class NirspecIfuPlan:
    """An observation with NIRSpec's integral field unit.

    Attributes
    ----------
    detectors : tuple of str
        Exposed together; medium gratings do not reach NRS2.
    grating, filter : str
    dithers : tuple of (float, float)
        Where each exposure has the target: arcsec from the middle of the field, in ideal coordinates.
    imprints, backgrounds : int
        Exposures with the entrance of the unit closed, and exposures of the sky beside the target.
    scene : CubeScene
    leak : float
        Mean rate of what comes through closed shutters into all exposures, DN/s.
    failed_open : tuple
        Shutters that stay open: quadrant, x and y, from 1. The reference lists them; no light is painted.
    ra, dec : float
        The target, degrees.
    roll : float
        Position angle of V3, degrees.
    """

    detectors: tuple[str, ...] = ("NRS1",)
    grating: str = "G395M"
    filter: str = "F290LP"
    dithers: tuple[tuple[float, float], ...] = DITHERS
    imprints: int = 1
    backgrounds: int = 1
    scene: CubeScene = CubeScene(
        PointSource(with_lines(1e-3, _MEDIUM), 0.1, -0.05),
        ExtendedField(Spectrum(3.0, 0.3), with_lines(4.0, _MEDIUM, 2, 1.5e-3, 0.0), 0.6, -0.4, 0.7),
    )
    leak: float = 0.15
    failed_open: tuple[tuple[int, int, int], ...] = ((3, 66, 101), (4, 130, 40))
    ra: float = 53.12
    dec: float = -27.8
    roll: float = 30.0

    @property
    def roles(self) -> dict[str, int]:
        """How many exposures of each role there are."""
        return {SCIENCE: len(self.dithers), IMPRINT: self.imprints, BACKGROUND: self.backgrounds}

    @property
    def is_point(self) -> bool:
        """Whether the source was proposed as a point."""
        return self.scene.point.spectrum != DARK

    def pointing_plan(self, detector: str, role: str) -> SlitPlan:
        """The exposures of a role as a plan that headers are made of; only those of science are dithered."""
        offsets = self.dithers if role == SCIENCE else ((0.0, 0.0),) * self.roles[role]
        dec = self.dec + (SKY_OFFSET / 3600 if role == BACKGROUND else 0.0)
        place = {"ra": self.ra, "dec": dec, "roll": self.roll}
        return SlitPlan(
            EXP_TYPE, detector, "FULL", self.filter, self.grating, "IFU", offsets, pattern="CYCLING", **place
        )
