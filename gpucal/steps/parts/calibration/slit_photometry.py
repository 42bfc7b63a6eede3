"""From rates of the slits of NIRSpec to fluxes of points, and surface brightness of sources that fill their slit.

Source: the ``photom`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/photom/main.html.
"""

import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.core.log.uncorrected import tell_uncorrected
from gpucal.data import Exposure
from gpucal.data.slits import Slit, Slits, slits_of
from gpucal.errors import SkipStep
from gpucal.kernels.spectra.conversion import conversion_factors, flag_without_factor
from gpucal.kernels.spectra.lookup import pack_tables
from gpucal.kernels.spectra.windows import packing_of
from gpucal.reference import Reference, ReferenceFileError
from gpucal.steps.parts.calibration.photometry import change_with_time, find_row, in_words
from gpucal.steps.parts.calibration.pixel_areas import keep_pixel_areas
from gpucal.steps.parts.calibration.response import response_of
from gpucal.steps.parts.calibration.slit_corrections import on_backend, packed_rates, scale_slits
from gpucal.steps.parts.calibration.slit_wavelengths import (
    is_point,
    packed_uncorrected_wavelengths,
    packed_wavelengths,
)

log = logging.getLogger(__name__)

# Microjansky per square arcsecond of a megajansky per steradian.
MICROJANSKY = 23.50443053909789

FLUX, SURFACE_BRIGHTNESS = "MJy", "MJy/sr"

SHUTTERS = "NRS_MSASPEC"

# Exposures whose point sources keep the factors of a source that fills the slit, too.
BOTH_FACTORS = "NRS_FIXEDSLIT"


class Factor(NamedTuple):
    """The scalar factors of a slit.

    Attributes
    ----------
    row : int
        The row of the reference.
    own : float
        MJy, or MJy/sr, for a rate of 1 DN/s.
    uniform : float
        MJy/sr.
    unit : str
        The unit of the first.
    """

    row: int
    own: float
    uniform: float
    unit: str


def calibrate_slits(exposure: Exposure, reference: Reference, areas: Reference | None, step) -> None:
    """Multiply the rates of slits by the factors of a reference, in place.

    Parameters
    ----------
    exposure : Exposure
        With slits.
    reference : Reference
        Factors, and the response by wavelength.
    areas : Reference or None
        The areas of pixels.
    step : Step
        Its ``inverse`` divides; its ``source_type`` counts in place of that of each slit; its
        ``apply_time_correction`` is for changes of throughput.

    Raises
    ------
    SkipStep
        If no slit can be calibrated.
    ReferenceFileError
        If there are no areas of pixels.
    """
    if areas is None:
        raise ReferenceFileError(f"{exposure.source}: has no area reference, and fluxes are not spread without it")
    slits = slits_of(exposure)
    keep_pixel_areas(slits, exposure, areas)
    factors, reasons = {}, {}
    for place, slit in enumerate(slits):
        found = factor_of(slit, exposure, reference, step)
        (reasons if isinstance(found, str) else factors)[place] = found
    tell_uncorrected("flux calibration", {slits[place].name: reason for place, reason in reasons.items()})
    if not factors:
        raise SkipStep("no slit can be calibrated")
    log.info("%d of %d slits calibrated", len(factors), len(slits))
    kept, factors = slits.part(factors), list(factors.values())
    convert(kept, factors, exposure, reference, step.inverse)
    tell_units(exposure, kept, factors, step.inverse)


def factor_of(slit: Slit, exposure: Exposure, reference: Reference, step) -> Factor | str:
    """The scalar factors of a slit, or why there are none."""
    meta = exposure.meta
    name = None if str(meta.exposure.type).upper() == SHUTTERS else slit.name
    row = find_row(reference, meta, name)
    if row is None:
        return f"{reference.label} has no row for {in_words(meta, name)}"
    source_type = step.source_type or slit["source_type"] or meta.target.source_type
    area = slit["meta.photometry.pixelarea_steradians"]
    flux = reference.table("phot_table")[row]["photmj"]
    own, uniform = (flux, flux / area) if is_point(source_type) else (flux / area,) * 2
    if step.apply_time_correction:
        change = change_with_time(reference, row, meta.exposure.mid_time)
        if change != 1.0:
            own = own / change
            uniform = uniform if is_point(source_type) and as_peer() else uniform / change
    return Factor(row, own, uniform, FLUX if is_point(source_type) else SURFACE_BRIGHTNESS)


def convert(
    slits: Slits, factors: Sequence[Factor], exposure: Exposure, reference: Reference, inverse: bool
) -> None:
    """Convert the pixels of slits; pixels at wavelengths beyond the response are not to be used afterwards.

    Parameters
    ----------
    slits : Slits
        Edited. Point sources keep their own factors, and those of a source that fills the slit, in exposures of
        `BOTH_FACTORS`.
    factors : sequence of Factor
        Of each slit.
    exposure : Exposure
        Tells the mode.
    reference : Reference
        Of the response.
    inverse : bool
        Divide.
    """
    found = by_pixel(slits, packed_wavelengths(slits), factors, [factor.own for factor in factors], reference)
    if str(exposure.meta.exposure.type).upper() == BOTH_FACTORS:
        points = [
            place
            for place, (slit, factor) in enumerate(zip(slits, factors, strict=True))
            if is_point(slit["source_type"]) and factor.unit == FLUX
        ]
        for place in points:
            slit, (begin, ny, nx) = slits[place], slits.windows[place]
            slit.photom_point = found[begin : begin + ny * nx].astype(np.float32).reshape(ny, nx)
            one, own = slits.part([place]), [factors[place]]
            uniform = by_pixel(one, packed_uncorrected_wavelengths(one), own, [own[0].uniform], reference)
            slit.photom_uniform = uniform.astype(np.float32).reshape(ny, nx)
    flag_without_factor(packed_rates(slits).dq, found)
    scale_slits(slits, found, divide=inverse)


def by_pixel(slits: Slits, wavelength, factors: Sequence[Factor], scalars: Sequence[float], reference: Reference):
    """The factor of each pixel, packed: a scalar for each slit, times the response in its row of the reference."""
    rows = sorted({factor.row for factor in factors})
    table = reference.table("phot_table")
    responses = pack_tables([response_of(table[row], reference.label) for row in rows])
    which = on_backend([rows.index(factor.row) for factor in factors], np.int64)
    return conversion_factors(wavelength, responses, which, on_backend(scalars, np.float64), packing_of(slits.windows))


def tell_units(exposure: Exposure, slits: Slits, factors: Sequence[Factor], inverse: bool) -> None:
    """Write factors and units into the metadata of slits; into those of the exposure if it is one slit."""
    has_list = exposure.model_type == "MultiSlitModel"
    for slit, factor in zip(slits, factors, strict=True):
        slit["meta.photometry.conversion_megajanskys"] = float(factor.own)
        slit["meta.photometry.conversion_microjanskys"] = float(factor.own * MICROJANSKY)
        if not (inverse and has_list and as_peer()):
            slit["meta.bunit_data"] = slit["meta.bunit_err"] = "DN/s" if inverse else factor.unit
    if has_list:
        exposure.meta.bunit_data = exposure.meta.bunit_err = "DN/s" if inverse else None
