"""Random maps of a detector that come out the same in any window.

Each pixel of the full frame owns one fixed draw of a seeded stream, so that a subarray sees the very
pixels that the full frame has, without drawing the others' rows.
"""

import zlib

import numpy as np
from scipy.special import ndtri


class DetectorFields:
    """Source of random maps for one detector and one window of it.

    Parameters
    ----------
    detector : Detector
    window : tuple of slice
        Rows and columns of the full frame.
    seed : int
        Specimen of the detector.
    """

    def __init__(self, detector, window, seed=0):
        self._detector = detector
        self._rows, self._columns = window
        self._seed = seed

    def uniform(self, name):
        """Map of independent uniform deviates.

        Parameters
        ----------
        name : str
            Names the map: other names give independent maps.

        Returns
        -------
        ndarray, float32
            Values in (0, 1), of the shape of the window.
        """
        width = self._detector.size[1]
        stream = self._stream(name)
        stream.advance(self._rows.start * width)
        rows = self._rows.stop - self._rows.start
        values = np.random.Generator(stream).random(rows * width).reshape(rows, width)
        return np.clip(values[:, self._columns], 1e-7, 1 - 1e-7).astype(np.float32)

    def normal(self, name):
        """Map of independent standard normal deviates, float32."""
        return ndtri(self.uniform(name))

    def normal_columns(self, name):
        """One standard normal deviate for each column, float32 (nx,)."""
        deviates = np.random.Generator(self._stream(name)).standard_normal(self._detector.size[1])
        return deviates[self._columns].astype(np.float32)

    def chosen(self, name, fraction):
        """Map of the pixels chosen with a given probability, bool."""
        return self.uniform(name) < fraction

    def _stream(self, name):
        return np.random.PCG64(zlib.crc32(f"{self._detector.name}/{name}/{self._seed}".encode()))
