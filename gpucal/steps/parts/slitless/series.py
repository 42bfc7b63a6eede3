"""A series of the spectrum of one source, cut out of its exposures.

Source: the extract_2d page of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/extract_2d/main.html.
"""

import logging

import numpy as np

from gpucal.data import Exposure
from gpucal.data.slits import slits_of
from gpucal.errors import GpucalError
from gpucal.kernels.spectra.cut_out import cut_out
from gpucal.steps.parts.slitless.cutting import PLANES
from gpucal.steps.parts.slitless.wavelength_ranges import extracted_ranges
from gpucal.wcs.modes.grisms import slit_of_series
from gpucal.wcs.telescope import to_telescope
from gpucal.wcs.world import Wcs

log = logging.getLogger(__name__)

USUAL_HEIGHT = 64

# The row, from 0, in which the telescope puts the source of such a series.
SOURCE_ROW = 34


def extract_series(step, exposure: Exposure, reference) -> Exposure:
    """Cut out the rows with the spectrum of a series.

    Parameters
    ----------
    step : Extract2dStep
        Has the parameters.
    exposure : Exposure
        With coordinates.
    reference : Reference
        Of type ``wavelengthrange``.

    Returns
    -------
    Exposure
        Of type ``SlitModel``: rows from the first, and all columns.

    Raises
    ------
    GpucalError
        If more than one order is asked for, or no row.
    """
    ranges = extracted_ranges(exposure, reference, step.extract_orders)
    if len(ranges) != 1:
        raise GpucalError(
            f"extract_orders: {', '.join(map(str, ranges)) or 'none'} are asked for; of a series one order is "
            "extracted at a time"
        )
    (order,) = ranges
    height = USUAL_HEIGHT if step.tsgrism_extract_height is None else step.tsgrism_extract_height
    if height < 1:
        raise GpucalError(f"tsgrism_extract_height is {height}; it has to be 1 or more")
    ny, nx = exposure.shape_of("data")[-2:]
    height = min(height, ny)
    wcs = exposure.get_wcs()
    made = exposure.blank("SlitModel")
    made.membership = exposure.membership
    for name in PLANES:
        if exposure.has(name):
            shape = exposure.shape_of(name)
            setattr(made, name, cut_out(getattr(exposure, name), np.array([[0, 0, height, nx]])).reshape(
                *shape[:-2], height, nx))  # fmt: skip
    of_slit = slit_of_series(wcs, (nx, height), order)
    made.set_wcs(of_slit.to_tree())
    made.wavelength = of_slit.program().of_results(2).on_grid((height, nx))[0].astype(np.float32)
    describe(made, exposure, place_of_source(exposure, wcs), order, (height, nx))
    if exposure.model.hasattr("int_times"):
        made.int_times = exposure.int_times
    log.info("Rows 1 to %d of order %d are cut out", height, order)
    return made


def place_of_source(exposure: Exposure, wcs: Wcs) -> float:
    """The column, from 0, of the source in the direct image: that of the reference point, moved by the dither."""
    dither = exposure.meta.dither
    if None in (dither.x_offset, dither.y_offset):
        log.warning("%s: keywords XOFFSET and YOFFSET are missing; the source counts as at the reference point",
                    exposure.source)  # fmt: skip
    seen = to_telescope(dither.x_offset or 0.0, dither.y_offset or 0.0, exposure.meta.wcsinfo)
    return float(wcs.program("v2v3", "direct_image").of_results(0).at(*seen, 1.0, 1.0)[0])


def describe(made: Exposure, exposure: Exposure, x: float, order: int, shape: tuple[int, int]) -> None:
    """Write where the spectrum is, and of what."""
    target, place = exposure.meta.target, made.meta.wcsinfo
    place.siaf_xref_sci, place.siaf_yref_sci = x + 1, SOURCE_ROW
    place.spectral_order = order
    slit = slits_of(made)[0]
    slit.values.update(name="1", source_id=1, xstart=1, xsize=shape[1], ystart=1, ysize=shape[0], source_xpos=x,
                       source_ypos=SOURCE_ROW)  # fmt: skip
    for name, value in (
        ("source_type", target.source_type), ("source_name", target.catalog_name),
        ("source_alias", target.proposer_name),
    ):  # fmt: skip
        if value is not None:
            slit.values[name] = value
