"""Light of the pixels of a direct image, spread over the dispersed one.

A pixel of the direct image is a square of the dispersed one at each wavelength, and shares its light among the four
pixels there by area. Each line of pixels across the dispersion, of the box of each source, collects what falls on it,
pixel by pixel and in the order of wavelengths; so sums do not depend on threads.

Source: the wfss_contam page of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/wfss_contam/description.html.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit

# Lines that threads of a device collect next to each other.
SIDE_BY_SIDE = 32


class SourceTable(NamedTuple):
    """Sources whose light is spread, on the host.

    Attributes
    ----------
    pixels : (nsources, 2) int64 array
        Where their pixels of the direct image begin and end.
    corners : (nsources, 2) int64 array
        First pixel of the box of each in the dispersed image, along and across the dispersion.
    sizes : (nsources, 2) int64 array
        Pixels along and across.
    places : (nsources,) int64 array
        Where each box begins in packed planes.
    """

    pixels: np.ndarray
    corners: np.ndarray
    sizes: np.ndarray
    places: np.ndarray


def add_dispersed(planes, touched, along, across, flux, weights, sources, along_rows, rises):
    """Add light to the boxes of sources.

    Parameters
    ----------
    planes : (nspectra, npacked) float64 array
        Boxes of all sources, row by row, one after another; edited in place.
    touched : (npacked,) uint8 array
        Set to 1 where a square lies on a pixel; edited in place.
    along, across : (npixels, nwavelengths) float64 array
        Where the center of each square is: pixel i reaches from i to i + 1.
    flux : (npixels,) float64 array
        Surface brightness.
    weights : (nspectra, nwavelengths) float64 array
        What a unit of it gives at each wavelength.
    sources : SourceTable
        On the host.
    along_rows : bool
        Whether the dispersion is along rows.
    rises : bool
        Whether the place along the dispersion rises or falls with the wavelength throughout, of each pixel; then only
        the wavelengths near a line are looked at.
    """
    check_fit(
        planes=(planes, "nspectra npacked"),
        touched=(touched, "npacked"),
        along=(along, "npixels nwavelengths"),
        across=(across, "npixels nwavelengths"),
        flux=(flux, "npixels"),
        weights=(weights, "nspectra nwavelengths"),
        pixels=(sources.pixels, ("nsources", 2)),
        corners=(sources.corners, ("nsources", 2)),
        sizes=(sources.sizes, ("nsources", 2)),
        places=(sources.places, "nsources"),
    )
    _check_places(sources, flux.size, touched.size)
    backend = current_backend()
    lines = sources.sizes[:, 0]
    source = np.repeat(np.arange(len(lines)), lines)
    line = np.arange(len(source)) - np.repeat(np.cumsum(lines) - lines, lines)
    tasks = np.column_stack([source, line])
    width = sources.sizes[:, 0] if along_rows else sources.sizes[:, 1]
    strides = np.column_stack([np.ones_like(width), width] if along_rows else [width, np.ones_like(width)])
    table = np.column_stack([*sources[:3], strides, sources.places])
    tasks, table = backend.asarray(tasks), backend.asarray(table)
    grid = -(-len(tasks) // SIDE_BY_SIDE), SIDE_BY_SIDE
    gather_line(grid, tasks, table, along, across, flux, weights, int(rises), planes, touched)


def _check_places(sources: SourceTable, npixels: int, npacked: int) -> None:
    """See that pixels and boxes are where arrays have them."""
    ends = sources.places + sources.sizes.prod(axis=1)
    if sources.pixels.min(initial=0) < 0 or sources.pixels.max(initial=0) > npixels:
        raise ValueError(f"sources have pixels that are not among {npixels}")
    if sources.sizes.min(initial=0) < 0 or sources.places.min(initial=0) < 0 or ends.max(initial=0) > npacked:
        raise ValueError(f"boxes of sources are not within planes of {npacked} pixels")


@pixel_kernel
def gather_line(row, column, tasks, table, along, across, flux, weights, rises, planes, touched):
    """What falls on one line across the dispersion, of the box of one source."""
    task = row * SIDE_BY_SIDE + column
    if task >= len(tasks):
        return
    source, line = table[tasks[task, 0]], tasks[task, 1]
    center = source[2] + line + 0.5
    place = source[8] + line * source[6]
    for pixel in range(source[0], source[1]):
        first = first_near(along[pixel], center) if rises else 0
        sign = 1.0 if along[pixel, -1] >= along[pixel, 0] else -1.0
        for wavelength in range(first, along.shape[1]):
            part = 1.0 - abs(along[pixel, wavelength] - center)
            if part > 0:
                share_across(
                    part, across[pixel, wavelength] - 0.5 - source[3], flux[pixel], weights, wavelength, place,
                    source[5], source[7], planes, touched,
                )  # fmt: skip
            elif rises and sign * (along[pixel, wavelength] - center) >= 1:
                break


@pixel_function
def share_across(part, edge, flux, weights, wavelength, place, count, stride, planes, touched):
    """Share light among two neighbours on a line, of a square whose lower edge is at a place in the box."""
    if not -1 < edge < count:
        return
    low = int(math.floor(edge))
    for pixel in range(max(low, 0), min(low + 2, count)):
        area = part * (1.0 - abs(edge - pixel))
        if area > 0:
            touched[place + pixel * stride] = 1
            for spectrum in range(planes.shape[0]):
                planes[spectrum, place + pixel * stride] += flux * area * weights[spectrum, wavelength]


@pixel_function
def first_near(places, center):
    """The first of places, that rise or fall, nearer to a center than 1, or beyond it."""
    low, high = 0, places.size
    sign = 1.0 if places[places.size - 1] >= places[0] else -1.0
    while low < high:
        middle = (low + high) // 2
        if sign * (places[middle] - center) > -1:
            high = middle
        else:
            low = middle + 1
    return low
