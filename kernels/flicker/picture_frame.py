"""Removal of the thermal "picture frame" of NIRSpec: a pattern that is brighter along the edges of the detector.

Source: the ``picture_frame`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/picture_frame/main.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace

CENTER = slice(76, 1984)
LOW_EDGE = slice(4, 75)
HIGH_EDGE = slice(1985, 2043)
INSIDE = slice(LOW_EDGE.start, HIGH_EDGE.stop)


class Frame(NamedTuple):
    """The pattern, and where it is measured.

    Attributes
    ----------
    rates : (ny, nx) float32 array
        The pattern, DN/s.
    center, edge : (ny, nx) bool array
        Background pixels in the middle, and in a band along the edges.
    median_center, median_edge : float32
        Medians of the pattern there.
    """

    rates: np.ndarray
    center: np.ndarray
    edge: np.ndarray
    median_center: np.float32
    median_edge: np.float32

    @classmethod
    def of(cls, rates, background):
        """The pattern, measured in background pixels; None if there are none in the middle, or none along the edges.

        Parameters
        ----------
        rates : (ny, nx) float32 array
            The pattern, DN/s.
        background : (ny, nx) bool array
            The pixels that show background.
        """
        xp = array_namespace(rates)
        middle, band = xp.zeros(rates.shape, bool), xp.zeros(rates.shape, bool)
        middle[CENTER, CENTER] = True
        for part in (LOW_EDGE, HIGH_EDGE):
            band[part, INSIDE] = True
            band[INSIDE, part] = True
        center, edge = background & middle, background & band
        if not (center.any() and edge.any()):
            return None
        return cls(rates, center, edge, xp.nanmedian(rates[center]), xp.nanmedian(rates[edge]))

    def scaled_to(self, image):
        """The pattern with the medians that an image has in both places."""
        xp = array_namespace(image)
        center, edge = xp.nanmedian(image[self.center]), xp.nanmedian(image[self.edge])
        scale = (center - edge) / (self.median_center - self.median_edge)
        return scale * (self.rates - self.median_edge) + edge


def subtract_from_ramp(ramp, frame, removed=None):
    """Subtract the pattern from all groups but the first, in place, scaled to the difference from the first one.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN. Edited.
    frame : Frame
        The pattern.
    removed : (nints, ngroups, ny, nx) float32 array, optional
        Gets the difference that this makes.
    """
    for integration in range(ramp.shape[0]):
        bias = ramp[integration, 0]
        for group in range(1, ramp.shape[1]):
            before = ramp[integration, group].copy()
            signal = before - bias
            ramp[integration, group] = signal + (bias - frame.scaled_to(signal))
            if removed is not None:
                removed[integration, group] = ramp[integration, group] - before


def subtract_from_rates(rates, frame, removed=None):
    """Subtract the pattern from rates, in place.

    Parameters
    ----------
    rates : (nints, ny, nx) float32 array
        DN/s. Edited.
    frame : Frame
        The pattern.
    removed : (nints, ny, nx) float32 array, optional
        Gets the difference that this makes.
    """
    for integration in range(len(rates)):
        before = rates[integration].copy()
        rates[integration] = before - frame.scaled_to(before)
        if removed is not None:
            removed[integration] = rates[integration] - before
