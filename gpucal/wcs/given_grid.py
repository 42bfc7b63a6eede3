"""The grid of a mosaic as the user gives it, in a file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gpucal.errors import GpucalError
from gpucal.wcs.documents import read_document
from gpucal.wcs.modes.imaging import image_bounds
from gpucal.wcs.output_grid import OutputGrid
from gpucal.wcs.pixel_scale import mean_pixel_area
from gpucal.wcs.world import Wcs


def given_grid(path: str | Path, output_shape: Sequence[int] | None, first) -> OutputGrid:
    """The grid that an ASDF file describes.

    Parameters
    ----------
    path : path
        A file with a gwcs object ``wcs`` from two pixel coordinates to the sky, and perhaps ``pixel_scale`` (arcsec)
        or ``pixel_area`` (arcsec^2), ``pixel_shape`` (columns, rows) or ``array_shape`` (rows, columns).
    output_shape : sequence of int or None
        Columns and rows; if not given, what the object says, or the file, or the bounding box.
    first : Exposure
        Its PIXAR_SR tells the ratio of scales; if it has none, its WCS does.

    Returns
    -------
    OutputGrid

    Raises
    ------
    GpucalError
        If the file cannot be read, holds no such object, or does not tell the extents.
    """
    wcs, shape, scale = given_coordinates(path, output_shape)
    if scale is None:
        scale = _arcsec(mean_pixel_area(wcs, shape))
    own = first.meta.photometry.pixelarea_steradians
    if not own or own <= 0:
        own = mean_pixel_area(first.get_wcs(), first.shape_of("data")[-2:])
    return OutputGrid(wcs, shape, float(scale), float(scale / _arcsec(own)))


def given_coordinates(
    path: str | Path, output_shape: Sequence[int] | None
) -> tuple[Wcs, tuple[int, int], float | None]:
    """The coordinates that an ASDF file describes, rows and columns, and the side of a pixel, arcsec, where it tells.

    Parameters
    ----------
    path, output_shape
        See `given_grid`.

    Raises
    ------
    GpucalError
        If the file cannot be read, holds no such object, or does not tell the extents.
    """
    path = Path(path).expanduser()
    tree = read_document(path)
    if "wcs" not in tree:
        raise GpucalError(f"{path}: holds no wcs; write one with asdf.AsdfFile({{'wcs': wcs}}).write_to(...)")
    wcs = Wcs.of_node(tree["wcs"])
    shape = _shape(path, tree, wcs, output_shape)
    scale, area = tree.get("pixel_scale"), tree.get("pixel_area")
    if scale is None and area is not None:
        scale = np.sqrt(area)
    return _bounded(wcs, shape), shape, None if scale is None else float(scale)


def _bounded(wcs: Wcs, shape: tuple[int, int]) -> Wcs:
    """The same WCS with these extents; where it has no bounding box, the outer edges of its pixels are one."""
    first = type(wcs.transforms[0])(dict(wcs.transforms[0]), wcs.transforms[0]._tag)
    if wcs.bounding_box is None:
        first["bounding_box"] = image_bounds(first, shape)
    return Wcs(wcs.frames, (first, *wcs.transforms[1:]), wcs.name, shape[::-1])


def _arcsec(area: float) -> float:
    """The side of a square, arcsec, of an area, steradian."""
    return 3600.0 * float(np.rad2deg(np.sqrt(area)))


def _shape(path: Path, tree: dict, wcs: Wcs, output_shape) -> tuple[int, int]:
    if output_shape:
        nx, ny = output_shape
    elif wcs.pixel_shape is not None:
        nx, ny = wcs.pixel_shape
    elif tree.get("array_shape") is not None:
        ny, nx = tree["array_shape"]
    elif tree.get("pixel_shape") is not None:
        nx, ny = tree["pixel_shape"]
    elif wcs.bounding_box is not None:
        nx, ny = (int(high + 0.5) for _, high in wcs.bounding_box)
    else:
        raise GpucalError(f"{path}: does not tell the extents of the mosaic; give output_shape")
    if min(nx, ny) < 1:
        raise GpucalError(f"{path}: a mosaic of {nx} x {ny} pixels cannot be made")
    return int(ny), int(nx)
