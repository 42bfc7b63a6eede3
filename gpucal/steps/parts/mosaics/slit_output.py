"""The pixels that slit spectra of one source are resampled to."""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from gpucal.as_peer import as_peer
from gpucal.steps.parts.mosaics.slit_drizzling import OutputPixels, SlitImage
from gpucal.wcs.given_grid import given_coordinates
from gpucal.wcs.slit_grids import SlitGrid, interpolated_grid, lamp_grid, nirspec_grid
from gpucal.wcs.slit_scale import is_on_sky, scale_along_slit

log = logging.getLogger(__name__)

SQUARE_ARCSEC = 2.350443053909789e-11  # steradian


class OutputOptions(NamedTuple):
    """What the user asks for.

    Attributes
    ----------
    pixel_scale_ratio : float
        The side of an input pixel along the slit over that of an output pixel.
    pixel_scale : float or None
        The side of an output pixel, arcsec, in place of the ratio.
    output_wcs : str
        A file with the coordinates of the output, in place of both; empty for none.
    output_shape : sequence of int or None
        Columns and rows, where there is such a file.
    """

    pixel_scale_ratio: float = 1.0
    pixel_scale: float | None = None
    output_wcs: str = ""
    output_shape: Sequence[int] | None = None


class Output(NamedTuple):
    """The pixels of the output, and the area that one of them stands for, steradian; None where it is not known."""

    pixels: OutputPixels
    area: float | None


def output_of(images: Sequence[SlitImage], options: OutputOptions) -> Output:
    """The pixels for some spectra of one source.

    Parameters
    ----------
    images : sequence of SlitImage
        The spectra. The first tells the scale.
    options : OutputOptions
        What the user asks for.

    Returns
    -------
    Output

    Raises
    ------
    gpucal.wcs.slit_grids.NoGridError
        If a spectrum has no coordinates.
    GpucalError
        If the file of the user will not do.
    """
    first = images[0]
    area = first.slit["meta.photometry.pixelarea_steradians"]
    if options.output_wcs:
        return _given(first, area, options)
    ratio = _ratio(first, area, options)
    grid = _grid(images, ratio)
    return Output(OutputPixels(grid.wcs, grid.shape, ratio), None if area is None else area / ratio)


def _grid(images: Sequence[SlitImage], ratio: float) -> SlitGrid:
    spectra, axis = [image.spectrum() for image in images], images[0].dispersion_axis
    if not is_on_sky(spectra[0].wcs):
        return lamp_grid(spectra[0], axis, ratio)
    meta = images[0].meta
    if meta.instrument.name == "NIRSPEC":
        return nirspec_grid(spectra, ratio)
    return interpolated_grid(spectra, axis, ratio, descending=meta.exposure.type == "MIR_LRS-FIXEDSLIT")


def _ratio(first: SlitImage, area: float | None, options: OutputOptions) -> float:
    if options.pixel_scale is None:
        return options.pixel_scale_ratio
    own = scale_along_slit(first.slit.get_wcs(), first.dispersion_axis)
    if own is None or area is None:
        log.warning(
            "%s: pixel_scale is left out of account, since %s is not known",
            first.source, "the side of its pixels" if own is None else "the area of its pixels (PIXAR_SR)",
        )  # fmt: skip
        return options.pixel_scale_ratio
    return own / options.pixel_scale


def _given(first: SlitImage, area: float | None, options: OutputOptions) -> Output:
    wcs, shape, scale = given_coordinates(options.output_wcs, options.output_shape)
    made = None
    if area is not None and scale is not None:
        # jwst 3.0.0 takes square arcseconds for steradians here.
        made = scale**2 if as_peer() else scale**2 * SQUARE_ARCSEC
    elif area is not None:
        own, output = (scale_along_slit(one, first.dispersion_axis) for one in (first.slit.get_wcs(), wcs))
        made = None if own is None or output is None else output * area / own
    if made is None:
        log.warning("%s: the area of the pixels of %s is not known", first.source, options.output_wcs)
    return Output(OutputPixels(wcs, shape, 1.0 if made is None else area / made), made)
