"""Where the source of a slit is on the detector, by its world coordinates.

Source: the ``extract_1d`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/extract_1d/description.html.
"""

import logging
from functools import cached_property
from typing import NamedTuple

import numpy as np

from gpucal.data.slits import Slit
from gpucal.kernels.spectra.lines import ALONG_X
from gpucal.wcs.program import Program
from gpucal.wcs.world import Wcs

log = logging.getLogger(__name__)

# Metres of a micron: before they are resampled, wavelengths in the frame of a NIRSpec slit are in metres.
MICRON = 1e-6


class Middle(NamedTuple):
    """The middle of a spectrum.

    Attributes
    ----------
    along, across : float
        Pixels along the dispersion, in the middle of the bounding box, and across it, where the wavelength is the mean.
    wavelength : float
        The mean wavelength there, micron.
    """

    along: float
    across: float
    wavelength: float


class Location(NamedTuple):
    """Where a source is.

    Attributes
    ----------
    line : int
        The line in the middle of the spectrum.
    wavelength : float
        Its wavelength, micron.
    across : float
        The place of the source on this line, pixels.
    trace : (nlines,) float64 array
        Its place on each line; NaN outside of the bounding box.
    """

    line: int
    wavelength: float
    across: float
    trace: np.ndarray


class SlitGeometry:
    """The world coordinates of a slit, as seen along its dispersion.

    Parameters
    ----------
    slit : Slit
        Its coordinates are looked at when they are used.
    direction : int
        The dispersion axis, 1 for x.

    Attributes
    ----------
    shape : (int, int)
        Rows and columns of the slit.
    along_x : bool
    """

    def __init__(self, slit: Slit, direction: int):
        self._slit, self.shape, self.along_x = slit, slit.shape_of("data")[-2:], direction == ALONG_X
        self._programs: dict[tuple[str, str], Program] = {}

    @cached_property
    def wcs(self) -> Wcs:
        """The world coordinates of the slit."""
        return self._slit.get_wcs()

    @cached_property
    def box(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Where its coordinates hold: limits of x, and of y."""
        ny, nx = self.shape
        return self.wcs.bounding_box or ((-0.5, nx - 0.5), (-0.5, ny - 0.5))

    @property
    def first_frame(self) -> str:
        """The frame of pixels."""
        return self.wcs.frame_names[0]

    @property
    def world_frame(self) -> str:
        """The frame of the sky."""
        return self.wcs.frame_names[-1]

    def program(self, start: str, end: str) -> Program:
        """The program from one frame to another, made once."""
        if (start, end) not in self._programs:
            self._programs[start, end] = self.wcs.program(start, end)
        return self._programs[start, end]

    @property
    def along(self) -> tuple[float, float]:
        """The bounding box along the dispersion."""
        return self.box[0 if self.along_x else 1]

    @property
    def across(self) -> tuple[float, float]:
        """The bounding box across the dispersion."""
        return self.box[1 if self.along_x else 0]

    @property
    def nlines(self) -> int:
        """How many lines the slit has."""
        return self.shape[1 if self.along_x else 0]

    def xy(self, along, across):
        """Places along and across the dispersion as x and y, and the other way."""
        return (along, across) if self.along_x else (across, along)

    def world_at(self, x, y) -> np.ndarray:
        """World coordinates at pixels, NaN outside of the bounding box."""
        world = self.program(self.first_frame, self.world_frame).at(x, y)
        (left, right), (low, high) = self.box
        world[:, (x < left) | (x > right) | (y < low) | (y > high)] = np.nan
        return world

    def middle(self) -> Middle:
        """The middle of the spectrum."""
        along = (self.along[0] + self.along[1]) / 2
        across = np.arange(int(round(self.across[1])), dtype=float)
        wavelength = self.world_at(*self.xy(np.full_like(across, along), across))[2]
        known = np.isfinite(wavelength)
        if not known.any():
            return Middle(along, float(np.mean(across)), np.nan)
        mean = float(np.mean(wavelength[known]))
        if np.allclose(wavelength[known], mean):  # of no use to find the place where it is the mean
            return Middle(along, float(np.mean(across[known])), mean)
        order = np.argsort(wavelength[known])
        return Middle(along, float(np.interp(mean, wavelength[known][order], across[known][order])), mean)

    def spread(self, lines: np.ndarray) -> np.ndarray:
        """Values of the lines in the bounding box, from its first one on, for all lines of the slit."""
        values, first = np.full(self.nlines, np.nan), int(np.ceil(self.along[0]))
        values[first : first + len(lines)] = lines[: max(0, self.nlines - first)]
        return values

    def pixel_grid(self) -> tuple[np.ndarray, np.ndarray]:
        """x and y of all pixels whose centres are in the bounding box."""
        (left, right), (low, high) = self.box
        x = np.arange(np.floor(left + 0.5), np.ceil(right - 0.5) + 1)
        y = np.arange(np.floor(low + 0.5), np.ceil(high - 0.5) + 1)
        return tuple(axis.ravel() for axis in np.meshgrid(x, y))

    def trace_of(self, source: tuple[float, float], frame: str) -> np.ndarray:
        """The trace of a place in a frame, such as one on the sky, for all lines; see `Location`."""
        x, y = self.pixel_grid()
        if frame == self.world_frame:
            wavelength = self.world_at(x, y)[2]
        else:
            wavelength = self.program(self.first_frame, frame).at(x, y)[2]
        count = int(self.along[1] - self.along[0])
        if not np.isfinite(wavelength).any() or count < 1:
            return np.full(self.nlines, np.nan)
        steps = np.linspace(np.nanmin(wavelength), np.nanmax(wavelength), count)
        found = self.program(frame, self.first_frame).at(
            np.full(count, source[0]), np.full(count, source[1]), steps
        )
        along, across = self.xy(found[0], found[1])
        return self.spread(_interpolated(along, across, np.arange(count)))


def _interpolated(points, values, wanted) -> np.ndarray:
    """Values at wanted points, linear between the points that are known, and beyond the first and the last of them."""
    order = np.argsort(points, kind="mergesort")
    points, values = points[order], values[order]
    if len(points) < 2:
        return np.full(len(wanted), np.nan)
    upper = np.clip(np.searchsorted(points, wanted), 1, len(points) - 1)
    lower = upper - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = (values[upper] - values[lower]) / (points[upper] - points[lower])
    return values[lower] + slope * (wanted - points[lower])


def locate(slit, meta, geometry: SlitGeometry) -> Location | None:
    """Where the source of a slit is.

    Parameters
    ----------
    slit : Slit
    meta : ObjectNode
        The metadata of the exposure.
    geometry : SlitGeometry
        Of the slit.

    Returns
    -------
    Location or None
        None, with a warning, where it cannot be told, or is outside of the bounding box.
    """
    kind, middle = str(meta.exposure.type).upper(), geometry.middle()
    finder = _FINDERS.get(kind)
    if finder is None:
        log.warning("Slit %s: the place of the source is not known in exposures of type %s", slit.name, kind)
        return None
    source, frame, scale = finder(slit, geometry.wcs)
    if source is None or None in source:
        log.warning("Slit %s: the header does not tell where its source is", slit.name)
        return None
    point = np.array([*source, middle.wavelength * scale]).reshape(3, 1)
    place = geometry.program(frame, geometry.first_frame).at(*point)
    across = float(geometry.xy(*place[:2, 0])[1])
    if np.isnan(across):
        log.warning("Slit %s: the world coordinates do not tell where its source is", slit.name)
        return None
    low, high = geometry.across
    if across < low or across > high:
        log.warning("Slit %s: its source is at %.2f, outside of the bounding box", slit.name, across)
        return None
    return Location(int(np.round(middle.along)), middle.wavelength, across, geometry.trace_of(source, frame))


def _in_the_slit(slit, wcs: Wcs):
    scale = MICRON if "gwa" in wcs.frame_names else 1.0
    return (slit["source_xpos"], slit["source_ypos"]), "slit_frame", scale


def _on_the_sky(slit, wcs: Wcs):
    return (slit["meta.dither.dithered_ra"], slit["meta.dither.dithered_dec"]), wcs.frame_names[-1], 1.0


# By the type of an exposure: the place of a source, the frame that it is told in, and the unit of wavelengths there.
_FINDERS = {
    "NRS_FIXEDSLIT": _in_the_slit,
    "NRS_MSASPEC": _in_the_slit,
    "NRS_BRIGHTOBJ": _in_the_slit,
    "MIR_LRS-FIXEDSLIT": _on_the_sky,
}


def frame_of_sources(kind: str, geometry: SlitGeometry) -> str | None:
    """The frame that places of sources are told in, in exposures of a type; None where there is none."""
    if kind.startswith("NRS"):
        return "slit_frame"
    return geometry.world_frame if _FINDERS.get(kind) is _on_the_sky else None
