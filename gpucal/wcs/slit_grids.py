"""Output grids of spectra: wavelength along one axis, the sky (or the plane of the shutters) along the other.

A table tells the wavelength of each pixel, and straight lines on the tangent plane, or on that of the shutters, where
the pixels of the other axis are.

Source: the ``resample_spec`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/resample_spec/main.html.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.errors import GpucalError
from gpucal.wcs import frames
from gpucal.wcs.inverses import inverse_of
from gpucal.wcs.lowering import program_of
from gpucal.wcs.nodes import beside, bounding_box, chain, constant, from_plane_of, linear, remap, tabular
from gpucal.wcs.spectral_sampling import (
    Line,
    clipped_weights,
    extents,
    fit_line,
    joined_wavelengths,
    on_tangent_plane,
    unwrapped,
    wavelengths_along,
)
from gpucal.wcs.world import Wcs

# A reference has more good pixels than this.
FEWEST_GOOD = 100


class NoGridError(GpucalError):
    """Spectra have no coordinates of which a grid could be made."""


class Spectrum(NamedTuple):
    """One spectrum that a grid is made for.

    Attributes
    ----------
    world : (3, ny, nx) float64 array
        Right ascension and declination (degrees) or places in the plane of the shutters, and wavelength, of all pixels
        in the bounding box of its WCS; NaN where there are none. On the host.
    wcs : Wcs
        Its own.
    data : (ny, nx) float32 array
        Of these pixels, NaN where they are not to be used. On the host.
    """

    world: np.ndarray
    wcs: Wcs
    data: np.ndarray


class SlitGrid(NamedTuple):
    """An output grid.

    Attributes
    ----------
    wcs : Wcs
        From its pixels to the last frame of the spectra.
    shape : tuple of int
        Rows and columns.
    """

    wcs: Wcs
    shape: tuple[int, int]


def nirspec_grid(spectra: Sequence[Spectrum], ratio: float = 1.0) -> SlitGrid:
    """The grid of slit spectra of NIRSpec, with a frame of places in the slit, by which extraction finds the source.

    Parameters
    ----------
    spectra : sequence of Spectrum
        Of one source. The first with more than 100 good pixels tells where the source is and how the slit lies.
    ratio : float
        The side of an input pixel along the slit over that of an output pixel.

    Returns
    -------
    SlitGrid

    Raises
    ------
    NoGridError
        If one has no coordinates.
    """
    _check(spectra)
    reference = next((one for one in spectra if _good_pixels(one) > FEWEST_GOOD), spectra[0])
    center = _source_position(reference)
    ra, dec, _ = reference.world[:, :, int(np.mean(reference.wcs.bounding_box[0]))]
    along = [fit_line(values, ratio) for values in on_tangent_plane(*center, ra, dec)]
    wavelengths = joined_wavelengths([np.sort(wavelengths_along(one.world[2], 0)) for one in spectra])
    least, most = extents(*center, [one.world for one in spectra])
    steeper = _steeper(along)
    count = math.ceil((most - least)[steeper] / abs(along[steeper].slope)) + 1
    placed = [_centered(line, low, high, count) for line, low, high in zip(along, least, most, strict=True)]
    table = tabular(*_with_edges(wavelengths))
    to_world = chain(
        _doubled([1, 1, 0], [2, steeper]),
        beside(chain(beside(*(linear(*line) for line in placed)), from_plane_of(*center)), table),
    )
    to_slit = reference.wcs.program(reference.wcs.frame_names[-1], "slit_frame")
    rows = np.arange(count, dtype=float)
    middle = program_of(to_world).at(np.full(count, len(wavelengths) // 2), rows)
    to_slit_frame = _slit_frame(_endless(rows, to_slit.at(*middle)[1]), table)
    slit_frame = frames.composite("slit_frame", frames.plane("slit_spatial", ("x_slit", "y_slit"), ""), _spectral())
    steps = (_detector(), slit_frame, _world(frames.sky("sky")))
    return _bounded(steps, (to_slit_frame, chain(inverse_of(to_slit_frame), to_world)), (count, len(wavelengths)))


def interpolated_grid(
    spectra: Sequence[Spectrum], axis: int, ratio: float = 1.0, descending: bool = False
) -> SlitGrid:
    """The grid of slit spectra of other instruments.

    Parameters
    ----------
    spectra : sequence of Spectrum
        The first tells how the slit lies, and its wavelengths come first.
    axis : int
        That of wavelength: 0 for x, 1 for y.
    ratio : float
        See `nirspec_grid`.
    descending : bool
        Whether the longest wavelength comes first, as on the detector of LRS.

    Returns
    -------
    SlitGrid

    Raises
    ------
    NoGridError
        If one has no coordinates.
    """
    _check(spectra)
    first = spectra[0]
    low, high = first.wcs.bounding_box[axis]
    ra, dec, _ = np.take(first.world, int((high - low) / 2), axis=2 - axis)
    if not (np.isfinite(ra) & np.isfinite(dec)).any():
        raise NoGridError("the middle of the first spectrum has no coordinates on the sky")
    own_center = float(unwrapped(ra).mean()), float(np.nanmean(dec))
    along = [fit_line(values, ratio) for values in on_tangent_plane(*own_center, ra, dec)]
    steeper = _steeper(along)
    center = own_center if len(spectra) == 1 else _middle_of_extremes(spectra)
    least, most = extents(*center, [one.world for one in spectra])
    count = math.ceil((most - least)[steeper] / abs(along[steeper].slope))
    placed = [Line(line.slope, -line.slope * (count - 1) / 2) for line in along]
    wavelengths = np.unique(_beyond_the_first([wavelengths_along(one.world[2], axis) for one in spectra]))
    table = _wavelength_table(wavelengths[::-1] if descending else wavelengths)
    across = 1 - axis
    transform = chain(
        _doubled([across, across, axis], [2, steeper] if across else [steeper, 2]),
        beside(chain(beside(*(linear(*line) for line in placed)), from_plane_of(*center)), table),
    )
    shape = (count, len(wavelengths)) if across else (len(wavelengths), count)
    return _bounded((_detector(), _world(frames.sky("sky"))), (transform,), shape)


def lamp_grid(spectrum: Spectrum, axis: int, ratio: float = 1.0) -> SlitGrid:
    """The grid of a slit spectrum of a lamp, whose coordinates end in the plane of the shutters.

    Parameters
    ----------
    spectrum : Spectrum
        With places in that plane in its world coordinates.
    axis, ratio
        See `interpolated_grid`.

    Returns
    -------
    SlitGrid

    Raises
    ------
    NoGridError
        If it has no coordinates.
    """
    _check([spectrum])
    low, high = spectrum.wcs.bounding_box[axis]
    places = spectrum.world[:2, :, int((high - low) / 2)]
    along = [fit_line(values[np.isfinite(values)], ratio) for values in places]
    count = math.ceil(np.isfinite(places[0]).sum() * ratio)
    wavelengths = wavelengths_along(spectrum.world[2], axis)
    across = 1 - axis
    transform = chain(
        _doubled([across, across, axis], [2, 1] if across else [1, 2]),
        beside(*(linear(*line) for line in along), _wavelength_table(wavelengths)),
    )
    plane = frames.plane(f"resampled_{spectrum.wcs.frame_names[-1]}", ("x", "y"), "pixel")
    shape = (count, len(wavelengths)) if across else (len(wavelengths), count)
    return _bounded((_detector(), _world(plane)), (transform,), shape)


def _check(spectra: Sequence[Spectrum]) -> None:
    """See that all have coordinates."""
    for one in spectra:
        if not np.isfinite(one.world).all(0).any():
            raise NoGridError("a spectrum has no wavelength, or no place on the sky, at any of its pixels")


def _good_pixels(spectrum: Spectrum) -> int:
    return int((np.isfinite(spectrum.data) & (spectrum.data != 0)).sum())


def _source_position(spectrum: Spectrum) -> tuple[float, float]:
    """Where the source is, degrees: on the middle of the slit, at its place along the slit weighted by the light."""
    wcs = spectrum.wcs
    _, along, wavelength = wcs.program(end="slit_frame").on_grid(spectrum.data.shape)
    along, wavelength = current_backend().asnumpy(along), current_backend().asnumpy(wavelength)
    known = np.isfinite(along) & np.isfinite(wavelength)
    if not known.any():
        raise NoGridError("the spectrum has no places in its slit")
    light = np.where(known, spectrum.data, np.nan)
    usable = np.isfinite(light)
    weights = clipped_weights(light - np.nanmin(spectrum.data)) if usable.any() else np.zeros(light.shape)
    position = (
        np.average(along[usable], weights=weights[usable]) if weights.any() else np.nanmean(along)
    )
    ra, dec, _ = wcs.program("slit_frame", wcs.frame_names[-1]).at(0.0, position, np.nanmean(wavelength))
    return float(ra), float(dec)


def _steeper(lines: Sequence[Line]) -> int:
    """Along which axis of the plane the pixels lie farther from each other."""
    return int(abs(lines[0].slope) < abs(lines[1].slope))


def _centered(line: Line, least: float, most: float, count: int) -> Line:
    """The same line, moved so that the extremes are as far from the first pixel as from the last one."""
    margin = (count * abs(line.slope) - abs(most - least)) / 2
    sign = np.sign(line.slope)
    return Line(line.slope, float((least if sign > 0 else most) - sign * margin))


def _middle_of_extremes(spectra: Sequence[Spectrum]) -> tuple[float, float]:
    ra = unwrapped(np.concatenate([one.world[0].ravel() for one in spectra]))
    dec = np.concatenate([one.world[1].ravel() for one in spectra])
    return float((ra.min() + ra.max()) / 2), float((np.nanmin(dec) + np.nanmax(dec)) / 2)


def _beyond_the_first(spectra: Sequence[np.ndarray]) -> np.ndarray:
    """The wavelengths of the first spectrum, and of each other one those beyond all before it."""
    joined = spectra[0]
    for other in spectra[1:]:
        below, above = other[other < joined.min()], other[other > joined.max()]
        joined = np.concatenate([joined, below, above])
    return joined


def _with_edges(wavelengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pixels and wavelengths, with the outer edges of the first and the last pixel."""
    pixels = np.arange(len(wavelengths), dtype=float)
    if len(wavelengths) == 1:
        return np.array([-0.5, 0.0, 0.5]), np.repeat(wavelengths, 3)
    first = wavelengths[0] - 0.5 * (wavelengths[1] - wavelengths[0])
    step = wavelengths[-1] - wavelengths[-2]
    last = wavelengths[-1] + 0.5 * step
    if as_peer():  # jwst 3.0.0 begins to count at the last pixel but one: all longer wavelengths are in the last one
        last = wavelengths[-2] + step * (pixels[-1] + 0.5)
    return np.concatenate([[-0.5], pixels, [pixels[-1] + 0.5]]), np.concatenate([[first], wavelengths, [last]])


