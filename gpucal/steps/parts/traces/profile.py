"""The profile of a slit across the dispersion, by which its trace is found worth modelling, and where it is compact.

Source: the ``adaptive_trace_model`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/adaptive_trace_model/description.html.
"""

from typing import NamedTuple

import numpy as np

CLIPPED, MOST_CLIPS = 3.0, 5

# Edges are bad where the signal is less than this many errors, and the error that many deviations above the mean.
EDGE = 5.0

# Points of steep splines that a compact source has, at least; and its part of the highest peak of their histogram.
FEWEST_STEEP, LOWEST_PEAK = 50, 0.2


class Profile(NamedTuple):
    """Medians over wavelength.

    Attributes
    ----------
    place, flux, err, snr : (n,) float array
        Place along the slit, flux, error, and signal over error; NaN where there is none.
    """

    place: np.ndarray
    flux: np.ndarray
    err: np.ndarray
    snr: np.ndarray


def native_step(place: np.ndarray) -> float:
    """The distance of pixels along the slit."""
    return np.abs(np.nanmedian(np.diff(place, axis=0)))


def profile_of(data: np.ndarray, err: np.ndarray, place: np.ndarray) -> Profile | None:
    """The profile of a slit, two points a pixel; None where nothing is known.

    Parameters
    ----------
    data, err, place : (nacross, nlines) float32 array
        NaN outside of the slit.
    """
    valid = np.isfinite(data) & np.isfinite(err) & np.isfinite(place) & (err > 0)
    if not valid.any():
        return None
    step = native_step(place) / 2.0
    places = np.arange(np.nanmin(place), np.nanmax(place), step)
    own = place[valid]
    order = np.argsort(own, kind="stable")
    own, flux, error = own[order], data[valid][order], err[valid][order]
    signal = flux / error
    made = np.full((3, len(places)), np.nan)
    first, stop = np.searchsorted(own, places - step / 2.0), np.searchsorted(own, places + step / 2.0)
    for number, part in enumerate(map(slice, first, stop)):
        if part.stop > part.start:
            made[:, number] = [np.median(one[part]) for one in (flux, error, signal)]
    return Profile(places, *made)


def without_edges(data: np.ndarray, place: np.ndarray, profile: Profile) -> np.ndarray:
    """The data without the bad edges of a slit: beyond places of low signal and large error."""
    known = np.isfinite(profile.snr)
    if not known.any():
        return data
    mean, scatter = clipped_statistics(profile.err[known])
    bad = (np.abs(profile.snr) < EDGE) & (profile.err > mean + EDGE * scatter)
    if not bad.any() or bad.all():
        return data
    places, drop = profile.place[bad], np.zeros(data.shape, bool)
    if (places < 0).any():
        drop |= place <= places[places < 0].max()
    if (places > 0).any():
        drop |= place >= places[places > 0].min()
    return np.where(drop, np.float32(np.nan), data)


def clipped_statistics(values: np.ndarray) -> tuple[float, float]:
    """The mean and standard deviation of values, outliers clipped about the median; NaN where there are none."""
    kept = np.sort(values[np.isfinite(values)].astype(np.float64))
    for _ in range(MOST_CLIPS):
        if not kept.size:
            return np.nan, np.nan
        middle, scatter = np.median(kept), kept.std()
        inside = kept[(kept >= middle - CLIPPED * scatter) & (kept <= middle + CLIPPED * scatter)]
        if inside.size == kept.size:
            break
        kept = inside
    return float(kept.mean()), float(kept.std())


def compact_pixels(place: np.ndarray, steep: np.ndarray, step: float, count: int, pad: float) -> np.ndarray:
    """Which pixels lie about a compact source, (nacross, nlines) bool array.

    Parameters
    ----------
    place : (nacross, nlines) float32 array
        Along the slit.
    steep : (n,) float32 array
        Places where splines are steep.
    step : float
        The distance of pixels.
    count : int
        Intervals of splines, and of the histogram of steep places.
    pad : float
        Pixels to either side.
    """
    compact = np.zeros(place.shape, bool)
    if len(steep) < FEWEST_STEEP:
        return compact
    reach = step * count / 4
    numbers, _ = np.histogram(steep, bins=count, range=(-reach, reach), density=True)
    if not numbers.max() > 0:
        return compact
    shares = numbers / np.nanmax(numbers)
    for peak in (np.arange(count) * step / 2 - reach)[_peaks(shares)]:
        compact |= (place > peak - pad * step) & (place <= peak + pad * step)
    return compact


def _peaks(values: np.ndarray) -> np.ndarray:
    """The places of maxima that are high enough; of one that is flat, its middle."""
    changes = np.flatnonzero(np.diff(values)) + 1
    starts, stops = np.concatenate([[0], changes]), np.concatenate([changes, [len(values)]])
    level = values[starts]
    higher = np.zeros(len(starts), bool)
    higher[1:-1] = (level[1:-1] > level[:-2]) & (level[1:-1] > level[2:])
    return ((starts + stops - 1) // 2)[higher & (level >= LOWEST_PEAK)]
