"""Where on the detector the light of slits falls: a bounding box for each.

Both ends of a slit are carried to the detector at wavelengths a tenth of a nanometre apart; their extremes, and a
margin, are the first box. Then all of its pixels are looked at: rows in which one has a wavelength, and a margin, are
kept. Extremes are looked for among some of the wavelengths, and then among those about the ones found: the way of light
on the detector is a smooth curve.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.wcs.inverses import inverse_of
from gpucal.wcs.lowering import program_of
from gpucal.wcs.modes.nirspec.open_slits import Box, OpenSlit
from gpucal.wcs.modes.nirspec.optics import Optics
from gpucal.wcs.modes.nirspec.slit_transforms import directions_at_wheel, quadrants_of
from gpucal.wcs.nodes import beside, bounding_box, chain, identity, node
from gpucal.wcs.program import Program

Curves = Callable[[np.ndarray], np.ndarray]

# Wavelengths, metres, and which part of them is looked at first.
_STEP, _EVERY = 1e-10, 50

# Pixels along both axes less one, and margins along x and y.
_LAST, _MARGINS = 2047, (10, 2)

# How many rows are looked at together for the first, and the last, with a wavelength.
_ROWS = 3

# A box with fewer pixels than this along x or y is none.
_FEWEST = (2, 1)


class Trace(NamedTuple):
    """Where the light of a slit falls.

    Attributes
    ----------
    box : tuple of tuple of float
        Intervals of x and y, pixels.
    lowest, highest : float
        About where on the detector its first and its last row is; NaN where none is on it.
    """

    box: Box
    lowest: float
    highest: float


def traces(optics: Optics, slits: Sequence[OpenSlit], correction=None) -> list[Trace]:
    """Where the ends of slits fall.

    Parameters
    ----------
    optics : Optics
    slits : sequence of OpenSlit
        In the order of `quadrants_of`.
    correction : node, optional
        Of wavelengths, for the velocity of the telescope.
    """
    if not slits:
        return []
    program = program_of(to_detector(optics, correction))
    ends = [
        directions_at_wheel(optics, quadrant, members, np.array([[slit.ymin, slit.ymax] for slit in members]))
        for quadrant, members in quadrants_of(slits).items()
    ]
    directions = np.concatenate(ends, axis=1)

    def curves(wavelengths):
        spread = np.broadcast_to(directions[..., None], (3, *wavelengths.shape))
        return program.at(wavelengths, *spread)

    return traces_of(curves, directions.shape[1:], wavelengths_of(optics))


def traces_of(curves: Curves, shape: tuple[int, int], wavelengths: np.ndarray) -> list[Trace]:
    """Where the ends of slits fall.

    Parameters
    ----------
    curves : callable
        x and y, (2, nslits, nends, n), of the ends of all slits at wavelengths (nslits, nends, n).
    shape : tuple of int
        Slits and ends of each.
    wavelengths : (nwavelengths,) float64 array
        All that come through.
    """
    some = np.unique([*range(0, wavelengths.size, _EVERY), wavelengths.size - 1])
    places = curves(np.broadcast_to(wavelengths[some], (*shape, some.size)))
    lows, highs = (_extremes(curves, wavelengths, some, places, sign) for sign in (1, -1))
    on_detector = (places[0] >= 0) & (places[0] <= _LAST)
    lowest = np.where(on_detector, places[1], np.inf).min(axis=(-2, -1))
    highest = np.where(on_detector, places[1], -np.inf).max(axis=(-2, -1))
    found = zip(lows.T, highs.T, lowest, highest, on_detector.any(axis=(-2, -1)), strict=True)
    return [
        Trace(_padded(low, high), *(rows if lit else (np.nan, np.nan))) for low, high, *rows, lit in found
    ]


def is_on_detector(box: Box) -> bool:
    """Whether a box has pixels on the detector."""
    inside = all(low < _LAST + 1 and high > 0 for low, high in box)
    return inside and all(high - low >= fewest for (low, high), fewest in zip(box, _FEWEST, strict=True))


def refined(program: Program, trace: Trace) -> Box:
    """The box of a slit with those of its rows alone that have wavelengths, and a margin.

    Parameters
    ----------
    program : Program
        From x and y to the place in the slit and the wavelength.
    trace : Trace
        Of the slit.
    """
    x, y = trace.box
    first, last = np.floor([x[0] + 0.5, y[0] + 0.5]).astype(int), np.ceil([x[1] - 0.5, y[1] - 0.5]).astype(int)
    if (last < first).any():
        return trace.box
    program = program.of_results(2)
    lit = _LitRows(program, first, last)
    lowest, highest = lit.edge(trace.lowest, -1), lit.edge(trace.highest, 1)
    return trace.box if lowest is None or highest is None else (x, _interval(lowest, highest, _MARGINS[1]))


class _LitRows(NamedTuple):
    """The rows of a box in which a pixel has a wavelength.

    Attributes
    ----------
    program : Program
        From x and y to the wavelength.
    first, last : (2,) int array
        The first and last pixel, x and y.
    """

    program: Program
    first: np.ndarray
    last: np.ndarray

    def edge(self, about: float, outward: int) -> int | None:
        """The first or the last of the rows, looked for from where it is expected; None if there is none."""
        inner, outer = (self.last[1], self.first[1]) if outward < 0 else (self.first[1], self.last[1])
        start = outer if np.isnan(about) else int(np.clip(round(about) - outward, self.first[1], self.last[1]))
        found = None
        while found is None and (start - inner) * outward >= 0:  # inward, to a row with light
            rows = self._lit(start, max(start * outward - _ROWS + 1, inner * outward) * outward)
            found = None if not rows.size else (rows * outward).max() * outward
            start -= outward * _ROWS
        while found is not None and found != outer:  # outward, to one without
            rows = self._lit(found + outward, min(found * outward + _ROWS, outer * outward) * outward)
            if not rows.size:
                break
            found = (rows * outward).max() * outward
        return found

    def _lit(self, one: int, other: int) -> np.ndarray:
        """Those between two rows, both included."""
        backend, begin = current_backend(), min(one, other)
        shape = abs(other - one) + 1, self.last[0] - self.first[0] + 1
        wavelengths = self.program.on_grid(shape, (self.first[0], begin))[0]
        return begin + np.flatnonzero(backend.asnumpy(backend.xp.isfinite(wavelengths).any(axis=1)))


def compound(boxes: dict[int, Box]):
    """The boxes of an exposure, by the numbers of slits, as a node."""
    parts = []
    for number, (x, y) in boxes.items():
        box = bounding_box(x=x, y=y)
        box["ignore"] = ["name"]
        parts.append({"bbox": box, "key": [number]})
    selector = [{"argument": "name", "ignore": True}]
    return node("compound_bounding_box", cbbox=parts, ignore=[], order="F", selector_args=selector)


def to_detector(optics: Optics, correction):
    """From a wavelength and a direction in front of the disperser to x and y."""
    to_direction = optics.disperser.to_direction
    if correction is not None:
        to_direction = chain(beside(inverse_of(correction), identity(3)), to_direction)
    return chain(to_direction, wheel_to_detector(optics))


def wheel_to_detector(optics: Optics):
    """From a direction behind the disperser to x and y."""
    return chain(inverse_of(optics.sensor_to_wheel), inverse_of(optics.to_sensor))


def wavelengths_of(optics: Optics) -> np.ndarray:
    """Wavelengths, metres, at which extremes are looked for."""
    _, shortest, longest = optics.spectral_range
    return np.linspace(shortest, longest, int((longest - shortest) / _STEP))


def _extremes(curves: Curves, wavelengths, some, places: np.ndarray, sign: int) -> np.ndarray:
    """The least (1) or largest (-1) x and y of slits, (2, nslits), about those at some of the wavelengths."""
    # For each coordinate, slit and end: where it is least, and all wavelengths about it.
    least = some[(sign * places).argmin(axis=-1)]
    about = np.clip(least[..., None] + np.arange(-_EVERY, _EVERY + 1), 0, wavelengths.size - 1)
    near = [sign * curves(wavelengths[about[axis]])[axis] for axis in (0, 1)]
    return sign * np.min(near, axis=(-2, -1))


def _padded(low: np.ndarray, high: np.ndarray) -> Box:
    return tuple(_interval(*ends) for ends in zip(low, high, _MARGINS, strict=True))


def _interval(low: float, high: float, margin: int) -> tuple[float, float]:
    """The interval of pixels about extremes, which are counted from 1, with a margin and cut to the detector."""
    return max(0, low - 1 - margin) - 0.5, min(_LAST, high - 1 + margin) + 0.5
