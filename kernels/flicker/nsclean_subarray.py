"""Noise of subarrays, fitted in Fourier space along the time in which pixels are read.

Source: NSClean for subarrays by T. Brandt, as the documentation of ``clean_flicker_noise`` describes it
(https://jwst-pipeline.readthedocs.io/en/latest/jwst/clean_flicker_noise/main.html), after Rauscher 2024
(https://ui.adsabs.harvard.edu/abs/2023arXiv230603250R).

In the frame in which the detector is read, lines are taken together in overlapping sections, each with enough pixels
that show background. The pixels of a section, with the pauses between lines, are a series in time: its low
frequencies, and those that alternate from pixel to pixel, are fitted by weighted least squares. The noise of a line is
an average over the sections that hold it. Sections of the same length are fitted at once.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, current_backend, row_tiles
from gpucal.kernels.flicker.nsclean import off_center_gaussian

PIXEL_TIME = 1e-5
"""Seconds."""
PAUSE = 12
"""Length of the pause after each line, in pixels."""
PIXELS_PER_SECTION = 512
FEWEST_FILLED = 0.05
"""Part of the pixels of a section that have to be in the mask."""
CLIP = 4.0
MAD_TO_SIGMA = 1.4825


class Passband(NamedTuple):
    """Frequencies that are noise, Hz.

    Attributes
    ----------
    low, low_end : float
        The low frequencies fade out from one to the other.
    high, high_end : float
        The high frequencies fade in from one to the other.
    """

    low: float
    low_end: float
    high: float
    high_end: float

    def passed(self, frequency):
        """How much of each frequency is taken as noise, from zero to one."""
        fall = np.clip((frequency - self.low) / (self.low_end - self.low), 0, 1)
        rise = np.clip((frequency - self.high) / (self.high_end - self.high), 0, 1)
        return (np.cos(np.pi * fall) + 1) / 2 + (1 - np.cos(np.pi * rise)) / 2

    @property
    def weight_sigma(self):
        """Width of the Gaussian in which the density of the mask is found, pixels."""
        return 1 / (4 * (self.low + self.low_end) * PIXEL_TIME)


DEFAULT_PASSBAND = Passband(1061, 1211, 49943, 49957)
ALLSLITS_PASSBAND = Passband(150, 200, 49943, 49957)


def series_noise(image, mask, passband=DEFAULT_PASSBAND):
    """Fit the noise of a subarray.

    Parameters
    ----------
    image : (nlines, npixels) float array
        The image in the frame of the readout, background-subtracted, finite.
    mask : (nlines, npixels) bool array
        The pixels that show background.
    passband : Passband
        The frequencies to fit.

    Returns
    -------
    (nlines, npixels) float64 array or None
        The noise; a section in which too few pixels are in the mask adds none. None if no pixel is left in the
        mask when outliers are taken out of it, or if the equations of a section cannot be solved.
    """
    if not mask.any():
        return None
    xp = array_namespace(image)
    mask = without_outliers(image, mask)
    filled = current_backend().asnumpy(xp.count_nonzero(mask, axis=1))
    noise, weights = xp.zeros(image.shape), xp.zeros(image.shape)
    placed = sections(filled)
    for length, begins in by_length(placed):
        fitted = Section.of(length, image.shape[1], passband)
        for block in row_tiles(begins.size, fitted.nbytes):
            lines = current_backend().asarray(begins[block, None] + np.arange(length))
            fits = fitted.noise(image[lines], mask[lines])
            if not bool(xp.isfinite(fits).all()):
                return None
            for begin, fit in zip(begins[block], fits, strict=True):
                noise[begin : begin + length] += fitted.weight * fit
                weights[begin : begin + length] += fitted.weight
    return noise / xp.where(noise == 0, 1, weights) if placed else None


def without_outliers(image, mask):
    """The mask without pixels that are far from its median, and without their neighbours at the four sides.

    The standard deviation is 1.4825 times the median absolute deviation.
    """
    xp = array_namespace(image)
    center = xp.median(image[mask])
    deviation = abs(image - center)
    outlier = mask & (deviation > CLIP * (MAD_TO_SIGMA * xp.median(deviation[mask])))
    spoiled = outlier.copy()
    spoiled[1:] |= outlier[:-1]
    spoiled[:-1] |= outlier[1:]
    spoiled[:, 1:] |= outlier[:, :-1]
    spoiled[:, :-1] |= outlier[:, 1:]
    return mask & ~spoiled


def sections(filled):
    """Cut lines into overlapping sections.

    A section grows until it holds enough pixels. Where fewer than one and a half times as many are left, it takes all
    lines to the last one that has any, and is the last. The next one begins in the middle of the one before.

    Parameters
    ----------
    filled : (nlines,) int array
        Pixels of each line in the mask, on the host.

    Returns
    -------
    list of (int, int)
        First line of each section, and its length.
    """
    lines = np.flatnonzero(filled)
    if lines.size == 0:
        return []
    begin, last = int(lines[0]), int(lines[-1]) + 1
    total = np.concatenate([[0], np.cumsum(filled)])
    found, end = [], 0
    while end < last:
        end = last
        if total[-1] - total[begin] > 1.5 * PIXELS_PER_SECTION:
            end = min(last, int(np.searchsorted(total, total[begin] + PIXELS_PER_SECTION, side="right")))
        found.append((begin, end - begin))
        begin += max(round((end - begin) / 2), 1)
        if begin >= last:
            break
    return found


def by_length(placed):
    """The first lines of sections, for each length that there is."""
    begins, lengths = np.array(placed, int).reshape(-1, 2).T
    for length in np.unique(lengths):
        yield int(length), begins[lengths == length]


class Section(NamedTuple):
    """What is the same for all sections of the same length.

    Attributes
    ----------
    samples : int
        Length of the series, pauses included.
    frequencies : (nfrequencies,) int array
        Numbers of the frequencies to fit, on the backend.
    passed : (nfrequencies,) float array
        How much of each is taken as noise, from zero to one.
    kernel : (samples,) float32 array
        The Gaussian in which the density of the mask is found.
    weight : (nlines, 1) float64 array
        Weight of a line of the section against those of other sections.
    """

    samples: int
    frequencies: np.ndarray
    passed: np.ndarray
    kernel: np.ndarray
    weight: np.ndarray

    @classmethod
    def of(cls, nlines, npixels, passband):
        """The section of some lines."""
        asarray = current_backend().asarray
        samples = nlines * (npixels + PAUSE)
        passed = passband.passed(np.fft.rfftfreq(samples, PIXEL_TIME).astype(np.float32))
        return cls(
            samples,
            asarray(np.flatnonzero(passed > 0)),
            asarray(passed[passed > 0]),
            off_center_gaussian(samples, passband.weight_sigma),
            asarray(1.001 - abs(np.linspace(-1, 1, nlines)))[:, None],
        )

    @property
    def nbytes(self):
        """Temporaries of one section."""
        return 64 * (self.samples + self.frequencies.size**2)

    def noise(self, values, mask):
        """Fit the noise of sections.

        Parameters
        ----------
        values : (nsections, nlines, npixels) float array
            Their pixels.
        mask : (nsections, nlines, npixels) bool array
            Those that count.

        Returns
        -------
        (nsections, nlines, npixels) float64 array
            The noise; zero for sections in which hardly a pixel counts, NaN where the equations have no solution.
        """
        xp = array_namespace(values)
        noise = xp.zeros(values.shape)
        counted = xp.count_nonzero(mask, axis=(1, 2))
        enough = (counted > FEWEST_FILLED * mask[0].size) & (counted >= self.frequencies.size)
        if not enough.any():
            return noise
        fitted = xp.nonzero(enough)[0]
        squares = self.weights(mask[fitted]) ** 2
        lag = self.frequencies[:, None] - self.frequencies
        matrices = xp.fft.fft(squares)[:, lag % self.samples]
        sums = xp.fft.fft(squares * with_pauses(values[fitted]))[:, self.frequencies]
        spectrum = xp.zeros((fitted.size, self.samples // 2 + 1), np.complex128)
        spectrum[:, self.frequencies] = self.samples * self.passed * solved(matrices, sums)
        series = xp.fft.irfft(spectrum, self.samples).reshape(fitted.size, values.shape[1], -1)
        noise[fitted] = series[..., :-PAUSE]
        return noise

    def weights(self, mask):
        """Weights of the pixels: the inverse of how densely the mask is filled about them; zero in pauses."""
        xp = array_namespace(mask)
        series = with_pauses(mask)
        filled = xp.fft.rfft(series.astype(np.float32))
        density = xp.fft.irfft(filled * xp.fft.rfft(self.kernel.astype(np.float64)), self.samples)
        usable = series & (density != 0)
        return xp.where(usable, 1 / xp.where(usable, density, 1), 0)


def with_pauses(values):
    """Lines as series, with zeros for the pauses after each: (nsections, nsamples)."""
    xp = array_namespace(values)
    nsections, nlines, npixels = values.shape
    series = xp.zeros((nsections, nlines, npixels + PAUSE), values.dtype)
    series[..., :npixels] = values
    return series.reshape(nsections, -1)


def solved(matrices, sums):
    """Solutions of sets of linear equations; NaN where there is none."""
    xp = array_namespace(matrices)
    try:
        return xp.linalg.solve(matrices, sums[..., None])[..., 0]
    except np.linalg.LinAlgError:
        return xp.full(sums.shape, np.nan)
