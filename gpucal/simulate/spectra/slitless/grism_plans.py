"""What an observation without slits exposes."""

from dataclasses import dataclass

from gpucal.errors import GpucalError
from gpucal.simulate.series.dip import Dip
from gpucal.simulate.spectra.slitless.grism_scene import FieldSource, many_sources, usual_sources
from gpucal.simulate.spectra.slitless.grisms import BANDS, GRISMS, Grism
from gpucal.simulate.spectra.spectrum import Spectrum

FIELD, SERIES = "wfss", "tsgrism"
FIELD_TYPES = {"NIRISS": "NIS_WFSS", "NIRCAM": "NRC_WFSS"}
SERIES_TYPE = "NRC_TSGRISM"
DITHERS = ((0.0, 0.0), (0.9, 1.3), (-1.1, 0.7), (0.4, -1.2))
TARGET = 53.12, -27.8


@dataclass(frozen=True)
class GrismFieldPlan:
    """A field of sources, exposed through one grism after another.

    Attributes
    ----------
    grisms : tuple of str
        Of one instrument.
    band : str
        Such as F200W.
    dithers : tuple of tuple of float
        Where the field is moved to, along the ideal axes of the aperture, arcsec: for each exposure through a grism.
    sources : tuple of FieldSource
        The usual ones if there is none.
    background : float
        In units of its reference.
    ra, dec, roll : float
        Of the middle of the detector, and the position angle of V3: degrees.
    """

    grisms: tuple[str, ...] = ("GR150R", "GR150C")
    band: str = "F200W"
    dithers: tuple[tuple[float, float], ...] = DITHERS[:2]
    sources: tuple[FieldSource, ...] = ()
    background: float = 0.9
    ra: float = TARGET[0]
    dec: float = TARGET[1]
    roll: float = 30.0
    nints: int = 1
    subarray: str = "FULL"

    @property
    def instrument(self) -> str:
        """NIRISS or NIRCAM."""
        return GRISMS[self.grisms[0]].instrument

    @property
    def exp_type(self) -> str:
        """EXP_TYPE."""
        return FIELD_TYPES[self.instrument]

    @property
    def wavelengths(self) -> tuple[float, float]:
        """Of the band, micron."""
        return BANDS[self.instrument][self.band]

    @property
    def scene(self) -> tuple[FieldSource, ...]:
        """All sources."""
        return self.sources or usual_sources(self.wavelengths)


def field_plan(grisms=(), band=None, dithers=None, number=None, **changes) -> GrismFieldPlan:
    """A plan of what a user asks for.

    Parameters
    ----------
    grisms : tuple of str
    band : str, optional
    dithers : int, optional
        Exposures through each grism.
    number : int, optional
        Of sources, spread evenly.
    **changes
        Of other attributes of `GrismFieldPlan`.

    Raises
    ------
    GpucalError
        No such grism, band or number of dithers or sources.
    """
    grisms = tuple(one.upper() for one in grisms) or GrismFieldPlan.grisms
    for name in grisms:
        if name not in GRISMS:
            raise GpucalError(f"no grism is named {name}; there are {', '.join(GRISMS)}")
    instruments = {GRISMS[name].instrument for name in grisms}
    if len(instruments) > 1:
        raise GpucalError(f"{' and '.join(grisms)} belong to two instruments; give those of one")
    (instrument,) = instruments
    band = (band or {"NIRISS": "F200W", "NIRCAM": "F356W"}[instrument]).upper()
    if band not in BANDS[instrument]:
        raise GpucalError(f"grisms of {instrument} are simulated with {', '.join(BANDS[instrument])}, not with {band}")
    if dithers is not None:
        if not 1 <= dithers <= len(DITHERS):
            raise GpucalError(f"--dithers of wfss are 1 to {len(DITHERS)}, not {dithers}")
        changes["dithers"] = DITHERS[:dithers]
    if number is not None:
        if number < 1:
            raise GpucalError(f"--sources of wfss are 1 or more, not {number}")
        changes["sources"] = many_sources(number, BANDS[instrument][band])
    return GrismFieldPlan(grisms, band, **changes)


@dataclass(frozen=True)
class GrismSeriesPlan:
    """A series of exposures of a star through the grism of NIRCam.

    Attributes
    ----------
    band, subarray : str
    nints, segments : int
        Integrations of the exposure, and files that they are in.
    spectrum : Spectrum
        Of the star, Jy.
    transit : Dip
    background : float
        DN/s of each pixel.
    place : tuple of float
        XREF_SCI and YREF_SCI: column and row of the star in the subarray.
    """

    band: str = "F444W"
    subarray: str = "SUBGRISM64"
    nints: int = 6
    segments: int = 1
    spectrum: Spectrum = Spectrum(5e-3, -1.5, 4.4)
    transit: Dip = Dip(depth=0.007, duration=0.4, ingress=0.05, slope=0.001)
    background: float = 0.3
    place: tuple[float, float] = (952.0, 34.0)
    ra: float = TARGET[0]
    dec: float = TARGET[1]
    roll: float = 30.0

    exp_type = SERIES_TYPE

    @property
    def grism(self) -> Grism:
        """Which disperses along rows."""
        return GRISMS["GRISMR"]

    @property
    def wavelengths(self) -> tuple[float, float]:
        """Of the band, micron."""
        return BANDS["NIRCAM"][self.band]
