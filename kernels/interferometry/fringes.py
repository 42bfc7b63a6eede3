"""The image that a mask of hexagonal holes makes of a point source, as a sum of planes with one coefficient each.

All holes have one shape, so that the amplitude of light in the image is the Fourier transform H of a hexagon times a
sum of one phasor for each hole. The intensity is then H**2 times the number of holes, plus two planes a baseline::

    H**2 * 2 cos(phase_i - phase_j)    and    H**2 * 2 sin(phase_i - phase_j)

in the order of pairs (0, 1), (0, 2), ..., and a constant. Planes are sums over wavelengths and parts of a pixel.

The phase of a hole is linear in row and column. Its phasor is therefore the product of one that depends on the row and
one that depends on the column, and no sine is taken of a pixel. The same holds for the sines in the transform of the
hexagon, whose flat sides are d apart, and at right angles to xi (frequencies in units of 1 / d)::

    H = (sin(pi (sqrt3 eta - xi) / 2) S(a) + sin(pi (sqrt3 eta + xi) / 2) S(b)) / (2 pi eta)
    a, b = pi (eta / sqrt3 +- xi) / 2,    S(t) = sin(t) / t

Sources: Greenbaum, Pueyo, Sivaramakrishnan & Lacour (2015, ApJ 798, 68) for the planes; Sabatke, Burge & Sabatke
(2005, Applied Optics 44, 1360) for the transform of a hexagon; Bracewell, Chang, Jha & Wang (1993, Electronics Letters
29, 304) for the transform of what is distorted linearly.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_function, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import Scratch, strip_at

# Where quotients of small numbers are replaced by the first terms of their series.
SMALL_ANGLE = 1e-4
SMALL_FREQUENCY = 1e-5

# The first phasors are those of the hexagon: pi xi / 2, pi sqrt3 eta / 2, pi eta / (2 sqrt3); those of holes follow.
HEXAGON_PHASORS = 3

NOWHERE = -1


class Mask(NamedTuple):
    """Holes in a pupil.

    Attributes
    ----------
    centres : (nholes, 2) float64 array
        On the host, metres; the first coordinate goes with the rows of images.
    size : float
        From flat to flat of a hole, metres.
    """

    centres: np.ndarray
    size: float


class Distortion(NamedTuple):
    """How the pupil appears: x' = mx x + sx y, y' = my y + sy x."""

    mx: float = 1.0
    my: float = 1.0
    sx: float = 0.0
    sy: float = 0.0

    @property
    def determinant(self) -> float:
        """Of the matrix."""
        return self.mx * self.my - self.sx * self.sy

    def frequencies(self, row, column):
        """The frequencies at which the transform of the undistorted pupil is that of the distorted one."""
        delta = self.determinant
        return (self.my * row - self.sy * column) / delta, (self.mx * column - self.sx * row) / delta


class Sampling(NamedTuple):
    """Pixels of an image.

    Attributes
    ----------
    npix : int
        Rows, and columns.
    oversample : int
        Parts of a pixel along each axis.
    pitch : float
        The size of a pixel, radians.
    """

    npix: int
    oversample: int
    pitch: float

    @property
    def fine(self) -> int:
        """Parts of pixels along an axis."""
        return self.npix * self.oversample

    def centres(self, offsets) -> np.ndarray:
        """Where stars are, in parts of pixels; ``offsets`` (n, 2) are from the middle of the image, pixels."""
        return np.asarray(offsets, np.float64) * self.oversample + 0.5 * (self.fine - 1)


class Phasors(NamedTuple):
    """Phasors of rows and columns, real and imaginary parts; that of a part of a pixel is the product.

    Attributes
    ----------
    rows : (2, nints, nwaves, nphasors, npix * oversample) float64 array
        With that of the place of the star.
    columns : (2, nwaves, nphasors, oversample, npix) float64 array
    """

    rows: np.ndarray
    columns: np.ndarray


def count_planes(nholes: int) -> int:
    """How many planes, and so coefficients, the model of a mask has."""
    return nholes * (nholes - 1) + 2


def fringe_planes(mask: Mask, distortion: Distortion, band, sampling: Sampling, offsets, peaks=None):
    """The planes of the model for stars at several places, all in one launch.

    Parameters
    ----------
    mask : Mask
    distortion : Distortion
    band : (nwaves, 2) float64 array
        Weights and wavelengths (metres), on the host.
    sampling : Sampling
    offsets : (nints, 2) float64 array
        Where the star is, row and column, from the middle of the image, pixels; on the host.
    peaks : (nints, 2) int array, optional
        Parts of pixels, row and column, that are given the amplitude of the very centre.

    Returns
    -------
    (nints, nplanes, npix, npix) float64 array
        On the backend.
    """
    backend = current_backend()
    centres = sampling.centres(offsets)
    nints, nplanes = len(centres), count_planes(len(mask.centres))
    if peaks is None:
        peaks = np.full((nints, 2), NOWHERE, np.int64)
    scale, steps = frequency_steps(mask, distortion, band, sampling)
    planes = backend.xp.empty((nints, nplanes, sampling.npix, sampling.npix), np.float64)
    host = (centres, steps, band[:, 0], np.ascontiguousarray(peaks, np.int64))
    paint_planes(
        planes,
        *(backend.asarray(array) for array in host),
        phasors_of(mask, distortion, scale, sampling, centres),
    )
    planes[:, -1] = band[:, 0].sum() * sampling.oversample**2
    return planes


def frequency_steps(mask: Mask, distortion: Distortion, band, sampling: Sampling):
    """What a part of a pixel is in 1 / metres, by wavelength; and the change of xi and eta from one to the next.

    Returns
    -------
    scale : (nwaves,) float64 array
    steps : (nwaves, 2, 2) float64 array
        Of xi and eta (second axis) along rows and columns (last axis).
    """
    scale = sampling.pitch / sampling.oversample / band[:, 1]
    along_rows, along_columns = distortion.frequencies(1.0, 0.0), distortion.frequencies(0.0, 1.0)
    steps = mask.size * scale[:, None, None] * np.stack([along_rows, along_columns], axis=-1)
    return scale, np.ascontiguousarray(steps)


def phasors_of(mask: Mask, distortion: Distortion, scale, sampling: Sampling, centres) -> Phasors:
    """The phasors of the hexagon and of all holes; centres in parts of pixels."""
    backend = current_backend()
    xp = backend.xp
    root = math.sqrt(3.0)
    hexagon = np.array([[0.25, 0.0], [0.0, 0.25 * root], [0.0, 0.25 / root]]) * mask.size
    places = np.concatenate([hexagon, mask.centres])
    along_rows = places @ np.array(distortion.frequencies(1.0, 0.0))
    along_columns = places @ np.array(distortion.frequencies(0.0, 1.0))
    turns = 2.0 * math.pi * scale[:, None]
    row_rate, column_rate = turns * along_rows, turns * along_columns  # (nwaves, nphasors), radians
    start = -(centres[:, :1, None] * row_rate + centres[:, 1:, None] * column_rate)
    row_phase = backend.asarray(start)[..., None] + backend.asarray(row_rate)[..., None] * xp.arange(
        sampling.fine
    )
    column_phase = backend.asarray(column_rate)[..., None] * xp.arange(sampling.fine)
    by_part = column_phase.reshape(*column_rate.shape, sampling.npix, sampling.oversample).swapaxes(-1, -2)
    by_part = xp.ascontiguousarray(by_part)
    return Phasors(
        xp.stack([xp.cos(row_phase), xp.sin(row_phase)]), xp.stack([xp.cos(by_part), xp.sin(by_part)])
    )


def paint_planes(planes, centres, steps, weights, peaks, phasors: Phasors) -> None:
    """Fill all planes but the last.

    Parameters
    ----------
    planes : (nints, nplanes, npix, npix) float64 array
        Written to.
    centres : (nints, 2) float64 array
        Where the stars are, parts of pixels.
    steps : (nwaves, 2, 2) float64 array
        See `frequency_steps`.
    weights : (nwaves,) float64 array
    peaks : (nints, 2) int64 array
    phasors : Phasors

    Raises
    ------
    ValueError
        If arrays do not fit.
    """
    oversample = phasors.columns.shape[-2]
    fine = planes.shape[-1] * oversample
    nphasors = phasors.rows.shape[-2]
    check_fit(
        planes=(planes, "nints nplanes npix npix"),
        centres=(centres, ("nints", 2)),
        steps=(steps, ("nwaves", 2, 2)),
        weights=(weights, "nwaves"),
        peaks=(peaks, ("nints", 2)),
        rows=(phasors.rows, (2, "nints", "nwaves", "nphasors", fine)),
        columns=(phasors.columns, (2, "nwaves", "nphasors", "oversample", "npix")),
    )
    nholes = nphasors - HEXAGON_PHASORS
    if planes.shape[1] != count_planes(nholes):
        raise ValueError(
            f"{nholes} holes have {count_planes(nholes)} planes, and there are {planes.shape[1]}"
        )
    nints, _, npix, _ = planes.shape
    planes_of_strip(
        (nints, npix, npix), Scratch(state=1 + 2 * nholes), planes, centres, steps, weights, peaks, *phasors
    )


@strip_kernel
def planes_of_strip(
    integration, y, begin, end, samples, state, planes, centres, steps, weights, peaks, rows, columns
):
    """Pixels of one row of one image: sums over wavelengths and parts of pixels."""
    strip = strip_at(y, begin, end)
    nplanes, oversample = planes.shape[1] - 1, columns.shape[3]
    for plane in range(nplanes):
        for lane in range(strip.count):
            planes[integration, plane, y, strip.first + lane] = 0.0
    for wave in range(weights.shape[0]):
        for part_row in range(oversample):
            row = y * oversample + part_row
            for part in range(oversample):
                fill_envelope(
                    state,
                    weights[wave],
                    rows,
                    columns,
                    steps,
                    centres,
                    peaks,
                    integration,
                    wave,
                    row,
                    part,
                    strip,
                )
                fill_phasors(state, rows, columns, integration, wave, row, part, strip)
                add_fringes(planes, state, integration, y, strip)


@pixel_function
def fill_envelope(state, weight, rows, columns, steps, centres, peaks, integration, wave, row, part, strip):
    """The square of the transform of a hexagon, times a weight, into the first plane of scratch memory."""
    oversample = columns.shape[3]
    from_star = row - centres[integration, 0]
    for lane in range(strip.count):
        x = strip.first + lane
        along = np.float64(x) * oversample + part - centres[integration, 1]
        xi = steps[wave, 0, 0] * from_star + steps[wave, 0, 1] * along
        eta = steps[wave, 1, 0] * from_star + steps[wave, 1, 1] * along
        first = times(rows, columns, integration, wave, 0, row, part, x)
        second = times(rows, columns, integration, wave, 1, row, part, x)
        third = times(rows, columns, integration, wave, 2, row, part, x)
        amplitude = hexagon(xi, eta, first, second, third)
        state[0, lane] = weight * amplitude * amplitude
    if row == peaks[integration, 0]:
        for lane in range(strip.count):
            if (strip.first + lane) * oversample + part == peaks[integration, 1]:
                state[0, lane] = 0.75 * weight


@pixel_function(inline=True)
def times(rows, columns, integration, wave, number, row, part, x):
    """The phasor of a part of a pixel: that of its row times that of its column; (real, imaginary)."""
    a, b = rows[0, integration, wave, number, row], rows[1, integration, wave, number, row]
    c, d = columns[0, wave, number, part, x], columns[1, wave, number, part, x]
    return a * c - b * d, a * d + b * c


@pixel_function(inline=True)
def hexagon(xi, eta, first, second, third):
    """The transform of a hexagon of unit size, from frequencies and the phasors of `HEXAGON_PHASORS`."""
    root = math.sqrt(3.0)
    both, difference = third[1] * first[0], third[0] * first[1]
    a, b = 0.5 * math.pi * (eta / root + xi), 0.5 * math.pi * (eta / root - xi)
    quotient_a, quotient_b = quotient(both + difference, a), quotient(both - difference, b)
    angle, angle_eta = 0.5 * math.pi * xi, 0.5 * math.pi * root * eta
    smooth = 0.25 * root * quotient(second[1], angle_eta) * first[0] * (quotient_a + quotient_b)
    is_small = abs(eta) < SMALL_FREQUENCY
    safe_eta, safe_angle = (1.0 if is_small else eta), (angle if abs(angle) > SMALL_ANGLE else 1.0)
    derivative = (first[0] - first[1] / safe_angle) / safe_angle if abs(angle) > SMALL_ANGLE else -angle / 3.0
    slope = math.pi / root * derivative if is_small else (quotient_a - quotient_b) / safe_eta
    return smooth - second[0] * first[1] * slope / (2.0 * math.pi)


@pixel_function(inline=True)
def quotient(sine, angle):
    """sin(angle) / angle."""
    is_small = abs(angle) < SMALL_ANGLE
    return 1.0 - angle * angle / 6.0 if is_small else sine / (1.0 if is_small else angle)


@pixel_function
def fill_phasors(state, rows, columns, integration, wave, row, part, strip):
    """The phasors of all holes into scratch memory, real and imaginary parts by turns."""
    for hole in range(rows.shape[3] - HEXAGON_PHASORS):
        for lane in range(strip.count):
            number, x = HEXAGON_PHASORS + hole, strip.first + lane
            real, imaginary = times(rows, columns, integration, wave, number, row, part, x)
            state[1 + 2 * hole, lane] = real
            state[2 + 2 * hole, lane] = imaginary


@pixel_function
def add_fringes(planes, state, integration, y, strip):
    """Add a part of each pixel to all planes but the last."""
    nholes = (state.shape[0] - 1) // 2
    for lane in range(strip.count):
        planes[integration, 0, y, strip.first + lane] += nholes * state[0, lane]
    plane = 1
    for one in range(nholes):
        for other in range(one + 1, nholes):
            for lane in range(strip.count):
                x = strip.first + lane
                envelope = 2.0 * state[0, lane]
                a, b = state[1 + 2 * one, lane], state[2 + 2 * one, lane]
                c, d = state[1 + 2 * other, lane], state[2 + 2 * other, lane]
                planes[integration, plane, y, x] += envelope * (a * c + b * d)
                planes[integration, plane + 1, y, x] += envelope * (b * c - a * d)
            plane += 2
