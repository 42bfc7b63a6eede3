"""Images: distortion of the instrument, moved by the filter, then the telescope.

Source: the ``assign_wcs`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/assign_wcs/exp_types.html.
"""

import logging

from gpucal.wcs import frames
from gpucal.wcs.nodes import beside, bounding_box, chain, shift
from gpucal.wcs.telescope import aberration, pointing_of, to_sky
from gpucal.wcs.world import Wcs

log = logging.getLogger(__name__)

def imaging_wcs(exposure, distortion, filter_offsets=None) -> Wcs:
    """The WCS of an image.

    Parameters
    ----------
    exposure : Exposure
        An image, or one for each integration.
    distortion : node
        From full-frame pixels to V2 and V3, arcsec: the ``model`` of a distortion reference.
    filter_offsets : list of dict, optional
        The ``filters`` of a filteroffset reference.

    Returns
    -------
    Wcs
        Frames ``detector``, ``v2v3``, ``v2v3vacorr`` and ``world``.

    Raises
    ------
    GpucalError
        If the header lacks the pointing.
    """
    meta, pointing = exposure.meta, pointing_of(exposure)
    to_telescope, corner = optics(meta, distortion, filter_offsets), subarray_shift(meta)
    if corner is not None:
        to_telescope = chain(corner, to_telescope)
    if "bounding_box" not in to_telescope:
        to_telescope["bounding_box"] = image_bounds(to_telescope, exposure.shape_of("data"))
    return Wcs(
        (
            frames.plane("detector", ("x", "y"), "pixel"),
            frames.plane("v2v3", ("v2", "v3"), "arcsec"),
            frames.plane("v2v3vacorr", ("v2", "v3"), "arcsec"),
            frames.sky(),
        ),
        (to_telescope, aberration(meta.velocity_aberration.scale_factor, pointing), to_sky(pointing)),
    )


def optics(meta, distortion, filter_offsets=None):
    """From full-frame pixels to V2 and V3, arcsec: the distortion, moved by the filter."""
    moved = filter_shift(meta, filter_offsets or [])
    made = distortion if moved is None else chain(moved, distortion)
    return type(made)(dict(made), made._tag)  # the reference stays as it is


def subarray_shift(meta):
    """From pixels of a subarray to those of the full frame; None where it begins with the first."""
    corner = meta.subarray.xstart or 1, meta.subarray.ystart or 1
    return None if corner == (1, 1) else beside(shift(corner[0] - 1), shift(corner[1] - 1))


def filter_shift(meta, rows):
    """How far the filter moves the image, pixels; None where the reference has no row for it."""
    wanted = {"filter": meta.instrument.filter, "pupil": meta.instrument.pupil}
    for row in rows:
        if all(row.get(name) in (None, "N/A", value) for name, value in wanted.items()):
            return beside(shift(row["column_offset"]), shift(row["row_offset"]))
    if rows:
        log.info("The filteroffset reference has no row for %s", wanted)
    return None


def image_bounds(transform, shape: tuple[int, ...]):
    """The outer edges of the pixels of an image, for the coordinates that a transform takes."""
    ny, nx = shape[-2:]
    x, y = transform.get("inputs") or ("x0", "x1")
    return bounding_box(**{x: (-0.5, nx - 0.5), y: (-0.5, ny - 0.5)})
