"""Where on the detector the light of slits falls: a bounding box for each.

Both ends of a slit are carried to the detector at wavelengths a tenth of a nanometre apart; their extremes, and a
margin, are the first box. Then all of its pixels are looked at: rows in which one has a wavelength, and a margin, are
kept. Extremes are looked for among some of the wavelengths, and then among those about the ones found: the way of light
on the detector is a smooth curve.
"""

from collections.abc import Sequence

import numpy as np

from gpucal.backend import current_backend
from gpucal.wcs.inverses import inverse_of
from gpucal.wcs.lowering import program_of
from gpucal.wcs.modes.nirspec.open_slits import Box, OpenSlit, slit_wcs
from gpucal.wcs.modes.nirspec.optics import Optics
from gpucal.wcs.modes.nirspec.slit_transforms import directions_at_wheel, quadrants_of
from gpucal.wcs.nodes import beside, bounding_box, chain, identity, node
from gpucal.wcs.program import Program
from gpucal.wcs.world import Wcs

# Wavelengths, metres, and which part of them is looked at first.
_STEP, _EVERY = 1e-10, 50

# Pixels along both axes less one, and margins along x and y.
_LAST, _MARGINS = 2047, (10, 2)

# A box with fewer pixels than this along x or y is none.
_FEWEST = (2, 1)


def first_boxes(optics: Optics, slits: Sequence[OpenSlit], correction=None) -> list[Box]:
    """The boxes of the ends of slits.

    Parameters
    ----------
    optics : Optics
    slits : sequence of OpenSlit
        In the order of `quadrants_of`.
    correction : node, optional
        Of wavelengths, for the velocity of the telescope.
    """
    to_detector = _to_detector(optics, correction)
    ends = [
        directions_at_wheel(optics, quadrant, members, np.array([[slit.ymin, slit.ymax] for slit in members]))
        for quadrant, members in quadrants_of(slits).items()
    ]
    lows, highs = _extremes(to_detector, np.concatenate(ends, axis=1), _wavelengths(optics))
    return [_padded(*extremes) for extremes in zip(lows.T, highs.T, strict=True)]


def is_on_detector(box: Box) -> bool:
    """Whether a box has pixels on the detector."""
    inside = all(low < _LAST + 1 and high > 0 for low, high in box)
    return inside and all(high - low >= fewest for (low, high), fewest in zip(box, _FEWEST, strict=True))


def refined(wcs: Wcs, slit: OpenSlit) -> Box:
    """The box of a slit with those of its rows alone that have wavelengths, and a margin.

    Parameters
    ----------
    wcs : Wcs
        Of the exposure.
    slit : OpenSlit
        With its first box.
    """
    x, y = slit.bounding_box
    if not (x[0] <= x[1] and y[0] <= y[1]):
        return slit.bounding_box
    first, last = (np.floor([x[0] + 0.5, y[0] + 0.5]), np.ceil([x[1] - 0.5, y[1] - 0.5]))
    width, height = (last - first + 1).astype(int)
    if width < 1 or height < 1:
        return slit.bounding_box
    wavelengths = slit_wcs(wcs, slit).program(end="slit_frame").of_results(2).on_grid((height, width), tuple(first))
    rows = first[1] + np.flatnonzero(_any_finite(wavelengths[0]))
    return (x, _interval(rows[0], rows[-1], _MARGINS[1])) if rows.size else slit.bounding_box


def compound(boxes: dict[int, Box]):
    """The boxes of an exposure, by the numbers of slits, as a node."""
    parts = []
    for number, (x, y) in boxes.items():
        box = bounding_box(x=x, y=y)
        box["ignore"] = ["name"]
        parts.append({"bbox": box, "key": [number]})
    selector = [{"argument": "name", "ignore": True}]
    return node("compound_bounding_box", cbbox=parts, ignore=[], order="F", selector_args=selector)


def _any_finite(plane) -> np.ndarray:
    """Which rows of a plane have a finite value."""
    backend = current_backend()
    return backend.asnumpy(backend.xp.isfinite(plane).any(axis=1))


def _to_detector(optics: Optics, correction) -> Program:
    """From a wavelength and a direction in front of the disperser to x and y."""
    to_direction = optics.disperser.to_direction
    if correction is not None:
        to_direction = chain(beside(inverse_of(correction), identity(3)), to_direction)
    return program_of(to_direction, inverse_of(optics.sensor_to_wheel), inverse_of(optics.to_sensor))


def _wavelengths(optics: Optics) -> np.ndarray:
    _, shortest, longest = optics.spectral_range
    return np.linspace(shortest, longest, int((longest - shortest) / _STEP))


def _extremes(program: Program, directions: np.ndarray, wavelengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The least and the largest x and y of slits, (2, nslits) each."""
    some = np.unique([*range(0, wavelengths.size, _EVERY), wavelengths.size - 1])
    near = np.arange(-_EVERY, _EVERY + 1)
    found = []
    for sign in (1, -1):
        everywhere = np.broadcast_to(wavelengths[some], (*directions.shape[1:], some.size))
        curve = sign * _curves(program, directions, everywhere)
        # For each coordinate, slit and end: where it is least, and all wavelengths about it.
        least = some[curve.argmin(axis=-1)]
        about = np.clip(least[..., None] + near, 0, wavelengths.size - 1)
        exact = [
            (sign * _curves(program, directions, wavelengths[about[axis]])[axis]).min(axis=(-2, -1)) for axis in (0, 1)
        ]
        found.append(sign * np.array(exact))
    return found[0], found[1]


def _curves(program: Program, directions: np.ndarray, wavelengths: np.ndarray) -> np.ndarray:
    """x and y, (2, nslits, nends, n), of the ends of slits at wavelengths."""
    spread = np.broadcast_to(directions[..., None], (3, *wavelengths.shape))
    return program.at(wavelengths, *spread)


def _padded(low: np.ndarray, high: np.ndarray) -> Box:
    return tuple(_interval(*ends) for ends in zip(low, high, _MARGINS, strict=True))


def _interval(low: float, high: float, margin: int) -> tuple[float, float]:
    """The interval of pixels about extremes, which are counted from 1, with a margin and cut to the detector."""
    return max(0, low - 1 - margin) - 0.5, min(_LAST, high - 1 + margin) + 0.5
