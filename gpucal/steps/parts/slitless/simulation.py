"""The dispersed image as it would be if all sources had the spectrum that their pixels have in the direct image.

Source: the wfss_contam page of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/wfss_contam/description.html.
"""

import logging
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.kernels.slitless.dispersion import SourceTable, add_dispersed
from gpucal.steps.parts.slitless.boxes import ALONG_ROWS
from gpucal.steps.parts.slitless.direct_light import Light
from gpucal.wcs.inverses import inverse_of
from gpucal.wcs.lowering import program_of
from gpucal.wcs.modes.grisms import DISPERSED
from gpucal.wcs.nodes import beside, chain, constant, identity, remap
from gpucal.wcs.program import Program
from gpucal.wcs.world import Wcs

log = logging.getLogger(__name__)

# Wavelengths at which the extent of a source is looked for, and pixels that are added to it.
COARSE, MARGIN = 9, 2

FEWEST_WAVELENGTHS = 3


class Order(NamedTuple):
    """A spectral order that is simulated.

    Attributes
    ----------
    number : int
        The order.
    ends : (float, float)
        Shortest and longest wavelength, micron.
    response : (wavelength, value)
        Of the detector: (n,) float64 arrays, micron, and MJy/sr micron for 1 DN/s.
    labels : sequence of int or None
        The sources; None for all.
    """

    number: int
    ends: tuple[float, float]
    response: tuple[np.ndarray, np.ndarray]
    labels: Sequence[int] | None = None


class Simulation(NamedTuple):
    """Sources as they would be dispersed, a box for each and each order.

    Attributes
    ----------
    label, order : (n,) int64 array
        Which source and order.
    boxes : (n, 4) int64 array
        First row and column, rows and columns: all that has light.
    places : (n,) int64 array
        Where each begins in planes.
    planes : (nspectra, npacked) float64 array
        DN/s, packed, on the backend: of a flat spectrum, and of Legendre polynomials from the first degree on.
    """

    label: np.ndarray
    order: np.ndarray
    boxes: np.ndarray
    places: np.ndarray
    planes: object


def simulate(light: Light, orders: Sequence[Order], wcs: Wcs, shape, direction: int, step) -> Simulation:
    """Disperse sources.

    Parameters
    ----------
    light : Light
    orders : sequence of Order
    wcs : Wcs
        Of the dispersed image, or of a box of it.
    shape : tuple of int
        Rows and columns of the dispersed image.
    direction : int
        Of the dispersion.
    step : WfssContamStep
        With its parameters.
    """
    made = [_simulate_order(light, one, wcs, shape, direction, step) for one in orders]
    lengths = np.array([one.planes.shape[1] for one in made])
    starts = np.cumsum(lengths) - lengths
    places = [one.places + start for one, start in zip(made, starts, strict=True)]
    joined = (np.concatenate([getattr(one, name) for one in made]) for name in ("label", "order", "boxes"))
    planes = current_backend().xp.concatenate([one.planes for one in made], axis=1)
    return Simulation(*joined, np.concatenate(places), planes)


def _simulate_order(light: Light, order: Order, wcs: Wcs, shape, direction: int, step) -> Simulation:
    """All sources in one order; see `simulate`."""
    light = light if order.labels is None else light.of_sources(order.labels)
    xp, program = current_backend().xp, program_of_order(wcs, order.number)
    labels, firsts = np.unique(light.label, return_index=True)
    if not len(labels):
        none = np.zeros(0, np.int64)
        return Simulation(none, none, none.reshape(0, 4), none, xp.zeros((1 + (step.polyfit_degree or 0), 0)))
    ends = np.append(firsts, len(light.label))
    boxes, rises = _extents(light, firsts, program, order.ends, shape, direction)
    sizes = boxes[:, 2] * boxes[:, 3]
    places = np.cumsum(sizes) - sizes
    planes = xp.zeros((1 + (step.polyfit_degree or 0), int(sizes.sum())))
    touched = xp.zeros(int(sizes.sum()), np.uint8)
    for begin in range(0, len(light.label), step.max_pixels_per_chunk):
        stop = min(begin + step.max_pixels_per_chunk, len(light.label))
        here = np.flatnonzero((ends[:-1] < stop) & (ends[1:] > begin) & (sizes > 0))
        pixels = np.clip(np.column_stack([ends[here], ends[here + 1]]), begin, stop) - begin
        table = _table(boxes[here], places[here], pixels, direction)
        wavelengths = sampled_wavelengths(light.place[:, begin], program, order.ends, step.wl_oversample)
        x, y = places_of(light.place[:, begin:stop], wavelengths, program)
        weights = current_backend().asarray(weights_of(order, wavelengths, len(planes)), TABLES)
        along, across = (x, y) if direction == ALONG_ROWS else (y, x)
        add_dispersed(planes, touched, along, across, light.flux[begin:stop], weights, table,
                      direction == ALONG_ROWS, rises)  # fmt: skip
    log.info("Order %d: %d of %d sources have light on the detector", order.number, (sizes > 0).sum(), len(labels))
    made = Simulation(labels, np.full(len(labels), order.number, np.int64), boxes, places, planes)
    return _trimmed(made, touched)


def program_of_order(wcs: Wcs, order: int) -> Program:
    """The way from the direct image and the wavelength to the dispersed image, of one order."""
    first, last = wcs.index_of(DISPERSED), wcs.index_of("detector")
    back = [inverse_of(one) for one in wcs.transforms[first:last][::-1]]
    with_order = chain(remap([0, 1, 2, 0]), beside(identity(3), constant(order)))
    return program_of(with_order, *back).of_results(0, 1)


