"""What a series of images is like."""

from dataclasses import dataclass

from gpucal.simulate.errors import SimulationError
from gpucal.simulate.series.dip import Dip


@dataclass(frozen=True)
class SeriesPlan:
    """A series of images of one star.

    Attributes
    ----------
    detector, subarray : str
    filters : tuple of str
        See `gpucal.simulate.optics.band_named`; by default the usual one.
    nints, ngroups : int
        Integrations, and groups of each.
    segments : int
        Files that the integrations are shared out to.
    flux : float or None
        Of the star, Jy; None: its brightest pixel fills a third of its well.
    sky : float
        MJy/sr.
    transit : Dip
    jitter : float
        How far the telescope wanders, pixels along each axis, one sigma of each integration.
    flicker : float
        Noise that the pixels of a row share, DN/s, one sigma of each row and integration.
    hits : float
        Pixels of an integration, on average, with a cosmic ray that the jump step misses.
    hit_charge : float
        Of these, in errors of a pixel.
    offset : tuple of float
        How far the star is from where the header has it, pixels in x and y.

    Raises
    ------
    SimulationError
        There are fewer integrations than segments.
    """

    detector: str = "NRCB1"
    subarray: str = "SUB64P"
    filters: tuple[str, ...] = ()
    nints: int = 60
    ngroups: int = 4
    segments: int = 2
    flux: float | None = None
    sky: float = 0.5
    transit: Dip = Dip()
    jitter: float = 0.01
    flicker: float = 0.0
    hits: float = 2.0
    hit_charge: float = 60.0
    offset: tuple[float, float] = (0.3, -0.6)

    def __post_init__(self):
        if not 1 <= self.segments <= self.nints:
            raise SimulationError(f"{self.nints} integrations make no {self.segments} segments")

    def integrations(self) -> list[slice]:
        """Those of each segment."""
        edges = [round(number * self.nints / self.segments) for number in range(self.segments + 1)]
        return [slice(*pair) for pair in zip(edges[:-1], edges[1:], strict=True)]
