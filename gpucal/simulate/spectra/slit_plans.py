"""What is observed through slits: usual observations, and the values of which others are made."""

from dataclasses import dataclass, field, replace

from gpucal.core.config.nearest import suggestion
from gpucal.simulate.errors import SimulationError
from gpucal.simulate.series.dip import Dip
from gpucal.simulate.spectra.lrs_dispersion import SLIT, SLITLESS
from gpucal.simulate.spectra.msa_metadata import MsaConfiguration, SlitInUse, Slitlet
from gpucal.simulate.spectra.nirspec_settings import SHUTTER_PITCH
from gpucal.simulate.spectra.spectrum import Spectrum, with_lines

EXTENDED_BELOW = 0.75  # stellarity


@dataclass(frozen=True)
class SlitPlan:
    """An observation through slits.

    Attributes
    ----------
    exp_type, detector, subarray, filter : str
    grating : str
        Of NIRSpec.
    aperture : str
        Fixed slit with the target, or MSA; of NIRSpec.
    offsets : tuple of (float, float)
        Where each exposure has the target: arcsec from the reference point, in ideal coordinates.
    pattern : str
        PATTTYPE.
    nints : int
        With more than one the exposures are series.
    dip : Dip or None
        Of a series: how the light of the point changes.
    configuration : MsaConfiguration or None
    spectra : dict
        Source (number of one in the MSA file, 0 for the target of other observations) -> its Spectrum: Jy of a point,
        MJy/sr of what is extended.
    sky : Spectrum
        MJy/sr.
    failed_open : tuple
        Shutters that stay open: quadrant, x and y, from 1. The reference lists them; no light is painted.
    ra, dec : float
        The target, degrees.
    roll : float
        Position angle of V3, degrees.
    """

    exp_type: str
    detector: str
    subarray: str
    filter: str
    grating: str = ""
    aperture: str = ""
    offsets: tuple[tuple[float, float], ...] = ((0.0, 0.0),)
    pattern: str = "NONE"
    nints: int = 1
    dip: Dip | None = None
    configuration: MsaConfiguration | None = None
    spectra: dict[int, Spectrum] = field(default_factory=dict)
    sky: Spectrum = Spectrum(0.4, 0.3)
    failed_open: tuple[tuple[int, int, int], ...] = ()
    ra: float = 53.12
    dec: float = -27.8
    roll: float = 30.0

    @classmethod
    def named(cls, name: str, **changes) -> "SlitPlan":
        """A usual plan, with changes.

        Raises
        ------
        SimulationError
            There is none of that name.
        """
        if name not in SLIT_PLANS:
            hint = suggestion(name, SLIT_PLANS)
            raise SimulationError(f"no observation {name!r}{hint}; there are {', '.join(SLIT_PLANS)}")
        return replace(SLIT_PLANS[name], **changes)

    @property
    def series(self) -> bool:
        """Whether its exposures are time series."""
        return self.exp_type in ("NRS_BRIGHTOBJ", SLITLESS)


def along_slit(nods: tuple[int, ...]) -> tuple[tuple[float, float], ...]:
    """Offsets that move sources by so many shutters along their slitlets; Y runs against the columns of shutters."""
    return tuple((0.0, -SHUTTER_PITCH * nod) for nod in nods)


NODS = (0, 1, -1)
_MEDIUM = (2.9, 5.2)
_SHUTTERS = MsaConfiguration(
    (
        Slitlet(1, 3, 60, (100, 101, 102), 11, 101, (0.42, 0.58), 0.95),
        Slitlet(2, 3, 90, (60, 61, 62), 12, 61, (0.6, 0.45), 0.9),
        Slitlet(3, 3, 40, (30, 31, 32), 13, 31, (0.5, 0.5), 0.1),
        Slitlet(4, 3, 75, (130, 131, 132)),
        Slitlet(5, 4, 70, (50,)),
        Slitlet(6, 4, 100, (90, 91, 92), -6, 91, (0.5, 0.5), 0.0),
        Slitlet(7, 4, 55, (120, 121, 122, 124), 17, 121, (0.35, 0.7), 0.3),
    ),
    (SlitInUse("S200A1", 18, (0.55, 0.6), 1.0),),
    NODS,
)
SLIT_PLANS = {
    "fixedslit": SlitPlan(
        "NRS_FIXEDSLIT",
        "NRS1",
        "ALLSLITS",
        "F290LP",
        "G395M",
        "S200A1",
        offsets=((0.02, -0.8), (0.02, 0.0), (0.02, 0.8)),
        pattern="3-POINT-NOD",
        spectra={0: with_lines(1e-4, _MEDIUM)},
    ),
    "mos": SlitPlan(
        "NRS_MSASPEC",
        "NRS1",
        "FULL",
        "F290LP",
        "G395M",
        "MSA",
        offsets=along_slit(NODS),
        pattern="3-POINT-NOD",
        configuration=_SHUTTERS,
        spectra={
            11: with_lines(1e-4, _MEDIUM),
            12: with_lines(6e-5, _MEDIUM, 4),
            13: with_lines(3.0, _MEDIUM),
            17: with_lines(5.0, _MEDIUM, 3),
            18: with_lines(8e-5, _MEDIUM),
        },
        failed_open=((3, 66, 101), (4, 130, 40)),
    ),
    "bots": SlitPlan(
        "NRS_BRIGHTOBJ",
        "NRS1",
        "SUB512",
        "CLEAR",
        "PRISM",
        "S1600A1",
        offsets=((0.03, 0.05),),
        nints=6,
        spectra={0: with_lines(1e-3, (0.7, 5.1), width=8e-3)},
    ),
    "lrs": SlitPlan(
        SLIT,
        "MIRIMAGE",
        "FULL",
        "P750L",
        offsets=((-1.9, 0.0), (1.9, 0.0)),
        pattern="ALONG-SLIT-NOD",
        spectra={0: with_lines(2e-3, (5.0, 13.5), width=8e-3)},
        sky=Spectrum(12.0, 1.0, 8.0),
    ),
    "lrs-slitless": SlitPlan(
        SLITLESS,
        "MIRIMAGE",
        "SLITLESSPRISM",
        "P750L",
        nints=6,
        spectra={0: with_lines(5e-3, (5.0, 13.5), width=8e-3)},
        sky=Spectrum(12.0, 1.0, 8.0),
    ),
}