def _slit_frame(places, wavelengths):
    """From pixels to the middle of the slit, the place along it, and the wavelength."""
    there, back = remap([0, 1, 0]), remap([2, 1], 3)
    there["inverse"], back["inverse"] = back, there
    middle = constant(0.0)
    middle["inverse"] = middle
    return chain(there, beside(middle, places, wavelengths))


def _doubled(axes, back):
    """A mapping of axes, one of which is taken twice, and the way back."""
    mapping = remap(axes)
    mapping["inverse"] = remap(back, 3)
    return mapping


def _endless(points, values):
    """A table whose first and last intervals go on beyond the ends."""
    table = tabular(points, values)
    del table["fill_value"]
    return table


def _wavelength_table(wavelengths: np.ndarray):
    """From pixels to wavelengths, and the way back."""
    pixels = np.arange(len(wavelengths), dtype=float)
    there, back = _endless(pixels, wavelengths), _endless(wavelengths, pixels)
    there["name"], back["name"] = "pix2wavelength", "wavelength2pix"
    there["inverse"] = back
    return there


def _detector():
    return frames.plane("detector", ("x", "y"), "pixel")


def _spectral():
    return frames.spectral("spectral", "wavelength")


def _world(spatial):
    return frames.composite("world", spatial, _spectral())


def _bounded(steps, transforms, shape: tuple[int, int]) -> SlitGrid:
    """The grid of these frames, with the outer edges of its pixels as bounding box."""
    rows, columns = shape
    first = transforms[0]
    x, y = first["inputs"]
    first["bounding_box"] = bounding_box(**{x: (-0.5, columns - 0.5), y: (-0.5, rows - 0.5)})
    return SlitGrid(Wcs(tuple(steps), tuple(transforms), pixel_shape=(columns, rows)), shape)
