"""The share of a source's light that passes an aperture of NIRSpec, by wavelength.

Source: the pathloss reference files of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/pathloss/reference_files.html.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

MICRON = np.float32(1e6)  # of a metre

# The apertures of slitlets, by the number of shutters; one of two shutters passes the mean of both.
ONE_SHUTTER, THREE_SHUTTERS = 1, 3

MAIN, CLOSED = "x", "0"


class Throughput(NamedTuple):
    """The share that passes, by wavelength.

    Attributes
    ----------
    wavelength : (n,) float32 array
        Micron, increasing.
    values : (n,) float32 or float64 array
        The share.
    """

    wavelength: np.ndarray
    values: np.ndarray


class Axis(NamedTuple):
    """The numbering of the elements of an array along an axis: an element, from 1, the value at it, and the step."""

    element: float
    value: float
    step: float

    def index_of(self, value: float) -> float:
        """The index of a value, from 0."""
        return self.element + (value - self.value) / self.step - 1

    def values(self, count: int) -> np.ndarray:
        """The values at the first elements, float32."""
        return (self.value + (np.arange(1, count + 1) - self.element) * self.step).astype(np.float32)


class Aperture(NamedTuple):
    """An aperture of a reference.

    Attributes
    ----------
    name : str
        Of a slit, or of a kind of slitlet.
    shutters : int or None
        How many shutters a slitlet has.
    point : (nwavelengths, ny, nx) float32 array
        The share of a point source, by wavelength and place.
    point_axes : tuple of Axis
        Place across the slit, place along it, and wavelength, metre.
    uniform : (nwavelengths,) float32 array
        The share of a source that fills the aperture.
    uniform_axis : Axis
        Wavelength, metre.
    """

    name: str
    shutters: int | None
    point: np.ndarray
    point_axes: tuple[Axis, Axis, Axis]
    uniform: np.ndarray
    uniform_axis: Axis

    @classmethod
    def of_entry(cls, entry) -> "Aperture":
        """An aperture of an entry of a reference."""
        return cls(
            entry.name,
            entry.shutters,
            np.asarray(entry.pointsource_data),
            tuple(_axis(entry.pointsource_wcs, number) for number in (1, 2, 3)),
            np.asarray(entry.uniform_data),
            _axis(entry.uniform_wcs, 1),
        )

    def of_point(self, x: float, y: float) -> Throughput | None:
        """The throughput for a point source at a place, between those of its four neighbours; None outside of these."""
        count, ny, nx = self.point.shape
        column, row = self.point_axes[0].index_of(x), self.point_axes[1].index_of(y)
        if not (0 <= column < nx - 1 and 0 <= row < ny - 1):
            return None
        left, low = int(column), int(row)
        right, up = column - left, row - low
        values = (1 - right) * (1 - up) * self.point[:, low, left] + (1 - right) * up * self.point[:, low + 1, left]
        values += right * (1 - up) * self.point[:, low, left + 1] + right * up * self.point[:, low + 1, left + 1]
        return Throughput(self.point_axes[2].values(count) * MICRON, values)

    def of_uniform(self) -> Throughput:
        """The throughput for a source that fills the aperture."""
        return Throughput(self.uniform_axis.values(len(self.uniform)) * MICRON, self.uniform)


def _axis(keywords, number: int) -> Axis:
    return Axis(*(float(getattr(keywords, f"{name}{number}")) for name in ("crpix", "crval", "cdelt")))


def is_closed_beside(shutter_state: str) -> tuple[bool, bool]:
    """Whether the shutters before and after the main one are closed, or not of the slitlet.

    Parameters
    ----------
    shutter_state : str
        A letter for each shutter: ``x`` for the main one, ``0`` for a closed one.
    """
    main = shutter_state.find(MAIN)
    before = main == 0 or shutter_state[main - 1] == CLOSED
    after = main == len(shutter_state) - 1 or shutter_state[main + 1] == CLOSED
    return before, after


def aperture_of_slitlet(apertures: Sequence[Aperture], shutter_state: str) -> Aperture | None:
    """The aperture of a slitlet: that of one shutter if both beside the main one are closed."""
    wanted = ONE_SHUTTER if all(is_closed_beside(shutter_state)) else THREE_SHUTTERS
    return next((one for one in apertures if one.shutters == wanted), None)


def place_in_slitlet(y: float, shutter_state: str) -> float:
    """The place of a source along the aperture of three shutters, whose middle one need not be the main one."""
    before, after = is_closed_beside(shutter_state)
    return y if before == after else y - 1 if before else y + 1


def uniform_in_slitlet(apertures: Sequence[Aperture], own: Aperture, shutter_state: str) -> Throughput:
    """The throughput for a source that fills a slitlet: of two shutters, the mean of those of one and of three."""
    if len(shutter_state) == 2 and len(apertures) == 2:
        one, three = sorted(apertures, key=lambda aperture: aperture.shutters or 0)
        alike = one.uniform_axis == three.uniform_axis and one.uniform.shape == three.uniform.shape
        if alike and (one.shutters, three.shutters) == (ONE_SHUTTER, THREE_SHUTTERS):
            mean = one.of_uniform()
            return mean._replace(values=np.float32(0.5) * (one.uniform + three.uniform))
    return own.of_uniform()
