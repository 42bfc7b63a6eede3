"""What the reference of fringe frequencies says: which periods each slice has, and how strong fringes can be."""

from typing import NamedTuple

import numpy as np

from gpucal.kernels.fringes.search import Search
from gpucal.reference import ReferenceFileError

TABLES = {"SHORT": "rfc_freq_short_table", "MEDIUM": "rfc_freq_medium_table"}
OTHER_TABLE = "rfc_freq_long_table"

# Rows of shorter periods, cm-1, are there to fill the table.
LEAST_PERIOD = 1e-3

# Fringes of shorter periods are fitted once, without regard to outliers.
ROBUST_PERIOD = 1.5

LIMITS = (-3.0, 10.0)
NOISE_LIMITS = (0.001, 10.0)

# Fringes may be stronger than the reference says by this factor.
ALLOWANCE = 2.0


class SliceFringes(NamedTuple):
    """The fringes of a slice.

    Attributes
    ----------
    searches : tuple of Search
        Kind by kind, in the order in which they are removed.
    least_snr : tuple of float
        How much signal over noise a column needs for each kind.
    """

    searches: tuple[Search, ...]
    least_snr: tuple[float, ...]


class FringeReference:
    """The reference of fringe frequencies, for one part of the channels.

    Parameters
    ----------
    reference : Reference
        Of type fringefreq.
    band : str
        The keyword BAND of the exposure.

    Raises
    ------
    ReferenceFileError
        If it lacks a table.
    """

    def __init__(self, reference, band: str):
        self._label = reference.label
        self._rows = _table(reference, TABLES.get(str(band).upper(), OTHER_TABLE))
        self._largest = _table(reference, "max_amp_table")

    def of_slice(self, number: int) -> SliceFringes:
        """The fringes of a slice, 100 times its channel and its number.

        Raises
        ------
        ReferenceFileError
            If the reference does not tell them.
        """
        rows = self._rows[self._rows["slice"] == number]
        if not len(rows):
            raise ReferenceFileError(f"{self._label}: tells nothing of the fringes of slice {number}")
        row = rows[0]
        kinds = zip(*(np.atleast_1d(row[name]) for name in _COLUMNS), strict=True)
        searches, snr = [], []
        for period, half_width, most, least_snr, resolution in kinds:
            if period > LEAST_PERIOD:
                robust = bool(period > ROBUST_PERIOD)
                searches.append(
                    Search(float(period), float(half_width), float(resolution), int(most), robust, LIMITS, NOISE_LIMITS)
                )
                snr.append(float(least_snr))
        return SliceFringes(tuple(searches), tuple(snr))

    def largest_amplitude(self, wavelengths):
        """How far apart the envelopes of fringes may be at wavelengths, micron: (npoints,) float64."""
        names = {name.lower(): name for name in self._largest.dtype.names}
        table = [np.asarray(self._largest[names[name]], np.float64) for name in ("wavelength", "amplitude")]
        return ALLOWANCE * np.interp(wavelengths, *table)


_COLUMNS = ("ffreq", "dffreq", "max_nfringes", "min_snr", "pgram_res")


def _table(reference, name: str):
    table = reference.table(name)
    if table is None or not len(table):
        raise ReferenceFileError(f"{reference.label}: has no table {name}")
    return table