def sampled_wavelengths(place, program: Program, ends, oversample: int) -> np.ndarray:
    """Wavelengths from end to end, so many for each pixel along the dispersion, as it is at one place."""
    low, high = ends
    x, y = places_of(place.reshape(2, 1), np.array(ends), program)
    x, y = (current_backend().asnumpy(one, TABLES)[0] for one in (x, y))
    # Along and across are not told apart, as in jwst 3.0.0: it takes the difference of both.
    span = (y[1] - y[0]) - (x[1] - x[0])
    spacing = abs((high - low) / span) / oversample if span else math.inf
    count = math.ceil((high - low) / spacing) if spacing > 0 else 0  # nor where it is not known
    return np.linspace(low, high, max(count, FEWEST_WAVELENGTHS))


def places_of(place, wavelengths: np.ndarray, program: Program):
    """x and y in the dispersed image of places in the direct one at wavelengths, two (n, nwavelengths) arrays."""
    xp = current_backend().xp
    points = xp.empty((3, place.shape[1], len(wavelengths)))
    points[:2] = place[:, :, None]
    points[2] = current_backend().asarray(wavelengths, TABLES)
    return program.at_places(points)


def weights_of(order: Order, wavelengths: np.ndarray, nspectra: int) -> np.ndarray:
    """What 1 MJy/sr gives at each wavelength, DN/s: (nspectra, n) array; 0 beyond the response, and where that is 0."""
    response = np.interp(wavelengths, *order.response, left=np.nan, right=np.nan)
    known = np.isfinite(response) & (response != 0)
    weights = np.where(known, (wavelengths[1] - wavelengths[0]) / np.where(known, response, 1), 0)
    low, high = order.ends
    legendre = np.polynomial.legendre.legvander(2 * (wavelengths - low) / (high - low) - 1, nspectra - 1)
    return np.ascontiguousarray(legendre.T * weights)


def _extents(light: Light, firsts: np.ndarray, program: Program, ends, shape, direction: int):
    """Boxes that hold all light of sources; whether all pixels move one way along the dispersion."""
    backend = current_backend()
    limits, one_way = [], True
    for begin in range(0, len(light.label), 2**16):
        found = places_of(light.place[:, begin : begin + 2**16], np.linspace(*ends, COARSE), program)
        x, y = (backend.asnumpy(one, TABLES) for one in found)
        steps = np.diff(x if direction == ALONG_ROWS else y, axis=1)
        one_way &= bool(((steps > 0).all(axis=1) | (steps < 0).all(axis=1)).all())
        limits.append([reduce(one, axis=1) for one in (y, x) for reduce in (np.fmin.reduce, np.fmax.reduce)])
    y_low, y_high, x_low, x_high = np.concatenate(limits, axis=1)
    y, x = (np.fmin.reduceat(one, firsts) - MARGIN for one in (y_low, x_low))
    y_end, x_end = (np.fmax.reduceat(one, firsts) + MARGIN + 1 for one in (y_high, x_high))
    (y, y_end), (x, x_end) = ([np.clip(np.floor(np.nan_to_num(one, nan=-9)), 0, size).astype(np.int64) for one in pair]
                              for pair, size in (((y, y_end), shape[0]), ((x, x_end), shape[1])))  # fmt: skip
    boxes = np.column_stack([y, x, np.maximum(y_end - y, 0), np.maximum(x_end - x, 0)])
    boxes[boxes[:, 2:].min(axis=1) == 0, 2:] = 0
    return boxes, one_way


def _table(boxes, places, pixels, direction: int) -> SourceTable:
    """What the kernel takes of sources: along and across the dispersion."""
    order = [1, 0] if direction == ALONG_ROWS else [0, 1]
    return SourceTable(pixels, boxes[:, :2][:, order], boxes[:, 2:][:, order], places)


def _trimmed(made: Simulation, touched) -> Simulation:
    """The same without sources that have no light on the detector; boxes end where light does."""
    touched = current_backend().asnumpy(touched, TABLES)
    kept, boxes = [], []
    for number, ((y, x, ny, nx), place) in enumerate(zip(made.boxes.tolist(), made.places.tolist(), strict=True)):
        light = touched[place : place + ny * nx].reshape(ny, nx)
        rows, columns = np.flatnonzero(light.any(axis=1)), np.flatnonzero(light.any(axis=0))
        if len(rows):
            kept.append(number)
            boxes.append((y + rows[0], x + columns[0], np.ptp(rows) + 1, np.ptp(columns) + 1))
    boxes = np.array(boxes, np.int64).reshape(-1, 4)
    return _cut(made, np.array(kept, np.int64), boxes)


def _cut(made: Simulation, kept: np.ndarray, boxes: np.ndarray) -> Simulation:
    """Some of the sources, cut to smaller boxes."""
    height, width = boxes[:, 2], boxes[:, 3]
    box = np.repeat(np.arange(len(kept)), height)
    row = np.arange(len(box)) - np.repeat(np.cumsum(height) - height, height)
    old = made.boxes[kept][box]
    begin = made.places[kept][box] + (boxes[box, 0] + row - old[:, 0]) * old[:, 3] + boxes[box, 1] - old[:, 1]
    run = np.repeat(begin, width[box])
    number = np.arange(len(run)) - np.repeat(np.cumsum(width[box]) - width[box], width[box])
    pixels = current_backend().asarray(run + number, TABLES)
    sizes = height * width
    return Simulation(made.label[kept], made.order[kept], boxes, np.cumsum(sizes) - sizes, made.planes[:, pixels])
