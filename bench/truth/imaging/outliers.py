"""Which cosmic rays are found, and what is flagged without one."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from scipy.ndimage import binary_dilation

from gpucal.kernels.flags.dqflags import DO_NOT_USE, OUTLIER
from gpucal.simulate import Observation
from gpucal.simulate.detectors import detector_named

BINS = (5, 10, 20, 50, np.inf)  # of the signal of a hit, in its error
BRIGHT = 10.0  # times the error: pixels of stars
NEIGHBOURS = np.ones((3, 3), bool)


@dataclass(frozen=True)
class Outliers:
    """Flags of outlier detection against the cosmic rays of the truth.

    Attributes
    ----------
    hits, found : tuple of int
        Pixels hit that were not flagged before, by how many times their error the hit makes: see `BINS`.
    false : float
        Share of the pixels, not hit nor next to one that was, that are flagged.
    false_in_stars : float
        The same of pixels in which sources are brighter than ten times the error.
    """

    hits: tuple[int, ...]
    found: tuple[int, ...]
    false: float
    false_in_stars: float


def measure_outliers(observation: Observation, cal: list[Path], crf: list[Path]) -> Outliers:
    """Hold OUTLIER flags against the truth.

    Parameters
    ----------
    observation : Observation
    cal, crf : list of Path
        Of each science exposure of the first band, in order.
    """
    hits, found = np.zeros(len(BINS) - 1, int), np.zeros(len(BINS) - 1, int)
    counts = np.zeros(4)
    science = [exposure for exposure in observation.science if exposure.band == observation.science[0].band]
    for exposure, before, after in zip(science, cal, crf, strict=True):
        usable = fits.getdata(before, "DQ") & DO_NOT_USE == 0
        flagged = fits.getdata(after, "DQ") & OUTLIER != 0
        signal, error, light = _signals(exposure)
        for place, (low, high) in enumerate(zip(BINS[:-1], BINS[1:], strict=True)):
            chosen = usable & (signal >= low * error) & (signal < high * error)
            hits[place] += chosen.sum()
            found[place] += (chosen & flagged).sum()
        elsewhere = usable & ~binary_dilation(signal > 0, NEIGHBOURS)
        bright = elsewhere & (light > BRIGHT * error)
        counts += [elsewhere.sum(), (elsewhere & flagged).sum(), bright.sum(), (bright & flagged).sum()]
    return Outliers(
        tuple(hits.tolist()),
        tuple(found.tolist()),
        float(counts[1] / counts[0]),
        float(counts[3] / max(counts[2], 1)),
    )


def _signals(exposure):
    """Rates of hits, errors and light of the sources of an exposure, DN/s."""
    header, truth = fits.getheader(exposure.path), exposure.truth
    error = fits.getdata(exposure.path, "ERR").astype(float)
    flat = fits.getdata(exposure.references["flat"]).astype(float)
    signal = np.zeros(truth.rate.shape)
    gained = truth.hits["electrons"] / header["EFFEXPTM"] / detector_named(exposure.detector).gain
    np.add.at(signal, (truth.hits["y"], truth.hits["x"]), gained)
    return signal, error, truth.rate - exposure.sky / exposure.band.photmjsr * flat
