"""What part of a slit is extracted, and how: from the reference, and the parameters of the step.

Source: the extract1d reference file in the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/extract_1d/reference_files.html.
"""

import logging
from dataclasses import dataclass, field

import numpy as np

from gpucal.errors import GpucalError
from gpucal.kernels.spectra.lines import ALONG_X
from gpucal.reference import ReferenceFileError
from gpucal.steps.parts.extraction.aperture_table import ANY, read_apertures

log = logging.getLogger(__name__)

# Exposures whose headers tell where the source is.
WITH_SOURCE_POSITION = ("MIR_LRS-FIXEDSLIT", "NRS_FIXEDSLIT", "NRS_MSASPEC", "NRS_BRIGHTOBJ")

# The shortest boxcar that smooths anything.
LEAST_SMOOTHING = 3


class NoApertureError(GpucalError):
    """A slit cannot be extracted; the message says why."""


@dataclass
class Aperture:
    """The aperture of a slit. Places are pixels from 0, and limits of start and stop are inclusive.

    Attributes
    ----------
    along, across : (float, float)
        Start and stop along the dispersion, and across it.
    width : float or None
        The width about the trace or, without one, about the middle of ``across``.
    source, background : list of list of float, or None
        Lower and upper limits across the dispersion as polynomials, by turns; whole numbers are centres of pixels.
    by_wavelength : bool
        Whether these are polynomials in wavelength rather than in the place along the dispersion.
    subtracts : bool
        Whether the background is subtracted.
    fit : {'poly', 'median'}
    order, smoothing : int
        The order of the polynomial, and the width of the boxcar that smooths the background; 0 for none.
    follows_source : bool
        Whether it is moved to where the source is.
    offset : float
        How far it is moved beyond that.
    is_optimal : bool
        Whether a profile is fitted; limits do not count then.
    trace : (nlines,) float64 array or None
        Where the source is, on each line.
    """

    along: tuple[float, float]
    across: tuple[float, float]
    width: float | None = None
    source: list[list[float]] | None = None
    background: list[list[float]] | None = None
    by_wavelength: bool = False
    subtracts: bool = False
    fit: str = "poly"
    order: int = 0
    smoothing: int = 0
    follows_source: bool = False
    offset: float = 0.0
    is_optimal: bool = False
    trace: np.ndarray | None = field(default=None, repr=False)

    def move(self, offset: float) -> None:
        """Move all limits across the dispersion; not the trace."""
        self.across = (self.across[0] + offset, self.across[1] + offset)
        for limits in (self.source, self.background):
            for coefficients in limits or ():
                coefficients[0] += offset

    @property
    def has_trace(self) -> bool:
        """Whether its limits follow the trace."""
        return self.source is None and self.width is not None and self.trace is not None

    @property
    def regions(self) -> list[tuple[list[float], list[float]]]:
        """Lower and upper limits of the source, inclusive, from the trace on if it has one."""
        if self.source is not None:
            return _pairs(self.source)
        if self.width is None:
            return [([self.across[0]], [self.across[1]])]
        middle = 0.0 if self.has_trace else (self.across[0] + self.across[1]) / 2
        low = middle - (self.width - 1.0) / 2.0
        return [([low], [low + self.width - 1])]

    @property
    def background_regions(self) -> list[tuple[list[float], list[float]]]:
        """Lower and upper limits of the background, inclusive; none where it is not subtracted."""
        return _pairs(self.background) if self.subtracts and self.background is not None else []


def _pairs(limits: list[list[float]]) -> list[tuple[list[float], list[float]]]:
    """Polynomials between centres of pixels as inclusive limits."""
    if len(limits) % 2:
        raise NoApertureError("src_coeff and bkg_coeff need a lower and an upper limit for each region")
    return [
        ([low[0] + 0.5, *low[1:]], [high[0] - 0.5, *high[1:]])
        for low, high in zip(limits[::2], limits[1::2], strict=True)
    ]


def entries_of(reference) -> list[dict] | None:
    """The apertures of an extract1d reference; None without one.

    Raises
    ------
    ReferenceFileError, ApertureTableError
        If it is no such reference.
    """
    if reference is None:
        return None
    if reference.path is None or not reference.is_text:
        raise ReferenceFileError(
            f"extract1d reference {reference.label}: has to be a document in JSON, or a table in CSV or ECSV"
        )
    if reference.path.suffix != ".json":
        return read_apertures(reference.path)
    entries = reference.document.get("apertures")
    if not isinstance(entries, list):
        raise ReferenceFileError(f"extract1d reference {reference.label}: has no list of apertures")
    return entries


def entry_for(entries: list[dict] | None, name: str, source: int | None, order: int) -> dict | None:
    """The entry of the reference for a slit, a source and a spectral order; None without reference.

    One for the source alone, by its ``source_id``, wins over those for all.

    Raises
    ------
    NoApertureError
        If there is none.
    """
    if entries is None:
        return None
    named = [
        entry
        for entry in entries
        if entry.get("id") not in (None, "dummy")
        and (entry["id"] in (name, ANY) or name == ANY)
        and entry.get("region_type", "target") == "target"
        and entry.get("source_id", source) == source
    ]
    for entry in sorted(named, key=lambda entry: "source_id" not in entry):
        if entry.get("spectral_order", order) in (order, ANY):
            return entry
    reason = f"none for spectral order {order}" if named else "none of that name"
    raise NoApertureError(f"the reference has no aperture for it ({reason})")


def aperture_of(entry: dict | None, slit, direction: int, exposure_type: str, step) -> Aperture:
    """The aperture of a slit.

    Parameters
    ----------
    entry : dict or None
        The entry of the reference; None for the whole slit.
    slit : Slit
    direction : int
        The dispersion axis.
    exposure_type : str
    step : Step
        Its parameters win over the entry.

    Returns
    -------
    Aperture
    """
    ny, nx = slit.shape_of("data")[-2:]
    told = entry or {}
    x = told.get("xstart", 0), told.get("xstop", nx - 1)
    y = told.get("ystart", 0), told.get("ystop", ny - 1)
    along, across = (x, y) if direction == ALONG_X else (y, x)
    made = Aperture(along, across)
    if entry is None:
        return made
    made.width = told.get("extract_width")
    made.source, made.background = _copied(told.get("src_coeff")), _copied(told.get("bkg_coeff"))
    made.by_wavelength = told.get("independent_var", "pixel").lower().startswith("wavelength")
    made.follows_source = follows_source(told, slit, exposure_type, step)
    made.offset = told.get("position_offset", 0.0) + (step.position_offset or 0.0)
    wanted = step.subtract_background
    made.subtracts = made.background is not None if wanted is None else wanted
    made.fit = step.bkg_fit or told.get("bkg_fit") or "poly"
    made.order = told.get("bkg_order", 0) if step.bkg_order is None else step.bkg_order
    if made.fit == "mean":
        made.fit, made.order = "poly", 0
    made.smoothing = checked_smoothing(step.smoothing_length, told.get("smoothing_length", 0))
    return made


def _copied(limits):
    return None if limits is None else [[float(one) for one in coefficients] for coefficients in limits]


def follows_source(entry: dict, slit, exposure_type: str, step) -> bool:
    """Whether the aperture is moved to the source: as the parameter says, the entry, or the type of the exposure.

    Where the parameter does not say so, it is moved for point sources alone.
    """
    if step.use_source_posn is not None:
        return step.use_source_posn
    if source_type_of(slit) != "POINT":
        return False
    told = entry.get("use_source_posn")
    return exposure_type in WITH_SOURCE_POSITION if told is None else told


def source_type_of(slit) -> str | None:
    """The type of the source of a slit."""
    return slit["source_type"] or slit["meta.target.source_type"]


def checked_smoothing(wanted: int | None, told: float) -> int:
    """The width of the boxcar, an odd number; 0 for none."""
    given = told if wanted is None else wanted
    width = int(np.round(given))
    if width != given:
        log.warning("The smoothing length %s is rounded to %d", given, width)
    if 0 < width < LEAST_SMOOTHING or width < 0:
        log.warning("The background is not smoothed: a smoothing length of %d does nothing", width)
        return 0
    if width and width % 2 == 0:
        log.warning("The smoothing length %d is even; it is %d", width, width - 1)
        return width - 1
    return width
